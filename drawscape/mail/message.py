"""A mail as it goes over the wire: addresses and subject, checked; text, HTML, pictures, enclosures."""

import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import uuid4

from email_validator import EmailNotValidError, validate_email

from drawscape.errors import MailError

_NAMED = re.compile(r"""(?P<name>"(?:[^"\\]|\\.)*"|[^"<>,;@]*) ?<(?P<address>[^<>\s]+)>""")
_PART = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|[^,"])+""")
_NOT_PUBLIC = ("localhost", "local", "test")  # an own mail server may know them
_LONGEST_SUBJECT = 250


@dataclass(frozen=True)
class Recipient:
    """Someone with a mail address, its domain in ASCII; `name` may be empty."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What follows the @, in ASCII."""
        return self.address.rpartition("@")[2]

    @property
    def header(self) -> Address:
        """The address as a header holds it."""
        local = self.address.rpartition("@")[0]
        return Address(display_name=self.name, username=local, domain=self.domain)


def read_recipient(text: str, what: str = "recipient") -> Recipient:
    """Return the one address in 'user@example.com' or 'A User <user@example.com>'.

    A domain with other letters than ASCII's becomes ASCII by IDNA 2008. Raises MailError, which names
    `what`, the value and what is wrong: several addresses, line ends (header injection), wrong syntax.
    """
    _refuse_controls(text, what)
    named = _NAMED.fullmatch(text.strip())
    name, address = (named["name"].strip(), named["address"]) if named else ("", text.strip())
    if name.startswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    try:
        return Recipient(name, _checked(address))
    except EmailNotValidError as problem:
        raise MailError(
            f"{what} {text!r} is not one mail address, such as 'user@example.com': {problem}"
        ) from problem


def read_recipients(given: str | Sequence[str]) -> tuple[Recipient, ...]:
    """Return the addresses in a text, separated by commas, or in a list of texts.

    Raises MailError as `read_recipient` does, for none, and for one that is there twice.
    """
    texts = _PART.findall(given) if isinstance(given, str) else given
    found = tuple(read_recipient(text) for text in texts or [str(given)])
    if len({one.address for one in found}) < len(found):
        raise MailError(f"recipient {given!r} names an address twice")
    return found


def _checked(address: str) -> str:
    """Return the address with its domain in ASCII."""
    # email-validator takes public names only, so a local one is checked as if it were one.
    suffix = ".example" if address.lower().rpartition("@")[2].split(".")[-1] in _NOT_PUBLIC else ""
    found = validate_email(
        address + suffix, strict=True, check_deliverability=False, globally_deliverable=False
    )
    return f"{found.local_part}@{found.ascii_domain.removesuffix(suffix)}"


def read_subject(text: str) -> str:
    """Return the subject; MailError when it is empty, too long, or holds a line end or the like."""
    _refuse_controls(text, "subject")
    if not text.strip():
        raise MailError("subject is empty; write in a few words what the mail is about")
    if len(text) > _LONGEST_SUBJECT:
        raise MailError(f"subject has {len(text)} characters, at most {_LONGEST_SUBJECT} fit")
    return text.strip()


def _refuse_controls(text: str, what: str) -> None:
    if not isinstance(text, str):
        raise MailError(f"{what} {text!r} must be a text")
    if any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" for c in text):
        raise MailError(
            f"{what} {text!r} holds a line end or another control character; a header has none"
        )


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
    text: str,
    html: str,
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
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    _add_pictures(message, pictures)
    for enclosure in enclosures:
        main, sub = enclosure.type
        message.add_attachment(enclosure.data, maintype=main, subtype=sub, filename=enclosure.name)
    return message


def _add_pictures(message: EmailMessage, pictures: Sequence[Enclosure]) -> None:
    shown = message.get_body(preferencelist=("html",))
    for index, picture in enumerate(pictures):
        main, sub = picture.type
        shown.add_related(  # type: ignore[union-attr]
            picture.data,
            maintype=main,
            subtype=sub,
            cid=f"<{content_id(index)}>",
            filename=picture.name,
            disposition="inline",
        )
