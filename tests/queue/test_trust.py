"""Only what this queue signed is run."""

import os
import pickle
import time
from datetime import UTC, datetime

import pytest
from queue_steps import TASK, enqueue, queued
from support import ended, python, wait_until

from drawscape import errors
from drawscape.errors import QueueError
from drawscape.jobs import default_queue, enqueue_many, get_job_status, list_jobs, prune_jobs
from drawscape.queue.acknowledgement import cancel_overdue, next_due_s, promote_due
from drawscape.queue.engines.engine import open_engine
from drawscape.queue.job_queue import Queue
from drawscape.queue.retention import DAY_S, Keep

pytestmark = pytest.mark.both_engines

EIGHT_THREADS = """
import sys, threading
from drawscape.jobs import default_queue, enqueue_background_job, portable
sys.setswitchinterval(1e-6)
ready, failed = threading.Barrier(8), []

def first():
    default_queue().database.connection  # so that all come to the import at once
    ready.wait()
    try:
        enqueue_background_job("slowtasks.noop")
        [portable(sys.modules["slowtasks"].noop) for _ in range(200)]
    except Exception as error:
        failed.append(repr(error))

threads = [threading.Thread(target=first) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failed)
"""


def test_the_first_enqueue_may_come_from_eight_threads(home, monkeypatch):
    module = home / "modules" / "slowtasks.py"
    module.write_text("import time\ntime.sleep(0.5)\n\ndef noop():\n    pass\n")
    monkeypatch.setenv("DRAWSCAPE_TASK_MODULES", "slowtasks")
    done = python("-c", EIGHT_THREADS)
    assert done.stdout.strip() == "[]"


FORKS = """
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
from drawscape.jobs import default_queue, enqueue_background_job, watch
sys.setswitchinterval(1e-6)
enqueue_background_job("sampletasks.nothing")  # Python's own locks of imports do not survive a fork
stop, children = threading.Event(), []
watch(print, [])

def busy():
    while not stop.is_set():
        short = threading.Thread(target=enqueue_background_job, args=["sampletasks.nothing"])
        short.start()  # it opens a connection, which is closed with it
        short.join()
        watch(print, []).close()
        default_queue().database.another()

def fork():
    for _ in range(8):
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            seen = threading.Event()
            job = enqueue_background_job("sampletasks.add", 1)
            watch(lambda _: seen.set(), [job.id])
            seen.wait()
            os._exit(0)
        children.append(os.waitpid(child, 0)[1])

busies, forks = ([threading.Thread(target=one) for _ in range(2)] for one in (busy, fork))
[thread.start() for thread in (*busies, *forks)]
[thread.join() for thread in forks]
stop.set()
[thread.join() for thread in busies]
print(children)
"""


@pytest.mark.slow
def test_several_threads_may_fork_while_others_enqueue_and_watch(home):
    done = python("-c", FORKS, timeout=400)
    assert (done.stdout.strip(), done.stderr) == (str([0] * 16), "")
    assert len(list_jobs(task="sampletasks.add", limit=None)) == 16


# clocks


@pytest.fixture
def jumped(monkeypatch):
    true_time = time.time

    def jump(by_s):
        monkeypatch.setattr(time, "time", lambda: true_time() + by_s)

    return jump


@pytest.mark.sqlite
def test_delays_and_job_ttl_follow_one_clock(home, jumped):
    database = default_queue().database
    delayed, limited = queued(job_delay="1h"), queued(job_ttl="90m")
    at = queued(job_at=datetime.fromtimestamp(time.time() + 3600, UTC))
    jumped(3550)
    cancel_overdue(database)
    assert 40 < next_due_s(database, "background") <= 50
    assert (promote_due(database, "background"), limited.status) == (0, "queued")
    jumped(2 * 3600)
    cancel_overdue(database)
    assert promote_due(database, "background") == 2
    assert (delayed.status, at.status, limited.status) == ("queued", "queued", "canceled")


@pytest.mark.sqlite
@pytest.mark.parametrize("pruned_before", [True, False])
def test_a_clock_set_ahead_prunes_nothing_that_is_young(home, jumped, pruned_before):
    batch = enqueue_many(TASK, [{}] * 3)
    assert not pruned_before or prune_jobs() == 0
    batch.cancel()
    jumped(400 * DAY_S)
    assert prune_jobs() == 0
    assert prune_jobs(Keep(others_s=0.5 * DAY_S)) == 3


# keys


def copied(home):
    engine = open_engine(home / ".drawscape" / "queue.db")
    return Queue.on(engine, "background", home, ("sampletasks",))


@pytest.mark.sqlite
def test_a_key_that_is_damaged_or_gone_is_an_error_and_no_new_one_is_made(home):
    queued()
    key = home / ".drawscape" / "queue.key"
    kept = key.read_bytes()
    key.write_bytes(b"short")
    with pytest.raises(errors.QueueError, match="key"):
        copied(home)
    key.unlink()
    with pytest.raises(errors.QueueError, match="Put it back"):
        copied(home)
    assert not key.exists()
    key.write_bytes(kept)
    assert copied(home).codec.key == kept
    default_queue().database.write("delete from job")  # an empty queue gets a new one
    key.unlink()
    assert len(copied(home).codec.key) == 32


@pytest.mark.parametrize("text", ["x", "k" * 31])
def test_a_key_that_can_be_guessed_is_refused(home, monkeypatch, text):
    monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", text)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", "other.db")
    with pytest.raises(errors.SettingsError, match=rf"has {len(text)} characters; give 32 or more"):
        queued()


def test_one_unreadable_result_does_not_hide_the_other_jobs(worked_home):
    jobs = [enqueue("echo", number) for number in range(2)]
    for job in jobs:
        job.wait(60)
    changed(jobs[0], "result = :result", result=bytes(80))
    seen = [get_job_status(job.id) for job in jobs]
    assert [one["result"] for one in seen] == [None, 1]
    assert "cannot be read" in seen[0]["error"]
    from drawscape.notebook.job_states import state_of

    assert [state_of(job).result for job in jobs] == [None, 1]


# limits


@pytest.mark.nightly
def test_arguments_beyond_the_limit_are_refused_with_a_remedy(home):
    with pytest.raises(errors.NotSerializableError, match="pass its path"):
        enqueue("echo", bytearray(100_000_001))
    assert list_jobs() == []


def changed(job, change, **values):
    default_queue().database.write(f"update job set {change} where id = :id", id=job.id, **values)
    return job


def tampered(change, task="nothing", *args, **values):
    """Return a job that was changed before a worker may have it."""
    job = enqueue(task, *args, job_delay=60)
    return changed(job, f"{change}, status = 'queued', due_at = null", **values)


class Bomb:
    """Unpickling it would leave a trace."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.usefixtures("worked_home")
@pytest.mark.parametrize("data", [b"bomb", b"\0" * 32 + b"bomb", b"", b"short", b"\xff" * 5000])
def test_a_forged_or_damaged_message_is_never_unpickled_and_fails_its_job_alone(tmp_path, data):
    data = data.replace(b"bomb", pickle.dumps(Bomb(tmp_path / "boom")))
    job = ended(tampered("payload = :payload", payload=data))
    assert (job.status, job.reason) == ("failed", "invalid")
    assert "signature" in job.error
    done = enqueue("add", 1)
    assert done.wait(60) == 1
    changed(done, "result = :data", data=data)
    with pytest.raises(QueueError, match="signature"):
        done.result  # noqa: B018 - the access is the test
    assert not (tmp_path / "boom").exists()


def test_a_message_that_was_signed_for_another_job_is_not_read(worked_home):
    """The signature covers what the message is about, so rows cannot be made of parts of others."""
    source, other = (enqueue("add", i) for i in (1, 2))
    assert (source.wait(60), other.wait(60)) == (1, 2)
    of_source = "(select {0} from job as source where source.id = :source)".format
    ((payload,),) = default_queue().database.read(f"select {of_source('payload')}", source=other.id)
    assert b" code\n" not in payload  # else another Python could not run it
    moved = tampered(f"payload = {of_source('payload')}", source=source.id)
    renamed = tampered("task = 'sampletasks.add'", "nap", 0)
    for job in (moved, renamed):
        wait_until(lambda job=job: job.ended)
        assert (job.status, job.reason) == ("failed", "invalid")
    changed(other, f"result = {of_source('result')}", source=source.id)
    with pytest.raises(QueueError, match="signature"):
        other.result  # noqa: B018 - the access is the test


@pytest.mark.sqlite
@pytest.mark.parametrize("column", ["timeout_s", "created_at"])
def test_a_corrupt_number_fails_its_job_and_keeps_no_worker(worked_home, column):
    job = tampered(f"{column} = 'soon'")
    assert enqueue("add", 2).wait(60) == 2
    wait_until(lambda: job.ended)
    assert (job.status, job.reason) == ("failed", "crashed")


def test_corrupt_notes_and_details_neither_stop_nor_hide_a_job(worked_home):
    done = tampered("meta = '{broken'", "add", 1)
    assert done.wait(60) == 1
    job = ended(enqueue("fail"))
    changed(job, "meta = '{broken', detail = '[1'")
    status = get_job_status(job.id)
    assert (status["status"], status["meta"]) == ("failed", {})
    assert "failed" in job.explain()
    assert job.id in {other.id for other in list_jobs()}


@pytest.mark.nightly
@pytest.mark.sqlite
def test_rare_harm_is_named(home, start_consumer):
    first = start_consumer(environment={"DRAWSCAPE_JOB_MEMORY": "400M"})
    large = ended(enqueue("big", 180 * 2**20))
    first.stop()
    signed = queued()
    default_queue().database.key_file.write_bytes(b"another" * 8)
    start_consumer()
    assert (ended(signed).reason, "was its key replaced" in signed.error) == ("invalid", True)
    assert (large.reason, "MemoryError" in large.error) == ("crashed", True)
    assert "cannot be carried" not in large.error
