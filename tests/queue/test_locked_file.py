"""While another program holds what the queue writes: nothing is lost, and who waits says so."""

import os
import time
from contextlib import closing, contextmanager

import pytest
from queue_file import database_path, plain
from support import is_running, started, wait_until

from drawscape.errors import JobFailed, QueueError
from drawscape.job_manager import cancel_job, default_queue, enqueue_background_job
from drawscape.queue.engines.sqlite import SqliteEngine

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


def test_a_time_limit_holds_while_the_file_is_locked(home, start_consumer):
    start_consumer()
    job = started(enqueue_background_job("sampletasks.report_for", 600, job_timeout=3))
    wait_until(lambda: job.refresh().pid and job.progress > 0)
    child = job.refresh().pid
    with closing(plain()) as other:
        other.execute("begin immediate")
        wait_until(lambda: not is_running(child), 40)  # the lock alone would be waited for for 60 s
        other.execute("rollback")
    with pytest.raises(JobFailed, match="timed out after 3 s"):
        job.wait(60)
    assert job.message == "on and on"


def test_progress_that_met_a_locked_file_is_written_later(home, start_consumer):
    start_consumer()
    job = started(enqueue_background_job("sampletasks.nap_then_report", 1, "late news"))
    with closing(plain()) as other:
        other.execute("begin immediate")
        time.sleep(1.5)  # the reports fall into this
        other.execute("rollback")
    wait_until(lambda: job.message == "late news")
    assert job.status == "started"
    assert job.meta == {"pen": "fine"}  # of the first report, which was not written either
    cancel_job(job.id)


def test_a_lock_held_longer_than_the_patience_is_a_named_error(home):
    database = SqliteEngine(database_path(), timeout_s=0.2)
    database.connection  # noqa: B018 - opened before the lock
    with closing(plain()) as other:
        other.execute("begin exclusive")
        with pytest.raises(QueueError, match="held the file for more than"), database.transaction():
            pass
        other.execute("rollback")
    with database.transaction():
        pass


@contextmanager
def locked():
    """Let another program hold what a worker writes."""
    database = default_queue().database
    if database.is_server:
        with database.connect() as other, other.transaction():
            other.execute("lock table job in exclusive mode")
            yield
        return
    with closing(plain()) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


@pytest.mark.both_engines
def test_a_worker_outlasts_a_lock_and_loses_nothing(home, start_consumer):
    start_consumer()
    gate = home / "gate"
    job = started(enqueue_background_job("sampletasks.wait_for_file", str(gate)))
    with locked():
        gate.touch()
        time.sleep(0.8)  # it ends, and cannot be acknowledged
        assert job.status == "started"
    job.wait(60)


IMPATIENT_QUEUE = """
from drawscape.queue.huey import JobHuey

huey = JobHuey(
    "background", filename={filename!r}, home={home!r}, task_modules=("sampletasks",), timeout=0.3
)
"""


def test_a_lock_beyond_a_workers_patience_loses_nothing(home, start_consumer):
    """Held twice as long as the worker waits, and more: it says so, tries again, and serves on."""
    filename = os.fspath(database_path())
    module = home / "modules" / "impatientqueue.py"
    module.write_text(IMPATIENT_QUEUE.format(filename=filename, home=os.fspath(home)))
    consumer = start_consumer(huey="impatientqueue.huey")
    gate = home / "gate"
    job = started(enqueue_background_job("sampletasks.wait_for_file", str(gate)))
    with closing(plain()) as other:
        other.execute("begin immediate")
        gate.touch()
        wait_until(lambda: consumer.log.read_text().count("event=acknowledge_failed") > 1)
        other.execute("rollback")
    job.wait(60)
    assert job.refresh().attempts == 1
    assert "held the file for more than 0.3 s" in consumer.log.read_text()
    assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1
