"""Delivery by SMTP: what is temporary is tried again with growing pauses, the rest is refused."""

import contextlib
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from drawscape.errors import MailRefusedError, MailTemporaryError
from drawscape.mail.settings import MailSettings

Log = Callable[[str], object]


def deliver(
    message: EmailMessage,
    settings: MailSettings,
    *,
    on_accepted: Callable[[], object],
    log: Log,
) -> None:
    """Hand the mail to the server of `settings`; `on_accepted` is called once that has taken it.

    A refused or lost connection and 4xx answers are tried again, up to `settings.tries` times, with
    a pause that doubles, as long as `settings.patience_s` lasts; then MailTemporaryError. What a
    retry cannot change (5xx, a failed login, a wrong certificate) is a MailRefusedError at once.
    """
    begun, pause = time.monotonic(), settings.retry_delay_s
    for attempt in range(1, settings.tries + 1):
        try:
            _attempt(message, settings, on_accepted)
            return
        except (smtplib.SMTPException, OSError, UnicodeError) as problem:
            text = f"{settings.host}:{settings.port}: {_text(problem)}"
            if not _is_temporary(problem):
                raise MailRefusedError(f"{text}; this will not pass by itself") from problem
            spent = time.monotonic() - begun
            if attempt == settings.tries or spent + pause > settings.patience_s:
                raise MailTemporaryError(
                    f"{text}; given up for now after {_tries(attempt)} in {spent:.0f} s"
                ) from problem
            log(f"{text}; try {attempt + 1} of {settings.tries} in {pause:g} s")
        time.sleep(pause)
        pause *= 2


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _attempt(
    message: EmailMessage, settings: MailSettings, on_accepted: Callable[[], object]
) -> None:
    sender = settings.sender.address
    recipient = message["To"].addresses[0].addr_spec
    plain = (sender + recipient).isascii()
    options = () if plain else ("SMTPUTF8", "BODY=8BITMIME")
    with _session(settings) as session:
        session.sendmail(sender, [recipient], message.as_bytes(), options)
        on_accepted()


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
        address, (code, text) = next(iter(problem.recipients.items()))
        return f"{address} refused: {code} {_plain(text)}"
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{problem.smtp_code} {_plain(problem.smtp_error)}"
    return f"{problem or type(problem).__name__}"


def _plain(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
