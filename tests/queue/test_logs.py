"""What a job prints: kept to the byte, over all its tries, and read while it grows."""

import threading

import pytest

from drawscape.job_manager import enqueue_background_job, enqueue_many

pytestmark = [pytest.mark.usefixtures("worked_home"), pytest.mark.both_engines]


def test_logs_of_any_length_are_kept_to_the_byte():
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


def test_a_log_goes_on_over_all_tries_of_its_job_and_is_followed(tmp_path):
    job = enqueue_background_job(
        "sampletasks.say_and_fail", str(tmp_path / "tries"), 2, 0.1, job_retries=2
    )
    pieces: list[str] = []
    follower = threading.Thread(target=lambda: pieces.extend(job.follow_logs()), daemon=True)
    follower.start()
    follower.join(60)
    assert "".join(pieces) == job.logs() == "try 1 é\ntry 2 é\ntry 3 é\n"
    job.requeue().wait(60)
    assert "".join(job.follow_logs()) == job.logs() == "try 1 é\ntry 2 é\ntry 3 é\ntry 4 é\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "place", [pytest.param("ack.before_commit", marks=pytest.mark.nightly), "ack.after_commit"]
)
def test_a_worker_killed_around_the_acknowledgement_doubles_and_loses_nothing(
    home, start_consumer, place
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
