"""The task as the contract calls it, against real servers."""

import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from mail_example import CONTRACT, read, written

from drawscape.errors import (
    MailError,
    MailRefusedError,
    MailTemplateError,
    MailTemporaryError,
    UnknownNameError,
)
from drawscape.queue.worker.context import RunningJob, set_current
from workers.email_tasks import send_notification


@pytest.fixture
def as_job():
    """Call the task as the job of an id, as a worker does."""

    def call(job_id: str, **arguments) -> str:
        set_current(RunningJob(job_id, {}, lambda *message: None))
        try:
            return send_notification(**{**CONTRACT, **arguments})
        finally:
            set_current(None)

    return call


def test_without_a_server_the_mail_is_a_file(home: Path) -> None:
    path = written(send_notification(**CONTRACT))
    assert path.parent == home / "output" / "mail"
    assert path.suffix == ".eml"
    mail = read(path)
    assert mail["To"] == "user@example.com"
    assert mail["Subject"] == "Your order is ready"
    assert mail.get_body(("plain",)).get_content().startswith("Hello,")
    assert "<!doctype html>" in mail.get_body(("html",)).get_content()
    assert list(path.parent.iterdir()) == [path]


def test_a_job_that_runs_twice_writes_one_file(as_job) -> None:
    assert as_job("job-1") == as_job("job-1")
    assert len(list(written(as_job("job-1")).parent.iterdir())) == 1


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_mail_goes_out_encrypted_after_a_login(serve, security: str) -> None:
    mailbox = serve(security, login=True)
    sent = send_notification(**CONTRACT, name="Zoë")
    (mail,) = mailbox.mails
    assert mail["Message-ID"] == sent
    assert mail["From"] == "Studio <studio@example.org>"
    assert mailbox.envelopes[0].mail_from == "studio@example.org"
    assert mailbox.envelopes[0].rcpt_tos == ["user@example.com"]
    assert mailbox.sessions[0].ssl or security == "ssl"  # that server speaks nothing else
    assert mailbox.sessions[0].authenticated
    assert "Hello Zoë," in mail.get_body(("plain",)).get_content()
    assert "Hello Zoë," in mail.get_body(("html",)).get_content()


def test_a_wrong_password_is_refused_at_once(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = serve("starttls", login=True)
    monkeypatch.setenv("DRAWSCAPE_SMTP_PASSWORD", "wrong")
    with pytest.raises(MailRefusedError, match="535"):
        send_notification(**CONTRACT)
    assert mailbox.attempts == 0


def test_an_untrusted_certificate_is_refused(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = serve("ssl")
    monkeypatch.delenv("DRAWSCAPE_SMTP_CA")
    with pytest.raises(MailRefusedError, match="CERTIFICATE_VERIFY_FAILED"):
        send_notification(**CONTRACT)
    assert not mailbox.mails


def test_a_server_without_starttls_is_refused(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = serve("none")
    monkeypatch.setenv("DRAWSCAPE_SMTP_SECURITY", "starttls")
    with pytest.raises(MailRefusedError, match="STARTTLS"):
        send_notification(**CONTRACT)
    assert not mailbox.mails


def test_a_temporary_failure_is_tried_again(serve, capsys: pytest.CaptureFixture[str]) -> None:
    mailbox = serve(answers=["451 come back later", "421 too many"])
    send_notification(**CONTRACT)
    assert mailbox.attempts == 3
    assert len(mailbox.mails) == 1
    log = capsys.readouterr().err
    assert "451 come back later; try 2 of 4 in 0.01 s" in log
    assert "421 too many; try 3 of 4 in 0.02 s" in log


def test_a_recipient_who_is_greylisted_is_tried_again(serve) -> None:
    mailbox = serve(rcpt_answers=["450 greylisted"])
    send_notification(**CONTRACT)
    assert len(mailbox.mails) == 1


def test_a_server_that_stays_busy_raises_a_temporary_error(serve) -> None:
    mailbox = serve(answers=["451 busy"] * 9)
    with pytest.raises(
        MailTemporaryError, match="451 busy; given up for now after 4 tries"
    ) as error:
        send_notification(**CONTRACT)
    assert isinstance(error.value, ConnectionError)
    assert mailbox.attempts == 4


def test_patience_ends_before_the_tries_do(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = serve(answers=["451 busy"] * 9)
    monkeypatch.setenv("DRAWSCAPE_MAIL_RETRY_DELAY", "3600")
    with pytest.raises(MailTemporaryError, match="after 1 try in"):
        send_notification(**CONTRACT)
    assert mailbox.attempts == 1


@pytest.mark.parametrize(
    "trouble", [{"answers": ["554 no such luck"]}, {"rcpt_answers": ["550 no such user"]}]
)
def test_a_permanent_failure_is_not_tried_again(serve, trouble) -> None:
    mailbox = serve(**trouble)
    with pytest.raises(MailRefusedError, match=r"55[04] no such (luck|user)"):
        send_notification(**CONTRACT)
    assert mailbox.attempts == 1
    assert not mailbox.mails


def test_a_refused_connection_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, serve, capsys
) -> None:
    serve("none")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DRAWSCAPE_SMTP_PORT", str(closed.getsockname()[1]))
        with pytest.raises(MailTemporaryError, match="Connection refused"):
            send_notification(**CONTRACT)
    assert capsys.readouterr().err.count("Connection refused; try") == 3


def test_a_server_that_hangs_up_at_once_is_tried_again(rough_server) -> None:
    rough_server.hang_up = ["hello", "hello"]
    send_notification(**CONTRACT)
    assert rough_server.taken == 1


def test_a_server_that_hangs_up_after_taking_the_mail_has_it(rough_server) -> None:
    rough_server.hang_up = ["after answer"]
    send_notification(**CONTRACT)
    assert rough_server.taken == 1


def test_a_server_that_hangs_up_before_its_answer_gets_the_mail_again(rough_server) -> None:
    """No one can know whether it was taken: better twice, with one Message-ID, than never."""
    rough_server.hang_up = ["before answer"]
    send_notification(**CONTRACT)
    assert rough_server.taken == 2


def test_a_job_that_runs_again_sends_nothing_twice(serve, as_job) -> None:
    mailbox = serve()
    first = as_job("abc")
    assert as_job("abc") == first == mailbox.mails[0]["Message-ID"]
    assert "abc" in first
    assert len(mailbox.mails) == 1
    as_job("def")
    assert len(mailbox.mails) == 2


def test_a_job_that_failed_sends_on_its_next_run(serve, as_job) -> None:
    mailbox = serve(answers=["451 busy"] * 4)
    with pytest.raises(MailTemporaryError):
        as_job("abc")
    as_job("abc")
    assert len(mailbox.mails) == 1


def test_a_mail_that_cannot_be_noted_is_still_a_success(serve, as_job, home: Path, capsys) -> None:
    mailbox = serve()
    as_job("first")
    with sqlite3.connect(home / ".drawscape" / "mail.db") as database:
        database.execute(
            "create trigger full before insert on note begin select raise(abort, 'disk full'); end"
        )
    database.close()
    as_job("second")
    assert len(mailbox.mails) == 2
    assert "sent, but that could not be noted: disk full" in capsys.readouterr().err


def test_an_address_with_other_letters_goes_to_a_server_that_speaks_smtputf8(serve) -> None:
    mailbox = serve(utf8=True)
    send_notification(**{**CONTRACT, "recipient": "Zoë <zoë@bücher.example>"})
    assert mailbox.envelopes[0].rcpt_tos == ["zoë@xn--bcher-kva.example"]
    assert "To: Zoë <zoë@xn--bcher-kva.example>\r\n".encode() in mailbox.envelopes[0].content
    send_notification(**CONTRACT)
    assert mailbox.envelopes[1].content.isascii()


def test_a_server_without_smtputf8_is_named_at_once(serve) -> None:
    mailbox = serve()
    with pytest.raises(MailRefusedError, match="SMTPUTF8"):
        send_notification(**{**CONTRACT, "recipient": "zoë@example.com"})
    assert mailbox.attempts == 0


@pytest.mark.parametrize("host", ["mail host.invalid", "mail..example"])
def test_a_host_that_cannot_exist_is_not_tried_again(
    serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    serve()
    monkeypatch.setenv("DRAWSCAPE_SMTP_HOST", host)
    with pytest.raises(MailRefusedError, match="will not pass by itself"):
        send_notification(**CONTRACT)
    assert "try 2" not in capsys.readouterr().err


def test_what_version_0_2_has_sent_is_not_sent_again(serve, as_job, home: Path) -> None:
    mailbox = serve()
    sent = as_job("abc")
    notes = home / ".drawscape" / "mail.db"
    notes.unlink()
    with closing(sqlite3.connect(notes)) as database, database:
        database.execute(
            "create table accepted "
            "(message_id text primary key, recipient text not null, answer text not null, at real not null)"
        )
        database.execute(
            "insert into accepted values (?, 'user@example.com', 'host:25', ?)", (sent, time.time())
        )
    assert as_job("abc") == sent
    assert len(mailbox.mails) == 1
    as_job("def")
    assert len(mailbox.mails) == 2


@pytest.mark.parametrize(
    ("change", "error", "named"),
    [
        ({"recipient": "nobody"}, MailError, "'nobody'"),
        ({"recipient": "a@x.com\nBcc: b@x.com"}, MailError, "recipient"),
        ({"subject": "Hi\r\nBcc: b@x.com"}, MailError, "subject"),
        ({"template": "oder_complete"}, UnknownNameError, "did you mean 'order_complete'"),
        ({"template": "job_failed"}, MailTemplateError, "'task', 'error'"),
        ({"pictures": []}, MailError, "'pictures'"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_leaves(serve, change, error, named: str) -> None:
    mailbox = serve()
    with pytest.raises(error, match=named):
        send_notification(**{**CONTRACT, **change})
    assert mailbox.attempts == 0


@pytest.mark.parametrize("missing", ["email_validator", "jinja2"])
def test_without_the_extra_it_is_named(home: Path, missing: str) -> None:
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"  # as if it were not installed
        "from workers.email_tasks import send_notification\n"
        "from drawscape.errors import MissingExtraError\n"
        f"try: send_notification(**{CONTRACT!r})\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "sending mail needs an extra: pip install 'drawscape[mail]'\n"
