"""Threads, forks, clocks, keys and limits: what a caller can do to a queue without losing anything."""

import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from support import wait_until

from drawscape import errors
from drawscape.jobs import (
    default_queue,
    enqueue_background_job,
    enqueue_many,
    get_job_status,
    list_jobs,
    prune_jobs,
)
from drawscape.queue import clock
from drawscape.queue.engines.engine import open_engine
from drawscape.queue.queue import Queue
from drawscape.queue.retention import DAY_S, prune
from drawscape.queue.store import next_due_s, promote_due

pytestmark = [pytest.mark.usefixtures("home"), pytest.mark.both_engines]

TASK = "sampletasks.nothing"

EIGHT_THREADS = """
import threading
from drawscape.jobs import default_queue, enqueue_background_job
ready, failed = threading.Barrier(8), []

def first():
    default_queue().database.connection  # so that all come to the import at once
    ready.wait()
    try:
        enqueue_background_job("slowtasks.noop")
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
    done = subprocess.run(
        [sys.executable, "-c", EIGHT_THREADS],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.strip() == "[]"


FORKS = """
import os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore")
from drawscape.jobs import enqueue_background_job
stop = threading.Event()
enqueue_background_job("sampletasks.nothing")  # Python's own locks of imports do not survive a fork

def busy():
    while not stop.is_set():
        enqueue_background_job("sampletasks.nothing")

threads = [threading.Thread(target=busy) for _ in range(4)]
[thread.start() for thread in threads]
time.sleep(0.2)
children = []
for _ in range(6):
    children.append(os.fork())
    if children[-1] == 0:
        enqueue_background_job("sampletasks.add", 1)
        os._exit(0)
    time.sleep(0.1)
stop.set()  # who waits for the threads' commits comes on now, who waits for their locks never does
[thread.join() for thread in threads]
deadline = time.monotonic() + 60
while children and time.monotonic() < deadline:
    children = [child for child in children if os.waitpid(child, os.WNOHANG) == (0, 0)]
    time.sleep(0.005)
[os.kill(child, signal.SIGKILL) for child in children]
print(len(children))
"""


@pytest.mark.slow
def test_a_process_may_fork_while_its_threads_enqueue():
    done = subprocess.run(
        [sys.executable, "-c", FORKS], capture_output=True, text=True, check=True, timeout=400
    )
    assert done.stdout.strip() == "0"
    assert len(list_jobs(task="sampletasks.add", limit=None)) == 6


# clocks


@pytest.fixture
def jumped(monkeypatch):
    """Sets the wall clock ahead, in this process."""
    true_time = time.time

    def jump(by_s):
        monkeypatch.setattr(time, "time", lambda: true_time() + by_s)

    return jump


@pytest.mark.sqlite
def test_a_clock_set_ahead_or_back_fires_no_delay_early_or_late(jumped):
    database = default_queue().database
    hour = enqueue_background_job(TASK, job_delay="1h")
    soon = enqueue_background_job(TASK, job_delay=0.05)
    jumped(31 * DAY_S)
    assert next_due_s(database, "background") < 1
    wait_until(lambda: promote_due(database, "background") == 1)
    assert (hour.status, soon.status) == ("scheduled", "queued")
    assert 3500 < next_due_s(database, "background") <= 3600
    jumped(-DAY_S)
    assert 3500 < next_due_s(database, "background") <= 3600


def test_a_moment_goes_by_the_time_of_day(jumped):
    database = default_queue().database
    job = enqueue_background_job(TASK, job_at=datetime.fromtimestamp(time.time() + 3600, UTC))
    assert promote_due(database, "background") == 0
    jumped(2 * 3600)
    assert promote_due(database, "background") == 1
    assert job.status == "queued"


@pytest.mark.sqlite
def test_delays_of_an_earlier_boot_go_by_the_time_of_day(jumped):
    database = default_queue().database
    job = enqueue_background_job(TASK, job_delay=60)
    database.write("update job set due_boot = 'an earlier one'")
    database.write(database.sql.FORGET_BOOTS, boot=clock.boot_id())
    assert 50 < next_due_s(database, "background") <= 60
    jumped(61)
    assert promote_due(database, "background") == 1
    assert job.status == "queued"


@pytest.mark.sqlite
def test_a_clock_set_ahead_prunes_nothing_that_is_young(jumped):
    batch = enqueue_many(TASK, [{}] * 3)
    assert prune_jobs() == 0
    batch.cancel()
    jumped(400 * DAY_S)
    assert prune_jobs() == 0
    jumped(0)
    now = time.time() + 400 * DAY_S
    assert prune(default_queue().database, now=now) == 3


@pytest.mark.sqlite
def test_the_first_prune_after_the_clock_was_set_ahead_removes_nothing(
    jumped,
):
    enqueue_many(TASK, [{}] * 3).cancel()
    jumped(400 * DAY_S)
    assert prune_jobs() == 0


# keys


def copied(home):
    """The queue as another process opens it."""
    return Queue.on(
        open_engine(home / ".drawscape" / "queue.db"), "background", home, ("sampletasks",)
    )


@pytest.mark.sqlite
def test_a_key_that_is_gone_is_an_error_and_no_new_one_is_made(home):
    enqueue_background_job(TASK)
    key = home / ".drawscape" / "queue.key"
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(errors.QueueError, match="put it back"):
        copied(home)
    assert not key.exists()
    key.write_bytes(kept)
    assert copied(home).codec.key == kept


@pytest.mark.sqlite
def test_an_empty_queue_gets_a_new_key(home):
    assert default_queue().database.connection is not None
    (home / ".drawscape" / "queue.key").unlink()
    assert len(copied(home).codec.key) == 32


def test_one_unreadable_result_does_not_hide_the_other_jobs(start_consumer):
    start_consumer("-w", "1")
    jobs = [enqueue_background_job("sampletasks.echo", number) for number in range(2)]
    for job in jobs:
        job.wait(60)
    default_queue().database.write(
        "update job set result = :result where id = :id", result=bytes(80), id=jobs[0].id
    )
    seen = [get_job_status(job.id) for job in jobs]
    assert [one["result"] for one in seen] == [None, 1]
    assert "cannot be read" in seen[0]["error"]
    from drawscape.notebook.reader import state_of

    assert [state_of(job).result for job in jobs] == [None, 1]


# limits


def test_arguments_beyond_the_limit_are_refused_with_a_remedy():
    with pytest.raises(errors.NotSerializableError, match="pass its path"):
        enqueue_background_job("sampletasks.echo", bytearray(100_000_001))
    assert list_jobs() == []


@pytest.mark.parametrize(
    "options", [{"job_meta": {"x": "y" * 1_000_000}}, {"job_description": "y" * 10_001}]
)
def test_notes_and_descriptions_have_limits(options):
    with pytest.raises(errors.JobOptionError, match="the limit is"):
        enqueue_background_job(TASK, **options)


def test_a_moment_beyond_all_calendars_is_refused():
    with pytest.raises(errors.JobOptionError, match="hundred years"):
        enqueue_background_job(TASK, job_at=datetime(9999, 12, 31, tzinfo=UTC))
