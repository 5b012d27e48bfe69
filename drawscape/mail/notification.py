"""One notification, from its checked parts to the server's or the folder's acceptance."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from drawscape.atomic import write_atomic
from drawscape.errors import MailError, MailRefusedError
from drawscape.mail.message import (
    Enclosure,
    Recipient,
    build_message,
    content_id,
    encoded_bytes,
    message_id,
    read_recipients,
    read_subject,
)
from drawscape.mail.settings import MailSettings
from drawscape.mail.smtp import deliver
from drawscape.mail.templates import Rendered, render
from drawscape.notes import open_notes

_RESERVED = ("recipient", "subject", "pictures", "job_id")


@dataclass(frozen=True, kw_only=True)
class Notification:
    """What is to be written to whom; `context` fills the template's variables.

    `job_id` and `queued_at` make the Message-ID: the time distinguishes two jobs that were given one id,
    the second after the first was removed.
    """

    recipient: str | Sequence[str]
    subject: str
    template: str
    context: Mapping[str, Any]
    pictures: Sequence[Enclosure] = ()
    enclosures: Sequence[Enclosure] = ()
    job_id: str | None = None
    queued_at: datetime | None = None


def send(
    notification: Notification,
    settings: MailSettings,
    *,
    accepted: Path,
    outbox: Path,
    log: Callable[[str], object],
) -> str:
    """Send the mail and return its Message-ID or, without a server, a sentence with its file's path.

    A job's mail that was accepted before, by the notes in the file `accepted`, is not sent again.
    Raises MailError and its subclasses for what cannot be sent as asked, UnknownNameError for an
    unknown template.
    """
    message = compose(notification, settings, log=log)
    key = str(message["Message-ID"])
    if settings.host is None:
        path = outbox / f"{key.strip('<>').partition('.drawscape@')[0]}.eml"
        outbox.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [message.as_bytes()])
        answer = f"not sent, since DRAWSCAPE_SMTP_HOST is not set; written to {path}"
        log(answer)
        return answer
    with open_notes(accepted) as notes:
        if notification.job_id and notes.get(key) is not None:
            log(f"{key} was accepted before; not sent again")
            return key

        refused = deliver(message, settings)
        try:
            notes.put(key, f"{settings.host}:{settings.port}")
        except sqlite3.Error as problem:  # the mail is out: to fail now would send it twice
            log(f"{key} is sent, but that could not be noted: {problem}")
    log(f"{key} accepted by {settings.host}")
    if refused:
        raise MailRefusedError(f"{refused}; the other recipients have the mail")
    return key


def check_sizes(files: Iterable[Path], most: int) -> None:
    """Raise MailError when `files` are too large for a mail of `most` bytes; none of them is read."""
    files = list(files)
    size = sum(encoded_bytes(path.stat().st_size) for path in files)
    _check_size(size, most, ", ".join(repr(path.name) for path in files))


def compose(
    notification: Notification, settings: MailSettings, *, log: Callable[[str], object]
) -> EmailMessage:
    """Return the whole mail; MailError and its subclasses name what is wrong with its parts."""
    recipients = read_recipients(notification.recipient)
    subject = read_subject(notification.subject)
    body = _body(notification, settings.templates, recipients, subject)
    if body.unused:
        log(f"not used by the template {notification.template!r}: {', '.join(body.unused)}")
    message = build_message(
        sender=settings.sender,
        recipients=recipients,
        subject=subject,
        body=body,
        message_id=message_id(notification.job_id, notification.queued_at, settings.sender.domain),
        date=datetime.now(UTC),
        pictures=notification.pictures,
        enclosures=notification.enclosures,
    )
    _check_size(len(message.as_bytes()), settings.max_bytes, "the mail")
    return message


def _body(
    notification: Notification,
    templates: Path | None,
    recipients: Sequence[Recipient],
    subject: str,
) -> Rendered:
    given = {
        "name": recipients[0].name if len(recipients) == 1 else "",
        "recipient": ", ".join(one.address for one in recipients),
        "subject": subject,
        "job_id": notification.job_id,
        "pictures": [
            {"name": picture.name, "cid": content_id(index)}
            for index, picture in enumerate(notification.pictures)
        ],
    }
    for key in notification.context:
        if key in _RESERVED:
            raise MailError(f"the context's {key!r} is set by the mail itself; use another name")
    body = render(notification.template, {**given, **notification.context}, folder=templates)
    return Rendered(body.text, body.html, tuple(n for n in body.unused if n not in given))


def _check_size(size: int, most: int, what: str) -> None:
    if size > most:
        raise MailError(
            f"{what}: {size:,} bytes as a mail encodes them; a mail has at most {most:,} "
            "(DRAWSCAPE_MAIL_MAX_MB)"
        )
