"""Addresses and subjects, checked before they go near a header."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address

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
