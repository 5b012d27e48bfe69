"""The public API against a model of a few lines, in any order of verbs."""

import os
from pathlib import Path

import pytest
from any_order import run_in_any_order
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from queue_steps import claim
from support import rounds

from drawscape.errors import JobStateError
from drawscape.jobs import (
    Job,
    Keep,
    check_queue,
    default_queue,
    enqueue_background_job,
    list_snapshots,
    prune_jobs,
    retry_failed_jobs,
)
from drawscape.queue.row import Outcome
from drawscape.queue.store import acknowledge

STEPS = int(os.environ.get("MACHINE_STEPS", rounds(500, 1_000_000)))
TASK = "sampletasks.nothing"


class QueueMachine(RuleBasedStateMachine):
    """`needs` is what each job depends on, `finished_at` the step in which it last finished, if it has.

    The promise: a job begins only after all that it needs has finished since it was last queued anew.
    """

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        database = default_queue().database
        if not database.is_server:
            database.connection.execute("pragma synchronous = off")  # no power is lost here
        for table in ("job", "job_dependency", "job_batch", "job_group", "job_pause"):
            database.connection.execute(f"delete from {table}")
        self.needs: dict[str, list[str]] = {}
        self.done: set[str] = set()
        self.held: list = []

    @rule(target=jobs, needed=st.lists(jobs, max_size=2), priority=st.integers(0, 2))
    def enqueue(self, needed: list[Job], priority: int) -> object:
        needed = [job for job in needed if self._exists(job)]
        job = enqueue_background_job(TASK, job_depends_on=needed, job_priority=priority)
        self.needs[job.id] = [one.id for one in needed]
        return multiple(job)

    @rule()
    def begin(self) -> None:
        found = claim(default_queue().database, "background", "worker", None)
        if found is not None:
            assert set(self.needs[found.id]) <= self.done, "began before what it needs has finished"
            self.held.append(found)

    @rule(finished=st.booleans())
    def end(self, finished: bool) -> None:
        if self.held:
            held = self.held.pop(0)
            outcome = (
                Outcome("finished") if finished else Outcome("failed", "exception", error="no")
            )
            accepted, _ = acknowledge(default_queue().database, held, outcome)
            assert accepted
            if finished:
                self.done.add(held.id)

    @rule(job=jobs)
    def cancel(self, job: Job) -> None:
        if self._exists(job) and job.status != "started":
            job.cancel()

    @rule(job=jobs, verb=st.sampled_from([Job.retry, Job.requeue]))
    def again(self, job: Job, verb: object) -> None:
        if self._exists(job):
            try:
                verb(job)
            except JobStateError:
                return
            self.done.discard(job.id)

    @rule()
    def again_all(self) -> None:
        self.done -= {job.id for job in retry_failed_jobs()}

    @rule(job=jobs)
    def delete(self, job: Job) -> None:
        if self._exists(job):
            try:
                job.delete()
            except JobStateError:
                return

    @rule()
    def prune(self) -> None:
        prune_jobs(Keep(count=3, spared_s=0))

    @invariant()
    def the_table_agrees_with_itself(self) -> None:
        assert check_queue() == []

    @invariant()
    def who_waits_for_what_ended_otherwise_has_failed(self) -> None:
        standing = {one.id: str(one.status) for one in list_snapshots(limit=None)}
        for job_id, needed in self.needs.items():
            if standing.get(job_id, "removed") in ("queued", "scheduled", "deferred"):
                found = {standing.get(one, "removed") for one in needed}
                assert not found & {"failed", "stopped", "canceled"}, "waits in vain"

    def _exists(self, job: Job) -> bool:
        return "not_found" not in repr(job)


@pytest.mark.both_engines
@pytest.mark.slow
def test_ten_thousand_steps_in_any_order_break_no_promise(home: Path, engine: str):
    run_in_any_order(QueueMachine, STEPS if engine == "sqlite" else STEPS // 20)
    assert check_queue() == []
