"""Rows that somebody made or damaged: forged messages are never unpickled, corrupt rows fail alone."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from support import wait_until

from drawscape.errors import QueueError
from drawscape.job_manager import (
    default_queue,
    enqueue_background_job,
    get_job_status,
    list_jobs,
)

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


def forge(payload: bytes, task: str = "sampletasks.nothing", *args: object) -> str:
    job = enqueue_background_job(task, *args, job_delay=60)
    with default_queue().database.transaction() as run:
        run(
            "update job set payload = :payload, status = 'queued', due_at = null where id = :id",
            payload=payload,
            id=job.id,
        )
    return job.id


class Bomb:
    """Unpickling it would leave a trace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.both_engines
@pytest.mark.parametrize("signed", [False, True])
def test_a_forged_message_is_never_unpickled(
    home: Path, start_consumer, tmp_path: Path, signed: bool
):
    start_consumer()
    trace = tmp_path / "boom"
    payload = pickle.dumps(Bomb(trace))
    job_id = forge(b"\0" * 32 + payload if signed else payload)
    wait_until(lambda: get_job_status(job_id)["status"] == "failed")
    assert get_job_status(job_id)["reason"] == "invalid"
    assert "signature" in get_job_status(job_id)["error"]
    assert not trace.exists()
    assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1


@pytest.mark.both_engines
def test_a_message_that_was_signed_for_another_job_is_not_read(home: Path, start_consumer):
    """The signature covers what the message is about, so rows cannot be made of parts of others."""
    source = enqueue_background_job("sampletasks.add", 1)
    moved = enqueue_background_job("sampletasks.nothing")
    renamed = enqueue_background_job("sampletasks.nap", 0)
    with default_queue().database.transaction() as run:
        run(
            "update job set payload = (select payload from job where id = :source) where id = :id",
            source=source.id,
            id=moved.id,
        )
        run("update job set task = 'sampletasks.add' where id = :id", id=renamed.id)
    start_consumer()
    assert source.wait(60) == 1
    for job in (moved, renamed):
        wait_until(lambda job=job: job.ended)
        assert (job.status, job.reason) == ("failed", "invalid")
    other = enqueue_background_job("sampletasks.add", 2)
    assert other.wait(60) == 2
    with default_queue().database.transaction() as run:
        run(
            "update job set result = (select result from job where id = :source) where id = :id",
            source=source.id,
            id=other.id,
        )
    with pytest.raises(QueueError, match="signature"):
        other.result  # noqa: B018 - the access is the test


@pytest.mark.both_engines
def test_corrupt_notes_do_not_keep_a_job_from_running(home: Path, start_consumer):
    job = enqueue_background_job("sampletasks.add", 1, job_meta={"x": 1})
    with default_queue().database.transaction() as run:
        run("update job set meta = '{broken' where id = :id", id=job.id)
    start_consumer()
    assert job.wait(60) == 1


@pytest.mark.parametrize("column", ["timeout_s", "created_at"])
def test_a_corrupt_number_fails_its_job_and_keeps_no_worker(home: Path, start_consumer, column):
    job = enqueue_background_job("sampletasks.add", 1)
    with default_queue().database.transaction() as run:
        run(f"update job set {column} = 'soon' where id = :id", id=job.id)
    start_consumer()
    after = enqueue_background_job("sampletasks.add", 2)
    assert after.wait(60) == 2
    assert (job.status, job.reason) == ("failed", "crashed")


@pytest.mark.both_engines
@pytest.mark.parametrize("payload", [b"", b"short", b"\xff" * 5000])
def test_a_corrupt_row_fails_alone(home: Path, start_consumer, payload):
    start_consumer()
    job_id = forge(payload)
    wait_until(lambda: get_job_status(job_id)["status"] == "failed")
    assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1


@pytest.mark.both_engines
def test_corrupt_notes_and_details_do_not_hide_the_job(home: Path, start_consumer):
    start_consumer()
    job = enqueue_background_job("sampletasks.fail")
    wait_until(lambda: job.ended)
    with default_queue().database.transaction() as run:
        run("update job set meta = '{broken', detail = '[1' where id = :id", id=job.id)
    status = get_job_status(job.id)
    assert (status["status"], status["meta"]) == ("failed", {})
    assert "failed" in job.explain()
    assert job.id in {other.id for other in list_jobs()}


@pytest.mark.both_engines
def test_a_forged_result_is_not_unpickled_either(home: Path, start_consumer, tmp_path: Path):
    start_consumer()
    job = enqueue_background_job("sampletasks.add", 1)
    job.wait(60)
    trace = tmp_path / "boom"
    with default_queue().database.transaction() as run:
        run(
            "update job set result = :data where id = :id",
            data=pickle.dumps(Bomb(trace)),
            id=job.id,
        )
    with pytest.raises(QueueError, match="signature"):
        job.result  # noqa: B018 - the access is the test
    assert not trace.exists()


@pytest.mark.both_engines
def test_a_damaged_key_is_named(home: Path):
    path = default_queue().database.key_file
    path.write_bytes(b"short")
    script = (
        "from drawscape.job_manager import enqueue_background_job as e; e('sampletasks.nothing')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=home,
        check=False,
        timeout=120,
    )
    assert "QueueError" in done.stderr
    assert "key" in done.stderr
