"""A power loss at any moment loses no acknowledged job and tears no file; with NORMAL it would.

POWER_LOSS_POINTS sets at how many moments the power fails; a failure names seed, moment and mode.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import power_loss
import pytest
from queue_file import database_path
from support import rounds, wait_until

from drawscape.job_manager import default_queue, list_jobs

pytestmark = pytest.mark.chaos

POINTS = int(os.environ.get("POWER_LOSS_POINTS", rounds(6, 1000)))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)

ENQUEUER = """
import dataclasses, os, sys
from drawscape.job_manager import default_queue
from drawscape.queue.engines.sqlite import NORMAL, SqliteEngine

acks = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
queue = default_queue()
if sys.argv[2] == "NORMAL":
    database = SqliteEngine(queue.database.path, synchronous=NORMAL)
    queue = dataclasses.replace(queue, database=database)
for number in range(int(sys.argv[3])):
    if number % 10:
        ids = [queue.enqueue("sampletasks.add", (number, 2), {})]
    else:
        ids = queue.enqueue_many("sampletasks.add", [{"a": i} for i in range(5)], {})[1]
    os.write(acks, "".join(f"{one}\\n" for one in ids).encode())
"""


@pytest.fixture
def recorder(home, tmp_path, monkeypatch):
    """The environment in which processes leave a trace; return where it is."""
    if COMPILER is None:
        give_up = pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip
        give_up("NO C COMPILER: no power loss was played. Install cc, gcc or clang.")
    trace = tmp_path / "trace"
    database_path()
    default_queue().database.close()
    (home / "acks").touch()
    monkeypatch.setenv("LD_PRELOAD", str(power_loss.build_recorder(COMPILER, tmp_path)))
    monkeypatch.setenv("POWER_LOSS_TRACE", str(trace))
    return trace


def contents(home):
    """The queue's files as another process finds them; here they are not to be opened raw."""
    return {
        name: subprocess.check_output(["cat", home / ".drawscape" / name], timeout=120)
        for name in ("queue.db", "queue.db-wal")
    }


def enqueuers(home, synchronous, count):
    command = [sys.executable, "-c", ENQUEUER, str(home / "acks"), synchronous, str(count)]
    return [subprocess.Popen(command, cwd=home) for _ in range(2)]


@contextmanager
def opened(crash, folder):
    """The file after the crash, which must be sound."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, data in crash.files.items():
        (folder / name).write_bytes(data)
    with closing(sqlite3.connect(folder / "queue.db")) as connection:
        sound = connection.execute("pragma integrity_check").fetchone()[0]
        assert sound == "ok", f"seed {SEED}, moment {crash.moment}, {crash.mode}: {sound}"
        yield connection


def lost_at(crash, folder):
    """The acknowledged ids that are not in the file after the crash."""
    with opened(crash, folder) as connection:
        batches = connection.execute(
            "select batch, count(*) from job where batch is not null group by batch"
        ).fetchall()
        assert {count for _, count in batches} <= {5}, f"moment {crash.moment}: a torn batch"
        return set(crash.acknowledged) - {
            row[0] for row in connection.execute("select id from job")
        }


def test_a_power_loss_at_any_moment_loses_no_acknowledged_job(
    home, recorder, start_consumer, tmp_path
):
    start = contents(home)
    worker = start_consumer("-w", "2")
    assert [one.wait(300) for one in enqueuers(home, "FULL", 150)] == [0, 0]
    total = 2 * (135 + 15 * 5)
    wait_until(lambda: len(list_jobs(status="finished", limit=None)) == total, 300)
    worker.stop()
    trace = power_loss.read_trace(recorder)
    seen = 0
    for crash in power_loss.crashes(start, trace, POINTS, random.Random(SEED)):
        lost = lost_at(crash, tmp_path / "disk")
        assert not lost, f"seed {SEED}, moment {crash.moment}, {crash.mode}: {len(lost)} lost"
        seen += bool(crash.acknowledged)
    assert seen >= 0.8 * POINTS  # the trace is of the time at which jobs were acknowledged
    whole = set((home / "acks").read_text().split())
    assert crash.acknowledged <= whole
    assert len(whole) == total


def test_with_normal_synchronisation_a_power_loss_would_lose_jobs(home, recorder, tmp_path):
    """The control: the test above can fail."""
    start = contents(home)
    assert [one.wait(300) for one in enqueuers(home, "NORMAL", 60)] == [0, 0]
    trace = power_loss.read_trace(recorder)
    crashes = power_loss.crashes(start, trace, 40, random.Random(SEED))
    losing = [crash for crash in crashes if lost_at(crash, tmp_path / "disk")]
    assert len(losing) >= 10


CANCELER = """
import os, sys
from drawscape.job_manager import cancel_all, enqueue_many

acks = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
for _ in range(6):
    batch = enqueue_many("sampletasks.add", [{"a": i} for i in range(120)], job_delay=600)
    assert cancel_all() == 120
    os.write(acks, f"{batch.id}\\n".encode())
"""


def test_a_power_loss_undoes_no_cancel_of_many_that_returned(home, recorder, tmp_path):
    start = contents(home)
    subprocess.run([sys.executable, "-c", CANCELER, home / "acks"], check=True, timeout=120)
    trace = power_loss.read_trace(recorder)
    seen = 0
    for crash in power_loss.crashes(start, trace, POINTS, random.Random(SEED)):
        with opened(crash, tmp_path / "disk") as connection:
            for batch in crash.acknowledged:
                (canceled,) = connection.execute(
                    "select count(*) from job where batch = ? and status = 'canceled'", (batch,)
                ).fetchone()
                assert canceled == 120, f"seed {SEED}, moment {crash.moment}, {crash.mode}"
                seen += 1
    assert seen
