"""A hostile world: full disks, locked, foreign and damaged files, the clock set back."""

import re
import sqlite3
import sys
from contextlib import closing

import pytest
from queue_steps import enqueue
from support import wait_until, with_mounts

from drawscape.errors import QueueError, SettingsError
from drawscape.job_manager import default_queue
from drawscape.queue.engines.sqlite import SqliteEngine
from drawscape.queue.worker.memory_limit import memory_limit_bytes

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


def of_a_letter(path):
    path.write_bytes(b"this is no database, it is a letter" * 100)


def of_another_program(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table bookmarks (url text)")


@pytest.mark.parametrize(
    ("make", "words"), [(of_a_letter, "not a database"), (of_another_program, "another program")]
)
def test_a_file_that_is_no_queue_is_named_and_left_alone(home, make, words):
    make(path := home / ".drawscape" / "queue.db")
    before = path.read_bytes()
    with pytest.raises(QueueError, match=words):
        enqueue("nothing")
    assert path.read_bytes() == before


def test_a_plain_hueys_file_gains_the_job_table(tmp_path):
    from huey.api import SqliteHuey

    path = tmp_path / "huey.db"
    with closing(SqliteHuey("x", filename=str(path)).storage) as storage:
        storage.enqueue(b"task")
    database = SqliteEngine(path)
    assert database.connection.execute("select count(*) from job").fetchone() == (0,)
    assert database.connection.execute("select count(*) from task").fetchone() == (1,)


SMALL_WORLD = """
import os, subprocess, sys, time
from contextlib import contextmanager
from drawscape.job_manager import *
home = sys.argv[1]

@contextmanager
def full_disk(job):
    "While `job`, which has started, runs: no byte more can be written."
    while job.status == 'queued':
        time.sleep(0.01)
    with open(f'{home}/small/ballast', 'wb', buffering=0) as ballast:
        try:
            while True:
                ballast.write(b'x' * 4096)
        except OSError:
            yield
    os.unlink(f'{home}/small/ballast')

def enqueued(*call):
    "Return what became of a call."
    try:
        return enqueue_background_job(*call).status
    except Exception as error:
        return f'{type(error).__name__} {error}'

"""
IN_A_SMALL_WORLD = {
    # What is done where `home/small` is a tmpfs of two megabytes, and what that prints.
    "a read-only file is named": (
        r"queued\nQueueError .*queue\.db.*",
        """
print(enqueued('sampletasks.nothing'))
default_queue().database.close()
subprocess.run(['mount', '-o', 'remount,bind,ro', f'{home}/small'], check=True)
print(enqueued('sampletasks.nothing'))
""",
    ),
    "a full disk refuses the job by name and keeps the others": (
        r"QueueError .*full.*\nTrue\n\('ok',\)\n",
        """
kept = 0
while (said := enqueued('sampletasks.echo', 'x' * 20_000)) == 'queued':
    kept += 1
print(said)
print(kept == len(list_jobs(limit=None)) > 10)
print(default_queue().database.connection.execute('pragma integrity_check').fetchone())
""",
    ),
    "a worker on a full disk acknowledges as soon as there is room": (
        r"started\n400000\n1\n",
        """
worker = start_worker(1)
job = enqueue_background_job('sampletasks.big', 400_000, f'{home}/go')
with full_disk(job):
    open(f'{home}/go', 'w').close()
    deadline = time.monotonic() + 30
    while 'acknowledge_failed' not in worker.log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    print(job.status)
print(len(job.wait(60)))
print(enqueue_background_job('sampletasks.add', 1).wait(60))
worker.stop()
""",
    ),
    "a full disk drops a log and not its job": (
        r"None\nfinished 1\n",
        """
worker = start_worker(1)
print(enqueue_background_job('sampletasks.print_much', 3).wait(60))
job = enqueue_background_job('sampletasks.print_slowly', 20, 0.1)
with full_disk(job):
    time.sleep(1)
job.wait(60)
print(job.status, enqueue_background_job('sampletasks.add', 1).wait(60))
worker.stop()
""",
    ),
}


BY_NIGHT = "a full disk drops a log and not its job"


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(one, marks=[pytest.mark.nightly] * (one == BY_NIGHT))
        for one in IN_A_SMALL_WORLD
    ],
)
def test_a_disk_that_is_full_or_read_only_is_named_and_loses_no_job(home, case):
    printed, body = IN_A_SMALL_WORLD[case]
    (home / "small").mkdir()
    (home / "script.py").write_text(SMALL_WORLD + body)
    done = with_mounts(
        f"mount -t tmpfs -o size=2m,mode=755 tmpfs {home}/small\n"
        f"DRAWSCAPE_QUEUE={home}/small/queue.db exec {sys.executable} script.py {home}",
        cwd=home,
    )
    assert re.fullmatch(printed, done.stdout, re.DOTALL), done.stdout


def test_an_end_that_the_file_refuses_holds_up_no_other_and_is_written_later(home, start_consumer):
    database = default_queue().database
    database.write(
        "create trigger refuses before update on job when new.result is not null and new.id = 'bad' "
        "begin select raise(abort, 'not now'); end"
    )
    bad = enqueue("add", 1, job_id="bad")
    others = [enqueue("add", number) for number in range(50)]
    start_consumer("-w", "3")
    assert [job.wait(60) for job in others] == list(range(50))
    assert bad.status == "started"
    database.write("drop trigger refuses")
    assert bad.wait(60) == 1
    assert bad.refresh().attempts == 1


CLOCK = """
import pathlib, time
_real, _file = time.time, pathlib.Path({path!r})
def _shifted():
    try:
        return _real() + float(_file.read_text() or 0)
    except (OSError, ValueError):
        return _real()
time.time = _shifted
"""


@pytest.mark.both_engines
def test_a_clock_set_back_an_hour_harms_nothing(home, start_consumer, engine):
    offset = home / "clock-offset"
    (home / "modules" / "sitecustomize.py").write_text(CLOCK.format(path=str(offset)))
    start_consumer()
    job = enqueue("nap", 0.5)
    wait_until(lambda: job.status == "started")
    offset.write_text("-3600")
    assert job.wait(60) == 0.5
    assert job.ended_at >= job.started_at
    after = enqueue("nap", 0.1, job_timeout=60)
    assert after.wait(60) == 0.1
    # The worker's clock was really set back; on Postgres the server's counts.
    assert (after.ended_at < job.ended_at) == (engine == "sqlite")
    assert after.ended_at >= after.started_at


def test_the_memory_limit_is_read_from_the_environment(monkeypatch):
    known = {"2G": 2 * 2**30, "512MB": 2**29, "1000": 1000, "8k": 2**13, "none": None}
    for text, expected in known.items():
        monkeypatch.setenv("DRAWSCAPE_JOB_MEMORY", text)
        assert memory_limit_bytes() == expected
    monkeypatch.setenv("DRAWSCAPE_JOB_MEMORY", "lots")
    with pytest.raises(SettingsError, match="lots"):
        memory_limit_bytes()
