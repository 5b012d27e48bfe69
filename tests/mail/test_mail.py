"""The parts of a mail: addresses, templates, enclosures, settings."""

import resource

import pytest
from support import CONTRACT, SVG

from drawscape.errors import ForbiddenPathError, MailError, MailTemplateError, SettingsError
from drawscape.mail.message import read_recipient, read_subject, render
from drawscape.mail.smtp import MailSettings
from workers.email_tasks import send_notification


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Zoë <zoe@example.com>", "Zoë", "zoe@example.com"),
        ('"Pen, Up" <pen.up+x@sub.example.co.uk>', "Pen, Up", "pen.up+x@sub.example.co.uk"),
        ("a@bücher.example", "", "a@xn--bcher-kva.example"),
        *((text, "", text) for text in ("user@example.com", "root@studio")),
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
        None, "", "user", "@example.com", "user@", "a b@example.com", "a@b@c.com", "user@-x.com",
        "a@example.com, b@example.com", "a@example.com;b@example.com", "<a@x.com> <b@x.com>",
        ".a@x.com", "a..b@x.com", "a@x..com", "a" * 65 + "@x.com", "a@" + "x" * 64 + ".com",
        "a@" + ".".join(["x" * 60] * 5), "a@exa mple.com", "a@[127.0.0.1]", "zoë@x.com",
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
    with pytest.raises(MailError, match="without line ends or control characters"):
        read(f"user@example.com{end}Bcc: everyone@example.com")


@pytest.mark.parametrize("text", ["", "   ", "x" * 251])
def test_a_subject_is_neither_empty_nor_endless(text):
    with pytest.raises(MailError, match="subject"):
        read_subject(text)


GIVEN = {"subject": "Ready", "recipient": "u@x.com", "name": "", "pictures": [], "job_id": None}
NEEDED = {
    "order_complete": {},
    "drawing_ready": {"drawing": "spiral.svg"},
    "job_failed": {"task": "workers.svg_tasks.x", "error": "ValueError: no"},
}


@pytest.mark.parametrize("name", NEEDED)
def test_a_built_in_template_has_an_html_and_a_text_part(name):
    text, html = render(name, {**GIVEN, **NEEDED[name]})
    assert html.startswith("<!doctype html>")
    assert "<" not in text
    for value in NEEDED[name].values():
        assert value in text
        assert value in html


def test_values_are_escaped_in_the_html_part():
    order = {"items": [{"name": "<img src=x onerror=alert(1)>"}], "order_id": '"><script>'}
    text, html = render("order_complete", {**GIVEN, **order, "name": "<b>Zoë</b>"})
    for hostile in ("<img src=x", "<script>", "<b>Zoë"):
        assert hostile not in html
    assert "&lt;b&gt;Zoë&lt;/b&gt;" in html
    assert "<b>Zoë</b>" in text


def test_a_folder_of_ones_own_comes_first(tmp_path):
    (tmp_path / "order_complete.html.j2").write_text("<p>{{ name }}</p>")
    (tmp_path / "thanks.html.j2").write_text("<p>{{ gift.upper() }}</p>")
    (tmp_path / "thanks.txt.j2").write_text("{{ gift }}")
    _, html = render("order_complete", {**GIVEN, "name": "<Z>"}, folder=tmp_path)
    assert html == "<p>&lt;Z&gt;</p>"
    assert render("thanks", {"gift": "pen"}, folder=tmp_path)[1] == "<p>PEN</p>"


UNSAFE = ("{{ x.__class__ }}", "{{ x.append(1) }}")
BROKEN = ("{% if %}", "{{ y.z }}", "{% for a in y %}{% endfor %}")


@pytest.mark.parametrize("code", [*UNSAFE, *BROKEN])
def test_a_broken_or_unsafe_template_is_named(tmp_path, code):
    (tmp_path / "own.html.j2").write_text(code)
    (tmp_path / "own.txt.j2").write_text("")
    with pytest.raises(MailTemplateError, match="'own'"):
        render("own", {"x": [1]}, folder=tmp_path)


@pytest.mark.parametrize("shown", ["spiral.svg", "dot.png"])
def test_a_picture_is_shown_in_the_mail_and_a_drawing_attached(serve, home, shown):
    (home / "spiral.svg").write_text(SVG)
    (home / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    mailbox = serve()
    send_notification(**CONTRACT, inline=shown, attach=["spiral.svg"])
    mail = mailbox.mails[0]
    types = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert types == ["text/plain", "text/html", "image/png", "image/svg+xml"]
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture.get_payload(decode=True).startswith(b"\x89PNG")
    shown_as = f'src="cid:{picture["Content-ID"].strip("<>")}"'
    assert shown_as in mail.get_body(("html",)).get_content()
    assert picture.get_content_disposition() == "inline"
    (enclosure,) = mail.iter_attachments()
    assert enclosure.get_filename() == "spiral.svg"
    assert enclosure.get_payload(decode=True).decode() == SVG


def test_a_drawing_out_of_bounds_is_not_sent(serve, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.svg"
    secret.write_text(SVG)
    mailbox = serve()
    with pytest.raises(ForbiddenPathError):
        send_notification(**CONTRACT, attach=str(secret))
    with pytest.raises(FileNotFoundError, match=r"none\.svg"):
        send_notification(**CONTRACT, attach="none.svg")
    assert not mailbox.mails


def test_a_large_enclosure_is_refused_before_it_is_read(home):
    with (home / "film.mp4").open("wb") as film:
        film.truncate(8 << 30)  # a hole: it takes no room on the disk, but would in memory
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MailError, match=r"the mail has 8,589,934,592 bytes with its files"):
        send_notification(**CONTRACT, attach="film.mp4")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


# A mail of 20 MiB holds 15.32 million bytes: in base64, 57 of them are a line of 76 and its end.
def test_a_mail_that_is_too_large_in_base64_is_refused(serve, home):
    mailbox = serve()
    (home / "large.png").write_bytes(bytes(15_330_000))  # less than 20 MiB itself
    with pytest.raises(MailError, match=r"the mail has 20,9\d\d,\d{3} bytes .* at most 20,971,520"):
        send_notification(**CONTRACT, attach="large.png")
    assert mailbox.attempts == 0


@pytest.mark.nightly
@pytest.mark.parametrize("how", ["attach", "inline"])
def test_the_largest_mail_is_sent(serve, home, how):
    mailbox = serve()
    (home / "large.png").write_bytes(bytes(15_310_000))
    send_notification(**CONTRACT, **{how: "large.png"})
    assert 20_900_000 < len(mailbox.envelopes[0].content) <= 20 << 20


HOST = {"DRAWSCAPE_SMTP_HOST": "mail.example.org", "DRAWSCAPE_MAIL_FROM": "a@example.org"}


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("ssl", 465), ("none", 25)])
def test_the_port_follows_from_the_security(security, port):
    assert MailSettings.of({**HOST, "DRAWSCAPE_SMTP_SECURITY": security}).port == port


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DRAWSCAPE_SMTP_SECURITY", "tls1"),
        *(("DRAWSCAPE_SMTP_PORT", port) for port in ("smtp", "70000")),
        *(("DRAWSCAPE_MAIL_FROM", sender) for sender in ("", "nobody", "a@x.org\nBcc: b@x.org")),
        ("DRAWSCAPE_MAIL_TEMPLATES", "/no/such/folder"),
    ],
)
def test_a_wrong_variable_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        MailSettings.of({**HOST, name: value})


def test_a_password_never_goes_in_the_clear():
    login = {"DRAWSCAPE_SMTP_USER": "u", "DRAWSCAPE_SMTP_PASSWORD": "hush"}
    with pytest.raises(SettingsError, match="in the clear"):
        MailSettings.of({**HOST, **login, "DRAWSCAPE_SMTP_SECURITY": "none"})
    settings = MailSettings.of({**HOST, **login})
    assert (settings.password, "hush" in repr(settings)) == ("hush", False)
    with pytest.raises(SettingsError, match="or DRAWSCAPE_SMTP_PASSWORD is not set"):
        MailSettings.of({**HOST, "DRAWSCAPE_SMTP_USER": "u"})
