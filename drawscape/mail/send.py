"""One notification, from its checked parts to the server's or the folder's acceptance."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from drawscape.atomic import write_atomic
from drawscape.errors import MailError
from drawscape.mail.address import Recipient, read_recipient, read_subject
from drawscape.mail.ledger import Ledger
from drawscape.mail.message import Enclosure, build_message, content_id, message_id
from drawscape.mail.settings import MailSettings
from drawscape.mail.smtp import deliver
from drawscape.mail.templates import Rendered, render


@dataclass(frozen=True, kw_only=True)
class Notification:
    """What is to be said to whom; `context` fills the template's variables."""

    recipient: str
    subject: str
    template: str
    context: Mapping[str, Any]
    pictures: Sequence[Enclosure] = ()
    enclosures: Sequence[Enclosure] = ()


def send(
    notification: Notification,
    settings: MailSettings,
    *,
    job_id: str | None,
    queued_at: datetime | None = None,
    ledger: Ledger,
    outbox: Path,
    log: Callable[[str], object],
) -> str:
    """Send the mail and return its Message-ID, or, without a server, the path of its file.

    A job's mail that the ledger knows as accepted is not sent again; `queued_at` tells apart two jobs
    that were given one id, the second after the first was removed. Raises MailError and its kin
    for what cannot be sent as asked, UnknownNameError for an unknown template.
    """
    message = compose(notification, settings, job_id=job_id, queued_at=queued_at, log=log)
    key = str(message["Message-ID"])
    if settings.host is None:
        return _write(message, outbox / f"{key.strip('<>').partition('.drawscape@')[0]}.eml")
    if job_id and ledger.answer(key) is not None:
        log(f"{key} was accepted before; not sent again")
        return key

    def accepted() -> None:
        try:
            ledger.note(key, notification.recipient, f"{settings.host}:{settings.port}")
        except sqlite3.Error as problem:  # the mail is out: to fail now would send it twice
            log(f"{key} is sent, but that could not be noted: {problem}")

    deliver(message, settings, accepted=accepted, log=log)
    log(f"{key} accepted by {settings.host}")
    return key


def compose(
    notification: Notification,
    settings: MailSettings,
    *,
    job_id: str | None,
    queued_at: datetime | None = None,
    log: Callable[[str], object],
) -> EmailMessage:
    """Return the whole mail; MailError and its kin say what is wrong with its parts."""
    recipient = read_recipient(notification.recipient)
    subject = read_subject(notification.subject)
    for enclosure in (*notification.pictures, *notification.enclosures):
        _check_size(enclosure, settings.max_bytes)
    body = _body(notification, settings, recipient, subject, job_id)
    if body.unused:
        log(f"not used by the template {notification.template!r}: {', '.join(body.unused)}")
    return build_message(
        sender=settings.sender,
        recipient=recipient,
        subject=subject,
        body=body,
        message_id=message_id(job_id, queued_at, settings.sender.address.rpartition("@")[2]),
        date=datetime.now(UTC),
        pictures=notification.pictures,
        enclosures=notification.enclosures,
    )


def _body(
    notification: Notification,
    settings: MailSettings,
    recipient: Recipient,
    subject: str,
    job_id: str | None,
) -> Rendered:
    given = {
        "name": recipient.name,
        "recipient": recipient.address,
        "subject": subject,
        "job_id": job_id,
        "pictures": [
            {"name": picture.name, "cid": content_id(place)}
            for place, picture in enumerate(notification.pictures)
        ],
    }
    for key in notification.context:
        if key in ("recipient", "subject", "pictures", "job_id"):
            raise MailError(f"the context's {key!r} is set by the mail itself; use another name")
    body = render(
        notification.template, {**given, **notification.context}, folder=settings.templates
    )
    return Rendered(body.text, body.html, tuple(n for n in body.unused if n not in given))


def _check_size(enclosure: Enclosure, most: int) -> None:
    if len(enclosure.data) > most:
        raise MailError(
            f"{enclosure.name!r} has {len(enclosure.data):,} bytes; at most {most:,} fit a mail "
            "(DRAWSCAPE_MAIL_MAX_MB)"
        )


def _write(message: EmailMessage, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, [message.as_bytes()])
    return str(path)
