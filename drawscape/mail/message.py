"""A mail as it goes over the wire: addresses and subject, checked; text, HTML, pictures, enclosures."""

import mimetypes
import re
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, NamedTuple

from email_validator import EmailNotValidError, validate_email

from drawscape.errors import MailError

_PART = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|[^,"])+""")
_NOT_PUBLIC = re.compile(r"(?<=[@.])(localhost|local|test)(?=>?$)", re.IGNORECASE)
_NAME = re.compile(r'^([^"<>@]*[^"<>@ ]) ?<')
_LONGEST_SUBJECT = 250


def read_recipient(text: str, what: str = "recipient") -> Address:
    """Return the one address in 'user@example.com' or 'A User <user@example.com>'.

    A domain with other letters than ASCII's becomes ASCII by IDNA 2008. Raises MailError, which names
    `what`, the value and what is wrong: several addresses, line ends (header injection), wrong syntax.
    """
    _refuse_controls(text, what)
    # email-validator takes public names only; a local one, which an own server may know, is checked as if
    # it were one.
    quoted = _NAME.sub(r'"\1" <', text.strip())  # a name of other letters than ASCII's must be
    public, local = _NOT_PUBLIC.subn(r"\1.example", quoted)
    try:
        found = validate_email(
            public,
            strict=True,
            allow_display_name=True,
            check_deliverability=False,
            globally_deliverable=False,
        )
    except EmailNotValidError as problem:
        raise MailError(
            f"{what} {text!r} is not one mail address, such as 'user@example.com': {problem}"
        ) from problem
    domain = found.ascii_domain.removesuffix(".example" if local else "")
    return Address(found.display_name or "", found.local_part, domain)


def read_recipients(given: str | Sequence[str]) -> tuple[Address, ...]:
    """Return the addresses in a text, separated by commas, or in a list of texts.

    Raises MailError as `read_recipient` does, for none, and for one that is there twice.
    """
    texts = _PART.findall(given) if isinstance(given, str) else given
    found = tuple(read_recipient(text) for text in texts or [str(given)])
    if len({one.addr_spec for one in found}) < len(found):
        raise MailError(f"recipient {given!r} names an address twice")
    return found


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


class Enclosure(NamedTuple):
    """A file that goes with a mail; the HTML part names a picture by its `cid`."""

    name: str
    data: bytes
    cid: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """Its name and its media type, as EmailMessage takes them."""
        guessed = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        main, _, sub = guessed.partition("/")
        return {"maintype": main, "subtype": sub, "filename": self.name}


def build_message(
    *,
    sender: Address,
    recipients: Sequence[Address],
    subject: str,
    text: str,
    html: str,
    message_id: str,
    date: datetime,
    pictures: Sequence[Enclosure] = (),
    enclosures: Sequence[Enclosure] = (),
) -> EmailMessage:
    """Return the mail: text first, then HTML with its inline `pictures`, then the `enclosures`.

    It is 7-bit throughout, so any server takes it. Where an address has other letters than ASCII's before
    its @ its headers are UTF-8 (RFC 6532). It is marked as made by a program, so that
    holiday notices stay away (RFC 3834).
    """
    plain = "".join(one.addr_spec for one in (sender, *recipients)).isascii()
    message = EmailMessage(policy=SMTP.clone(utf8=not plain))
    message["From"] = sender
    message["To"] = recipients
    message["Subject"] = subject
    message["Date"] = date
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    shown: Any = message.get_body(preferencelist=("html",))
    for picture in pictures:
        cid = f"<{picture.cid}>"
        shown.add_related(picture.data, cid=cid, disposition="inline", **picture.options)
    for enclosure in enclosures:
        message.add_attachment(enclosure.data, **enclosure.options)
    return message
