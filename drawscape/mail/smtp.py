"""Delivery by SMTP: what is temporary, the job's next try may send; the rest is refused."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage

from drawscape.errors import MailRefusedError, MailTemporaryError
from drawscape.mail.settings import MailSettings


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
