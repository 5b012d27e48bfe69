"""The queue's files under careless hands: read raw by their users, deleted, replaced, closed by others."""

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from queue_file import database_path
from support import wait_until

from drawscape.errors import QueueError, QueueGoneError
from drawscape.job_manager import default_queue, enqueue_background_job, list_jobs

pytestmark = pytest.mark.slow  # processes of its own for nearly every test


def stored_ids(path: Path) -> set[str]:
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


def test_reading_the_files_raw_and_restarting_a_worker_loses_no_job(
    home: Path, start_consumer, tmp_path: Path
):
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


def test_another_program_that_closes_the_file_last_does_not_remove_the_log(home: Path):
    path = database_path()
    jobs = [enqueue_background_job("sampletasks.nothing")]
    path.read_bytes()  # this process has lost SQLite's own locks now
    log = Path(f"{path}-wal").stat().st_ino
    assert stored_ids(path) == {jobs[0].id}
    assert Path(f"{path}-wal").stat().st_ino == log
    jobs.append(enqueue_background_job("sampletasks.nothing"))
    assert stored_ids(path) == {job.id for job in jobs}


def test_who_has_read_the_files_is_still_seen_to_use_them(home: Path):
    """What SQLite asks for before it removes the log, and before it clears the shared memory."""
    path = database_path()
    enqueue_background_job("sampletasks.nothing")
    for file in (path, f"{path}-wal", f"{path}-shm"):
        Path(file).read_bytes()
    script = (
        "import fcntl, os, sys\n"
        "for name, start, size in ((sys.argv[1], 0x40000002, 510), (sys.argv[1] + '-shm', 128, 1)):\n"
        "    try: fcntl.lockf(os.open(name, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB, size, start)\n"
        "    except OSError: print('used')\n"
        "    else: print('free')\n"
    )
    command = [sys.executable, "-c", script, path]
    assert subprocess.check_output(command, text=True, timeout=120).split() == ["used", "used"]


@pytest.mark.parametrize("way", ["transaction", "write"])
def test_a_commit_into_a_file_that_was_removed_meanwhile_is_not_acknowledged(home: Path, way: str):
    enqueue_background_job("sampletasks.nothing")
    database = default_queue().database
    change = "update job set description = 'into nothing'"

    def write_into_nothing() -> None:
        if way == "write":
            database.connection.set_trace_callback(lambda _: database.path.unlink(missing_ok=True))
            database.write(change)
        else:
            with database.transaction() as run:
                run(change)
                database.path.unlink()

    with pytest.raises(QueueGoneError, match="was deleted or replaced"):
        write_into_nothing()


def test_a_connection_that_was_hurried_is_patient_again(home: Path):
    enqueue_background_job("sampletasks.nothing")
    database = default_queue().database
    with closing(
        sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("begin immediate")
        began = time.monotonic()
        with (
            pytest.raises(QueueError, match="locked"),
            database.short_timeout(),
            database.transaction(),
        ):
            pass
        assert time.monotonic() - began < 10  # its own patience is a minute
        threading.Timer(0.5, other.execute, ("rollback",)).start()
        with database.transaction() as run:
            run("update job set description = 'waited for'")


def test_a_thread_that_is_in_a_hurry_does_not_wait_for_another_that_writes(home: Path):
    database = default_queue().database
    inside, leave = threading.Event(), threading.Event()

    def write() -> None:
        with database.transaction():
            inside.set()
            leave.wait(60)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    assert inside.wait(60)
    with pytest.raises(QueueError, match="another thread"), database.short_timeout():
        pass
    leave.set()
    writer.join(60)
    with database.short_timeout(), database.transaction() as run:
        assert run("select 1") == [(1,)]


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
def test_a_caller_refuses_to_write_into_a_file_that_is_gone(home: Path, harm: str):
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
def test_a_file_that_goes_just_as_it_is_opened_is_not_made_anew(home: Path, who: str):
    command = [sys.executable, "-c", GONE_AS_IT_IS_OPENED, who]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout == "refused True\n" * 2, done.stderr


@pytest.mark.parametrize("harm", ["file", "shared memory", "folder"])
def test_a_worker_whose_file_is_gone_leaves_with_a_sentence(home: Path, start_consumer, harm: str):
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


def test_files_that_come_and_go_beside_the_queue_disturb_nothing(home: Path):
    for number in range(5):
        enqueue_background_job("sampletasks.nothing")
        note = default_queue().folder / f"note-{number}"
        note.touch()
        note.unlink()
    assert len(list_jobs()) == 5
