"""Addresses and subjects, checked before they go near a header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address

from drawscape.errors import MailError

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NAMED = re.compile(
    r"""(?P<name>"(?:[^"\\]|\\.)*"|[^"<>,;@]*) ?<(?P<address>[^<>\s]+)>"""
)  # email.utils.parseaddr would take 'a@exa mple.com' for 'a@example.com'
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1: a path of 256 with its brackets
_LONGEST_LOCAL = 64
_LONGEST_SUBJECT = 250


@dataclass(frozen=True)
class Recipient:
    """Someone with a mail address; `name` may be empty."""

    name: str
    address: str

    @property
    def header(self) -> Address:
        """The address as a header holds it."""
        return Address(display_name=self.name, addr_spec=self.address)


def read_recipient(text: str, what: str = "recipient") -> Recipient:
    """Return the one address in 'user@example.com' or 'A User <user@example.com>'.

    Domains with other letters than ASCII's become punycode. Raises MailError, which names `what`
    and the value, for anything else: several addresses, line ends (header injection), wrong syntax.
    """
    _refuse_controls(text, what)
    name, address = _parts(text)
    local, at, domain = address.rpartition("@")
    if not at or address.count("@") > 1:
        raise MailError(f"{what} {text!r} is not one mail address, such as 'user@example.com'")
    if not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        raise MailError(f"{what} {text!r}: the part before the @ is not as mail addresses are")
    address = f"{local}@{_domain(domain, text, what)}"
    if len(address) > _LONGEST_ADDRESS:
        raise MailError(f"{what} {text!r}: an address has at most {_LONGEST_ADDRESS} characters")
    return Recipient(name, address)


def _parts(text: str) -> tuple[str, str]:
    """Return the name and the address; the latter is not checked."""
    named = _NAMED.fullmatch(text.strip())
    if named is None:
        return "", text.strip()
    name = named["name"].strip()
    if name.startswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, named["address"]


def read_subject(text: str) -> str:
    """Return the subject; MailError when it is empty, too long, or holds a line end or the like."""
    _refuse_controls(text, "subject")
    if not text.strip():
        raise MailError("subject is empty; say in a few words what the mail is about")
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


def _domain(domain: str, text: str, what: str) -> str:
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    if not all(map(_LABEL.fullmatch, ascii_domain.split("."))):
        raise MailError(f"{what} {text!r}: {domain!r} is no domain name")
    return ascii_domain
