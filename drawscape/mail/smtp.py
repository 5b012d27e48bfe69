"""Delivery by SMTP, and what the environment says about it.

| variable | meaning | default |
|---|---|---|
| `DRAWSCAPE_SMTP_HOST` | the server; without it mails are written to files | |
| `DRAWSCAPE_SMTP_SECURITY` | `starttls`, `ssl` or `none` | `starttls` |
| `DRAWSCAPE_SMTP_PORT` | | 587, 465 or 25 |
| `DRAWSCAPE_SMTP_USER`, `DRAWSCAPE_SMTP_PASSWORD` | for the login | no login |
| `DRAWSCAPE_SMTP_CA` | a file of certificates to trust beside the system's | |
| `DRAWSCAPE_SMTP_TIMEOUT` | seconds to wait for an answer | 30 |
| `DRAWSCAPE_MAIL_FROM` | the sender's address | the user, if it is one |
| `DRAWSCAPE_MAIL_TEMPLATES` | a folder of templates that come before the built-in ones | |
| `DRAWSCAPE_MAIL_MAX_MB` | the largest mail, enclosures as it encodes them (a third more) | 20 |
"""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from drawscape.errors import MailError, MailRefusedError, MailTemporaryError, SettingsError
from drawscape.mail.message import read_recipient

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PASSING = (smtplib.SMTPServerDisconnected, ssl.SSLEOFError, ssl.SSLZeroReturnError)
# A host's name that is none is a UnicodeError.
_LASTING = (smtplib.SMTPException, ssl.SSLError, socket.gaierror, UnicodeError)


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """How mails leave; see the module's table. `host` is None when they are written to files."""

    sender: Address
    host: str | None
    port: int
    security: str
    user: str | None
    password: str | None = field(repr=False)
    ca_file: Path | None
    timeout_s: float
    templates: Path | None
    max_bytes: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "MailSettings":
        """Return the settings in `environment`; SettingsError names the variable that is wrong."""

        def text(name: str) -> str | None:
            return environment.get(f"DRAWSCAPE_{name}") or None

        def path(name: str) -> Path | None:
            given = text(name)
            if given and not Path(given).exists():
                raise SettingsError(f"DRAWSCAPE_{name}={given!r} does not exist")
            return Path(given) if given else None

        def number(name: str, default: float, least: float, most: float) -> float:
            given = text(name)
            with contextlib.suppress(ValueError):
                if least <= float(given or default) <= most:
                    return float(given or default)
            raise SettingsError(f"DRAWSCAPE_{name}={given!r} must be {least:g} to {most:g}")

        host, user, password = text("SMTP_HOST"), text("SMTP_USER"), text("SMTP_PASSWORD")
        security = (text("SMTP_SECURITY") or "starttls").lower()
        sender = text("MAIL_FROM") or (user if user and "@" in user else None)
        login = host and (user or password)
        in_the_clear = login and security == "none" and host not in _LOOPBACK
        wrong = {
            f"SECURITY={security!r} must be one of {', '.join(PORTS)}": security not in PORTS,
            "PASSWORD is not set; a login needs user and password": login and not password,
            "USER is not set; a login needs user and password": login and not user,
            "SECURITY='none' would send the password in the clear; use 'starttls'": in_the_clear,
        }
        if words := next((words for words, is_so in wrong.items() if is_so), ""):
            raise SettingsError(f"DRAWSCAPE_SMTP_{words}")
        if host and not sender:
            raise SettingsError("DRAWSCAPE_MAIL_FROM is not set; mails come from that address")
        try:
            address = read_recipient(sender or "drawscape@localhost", "sender")
        except MailError as problem:
            raise SettingsError(f"DRAWSCAPE_MAIL_FROM: {problem}") from problem
        return cls(
            sender=address,
            host=host,
            port=int(number("SMTP_PORT", PORTS[security], 1, 65535)),
            security=security,
            user=user,
            password=password,
            ca_file=path("SMTP_CA"),
            timeout_s=number("SMTP_TIMEOUT", 30, 0.1, 3600),
            templates=path("MAIL_TEMPLATES"),
            max_bytes=int(number("MAIL_MAX_MB", 20, 0, 1024) * (1 << 20)),
        )


# Delivery: what is temporary, the next try of the job may send; the rest is refused


def deliver(message: EmailMessage, settings: MailSettings) -> str:
    """Hand the mail to the server of `settings`; return whom it refused, '' where it refused nobody.

    Raises MailTemporaryError for what may pass later: a refused or lost connection, 4xx answers. What will
    not pass raises MailRefusedError: 5xx, a failed login, a wrong certificate.
    """
    sender = settings.sender.addr_spec
    recipients = [address.addr_spec for address in message["To"].addresses]
    plain = "".join([sender, *recipients]).isascii()
    options = () if plain else ("SMTPUTF8", "BODY=8BITMIME")
    try:
        with _session(settings) as session:
            return _refusals(session.sendmail(sender, recipients, message.as_bytes(), options))
    except (smtplib.SMTPException, OSError, UnicodeError) as problem:
        code, text = _answer(problem)
        text = f"{settings.host}:{settings.port}: {text}"
        if 400 <= code < 500:
            raise MailTemporaryError(f"{text}; job_retries=3 would try again") from problem
        raise MailRefusedError(f"{text}; trying again will not help") from problem


@contextmanager
def _session(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """Yield a session, encrypted and logged in as the settings say; how it ends does not matter."""
    trust = ssl.create_default_context()
    if settings.ca_file:
        trust.load_verify_locations(settings.ca_file)
    secure = settings.security == "ssl"
    connect = partial(smtplib.SMTP_SSL, context=trust) if secure else smtplib.SMTP
    # The name for EHLO: smtplib's own way asks the DNS, which can take long.
    own = socket.gethostname() if "." in socket.gethostname() else "[127.0.0.1]"
    session = connect(settings.host or "", settings.port, own, timeout=settings.timeout_s)
    try:
        if settings.security == "starttls":
            session.starttls(context=trust)
        if settings.user and settings.password:
            session.login(settings.user, settings.password)
        yield session
    finally:
        # The mail is taken or refused by now: a server that hangs up early changes nothing.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


def _answer(problem: Exception) -> tuple[int, str]:
    """Return the server's answer; where it gave none, 421 for what may pass later, and 554."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return next(code for code, _ in problem.recipients.values()), _refusals(problem.recipients)
    if isinstance(problem, smtplib.SMTPResponseException):
        return problem.smtp_code, f"{problem.smtp_code} {_plain(problem.smtp_error)}"
    passes = isinstance(problem, _PASSING) or getattr(problem, "errno", 0) == socket.EAI_AGAIN
    code = 421 if passes or not isinstance(problem, _LASTING) else 554
    return code, f"{problem or type(problem).__name__}"


def _refusals(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{to} refused: {code} {_plain(text)}" for to, (code, text) in refused.items())


def _plain(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
