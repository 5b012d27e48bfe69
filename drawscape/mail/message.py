"""A mail as it goes over the wire: addresses and subject, checked; text, HTML, pictures, enclosures.

Templates are `NAME.html.j2` and `NAME.txt.j2`. Values are escaped in the HTML part and never read as template
code; templates run in Jinja2's sandbox. Variables that a template needs and that are missing are an error,
which names them all.
"""

import mimetypes
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, NamedTuple

from email_validator import EmailNotValidError, validate_email
from jinja2 import StrictUndefined, TemplateError
from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from drawscape.errors import MailError, MailTemplateError, UnknownNameError

_PART = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|[^,"])+""")
_NOT_PUBLIC = re.compile(r"(?<=[@.])(localhost|local|test)(?=>?$)", re.IGNORECASE)
_NAME = re.compile(r'^([^"<>@]*[^"<>@ ]) ?<')
_LONGEST_SUBJECT = 250
_SUFFIX = ".html.j2"
_LINK = re.compile(r"(https?://|mailto:)[^\s\"'<>\\]+", re.IGNORECASE)


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
    headers: Mapping[str, Any],
    text: str,
    html: str,
    *,
    pictures: Sequence[Enclosure] = (),
    enclosures: Sequence[Enclosure] = (),
) -> EmailMessage:
    """Return the mail: text first, then HTML with its inline `pictures`, then the `enclosures`.

    It is 7-bit throughout, so any server takes it. Where an address has other letters than ASCII's before
    its @ its headers are UTF-8 (RFC 6532). It is marked as made by a program, so that
    holiday notices stay away (RFC 3834).
    """
    plain = "".join(one.addr_spec for one in (headers["From"], *headers["To"])).isascii()
    message = EmailMessage(policy=SMTP.clone(utf8=not plain))
    automatic = {"Date": datetime.now(UTC), "Auto-Submitted": "auto-generated"}
    for name, value in {**headers, **automatic}.items():
        message[name] = value
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    shown: Any = message.get_body(preferencelist=("html",))
    for picture in pictures:
        cid = f"<{picture.cid}>"
        shown.add_related(picture.data, cid=cid, disposition="inline", **picture.options)
    for enclosure in enclosures:
        message.add_attachment(enclosure.data, **enclosure.options)
    return message


def render(name: str, context: Mapping[str, Any], *, folder: Path | None = None) -> tuple[str, str]:
    """Return the template's text and HTML parts for the values in `context`.

    Templates in `folder` come before the built-in ones. Raises UnknownNameError for a template that
    does not exist, MailTemplateError for missing variables (it names all) and for broken templates.
    """
    loaders: list[BaseLoader] = [FileSystemLoader(folder)] if folder else []
    missing: list[str] = []

    class Missing(StrictUndefined):
        def __str__(self) -> str:  # type: ignore[override]
            missing.append(repr(self._undefined_name))
            return ""

        __html__ = __str__

    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*loaders, PackageLoader("drawscape.mail")]),
        autoescape=lambda template: template is None or template.endswith(_SUFFIX),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=Missing,
    )
    environment.filters["link"] = _link
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
        raise MailTemplateError(f"mail template {name!r} does not work: {problem}") from problem
    if missing:
        names = list(dict.fromkeys(missing))
        give = ", ".join(f"{each[1:-1]}=..." for each in names)
        raise MailTemplateError(f"mail template {name!r} needs {', '.join(names)}; pass {give}")
    return text, html


def _link(value: object) -> str:
    """Return the address if a mail may link to it: `javascript:` and its like are refused."""
    text = str(value)
    if not _LINK.fullmatch(text):
        raise MailTemplateError(f"{text!r} is not an http, https or mailto link")
    return text
