"""What comes near a header is checked first."""

import pytest

from drawscape.errors import MailError
from drawscape.mail.message import read_recipient, read_subject


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("user@example.com", "", "user@example.com"),
        ("Zoë <zoe@example.com>", "Zoë", "zoe@example.com"),
        ('"Pen, Up" <pen.up+x@sub.example.co.uk>', "Pen, Up", "pen.up+x@sub.example.co.uk"),
        ("a@bücher.example", "", "a@xn--bcher-kva.example"),
        ("root@localhost", "", "root@localhost"),
        ("Ops <root@mail.Local>", "Ops", "root@mail.local"),
        ("root@studio", "", "root@studio"),
        ("zoë@example.com", "", "zoë@example.com"),
        ("zoe\u0308@example.com", "", "zoë@example.com"),
        ("user@straße.de", "", "user@xn--strae-oqa.de"),
        ("user@strasse.de", "", "user@strasse.de"),
    ],
)
def test_an_address_is_read_with_its_name(text, name, address):
    recipient = read_recipient(text)
    assert (recipient.display_name, recipient.addr_spec) == (name, address)


@pytest.mark.parametrize(
    "text",
    [
        "", "user", "@example.com", "user@", "a b@example.com", "a@b@c.com", "user@-x.com",
        "a@example.com, b@example.com", "a@example.com;b@example.com", "<a@x.com> <b@x.com>",
        ".a@x.com", "a..b@x.com", "a@x..com", "a" * 65 + "@x.com", "a@" + "x" * 64 + ".com",
        "a@" + ".".join(["x" * 60] * 5), "a@exa mple.com", "a@[127.0.0.1]",
    ],
)  # fmt: skip
def test_a_bad_address_is_refused_by_name(text):
    with pytest.raises(MailError) as refused:
        read_recipient(text)
    assert "recipient" in str(refused.value)
    assert repr(text) in str(refused.value)


@pytest.mark.parametrize(
    "end", ["\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"]
)
@pytest.mark.parametrize("read", [read_recipient, read_subject])
def test_a_header_cannot_be_injected(read, end):
    with pytest.raises(MailError, match="line end or another control character"):
        read(f"user@example.com{end}Bcc: everyone@example.com")


@pytest.mark.parametrize("text", ["", "   ", "x" * 251])
def test_a_subject_is_neither_empty_nor_endless(text):
    with pytest.raises(MailError, match="subject"):
        read_subject(text)


def test_a_value_that_is_no_text_is_refused_by_name():
    with pytest.raises(MailError, match=r"recipient None"):
        read_recipient(None)  # type: ignore[arg-type]
