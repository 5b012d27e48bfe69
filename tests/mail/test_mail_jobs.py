"""Mail as jobs of a real worker."""

import os
import signal
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from support import wait_until

from drawscape.job_manager import enqueue_background_job, get_job, start_worker

pytestmark = pytest.mark.slow
CONTRACT = {
    "recipient": "user@example.com",
    "subject": "Your order is ready",
    "template": "order_complete",
}
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="20mm" height="10mm" viewBox="0 0 20 10">
<path d="M2 2 L18 8" fill="none" stroke="black" stroke-width="0.3"/></svg>"""


@pytest.fixture
def worker(home):
    running = []

    def start():
        running.append(start_worker(1))
        return running[-1]

    yield start
    for process in running:
        if process.alive:
            process.stop()


def enqueue(**more):
    return enqueue_background_job("workers.email_tasks.send_notification", **CONTRACT, **more)


def written(answer):
    """Return the path in what a job without a server answers."""
    reason, _, path = answer.partition("; written to ")
    assert reason == "not sent, since DRAWSCAPE_SMTP_HOST is not set"
    return Path(path)


def test_a_drawing_is_shown_as_a_picture(home, worker):
    (home / "spiral.svg").write_text(SVG)
    worker()
    job = enqueue(inline="spiral.svg", attach=["spiral.svg"])
    mail = message_from_bytes(written(job.wait(60)).read_bytes(), policy=default)
    types = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert types == ["text/plain", "text/html", "image/png", "image/svg+xml"]
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture.get_payload(decode=True).startswith(b"\x89PNG")


def test_the_queue_tries_a_mail_again(home, serve, worker):
    mailbox = serve(answers=["451 busy"] * 2)
    worker()
    sent = enqueue(job_retries=3).wait(60)
    assert mailbox.attempts == 3
    assert [mail["Message-ID"].strip() for mail in mailbox.mails] == [sent]


def test_a_worker_killed_before_the_server_s_answer_sends_one_mail_in_the_end(
    home, rough_server, worker
):
    rough_server.hang_up = ["stall"]
    process = worker()
    job = enqueue()
    wait_until(lambda: rough_server.stalled, 60)
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not process.alive)
    worker()
    get_job(job.id).wait(60)
    assert rough_server.taken == 1


def test_a_second_job_of_one_id_sends_its_own_mail(home, serve, worker):
    mailbox = serve()
    worker()
    first = enqueue(job_id="weekly")
    first.wait(60)
    first.requeue().wait(60)
    assert len(mailbox.mails) == 1
    first.delete()
    enqueue(job_id="weekly").wait(60)
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 2
