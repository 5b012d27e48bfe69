"""What a job prints: kept to the byte, over all its tries, and read while it grows."""

import threading
from pathlib import Path

import pytest
from support import wait_until

from drawscape.job_manager import (
    Keep,
    enqueue_background_job,
    enqueue_many,
    prune_jobs,
)

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


@pytest.mark.both_engines
def test_logs_of_any_length_are_kept_to_the_byte(home: Path, start_consumer):
    start_consumer("-w", "2")
    batch = enqueue_many("sampletasks.say", [{"data": f"{i} → é\n".encode()} for i in range(30)])
    longer = enqueue_background_job("sampletasks.say", b"x" * 40_001)
    halves = enqueue_background_job("sampletasks.say", b"\xe2\x86 no \xff character\n")
    silent = enqueue_background_job("sampletasks.nothing")
    batch.wait(60)
    for job in (longer, halves, silent):
        job.wait(60)
    assert [job.logs() for job in batch.jobs] == [f"{i} → é\n" for i in range(30)]
    assert longer.logs() == "x" * 40_001
    assert halves.logs() == "\ufffd no \ufffd character\n"
    assert silent.logs() == ""


@pytest.mark.both_engines
def test_a_log_goes_on_over_all_tries_of_its_job(home: Path, start_consumer):
    start_consumer()
    job = enqueue_background_job(
        "sampletasks.say_and_fail", str(home / "tries"), 2, job_retries=2, job_retry_delay=0.05
    )
    job.wait(60)
    assert job.logs() == "try 1 é\ntry 2 é\ntry 3 é\n"
    job.requeue().wait(60)
    assert job.logs() == "try 1 é\ntry 2 é\ntry 3 é\ntry 4 é\n"


@pytest.mark.both_engines
def test_a_log_is_followed_over_tries(home: Path, start_consumer):
    start_consumer()
    job = enqueue_background_job(
        "sampletasks.say_and_fail", str(home / "tries"), 3, 0.2, job_retries=3, job_retry_delay=0.2
    )
    pieces: list[str] = []
    follower = threading.Thread(target=lambda: pieces.extend(job.follow_logs()), daemon=True)
    follower.start()
    follower.join(60)
    assert "".join(pieces) == "try 1 é\ntry 2 é\ntry 3 é\ntry 4 é\n"
    assert "".join(job.follow_logs()) == "".join(pieces)


def test_what_a_running_job_prints_can_be_read_at_once(home: Path, start_consumer):
    start_consumer()
    enqueue_background_job("sampletasks.say", b"").wait(
        60
    )  # the next one prints in its first moment
    job = enqueue_background_job("sampletasks.say", b"begun\n", 600)
    wait_until(lambda: job.logs() == "begun\n")
    assert job.status == "started"
    job.cancel()
    wait_until(lambda: job.ended)
    assert job.logs() == "begun\n"


@pytest.mark.both_engines
@pytest.mark.parametrize("place", ["ack.before_commit", "ack.after_commit"])
def test_a_worker_killed_around_the_acknowledgement_doubles_and_loses_nothing(
    home: Path, start_consumer, place: str
):
    job = enqueue_background_job("sampletasks.say", b"once\n", 0.2)
    enqueue_background_job("sampletasks.nothing", job_depends_on=job)  # its end is a transaction
    consumer = start_consumer(environment={"DRAWSCAPE_FAILPOINT": place})
    consumer.process.wait(60)
    assert job.logs() == "once\n"
    start_consumer()
    job.wait(60)
    runs = 2 if place == "ack.before_commit" else 1
    assert job.logs() == "once\n" * runs
    job.requeue().wait(60)
    assert job.logs() == "once\n" * (runs + 1)


@pytest.mark.both_engines
def test_logs_go_with_their_pruned_jobs(home: Path, start_consumer):
    start_consumer()
    jobs = [enqueue_background_job("sampletasks.say", b"z" * size) for size in (10, 10_000)]
    for job in jobs:
        job.wait(60)
    assert prune_jobs(Keep(finished_s=0)) == 2
    assert [job.logs() for job in jobs] == ["", ""]
