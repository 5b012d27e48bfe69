"""Kills, power losses, and verbs in any order, at random.

CHAOS_ROUNDS, CHAOS_SEED, POWER_LOSS_POINTS, WORKED_STEPS and DRIVEN_STEPS set how many and in which order.
"""

import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from typing import NamedTuple

import power_loss
import pytest
from hypothesis import HealthCheck, Phase, settings, stateful
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule
from queue_steps import acknowledge, claim
from support import database_path, python, rounds, wait_until

from drawscape import job_manager
from drawscape.errors import JobNotFoundError, JobStateError
from drawscape.job_manager import default_queue, list_jobs
from drawscape.jobs import ENDED, Job, check_queue, enqueue_background_job, resume_queue
from drawscape.queue.acknowledgement import promote_due
from drawscape.queue.claim import Outcome

POINTS = int(os.environ.get("POWER_LOSS_POINTS", rounds(6, 1000)))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)

ENQUEUER = """
import os, sys
from drawscape.job_manager import enqueue_background_job, enqueue_many

acks = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
for number in range(150):
    if number % 10:
        jobs = [enqueue_background_job("sampletasks.add", number, 2)]
    else:
        jobs = enqueue_many("sampletasks.add", [{"a": i} for i in range(5)]).jobs
    os.write(acks, "".join(f"{one.id}\\n" for one in jobs).encode())
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


def crashed(start, recorder, folder):
    """Yield each crash, and the file after it, which must be sound."""
    trace = power_loss.read_trace(recorder)
    for crash in power_loss.crashes(start, trace, POINTS, random.Random(SEED)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, data in crash.files.items():
            (folder / name).write_bytes(data)
        with closing(sqlite3.connect(folder / "queue.db")) as connection:
            sound = connection.execute("pragma integrity_check").fetchone()[0]
            assert sound == "ok", f"seed {SEED}, moment {crash.moment}, {crash.mode}: {sound}"
            yield crash, connection


@pytest.mark.chaos
def test_a_power_loss_loses_no_acknowledged_job(home, recorder, start_consumer, tmp_path):
    start = contents(home)
    worker = start_consumer("-w", "2")
    command = [sys.executable, "-c", ENQUEUER, home / "acks"]
    enqueuers = [subprocess.Popen(command, cwd=home) for _ in range(2)]
    assert [one.wait(300) for one in enqueuers] == [0, 0]
    total = 2 * (135 + 15 * 5)
    wait_until(lambda: len(list_jobs(status="finished", limit=None)) == total, timeout_s=300)
    worker.stop()
    seen = 0
    for crash, connection in crashed(start, recorder, tmp_path / "disk"):
        rows = connection.execute("select id, batch from job").fetchall()
        batches = Counter(batch for _, batch in rows if batch is not None)
        assert {*batches.values()} <= {5}, f"moment {crash.moment}: a torn batch"
        lost = crash.acknowledged - {job_id for job_id, _ in rows}
        assert not lost, f"seed {SEED}, moment {crash.moment}, {crash.mode}: {len(lost)} lost"
        seen += bool(crash.acknowledged)
    assert seen >= 0.8 * POINTS  # the trace is of the time at which jobs were acknowledged
    whole = set((home / "acks").read_text().split())
    assert crash.acknowledged <= whole
    assert len(whole) == total


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
    canceled = "select count(*) from job where batch = ? and status = 'canceled'"
    seen = 0
    for crash, connection in crashed(start, recorder, tmp_path / "disk"):
        for batch in crash.acknowledged:
            found = connection.execute(canceled, (batch,)).fetchone()
            assert found == (120,), f"seed {SEED}, moment {crash.moment}, {crash.mode}"
            seen += 1
    assert seen


WORKED_STEPS = int(os.environ.get("WORKED_STEPS", rounds(30, 20_000)))
DRIVEN_STEPS = int(os.environ.get("DRIVEN_STEPS", rounds(800, 100_000)))
TASK = "sampletasks.note_run"
OPEN = ("queued", "scheduled", "deferred", "started")

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
            ran = runs.get(job_id, 0)
            found.append(f"{job_id} began {begun}, ran {ran} and finished {finished} times")
    return found


class AnyOrder(RuleBasedStateMachine):
    """Verbs in any order. Each example has its own jobs; what happened is judged at its end."""

    jobs = Bundle("jobs")

    def __init__(self, home):
        super().__init__()
        self.trace = home / "runs"
        self.needs = {}
        self.batches = {}

    @rule(
        target=jobs,
        needed=st.lists(jobs, max_size=3),
        after_batch=st.booleans(),
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
    def enqueue(self, needed, after_batch, anyway, fails, options):
        call = (TASK, str(self.trace), fails and 0.5)
        needed = [one.id for one in needed] + [*self.batches][-1:] * after_batch
        waits = {"job_depends_on": needed, "job_run_anyway": anyway}
        try:
            job = enqueue_background_job(*call, **waits, **options)
        except JobNotFoundError:  # one was removed; the steps stay the same
            needed = []
            job = enqueue_background_job(*call, **options)
        ids = itertools.chain.from_iterable(self.batches.get(one, (one,)) for one in needed)
        self.needs[job.id] = Needs(tuple(ids), anyway)
        return job

    @rule(target=jobs, count=st.integers(1, 4), fails=st.booleans())
    def enqueue_batch(self, count, fails):
        call = {"path": str(self.trace), "likely": fails and 0.3}
        batch = job_manager.enqueue_many(TASK, [call] * count)
        ids = tuple(job.id for job in batch.jobs)
        assert len(ids) == count
        self.batches[batch.id] = ids
        follower = {"job_depends_on": batch, "job_run_anyway": True}
        following = enqueue_background_job(TASK, path=str(self.trace), **follower)
        self.needs |= dict.fromkeys(ids, Needs()) | {following.id: Needs(ids, anyway=True)}
        return multiple(*batch.jobs, following)

    @rule(job=jobs, verb=st.sampled_from([Job.cancel, Job.requeue, Job.delete, Job.cancel]))
    def change(self, job, verb):
        with suppress(JobStateError, JobNotFoundError):
            verb(job)

    @rule(
        verb=st.sampled_from(
            [
                job_manager.retry_failed_jobs,
                job_manager.cancel_all,
                job_manager.pause_queue,
                resume_queue,
            ]
        )
    )
    def change_all(self, verb):
        verb()

    @rule()
    def retry_batch(self):
        with suppress(JobNotFoundError, IndexError):
            job_manager.get_batch([*self.batches][-1]).retry()

    @rule()
    def prune(self):
        job_manager.prune_jobs(job_manager.Keep(count=5, spared_s=0))

    def runs(self):
        return Counter(self.trace.read_text().split()) if self.trace.exists() else {}

    def come_on(self):
        """Let the jobs run."""

    def teardown(self):
        resume_queue()
        wait_until(lambda: self.come_on() or not list_jobs(OPEN), timeout_s=300)
        database = default_queue().database
        # A change is noted when it is written; others see it when it is committed.
        order = "pg_xact_commit_timestamp(xmin), moment" if database.is_server else "moment"
        history = database.read(f"select id, status from history order by {order}")
        found = faults(history, self.needs, self.runs()) + check_queue()
        for table in ("job", "job_dependency", "job_batch", "history"):
            database.write(f"delete from {table}")
        self.trace.unlink(missing_ok=True)
        assert found == []


class WorkedQueue(AnyOrder):
    """Workers run the jobs; they live on from example to example."""

    @rule(job=AnyOrder.jobs)
    def wait(self, job):
        """Let the workers come on: to the end of this job, if it is about to end."""
        with suppress(TimeoutError, Exception):
            job.wait(0.05)


class DrivenQueue(AnyOrder):
    """The test itself claims jobs and ends them, so that a step takes little."""

    def __init__(self, home):
        super().__init__(home)
        self.held = []
        self.begun = Counter()

    def runs(self):
        return self.begun

    @rule()
    def begin(self):
        promote_due(default_queue().database, "background")
        if (found := claim(default_queue().database)) is not None:
            self.held.append(found)
            self.begun[found.id] += 1

    @rule(place=st.integers(0, 5), fails=st.booleans())
    def end(self, place, fails):
        if self.held:
            outcome = Outcome("failed", "exception") if fails else Outcome("finished")
            acknowledge(default_queue().database, self.held.pop(place % len(self.held)), outcome)

    def come_on(self):
        self.begin()
        while self.held:
            self.end(0, fails=False)
            self.begin()


@pytest.fixture
def noted(home, engine):
    for statement in HISTORY[engine]:
        default_queue().database.write(statement)
    return home


def play(machine, steps, length):
    # The same steps meet other moments: there is nothing to shrink.
    count = {"max_examples": max(1, steps // length), "stateful_step_count": length}
    rest = {"phases": [Phase.generate], "suppress_health_check": list(HealthCheck)}
    chosen = settings(database=None, **count, **rest)
    stateful.run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.both_engines
@pytest.mark.slow
def test_any_order_of_verbs_breaks_no_promise_while_two_workers_run_the_jobs(noted, start_consumer):
    for _ in range(2):
        start_consumer("-w", "2")
    play(lambda: WorkedQueue(noted), WORKED_STEPS, 50)


@pytest.mark.both_engines
@pytest.mark.slow
def test_no_order_of_verbs_lets_a_job_begin_too_early_or_wait_in_vain(noted, engine, claimant):
    if engine == "sqlite":
        default_queue().database.read("pragma synchronous = off")  # no power is lost here
    play(lambda: DrivenQueue(noted), DRIVEN_STEPS if engine == "sqlite" else 500, 100)


ROUNDS = int(os.environ.get("CHAOS_ROUNDS", rounds(2, 1000)))
PLACES = (
    *("insert.before_commit", "insert.after_commit", "claim.committed", "ack.before_commit"),
    *("ack.after_commit", "child.before_start", "run.middle", "result.serialised", "any moment"),
)
RUNNING = "from job join job_group on job_group.id = group_id where status = 'started'"
LIMITED = f"select count(*) {RUNNING} and most = 1"
CALLER = """
import json, sys
from drawscape.job_manager import enqueue_background_job

for name, options in json.loads(sys.argv[2]):
    enqueue_background_job("sampletasks.note_run", sys.argv[1], job_id=name, **options)
    print(name, flush=True)
"""


class KilledQueue:
    """Rounds in which a caller, a worker or a child is killed at a place in the code."""

    def __init__(self, home, start_consumer):
        self.trace, self.start = home / "runs", start_consumer
        self.dice = random.Random(SEED)
        self.needs = {}

    def options(self):
        """Half may be tried again, half have a lane or a limit, a third waits for one or two others."""
        chosen = {"job_retries": self.dice.choice((0, 1))}
        chosen |= self.dice.choice(({}, {}, {"job_lane": "fast"}, {"job_limit_key": "pen"}))
        if self.needs and self.dice.random() < 1 / 3:
            chosen["job_depends_on"] = self.dice.choices([*self.needs][-6:], k=2)
            chosen["job_run_anyway"] = self.dice.random() < 0.5
        return chosen

    def play(self, number, place):
        """Kill at that place, and see that what a caller was told is there."""
        calls = [(f"r{number}-{n}", self.options()) for n in range(self.dice.randint(1, 4))]
        armed = {"DRAWSCAPE_FAILPOINT": f"{place}:{self.dice.randint(1, 3)}"}
        env = {**os.environ, **(armed if place.startswith("insert") else {})}
        caller = python("-c", CALLER, self.trace, json.dumps(calls), code=None, env=env)
        told, there = {*caller.stdout.split()}, {job.id for job in list_jobs(limit=None)}
        assert told <= there, f"lost: {told - there}"
        for name, given in calls:
            if name in there:
                needed = tuple(given.get("job_depends_on", ()))
                self.needs[name] = Needs(needed, given.get("job_run_anyway", False))
        if place.startswith("insert"):
            return
        worker = self.start("-w", "2", ready=False, environment=armed)
        if place == "any moment":
            time.sleep(self.dice.uniform(0.2, 1.5))
        else:
            ends, waits = worker.process.poll, ("queued", "started")
            wait_until(lambda: ends() is not None or not list_jobs(waits))
        worker.kill()

    def drain(self):
        """Let an unharmed worker finish everything, and judge what happened."""
        self.start("-w", "2")

        def is_over():
            assert default_queue().database.read(LIMITED)[0][0] <= 1
            return not list_jobs(OPEN)

        wait_until(is_over, timeout_s=300)
        runs = Counter(self.trace.read_text().split())
        history = default_queue().database.read("select id, status from history order by moment")
        assert faults(history, self.needs, runs) + check_queue() == []


@pytest.mark.chaos
def test_nothing_is_lost_wherever_a_kill_comes(noted, start_consumer):
    killed = KilledQueue(noted, start_consumer)
    places = list(PLACES) * (ROUNDS // len(PLACES) + 1)
    killed.dice.shuffle(places)
    for number, place in enumerate(places[:ROUNDS]):
        killed.play(number, place)
    killed.drain()
    assert len(killed.needs) >= ROUNDS / 2
