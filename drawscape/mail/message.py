"""A mail as it goes over the wire: headers, text, HTML, pictures and enclosures."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from uuid import uuid4

from drawscape.mail.address import Recipient
from drawscape.mail.templates import Rendered


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a mail."""

    name: str
    data: bytes

    @property
    def type(self) -> tuple[str, str]:
        """Its media type, such as ('image', 'svg+xml')."""
        guessed = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        main, _, sub = guessed.partition("/")
        return main, sub


def message_id(job_id: str | None, queued_at: datetime | None, domain: str) -> str:
    """Return the Message-ID of a job's mail, always the same one; without a job a new one."""
    if job_id is None:
        return f"<{uuid4().hex}.drawscape@{domain}>"
    when = f"-{round(queued_at.timestamp() * 1000):x}" if queued_at else ""
    return f"<job-{job_id}{when}.drawscape@{domain}>"


def content_id(index: int) -> str:
    """Return how the HTML part names the inline picture `index`, counted from 0."""
    return f"picture-{index}@drawscape"


def encoded_bytes(size: int) -> int:
    """Return how many bytes of a mail an enclosure of `size` bytes takes, its headers apart."""
    return -(-size // 57) * 78  # base64: 57 bytes are a line of 76 characters and its end


def build_message(
    *,
    sender: Recipient,
    recipients: Sequence[Recipient],
    subject: str,
    body: Rendered,
    message_id: str,
    date: datetime,
    pictures: Sequence[Enclosure] = (),
    enclosures: Sequence[Enclosure] = (),
) -> EmailMessage:
    """Return the mail: text first, then HTML with its inline `pictures`, then the `enclosures`.

    It is 7-bit throughout, so any server takes it, unless an address has other letters than ASCII's
    before its @: then its headers are UTF-8 (RFC 6532). It is marked as made by a program, so that
    holiday notices stay away (RFC 3834).
    """
    plain = "".join(one.address for one in (sender, *recipients)).isascii()
    message = EmailMessage(policy=SMTP.clone(utf8=not plain))
    message["From"] = sender.header
    message["To"] = [one.header for one in recipients]
    message["Subject"] = subject
    message["Date"] = date
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.text, cte="quoted-printable")
    message.add_alternative(body.html, subtype="html", cte="quoted-printable")
    _add_pictures(message, pictures)
    for enclosure in enclosures:
        main, sub = enclosure.type
        message.add_attachment(enclosure.data, maintype=main, subtype=sub, filename=enclosure.name)
    return message


def _add_pictures(message: EmailMessage, pictures: Sequence[Enclosure]) -> None:
    html = message.get_body(preferencelist=("html",))
    for index, picture in enumerate(pictures):
        main, sub = picture.type
        html.add_related(  # type: ignore[union-attr]
            picture.data,
            maintype=main,
            subtype=sub,
            cid=f"<{content_id(index)}>",
            filename=picture.name,
            disposition="inline",
        )
