"""A mail ready to send: checked address and subject, text, HTML, pictures, enclosures.

Templates are `NAME.html.j2` and `NAME.txt.j2`. Values are escaped in the HTML part and never read as template
code; templates run in Jinja2's sandbox. A missing variable of a template is an error.
"""

import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from email_validator import EmailNotValidError, validate_email
from jinja2 import StrictUndefined, TemplateError
from jinja2.loaders import ChoiceLoader, FileSystemLoader, PackageLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from drawscape.errors import MailError, MailTemplateError, UnknownNameError

_NAME = re.compile(r'^([^"<>@]*[^"<>@ ]) ?<')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST_SUBJECT = 250
_SUFFIX = ".html.j2"


def read_recipient(text: str, what: str = "recipient") -> Address:
    """Return the one address in 'user@example.com' or 'A User <user@example.com>'.

    A domain with non-ASCII letters becomes ASCII by IDNA 2008. Raises MailError, which names
    `what`, the value and the reason: several addresses, line ends (header injection), wrong syntax. Before
    the @ only ASCII is allowed.
    """
    plain = _plain_header(text, what)
    quoted = _NAME.sub(r'"\1" <', plain)  # required for a non-ASCII name
    try:
        found = validate_email(
            quoted,
            strict=True,
            allow_display_name=True,
            allow_smtputf8=False,
            check_deliverability=False,
            globally_deliverable=False,
        )
    except EmailNotValidError as problem:
        raise MailError(
            f"{what} {text!r} is not one mail address, such as 'user@example.com': {problem}"
        ) from problem
    return Address(found.display_name or "", found.local_part, found.ascii_domain)


def read_subject(text: str) -> str:
    """Return the subject; MailError when it is empty, too long, or has a control character."""
    subject = _plain_header(text, "subject")
    if not 1 <= len(subject) <= _LONGEST_SUBJECT:
        raise MailError(f"subject has {len(subject)} characters; give 1 to {_LONGEST_SUBJECT}")
    return subject


def _plain_header(text: str, what: str) -> str:
    if not isinstance(text, str) or _CONTROL.search(text):
        raise MailError(f"{what} {text!r} must be a text without line ends or control characters")
    return text.strip()


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a mail; the HTML part names a picture by its `cid`."""

    name: str
    data: bytes
    cid: str = ""

    @property
    def headers(self) -> dict[str, Any]:
        """Its name and its media type, as EmailMessage takes them."""
        guessed = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        main, sub = guessed.split("/")
        return {"maintype": main, "subtype": sub, "filename": self.name}


def build_message(
    headers: Mapping[str, Any],
    text: str,
    html: str,
    pictures: Sequence[Enclosure],
    enclosures: Sequence[Enclosure],
) -> EmailMessage:
    """Return the mail: text first, then HTML with its inline `pictures`, then the `enclosures`.

    It is 7-bit throughout, so any server takes it. It is marked as automatic, so that no
    holiday notices answer it (RFC 3834).
    """
    message = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        message[name] = value
    message["Date"] = datetime.now(UTC)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    shown: Any = message.get_body(preferencelist=("html",))
    for picture in pictures:
        cid = f"<{picture.cid}>"
        shown.add_related(picture.data, cid=cid, disposition="inline", **picture.headers)
    for enclosure in enclosures:
        message.add_attachment(enclosure.data, **enclosure.headers)
    return message


def render(name: str, context: Mapping[str, Any], *, folder: Path | None = None) -> tuple[str, str]:
    """Return the template's text and HTML parts for the values in `context`.

    Templates in `folder` override the built-in ones. Raises UnknownNameError for a template that
    does not exist, MailTemplateError for a missing variable and for a broken template.
    """
    built_in = PackageLoader("drawscape.mail")
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder), built_in]) if folder else built_in,
        autoescape=lambda template: template is None or template.endswith(_SUFFIX),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    files = environment.list_templates(
        filter_func=lambda file: file.endswith(_SUFFIX) and file[0] != "_" and "/" not in file
    )
    known = [file.removesuffix(_SUFFIX) for file in files]
    if name not in known:
        raise UnknownNameError("mail template", name, known)
    try:
        html = environment.get_template(f"{name}.html.j2").render(context)
        text = environment.get_template(f"{name}.txt.j2").render(context)
    except TemplateError as problem:
        raise MailTemplateError(f"mail template {name!r}: {problem}") from problem
    return text, html
