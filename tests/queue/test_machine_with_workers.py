"""The public API in any order of verbs while two real workers take what it queues.

Nothing is known of who comes first, so no model says what happens next. Instead a trigger writes down each
change of a status, in the transaction that makes it, and what holds of every history is looked up there.
"""

import os
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

import pytest
from any_order import run_in_any_order
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule
from support import rounds, wait_until

from drawscape.errors import JobNotFoundError, JobStateError
from drawscape.jobs import (
    ENDED,
    Job,
    Keep,
    cancel_all,
    check_queue,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    list_jobs,
    pause_queue,
    prune_jobs,
    resume_queue,
    retry_failed_jobs,
)

STEPS = int(os.environ.get("WORKED_STEPS", rounds(30, 20_000)))
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
    last: dict[str, str] = {}
    before_removal: dict[str, str] = {}
    counts: Counter[tuple[str, str]] = Counter()
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
        self.needs: dict[str, Needs] = {}

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
        wait_until(lambda: not list_jobs(("queued", "scheduled", "deferred", "started")), 300)
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
    run_in_any_order(lambda: WorkedQueue(worked), STEPS, phases=[Phase.generate])
