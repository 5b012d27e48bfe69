"""Rows that somebody made or damaged: forged messages are never unpickled, corrupt rows fail alone."""

import os
import pickle

import pytest
from support import wait_until

from drawscape.errors import QueueError
from drawscape.job_manager import (
    default_queue,
    enqueue_background_job,
    get_job_status,
    list_jobs,
)

pytestmark = [pytest.mark.usefixtures("worked_home"), pytest.mark.both_engines]


def changed(job, change, **values):
    default_queue().database.write(f"update job set {change} where id = :id", id=job.id, **values)
    return job


def tampered(change, task="sampletasks.nothing", *args, **values):
    """Return a job that was changed before a worker may have it."""
    job = enqueue_background_job(task, *args, job_delay=60)
    return changed(job, f"{change}, status = 'queued', due_at = null", **values)


class Bomb:
    """Unpickling it would leave a trace."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("start", [b"", b"\0" * 32])
def test_a_forged_message_is_never_unpickled(tmp_path, start):
    bomb = pickle.dumps(Bomb(tmp_path / "boom"))
    job = tampered("payload = :payload", payload=start + bomb)
    wait_until(lambda: job.ended)
    assert (job.status, job.reason) == ("failed", "invalid")
    assert "signature" in job.error
    done = enqueue_background_job("sampletasks.add", 1)
    assert done.wait(60) == 1
    changed(done, "result = :data", data=start + bomb)
    with pytest.raises(QueueError, match="signature"):
        done.result  # noqa: B018 - the access is the test
    assert not (tmp_path / "boom").exists()


def test_a_message_that_was_signed_for_another_job_is_not_read():
    """The signature covers what the message is about, so rows cannot be made of parts of others."""
    source, other = (enqueue_background_job("sampletasks.add", i) for i in (1, 2))
    assert (source.wait(60), other.wait(60)) == (1, 2)
    of_source = "(select {0} from job as source where source.id = :source)".format
    moved = tampered(f"payload = {of_source('payload')}", source=source.id)
    renamed = tampered("task = 'sampletasks.add'", "sampletasks.nap", 0)
    for job in (moved, renamed):
        wait_until(lambda job=job: job.ended)
        assert (job.status, job.reason) == ("failed", "invalid")
    changed(other, f"result = {of_source('result')}", source=source.id)
    with pytest.raises(QueueError, match="signature"):
        other.result  # noqa: B018 - the access is the test


@pytest.mark.parametrize("payload", [b"", b"short", b"\xff" * 5000])
def test_a_corrupt_message_fails_its_job_alone(payload):
    job = tampered("payload = :payload", payload=payload)
    wait_until(lambda: job.ended)
    assert (job.status, job.reason) == ("failed", "invalid")
    assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1


@pytest.mark.sqlite
@pytest.mark.parametrize("column", ["timeout_s", "created_at"])
def test_a_corrupt_number_fails_its_job_and_keeps_no_worker(column):
    job = tampered(f"{column} = 'soon'")
    assert enqueue_background_job("sampletasks.add", 2).wait(60) == 2
    wait_until(lambda: job.ended)
    assert (job.status, job.reason) == ("failed", "crashed")


def test_corrupt_notes_and_details_neither_stop_nor_hide_a_job():
    done = tampered("meta = '{broken'", "sampletasks.add", 1)
    assert done.wait(60) == 1
    job = enqueue_background_job("sampletasks.fail")
    wait_until(lambda: job.ended)
    changed(job, "meta = '{broken', detail = '[1'")
    status = get_job_status(job.id)
    assert (status["status"], status["meta"]) == ("failed", {})
    assert "failed" in job.explain()
    assert job.id in {other.id for other in list_jobs()}


def test_a_damaged_key_is_named(home):
    (home / ".drawscape" / "queue.key").write_bytes(b"short")
    with pytest.raises(QueueError, match="key"):
        enqueue_background_job("sampletasks.nothing")
