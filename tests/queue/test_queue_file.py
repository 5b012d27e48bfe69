"""The queue's file: its rules, its locks, its older versions, and what others may do to it."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from queue_steps import enqueue
from support import database_path, first_line, is_running, locked, python, started, wait_until

from drawscape.errors import JobFailed, QueueError, QueueGoneError
from drawscape.job_manager import QUEUE_NAME, cancel_job, default_queue, enqueue_background_job
from drawscape.jobs import get_job, get_job_status, list_jobs, queue_statistics
from drawscape.queue.engines.engine import open_engine
from drawscape.queue.engines.sqlite import SqliteEngine
from drawscape.queue.engines.sqlite_schema import USER_VERSION
from drawscape.queue.huey import JobHuey
from drawscape.queue.job_queue import Queue


def test_a_link_to_the_queues_file_leads_to_the_same_folder(home, tmp_path):
    first = enqueue("nothing")
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(default_queue().database.path)
    linked = Queue.on(open_engine(link), QUEUE_NAME, home, ("sampletasks",))
    assert linked.database.folder == default_queue().database.folder
    assert linked.codec.key == default_queue().codec.key
    assert [row.id for row in linked.newest()] == [first.id]
    assert JobHuey(filename=link).storage.jobs.folder == default_queue().database.folder


@pytest.mark.both_engines
def test_a_consumer_can_be_the_first_that_ever_uses_a_home(home, tmp_path):
    """It asks for the key before anybody has made the folder that it lies in."""
    huey = JobHuey("jobs", filename=tmp_path / "new" / "queue.db")
    assert len(huey.serializer.codec.key) == 32
    assert (tmp_path / "new" / "queue.key").stat().st_size == 32


ON_THE_DISK = """
import sqlite3, sys
queue = sqlite3.connect(f"file:{sys.argv[1]}?immutable=1", uri=True)  # without the log
print(queue.execute("select count(*) from job where status = 'finished'").fetchone()[0])
"""


def test_a_worker_flushes_what_has_ended_within_a_second_or_so(start_consumer):
    start_consumer()
    enqueue("add", 1).wait(60)
    path = default_queue().path  # what is read while it is written may make no sense
    wait_until(lambda: python("-c", ON_THE_DISK, path, code=None).stdout == "1\n")


def test_a_notebook_that_changes_its_folder_keeps_its_queue(home, tmp_path):
    (tmp_path / "other" / ".drawscape").mkdir(parents=True)
    script = (
        "import os, sys; from drawscape.job_manager import default_queue\n"
        "before = default_queue().path; os.chdir(sys.argv[1]); assert default_queue().path == before\n"
        "print(before)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "DRAWSCAPE_HOME"}
    done = python("-c", script, str(tmp_path / "other"), code=None, cwd=home, env=environment)
    assert (done.stdout.strip(), done.stderr) == (str(home / ".drawscape" / "queue.db"), "")


def test_threads_that_have_ended_leave_no_connection_open(home):
    enqueue("nothing")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        thread = threading.Thread(target=list_jobs)
        thread.start()
        thread.join(60)
    assert len(os.listdir("/proc/self/fd")) < before + 10


def test_a_connection_is_closed_quietly_when_the_interpreter_has_cleared_its_module(tmp_path):
    script = (
        "import sys; from drawscape.queue.engines import sqlite\n"
        "engine = sqlite.SqliteEngine(sys.argv[1]); engine.open(); connection = engine.connection\n"
        "sqlite._FORKING = sqlite.os = None; engine.close(); del connection"
    )
    assert python("-c", script, str(tmp_path / "queue.db")).stderr == ""


def stored_ids(path):
    """The ids in the file as a program finds them that has nothing to do with this process."""
    script = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1])\n"
        "for row in connection.execute('select id from job'): print(*row)"
    )
    done = python("-c", script, path)
    return set(done.stdout.split())


@pytest.mark.slow
def test_another_program_that_closes_the_file_last_does_not_remove_the_log(home):
    path = database_path()
    jobs = [enqueue("nothing")]
    path.read_bytes()  # this process has lost SQLite's own locks now
    log = Path(f"{path}-wal").stat().st_ino
    assert stored_ids(path) == {jobs[0].id}
    assert Path(f"{path}-wal").stat().st_ino == log
    jobs.append(enqueue("nothing"))
    assert stored_ids(path) == {job.id for job in jobs}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["transaction", "write"])
def test_a_commit_into_a_file_that_was_removed_meanwhile_is_not_acknowledged(home, way):
    enqueue("nothing")
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


@pytest.mark.slow
@pytest.mark.parametrize("harm", GONE)
@pytest.mark.parametrize("when", [0, 2**32], ids=["long ago", "at the time of the last look"])
def test_a_caller_refuses_to_write_into_a_file_that_is_gone(home, harm, when):
    job = enqueue("nothing")
    os.utime(folder := default_queue().database.folder, (2**32, 2**32))
    enqueue("nothing")
    GONE[harm](folder)
    if folder.exists():
        os.utime(folder, (when, when))
    for _ in range(2):
        with pytest.raises(QueueGoneError, match="was deleted or replaced"):
            enqueue("nothing")
    with pytest.raises(QueueGoneError, match="was deleted or replaced"):
        wait_until(lambda: not job.refresh())  # a reader looks again after a while


BY_NIGHT = [pytest.param(one, marks=pytest.mark.nightly) for one in ("shared memory", "folder")]


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["file", *BY_NIGHT])
def test_a_worker_whose_file_is_gone_leaves_with_a_sentence(home, start_consumer, harm):
    consumer = start_consumer("-w", "2")
    job = enqueue("nap", 600)
    wait_until(lambda: job.status == "started")
    GONE[harm](default_queue().database.folder)
    wait_until(lambda: consumer.process.poll() is not None, f"its end, see {consumer.log}")
    assert consumer.process.returncode == 1
    text = consumer.log.read_text()
    assert "event=queue_gone" in text
    assert "the worker has left:" in text.splitlines()[-1]
    assert "Traceback" not in text
    assert not (home / ".drawscape" / "queue.db").exists() or harm == "shared memory"


@pytest.mark.slow
def test_while_the_file_is_locked_a_time_limit_holds_and_progress_waits(home, start_consumer):
    start_consumer()
    job = started(enqueue("report_for", 600, job_timeout=3))
    wait_until(lambda: job.refresh().pid and job.progress > 0)
    child = job.refresh().pid
    with locked():  # which would be waited for for 60 s
        wait_until(lambda: not is_running(child), timeout_s=45)
    with pytest.raises(JobFailed, match="timed out after 3 s"):
        job.wait(60)
    assert job.message == "on and on"
    gate = home / "gate"
    job = started(enqueue("wait_then_report", str(gate), "late news"))
    with locked():
        gate.touch()
        time.sleep(0.8)  # both reports fall into this
    wait_until(lambda: job.message == "late news")
    assert job.status == "started"
    assert job.meta == {"pen": "fine"}  # of the first report, which was not written either
    cancel_job(job.id)


@pytest.mark.slow
def test_a_lock_beyond_a_workers_patience_loses_nothing(home, start_consumer, own_huey):
    """Held twice as long as the worker waits, and more: it says so, tries again, and serves on."""
    consumer = start_consumer(huey=own_huey(timeout=0.3))
    gate = home / "gate"
    job = started(enqueue("wait_for_file", str(gate)))
    with locked():
        gate.touch()
        wait_until(lambda: "event=acknowledge_failed" in consumer.log.read_text())
        time.sleep(1)  # it tries again meanwhile, and says so once a minute
    job.wait(60)
    assert job.refresh().attempts == 1
    assert "another process holds it" in consumer.log.read_text()
    assert enqueue("add", 1).wait(60) == 1


HOMES = Path(__file__).with_name("homes")
VERSIONS = sorted(path.name for path in HOMES.iterdir())


@pytest.fixture(params=VERSIONS)
def old_home(request, home, monkeypatch):
    """A home with the queue that version left: ended, waiting, delayed, dependent jobs and batches."""
    for name in ("db", "key"):
        copied = home / ".drawscape" / f"queue.{name}"
        shutil.copyfile(HOMES / request.param / f"old.{name}", copied)
        copied.chmod(0o600)  # a clone may have been made with another umask
    shutil.copy(home / "modules" / "sampletasks.py", home / "modules" / "oldtasks.py")
    monkeypatch.setenv("DRAWSCAPE_TASK_MODULES", "oldtasks")
    return home


def test_an_old_home_opens_with_all_that_it_held_in_the_tables_of_a_new_one(old_home, tmp_path):
    assert get_job_status("finished")["result"] == 3
    assert get_job("failed").reason == "exception"
    assert get_job("failed").preview == b"xxx"
    assert get_job("deferred").status == "deferred"
    counts = [*queue_statistics().counts.values()]  # queued, scheduled ...
    assert counts == [4, 1, 2, 0, 4, 1, 0, 0]
    now = default_queue().database.connection.execute("pragma user_version").fetchone()[0]
    assert now == USER_VERSION
    assert schema_of(default_queue().path) == schema_of(tmp_path / "new.db")


def test_its_waiting_jobs_run_and_so_do_those_that_follow(old_home, start_consumer):
    start_consumer("-w", "2")
    assert get_job("queued").wait(60) == 42
    assert get_job("deferred").wait(60) == 5
    assert get_job("scheduled").wait(60) == 1
    assert get_job("follower").wait(60) == 7
    assert get_job("finished").requeue().wait(60) == 3
    printed = get_job("failed").logs()
    with pytest.raises(JobFailed):
        get_job("failed").requeue().wait(60)
    assert get_job("failed").logs().startswith(printed)
    assert enqueue_background_job("oldtasks.add", 1).wait(60) == 1
    assert queue_statistics().counts["failed"] == 1


def test_several_that_open_an_old_file_at_once_migrate_it_once(old_home):
    path = old_home / ".drawscape" / "queue.db"
    met = threading.Barrier(8)

    def look(_):
        met.wait(60)
        return len(SqliteEngine(path).read("select group_id from job"))

    with ThreadPoolExecutor(8) as pool:
        assert len({*pool.map(look, range(8))}) == 1


def schema_of(path):
    """Return the columns of each table, and the names of the indexes and triggers."""
    with closing(SqliteEngine(path)) as database:
        named = database.read("select type, name from sqlite_master where name like 'job%'")
        tables = [name for kind, name in named if kind == "table"]
        columns = {table: {*database.read(f"pragma table_info({table})")} for table in tables}
    columns = {table: {(one[1], *one[3:]) for one in found} for table, found in columns.items()}
    return columns, {name for kind, name in named if kind != "table" and name.startswith("job_")}


OTHERS = [(4, r"0\.3 or older .* open it with 0\.4"), (USER_VERSION + 1, "newer Drawscape")]


@pytest.mark.parametrize(("version", "words"), OTHERS)
def test_a_file_of_0_3_or_of_a_newer_version_is_refused_with_what_to_do(home, version, words):
    path = default_queue().path
    enqueue("nothing")
    with closing(sqlite3.connect(path)) as plain:
        plain.execute(f"pragma user_version = {version}")
    with pytest.raises(QueueError, match=words):
        SqliteEngine(path).open()


OF_0_4 = """
import fcntl, json, os, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
named = {"id": "old", "pid": os.getpid(), "slots": 1, "queue": "background", "started_at": 0.0}
file.write(json.dumps({**named, "lanes": [], "boot": "x", "inode": 7}).ljust(4096))
file.flush()
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_living_worker_of_an_older_version_is_named_and_nothing_migrated(old_home):
    lock = old_home / ".drawscape" / "workers" / "old.lock"
    lock.parent.mkdir(exist_ok=True)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    path = old_home / ".drawscape" / "queue.db"
    with subprocess.Popen([sys.executable, "-c", OF_0_4, lock], **pipes) as old:
        first_line(old)
        with pytest.raises(QueueError, match=rf"older Drawscape .* \(process {old.pid}\)"):
            SqliteEngine(path).open()
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("pragma user_version").fetchone()[0] < USER_VERSION
        old.communicate()
    SqliteEngine(path).open()
