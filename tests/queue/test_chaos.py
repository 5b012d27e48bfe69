"""Kills, power losses, and verbs in any order, at random.

CHAOS_ROUNDS, CHAOS_SEED, POWER_LOSS_POINTS and WORKED_STEPS set how many and in which order.
"""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

import power_loss
import pytest
import queue_chaos
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    multiple,
    rule,
    run_state_machine_as_test,
)
from queue_chaos import LONG_STEPS, STEPS, World
from support import database_path, python, rounds, wait_until

from drawscape import clock as failpoints
from drawscape.errors import JobNotFoundError, JobStateError
from drawscape.job_manager import default_queue, list_jobs
from drawscape.jobs import (
    ENDED,
    Job,
    Keep,
    cancel_all,
    check_queue,
    enqueue_background_job,
    enqueue_many,
    pause_queue,
    prune_jobs,
    resume_queue,
    retry_failed_jobs,
)

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


@pytest.mark.chaos
def test_a_power_loss_at_any_moment_loses_no_acknowledged_job(
    home, recorder, start_consumer, tmp_path
):
    start = contents(home)
    worker = start_consumer("-w", "2")
    assert [one.wait(300) for one in enqueuers(home, "FULL", 150)] == [0, 0]
    total = 2 * (135 + 15 * 5)
    wait_until(lambda: len(list_jobs(status="finished", limit=None)) == total, timeout_s=300)
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


@pytest.mark.chaos
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


@pytest.mark.chaos
def test_a_power_loss_undoes_no_cancel_of_many_that_returned(home, recorder, tmp_path):
    start = contents(home)
    python("-c", CANCELER, home / "acks")
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


ROUNDS = int(os.environ.get("CHAOS_ROUNDS", rounds(3, 3000)))

TASKS = """
import time
from pathlib import Path
from drawscape.job_manager import current_job

def work(name):
    with open(Path("runs") / name, "a") as file:
        file.write("run\\n")
    for i in range(3):
        current_job().progress(i / 3, f"step {i}")
        time.sleep(0.01)
    if name.endswith("3"):
        raise ValueError("an honest failure")
    return name
"""


@pytest.fixture
def world(tmp_path, monkeypatch):
    (tmp_path / "modules").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "modules" / "chaostasks.py").write_text(TASKS)
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    return World(tmp_path, random.Random(SEED))


def test_every_step_that_is_killed_has_a_failpoint():
    assert set(failpoints.NAMES) == {*STEPS, *LONG_STEPS} - {"any moment"}


@pytest.mark.chaos
def test_nothing_is_lost_wherever_a_kill_comes(world):
    command = [sys.executable, queue_chaos.__file__, str(world.home), str(SEED), str(ROUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > ROUNDS


WORKED_STEPS = int(os.environ.get("WORKED_STEPS", rounds(30, 20_000)))
TASK = "sampletasks.note_run"

HISTORY = {
    "sqlite": (
        "create table history (moment integer primary key, id text, status text)",
        "create trigger begun after insert on job begin "
        "insert into history (id, status) values (new.id, new.status); end",
        "create trigger changed after update of status on job when new.status <> old.status begin "
        "insert into history (id, status) values (new.id, new.status); end",
        "create trigger removed after delete on job begin "
        "insert into history (id, status) values (old.id, 'removed'); end",
    ),
    "postgres": (
        "create table history (moment bigint generated always as identity, id text, status text)",
        "create function note_status() returns trigger language plpgsql as $body$ begin "
        "if tg_op = 'DELETE' then insert into history (id, status) values (old.id, 'removed'); "
        "else insert into history (id, status) values (new.id, new.status); end if; "
        "return null; end $body$",
        "create trigger begun after insert or delete on job for each row "
        "execute function note_status()",
        "create trigger changed after update on job for each row "
        "when (new.status <> old.status) execute function note_status()",
    ),
}

# From `deferred` every reopened job goes where its dependencies allow, within the same transaction.
NEXT = {
    None: {"queued", "scheduled", "deferred"},
    "queued": {"started", "canceled", "deferred"},
    "scheduled": {"queued", "canceled", "deferred"},
    "deferred": {"queued", "scheduled", "failed", "canceled"},
    "started": {"finished", "failed", "stopped", "queued", "scheduled"},
    **{status: {"deferred", "removed"} for status in ENDED},
    "removed": set(),
}


class Needs(NamedTuple):
    """What a job waits for, and whether that must have finished or only ended."""

    ids: tuple[str, ...] = ()
    anyway: bool = False


def faults(history, needs, runs):
    """Return what no order of events may bring about, of all changes in the order of their commits."""
    last = {}
    before_removal = {}
    counts = Counter()
    found = []
    for job_id, status in history:
        if status not in NEXT[last.get(job_id)]:
            found.append(f"{job_id} was {last.get(job_id)} and became {status}")
        if status == "removed":
            before_removal[job_id] = last[job_id]
        if status == "started":
            needed, anyway = needs.get(job_id, Needs())
            for one in needed:
                standing = last.get(one, "never there")
                standing = before_removal.get(one, standing)
                if standing not in (ENDED if anyway else ("finished",)):
                    found.append(f"{job_id} began while {one}, which it needs, was {standing}")
        last[job_id] = status
        counts[job_id, status] += 1
    found += [
        f"{job_id} has not ended: {status}"
        for job_id, status in last.items()
        if NEXT[status] & {"started", "queued", "finished"}
    ]
    found += [f"{job_id} is lost" for job_id in needs if job_id not in last]
    for job_id in last.keys() | runs.keys():
        begun, finished = counts[job_id, "started"], counts[job_id, "finished"]
        if not finished <= runs.get(job_id, 0) <= begun:
            found.append(
                f"{job_id} began {begun} and finished {finished} times and ran {runs.get(job_id, 0)} times"
            )
    return found


class WorkedQueue(RuleBasedStateMachine):
    """Each example has its own jobs; the workers live on."""

    jobs = Bundle("jobs")

    def __init__(self, home):
        super().__init__()
        self.runs = home / "runs"
        self.needs = {}

    @rule(
        target=jobs,
        needed=st.lists(jobs, max_size=2),
        anyway=st.booleans(),
        fails=st.booleans(),
        options=st.fixed_dictionaries(
            {},
            optional={
                "job_priority": st.integers(0, 2),
                "job_retries": st.just(1),
                "job_delay": st.just(0.02),
            },
        ),
    )
    def enqueue(self, needed, anyway, fails, options):
        call = (TASK, str(self.runs), fails and 0.5)
        try:
            job = enqueue_background_job(
                *call, job_depends_on=needed, job_run_anyway=anyway, **options
            )
        except (
            JobNotFoundError
        ):  # one was removed; whatever the workers do, the steps stay the same
            needed = []
            job = enqueue_background_job(*call, **options)
        self.needs[job.id] = Needs(tuple(one.id for one in needed), anyway)
        return job

    @rule(target=jobs, count=st.integers(1, 4), fails=st.booleans())
    def enqueue_batch(self, count, fails):
        call = {"path": str(self.runs), "likely": fails and 0.3}
        batch = enqueue_many(TASK, [call] * count, then=TASK, then_kwargs={"path": str(self.runs)})
        ids = tuple(job.id for job in batch.jobs)
        assert len(ids) == count
        self.needs |= dict.fromkeys(ids, Needs()) | {batch.following.id: Needs(ids, anyway=True)}
        return multiple(*batch.jobs, batch.following)

    @rule(
        job=jobs, verb=st.sampled_from([Job.cancel, Job.retry, Job.requeue, Job.delete, Job.cancel])
    )
    def change(self, job, verb):
        with suppress(JobStateError, JobNotFoundError):
            verb(job)

    @rule(verb=st.sampled_from([retry_failed_jobs, cancel_all, pause_queue, resume_queue]))
    def change_all(self, verb):
        verb()

    @rule()
    def prune(self):
        prune_jobs(Keep(count=5, spared_s=0))

    @rule(job=jobs)
    def wait(self, job):
        """Let the workers come on: to the end of this job, if it is about to end."""
        with suppress(TimeoutError, Exception):
            job.wait(0.05)

    def teardown(self):
        resume_queue()
        wait_until(
            lambda: not list_jobs(("queued", "scheduled", "deferred", "started")), timeout_s=300
        )
        database = default_queue().database
        history = database.read("select id, status from history order by moment")
        database.write("delete from job")
        database.write("delete from history")
        runs = Counter(self.runs.read_text().split()) if self.runs.exists() else {}
        self.runs.unlink(missing_ok=True)
        assert faults(history, self.needs, runs) == []
        assert check_queue() == []


@pytest.fixture
def worked(home, engine, start_consumer):
    for _ in range(2):
        start_consumer("-w", "2")
    for statement in HISTORY[engine]:
        default_queue().database.write(statement)
    return home


@pytest.mark.both_engines
@pytest.mark.slow
def test_any_order_of_verbs_breaks_no_promise_while_two_workers_run_the_jobs(worked):
    # The same steps meet other moments: there is nothing to shrink.
    chosen = settings(
        max_examples=max(1, WORKED_STEPS // 50),
        stateful_step_count=50,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: WorkedQueue(worked), settings=chosen)
