"""The queue's files under careless hands: read raw by their users, deleted, replaced, closed by others."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from queue_file import database_path
from support import wait_until

from drawscape.errors import QueueGoneError
from drawscape.job_manager import default_queue, enqueue_background_job, list_jobs

pytestmark = pytest.mark.slow  # processes of its own for nearly every test


def stored_ids(path):
    """The ids in the file as a program finds them that has nothing to do with this process."""
    script = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1])\n"
        "for row in connection.execute('select id from job'): print(*row)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return set(done.stdout.split())


def test_reading_the_files_raw_and_restarting_a_worker_loses_no_job(home, start_consumer, tmp_path):
    path = database_path()
    consumer = start_consumer("-w", "2")
    enqueue_background_job("sampletasks.add", 1).wait(60)
    script = (
        "import sys; from drawscape.job_manager import enqueue_background_job\n"
        "for i in range(600): print(enqueue_background_job('sampletasks.add', i).id, flush=True)"
    )
    ids = tmp_path / "ids"
    with ids.open("wb") as output:
        other = subprocess.Popen([sys.executable, "-c", script], cwd=home, stdout=output)
    wait_until(lambda: ids.read_text().count("\n"), what="the first id")
    committed: set[str] = set()
    shutil.copytree(path.parent, tmp_path / "copy")
    for _ in range(3):
        consumer.stop()
        committed |= {enqueue_background_job("sampletasks.add", i).id for i in range(20)}
        consumer = start_consumer("-w", "2")
    assert other.wait(120) == 0
    committed |= set(ids.read_text().split())
    assert len(committed) == 660
    wait_until(lambda: len(list_jobs(status="finished", limit=None)) == 661, 120)
    assert committed < stored_ids(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_another_program_that_closes_the_file_last_does_not_remove_the_log(home):
    path = database_path()
    jobs = [enqueue_background_job("sampletasks.nothing")]
    path.read_bytes()  # this process has lost SQLite's own locks now
    log = Path(f"{path}-wal").stat().st_ino
    assert stored_ids(path) == {jobs[0].id}
    assert Path(f"{path}-wal").stat().st_ino == log
    jobs.append(enqueue_background_job("sampletasks.nothing"))
    assert stored_ids(path) == {job.id for job in jobs}


@pytest.mark.parametrize("way", ["transaction", "write"])
def test_a_commit_into_a_file_that_was_removed_meanwhile_is_not_acknowledged(home, way):
    enqueue_background_job("sampletasks.nothing")
    database = default_queue().database
    change = "update job set description = 'into nothing'"

    def write_into_nothing():
        if way == "write":
            database.connection.set_trace_callback(lambda _: database.path.unlink(missing_ok=True))
            database.write(change)
        else:
            with database.transaction() as run:
                run(change)
                database.path.unlink()

    with pytest.raises(QueueGoneError, match="was deleted or replaced"):
        write_into_nothing()


GONE = {
    "file": lambda folder: (folder / "queue.db").unlink(),
    "log": lambda folder: (folder / "queue.db-wal").unlink(),
    "shared memory": lambda folder: (folder / "queue.db-shm").unlink(),
    "folder": shutil.rmtree,
    "replaced": lambda folder: shutil.copy(
        shutil.move(folder / "queue.db", folder / "old.db"), folder / "queue.db"
    ),
}


@pytest.mark.parametrize("harm", GONE)
def test_a_caller_refuses_to_write_into_a_file_that_is_gone(home, harm):
    job = enqueue_background_job("sampletasks.nothing")
    GONE[harm](default_queue().folder)
    for _ in range(2):
        with pytest.raises(QueueGoneError, match="was deleted or replaced"):
            enqueue_background_job("sampletasks.nothing")
        with pytest.raises(QueueGoneError, match="was deleted or replaced"):
            job.refresh()


GONE_AS_IT_IS_OPENED = """
import os, sys, threading
from drawscape.errors import QueueGoneError
from drawscape.job_manager import default_queue, enqueue_background_job
from drawscape.queue.huey import JobHuey

enqueue_background_job("sampletasks.nothing")
path = default_queue().path
huey = JobHuey(filename=path)
huey.pending()
huey.storage.close()

def remove(event, arguments):
    if event == "sqlite3.connect" and path.exists():
        path.unlink()

sys.addaudithook(remove)

def attempt():
    try:
        huey.pending() if sys.argv[1] == "huey" else enqueue_background_job("sampletasks.nothing")
    except QueueGoneError:
        print("refused", not path.exists())

thread = threading.Thread(target=attempt)  # with no connection yet
thread.start()
thread.join()
attempt()
"""


@pytest.mark.parametrize("who", ["caller", "huey"])
def test_a_file_that_goes_just_as_it_is_opened_is_not_made_again(home, who):
    command = [sys.executable, "-c", GONE_AS_IT_IS_OPENED, who]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout == "refused True\n" * 2, done.stderr


@pytest.mark.parametrize("harm", ["file", "shared memory", "folder"])
def test_a_worker_whose_file_is_gone_leaves_with_a_sentence(home, start_consumer, harm):
    consumer = start_consumer("-w", "2")
    job = enqueue_background_job("sampletasks.nap", 600)
    wait_until(lambda: job.status == "started")
    GONE[harm](default_queue().folder)
    assert consumer.process.wait(60) == 1
    text = consumer.log.read_text()
    assert "event=queue_gone" in text
    assert "the worker has left:" in text.splitlines()[-1]
    assert "Traceback" not in text
    assert not (home / ".drawscape" / "queue.db").exists() or harm == "shared memory"
