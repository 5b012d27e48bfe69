"""What goes along with a mail, and how much of it."""

import resource

import pytest
from mail_example import CONTRACT, SVG

from drawscape.errors import (
    ForbiddenPathError,
    MailError,
)
from workers.email_tasks import send_notification


def test_a_drawing_is_attached(serve, home):
    (home / "output").mkdir()
    (home / "output" / "spiral.svg").write_text(SVG)
    mailbox = serve()
    send_notification(**CONTRACT, attach="output/spiral.svg")
    (enclosure,) = mailbox.mails[0].iter_attachments()
    assert enclosure.get_filename() == "spiral.svg"
    assert enclosure.get_content_type() == "image/svg+xml"
    assert enclosure.get_payload(decode=True).decode() == SVG


def test_a_picture_is_shown_in_the_mail(serve, home):
    (home / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    mailbox = serve()
    send_notification(**CONTRACT, inline="dot.png")
    mail = mailbox.mails[0]
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert (
        f'src="cid:{picture["Content-ID"].strip("<>")}"' in mail.get_body(("html",)).get_content()
    )
    assert picture.get_content_disposition() == "inline"


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
    with pytest.raises(MailError, match=r"'film\.mp4': 11,754,\d{3},\d{3} bytes as a mail encodes"):
        send_notification(**CONTRACT, attach="film.mp4")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize("how", [{"attach": 3}, {"inline": 3}, {"attach": 1, "inline": 2}])
def test_the_largest_mail_counts_all_that_it_encloses(serve, home, monkeypatch, how):
    monkeypatch.setenv("DRAWSCAPE_MAIL_MAX_MB", "1")
    mailbox = serve()
    names = [f"{number}.png" for number in range(3)]
    for name in names:
        (home / name).write_bytes(b"\x89PNG" + bytes(300 * 1024))  # 410 kB in a mail
    given = iter(names)
    files = {key: [next(given) for _ in range(count)] for key, count in how.items()}
    with pytest.raises(MailError, match=r"[012]\.png.*DRAWSCAPE_MAIL_MAX_MB"):
        send_notification(**CONTRACT, **files)
    assert mailbox.attempts == 0
    send_notification(**CONTRACT, attach=names[:2])
    assert 800_000 < len(mailbox.envelopes[0].content) < 1 << 20
