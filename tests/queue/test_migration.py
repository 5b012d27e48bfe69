"""Homes that earlier versions left: files made by their code open, migrate and run."""

import itertools
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from drawscape.errors import QueueError
from drawscape.jobs import (
    default_queue,
    enqueue_background_job,
    get_job,
    get_job_status,
    list_jobs,
    queue_statistics,
)
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.engines.liveness import Locks
from drawscape.queue.engines.sqlite import SqliteEngine
from drawscape.queue.engines.sqlite_schema import APPLICATION_ID, MIGRATIONS, USER_VERSION

HOMES = Path(__file__).with_name("homes")
VERSIONS = sorted(path.name for path in HOMES.iterdir())
TASKS = """
def add(a, b=0):
    return a + b


def fail(text="no ink"):
    raise ValueError(text)
"""


@pytest.fixture(params=VERSIONS)
def old_home(request, home, monkeypatch):
    """A home with the queue that version left: ended, waiting, delayed, dependent jobs and batches."""
    for name in ("db", "key"):
        shutil.copy(HOMES / request.param / f"old.{name}", home / ".drawscape" / f"queue.{name}")
    (home / "modules" / "oldtasks.py").write_text(TASKS)
    monkeypatch.setenv("DRAWSCAPE_TASK_MODULES", "oldtasks")
    return home


def test_an_old_home_opens_with_all_that_it_held(old_home):
    assert get_job_status("finished")["result"] == 3
    assert get_job("failed").reason == "exception"
    assert get_job("deferred").status == "deferred"
    assert queue_statistics().counts == {
        "queued": 4,
        "scheduled": 1,
        "deferred": 2,
        "started": 0,
        "finished": 4,
        "failed": 1,
        "stopped": 0,
        "canceled": 0,
    }
    version = default_queue().database.connection.execute("pragma user_version").fetchone()[0]
    assert version == USER_VERSION


def test_its_waiting_jobs_run_and_so_do_those_that_follow(old_home, start_consumer):
    start_consumer("-w", "2")
    assert get_job("queued").wait(60) == 42
    assert get_job("deferred").wait(60) == 5
    assert get_job("scheduled").wait(60) == 1
    assert get_job("follower").wait(60) == 7
    assert get_job("finished").requeue().wait(60) == 3
    assert enqueue_background_job("oldtasks.add", 1).wait(60) == 1
    assert {job.status for job in list_jobs(limit=None)} == {"finished", "failed"}


def test_several_that_open_an_old_file_at_once_migrate_it_once(old_home):
    path = old_home / ".drawscape" / "queue.db"
    errors: list[BaseException] = []

    def look():
        try:
            database = SqliteEngine(path)
            database.connection.execute("select group_id from job").fetchall()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=look, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def schema_of(path):
    """Return the tables, indexes and triggers of the file, migrated if need be, by name."""
    with closing(SqliteEngine(path)) as database:
        return dict(database.read("select name, sql from sqlite_master where sql is not null"))


@pytest.mark.parametrize("version", range(1, USER_VERSION))
def test_tables_of_each_earlier_version_become_those_of_this_one(tmp_path, version):
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        for statement in itertools.chain.from_iterable(MIGRATIONS[:version]):
            old.execute(statement)
        old.execute(f"pragma application_id = {APPLICATION_ID}")
        old.execute(f"pragma user_version = {version}")
        old.commit()
    assert schema_of(tmp_path / "old.db") == schema_of(tmp_path / "new.db")


def test_a_file_of_a_newer_version_is_refused(home):
    path = default_queue().path
    enqueue_background_job("sampletasks.nothing")
    plain = sqlite3.connect(path)
    plain.execute(f"pragma user_version = {USER_VERSION + 1}")
    plain.close()
    database = SqliteEngine(path)
    with pytest.raises(QueueError, match="newer Drawscape"):
        database.connection  # noqa: B018


def test_a_living_worker_of_an_older_version_is_named_and_nothing_migrated(old_home):
    locks = old_home / ".drawscape" / "workers"
    Locks(locks).announce(WorkerInfo("old", os.getpid(), 1, "background", 0.0), print)
    path = old_home / ".drawscape" / "queue.db"
    with pytest.raises(QueueError, match=rf"older Drawscape .* \(process {os.getpid()}\)"):
        SqliteEngine(path).open()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("pragma user_version").fetchone()[0] < USER_VERSION
    Locks(locks).retire("old")
    SqliteEngine(path).open()


def test_logs_that_lay_in_files_are_taken_over(old_home):
    for kind, name in (("logs", "finished.log"), ("previews", "failed.svg"), ("logs", "gone.log")):
        (old_home / ".drawscape" / kind).mkdir(exist_ok=True)
        (old_home / ".drawscape" / kind / name).write_bytes(b"as before")
    assert get_job("finished").logs() == "as before"
    assert get_job("failed").preview == b"as before"
    assert not list((old_home / ".drawscape").glob("*/*.[ls][ov]g"))
