"""Delivery by SMTP, and its settings in the environment.

| variable | meaning | default |
|---|---|---|
| `DRAWSCAPE_SMTP_HOST` | the server; without it mails are written to files | |
| `DRAWSCAPE_SMTP_SECURITY` | `starttls`, `ssl` or `none` | `starttls` |
| `DRAWSCAPE_SMTP_PORT` | | 587, 465 or 25 |
| `DRAWSCAPE_SMTP_USER`, `DRAWSCAPE_SMTP_PASSWORD` | for the login | no login |
| `DRAWSCAPE_MAIL_FROM` | the sender's address | the user |
| `DRAWSCAPE_MAIL_TEMPLATES` | a folder of templates that override the built-in ones | |

OpenSSL's variable `SSL_CERT_FILE` names a self-signed certificate to trust.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from drawscape.errors import MailError, MailRefusedError, MailTemporaryError, SettingsError
from drawscape.mail.message import read_recipient

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TIMEOUT_S = 30
_TEMPORARY = (smtplib.SMTPServerDisconnected, ssl.SSLEOFError, ssl.SSLZeroReturnError)
# A malformed host name is a UnicodeError.
_PERMANENT = (smtplib.SMTPException, ssl.SSLError, socket.gaierror, UnicodeError)


@dataclass(frozen=True)
class MailSettings:
    """How mails are sent; see the module's table. Without a `host` they are written to files."""

    sender: Address
    host: str | None
    port: int
    security: str
    user: str | None
    password: str | None = field(repr=False)
    templates: Path | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "MailSettings":
        """Return the settings in `environment`; SettingsError names the variable that is wrong."""

        def text(name: str) -> str | None:
            return environment.get(f"DRAWSCAPE_{name}") or None

        host, user, password = text("SMTP_HOST"), text("SMTP_USER"), text("SMTP_PASSWORD")
        security = (text("SMTP_SECURITY") or "starttls").lower()
        if security not in PORTS:
            raise SettingsError(f"DRAWSCAPE_SMTP_SECURITY={security!r}: use {', '.join(PORTS)}")
        port = str(text("SMTP_PORT") or PORTS[security])
        if not port.isdecimal() or not 1 <= int(port) <= 65535:
            raise SettingsError(f"DRAWSCAPE_SMTP_PORT={port!r} must be 1 to 65535")
        if bool(user) != bool(password):
            raise SettingsError("DRAWSCAPE_SMTP_USER or DRAWSCAPE_SMTP_PASSWORD is not set")
        if user and security == "none" and host not in _LOOPBACK:
            raise SettingsError("DRAWSCAPE_SMTP_SECURITY='none' sends the password in the clear")
        folder = text("MAIL_TEMPLATES")
        if folder and not Path(folder).is_dir():
            raise SettingsError(f"DRAWSCAPE_MAIL_TEMPLATES={folder!r} is not a folder")
        sender = Address("", "drawscape", "localhost")
        given = text("MAIL_FROM") or user
        if host or given:
            try:
                sender = read_recipient(given or "", "sender")
            except MailError as problem:
                raise SettingsError(f"DRAWSCAPE_MAIL_FROM: {problem}") from problem
        templates = Path(folder) if folder else None
        return cls(sender, host, int(port), security, user, password, templates)


def deliver(message: EmailMessage, settings: MailSettings) -> None:
    """Send the mail to the server of `settings`.

    Raises MailTemporaryError for errors that may pass: a refused or lost connection, 4xx answers. Others
    raise MailRefusedError: 5xx, a failed login, a wrong certificate.
    """
    try:
        with _session(settings) as session:
            session.send_message(message)
    except (smtplib.SMTPException, OSError, UnicodeError) as problem:
        code, text = _answer(problem)
        text = f"{settings.host}:{settings.port}: {text}"
        if 400 <= code < 500:
            raise MailTemporaryError(f"{text}; job_retries=3 would try again") from problem
        raise MailRefusedError(f"{text}; trying again will not help") from problem


@contextmanager
def _session(settings: MailSettings) -> Iterator[smtplib.SMTP]:
    """Yield a session, encrypted and logged in by the settings; errors at its end are ignored."""
    trust = ssl.create_default_context()
    # The name for EHLO: smtplib itself would ask the DNS, which can take long.
    own = socket.gethostname() if "." in socket.gethostname() else "[127.0.0.1]"
    where = (settings.host or "", settings.port, own)
    if settings.security == "ssl":
        session: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=_TIMEOUT_S, context=trust)
    else:
        session = smtplib.SMTP(*where, timeout=_TIMEOUT_S)
    try:
        if settings.security == "starttls":
            session.starttls(context=trust)
        if settings.user and settings.password:
            session.login(settings.user, settings.password)
        yield session
    finally:
        # The mail is accepted or refused by now: a server that hangs up early does not matter.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()


def _answer(problem: Exception) -> tuple[int, str]:
    """Return the server's answer; without one, 421 for an error that may pass, else 554."""
    said: bytes | str
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        ((code, said),) = problem.recipients.values()
    elif isinstance(problem, smtplib.SMTPResponseException):
        code, said = problem.smtp_code, problem.smtp_error
    else:
        may_pass = isinstance(problem, _TEMPORARY) or not isinstance(problem, _PERMANENT)
        may_pass |= getattr(problem, "errno", 0) == socket.EAI_AGAIN
        return 421 if may_pass else 554, f"{problem or type(problem).__name__}"
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return code, " ".join(f"{code} {text}".split())
