"""`send_notification` on a real server, as a call and as a job."""

import os
import shutil
import signal

import pytest
from support import CONTRACT, read, wait_until, written

from drawscape import errors
from drawscape.job_manager import enqueue_background_job, get_job
from drawscape.queue.worker.job_context import RunningJob, set_current
from workers.email_tasks import send_notification


@pytest.fixture
def as_job():
    """Call the task as the job of an id, as a worker does."""

    def call(job_id, **arguments):
        set_current(RunningJob(job_id, {}, lambda *message: None))
        try:
            return send_notification(**{**CONTRACT, **arguments})
        finally:
            set_current()

    return call


def test_without_a_server_the_mail_is_a_file(home):
    path = written(send_notification(**CONTRACT))
    assert path.parent == home / "output" / "mail"
    assert path.suffix == ".eml"
    mail = read(path)
    assert mail["To"] == "user@example.com"
    assert mail["Subject"] == "Your order is ready"
    assert mail.get_body(("plain",)).get_content().startswith("Hello,")
    assert "<!doctype html>" in mail.get_body(("html",)).get_content()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_a_mail_goes_out_encrypted_after_a_login(serve, security):
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


@pytest.mark.parametrize(
    ("security", "variable", "value", "words"),
    [
        ("starttls", "PASSWORD", "wrong", "535"),
        ("ssl", "CERT_FILE", "", "CERTIFICATE_VERIFY_FAILED"),
        ("none", "SECURITY", "starttls", "STARTTLS"),
    ],
)
def test_a_server_that_is_not_to_be_trusted_gets_no_mail(
    serve, monkeypatch, security, variable, value, words
):
    mailbox = serve(security, login=security == "starttls")
    variable = f"SSL_{variable}" if variable == "CERT_FILE" else f"DRAWSCAPE_SMTP_{variable}"
    monkeypatch.setenv(variable, value)
    with pytest.raises(errors.MailRefusedError, match=words):
        send_notification(**CONTRACT)
    assert mailbox.attempts == 0


@pytest.mark.parametrize(
    ("trouble", "error", "words"),
    [
        ({"answers": ["451 come back"]}, errors.MailTemporaryError, "451 come back; job_retries"),
        ({"rcpt_answers": ["450 greylisted"]}, errors.MailTemporaryError, "450 greylisted"),
        ({"answers": ["554 no such luck"]}, errors.MailRefusedError, "554 no such luck"),
        ({"rcpt_answers": ["550 no such user"]}, errors.MailRefusedError, "550 no such user"),
    ],
)
def test_a_failure_is_temporary_or_for_good(serve, trouble, error, words):
    mailbox = serve(**trouble)
    with pytest.raises(error, match=words) as raised:
        send_notification(**CONTRACT)
    assert raised.value.permanent == (error is errors.MailRefusedError)
    assert (mailbox.attempts, mailbox.mails) == (1, [])


@pytest.mark.parametrize("answer", ["hang up at hello", "hang up"])
def test_a_server_that_hangs_up_too_soon_is_temporary(serve, answer):
    """No one can know whether it was taken: better twice, with one Message-ID, than never."""
    mailbox = serve(answers=[answer])
    with pytest.raises(errors.MailTemporaryError):
        send_notification(**CONTRACT)
    send_notification(**CONTRACT)
    assert mailbox.attempts == (2 if answer == "hang up" else 1)


def test_a_job_that_runs_again_sends_nothing_twice(serve, as_job):
    mailbox = serve()
    first = as_job("abc")
    assert as_job("abc") == first == mailbox.mails[0]["Message-ID"]
    assert "abc" in first
    assert len(mailbox.mails) == 1
    as_job("def")
    assert len(mailbox.mails) == 2


def test_a_mail_that_cannot_be_noted_is_still_a_success(serve, as_job, home, capsys):
    mailbox = serve()
    as_job("first")
    shutil.rmtree(home / ".drawscape" / "mail")
    (home / ".drawscape" / "mail").write_text("a file in the place of the folder")
    as_job("second")
    assert len(mailbox.mails) == 2
    assert "sent, but that could not be noted: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "error", "named"),
    [
        ({"recipient": "nobody"}, errors.MailError, "'nobody'"),
        ({"recipient": []}, errors.MailError, "recipient"),
        ({"recipient": "a@x.org, b@x.org"}, errors.MailError, "not one mail address"),
        ({"subject": "Hi\r\nBcc: b@x.com"}, errors.MailError, "subject"),
        ({"template": "oder_complete"}, errors.UnknownNameError, "did you mean 'order_complete'"),
        ({"template": "job_failed"}, errors.MailTemplateError, "'task' is undefined"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_leaves(serve, change, error, named):
    mailbox = serve()
    with pytest.raises(error, match=named):
        send_notification(**{**CONTRACT, **change})
    assert mailbox.attempts == 0


def enqueue(**more):
    return enqueue_background_job("workers.email_tasks.send_notification", **CONTRACT, **more)


@pytest.mark.slow
def test_the_queue_tries_a_mail_again(home, serve, start_workers):
    mailbox = serve(answers=["451 busy"] * 2)
    start_workers()
    sent = enqueue(job_retries=3).wait(60)
    assert mailbox.attempts == 3
    assert [mail["Message-ID"].strip() for mail in mailbox.mails] == [sent]


@pytest.mark.slow
def test_a_worker_killed_before_the_answer_sends_one_mail(home, serve, start_workers):
    mailbox = serve(answers=["stall"])
    process = start_workers()
    job = enqueue()
    wait_until(lambda: mailbox.attempts)
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not process.alive)
    start_workers()
    get_job(job.id).wait(60)
    assert len(mailbox.mails) == 1


@pytest.mark.slow
def test_a_second_job_of_one_id_sends_its_own_mail(home, serve, start_workers):
    mailbox = serve()
    start_workers()
    first = enqueue(job_id="weekly")
    first.wait(60)
    first.requeue().wait(60)
    assert len(mailbox.mails) == 1
    first.delete()
    enqueue(job_id="weekly").wait(60)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 2
