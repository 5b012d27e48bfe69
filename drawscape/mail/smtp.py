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
from email.message import EmailMessage
from functools import partial
from pathlib import Path

from drawscape.errors import MailError, MailRefusedError, MailTemporaryError, SettingsError
from drawscape.mail.message import Recipient, read_recipient

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NOBODY = "drawscape@localhost"


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """How mails leave; see the module's table. `host` is None when they are written to files."""

    sender: Recipient
    host: str | None = None
    port: int = 587
    security: str = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout_s: float = 30.0
    templates: Path | None = None
    max_bytes: int = 20 << 20

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "MailSettings":
        """Return the settings in `environment`; SettingsError names the variable that is wrong."""
        host = environment.get("DRAWSCAPE_SMTP_HOST") or None
        security = environment.get("DRAWSCAPE_SMTP_SECURITY", "starttls").lower()
        if security not in PORTS:
            raise SettingsError(
                f"DRAWSCAPE_SMTP_SECURITY={security!r} must be one of {', '.join(PORTS)}"
            )
        user, password = _login(environment, host, security)
        number = partial(_number, environment)
        return cls(
            sender=_sender(environment, host, user),
            host=host,
            port=int(number("DRAWSCAPE_SMTP_PORT", PORTS[security], 1, 65535)),
            security=security,
            user=user,
            password=password,
            ca_file=_path(environment, "DRAWSCAPE_SMTP_CA"),
            timeout_s=number("DRAWSCAPE_SMTP_TIMEOUT", 30, 0.1, 3600),
            templates=_path(environment, "DRAWSCAPE_MAIL_TEMPLATES"),
            max_bytes=int(number("DRAWSCAPE_MAIL_MAX_MB", 20, 0, 1024) * (1 << 20)),
        )


def _login(
    environment: Mapping[str, str], host: str | None, security: str
) -> tuple[str | None, str | None]:
    user = environment.get("DRAWSCAPE_SMTP_USER") or None
    password = environment.get("DRAWSCAPE_SMTP_PASSWORD") or None
    if host and (user is None) != (password is None):
        missing = "PASSWORD" if user else "USER"
        raise SettingsError(f"DRAWSCAPE_SMTP_{missing} is not set; a login needs user and password")
    if host and user and security == "none" and host not in _LOOPBACK:
        raise SettingsError(
            "DRAWSCAPE_SMTP_SECURITY='none' would send the password in the clear; "
            "use 'starttls' or 'ssl'"
        )
    return user, password


def _sender(environment: Mapping[str, str], host: str | None, user: str | None) -> Recipient:
    text = environment.get("DRAWSCAPE_MAIL_FROM")
    if not text and user and "@" in user:
        text = user
    if not text and host:
        raise SettingsError(
            "DRAWSCAPE_MAIL_FROM is not set; it is the address that mails come from"
        )
    try:
        return read_recipient(text or _NOBODY, "sender")
    except MailError as problem:
        raise SettingsError(f"DRAWSCAPE_MAIL_FROM: {problem}") from problem


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    text = environment.get(name)
    if text and not Path(text).exists():
        raise SettingsError(f"{name}={text!r} does not exist")
    return Path(text) if text else None


def _number(
    environment: Mapping[str, str], name: str, default: float, least: float, most: float
) -> float:
    text = environment.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise SettingsError(f"{name}={text!r} is not a number") from None
    if not least <= value <= most:
        raise SettingsError(f"{name}={text!r} must be between {least:g} and {most:g}")
    return value


# Delivery: what is temporary, the next try of the job may send; the rest is refused


def deliver(message: EmailMessage, settings: MailSettings) -> str:
    """Hand the mail to the server of `settings`; return whom it refused, '' where it refused nobody.

    Raises MailTemporaryError for what may pass later (a refused or lost connection, 4xx answers), and
    MailRefusedError for what will not (5xx, a failed login, a wrong certificate).
    """
    sender = settings.sender.address
    recipients = [address.addr_spec for address in message["To"].addresses]
    plain = "".join([sender, *recipients]).isascii()
    options = () if plain else ("SMTPUTF8", "BODY=8BITMIME")
    try:
        with _session(settings) as session:
            refused = session.sendmail(sender, recipients, message.as_bytes(), options)
    except (smtplib.SMTPException, OSError, UnicodeError) as problem:
        text = f"{settings.host}:{settings.port}: {_text(problem)}"
        if _is_temporary(problem):
            raise MailTemporaryError(f"{text}; job_retries=3 would try again") from problem
        raise MailRefusedError(f"{text}; trying again will not help") from problem
    return _refusals(refused)


@contextmanager
def _session(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """Yield a session, encrypted and logged in as the settings say; how it ends does not matter."""
    session = _connected(settings)
    try:
        if settings.security == "starttls":
            session.starttls(context=_trust(settings))
        if settings.user and settings.password:
            session.login(settings.user, settings.password)
        yield session
    finally:
        # The mail is taken or refused by now: a server that hangs up early changes nothing.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


def _connected(settings: MailSettings) -> smtplib.SMTP:
    host = settings.host or ""
    if settings.security == "ssl":
        return smtplib.SMTP_SSL(
            host,
            settings.port,
            local_hostname=_own_name(),
            timeout=settings.timeout_s,
            context=_trust(settings),
        )
    return smtplib.SMTP(host, settings.port, local_hostname=_own_name(), timeout=settings.timeout_s)


def _own_name() -> str:
    """Return the name for EHLO: smtplib's own way asks the DNS, which can take long."""
    name = socket.gethostname()
    return name if "." in name else "[127.0.0.1]"


def _trust(settings: MailSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file:
        context.load_verify_locations(settings.ca_file)
    return context


def _is_temporary(problem: Exception) -> bool:
    """Return whether the same mail may pass later."""
    code = _code(problem)
    if code is not None:
        return 400 <= code < 500
    if isinstance(problem, smtplib.SMTPException):
        return isinstance(problem, smtplib.SMTPServerDisconnected)
    if isinstance(problem, ssl.SSLError):
        return isinstance(problem, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    if isinstance(problem, socket.gaierror):
        return problem.errno == socket.EAI_AGAIN
    return not isinstance(problem, UnicodeError)  # a host's name that is none


def _code(problem: Exception) -> int | None:
    """Return the server's answer code, None when there was no answer."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return next(code for code, _ in problem.recipients.values())
    if isinstance(problem, smtplib.SMTPResponseException):
        return problem.smtp_code
    return None


def _text(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return _refusals(problem.recipients)
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{problem.smtp_code} {_plain(problem.smtp_error)}"
    return f"{problem or type(problem).__name__}"


def _refusals(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{to} refused: {code} {_plain(text)}" for to, (code, text) in refused.items())


def _plain(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
