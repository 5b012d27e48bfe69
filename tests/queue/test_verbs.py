"""What each verb does to a job in each state, and to one that depends on it: the table of the reference.

Each of its cells is tried, on both engines.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from queue_steps import CLAIMANT, TASK, end, take

from drawscape.errors import JobNotFoundError, JobStateError
from drawscape.jobs import (
    Job,
    Keep,
    cancel_all,
    default_queue,
    enqueue_background_job,
    get_job,
    prune_jobs,
    retry_failed_jobs,
)
from drawscape.queue.store import MAX_RECOVERIES, recover

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("home")]

PAGE = Path(__file__).parents[2] / "notebooks" / "pages" / "reference" / "jobs.md"


def table():
    """Return the page's cells by state and verb."""
    lines = PAGE.read_text().partition("| the job is |")[2].partition("\n\n")[0].splitlines()
    verbs = [cell.strip(" `") for cell in lines[0].strip("|").split("|")]
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {state: dict(zip(verbs, cells, strict=True)) for state, *cells in rows}


TABLE = table()


def job_that_is(state):
    """Return a job in that state; a deferred one waits for another that never starts."""
    options: dict[str, object] = {}
    if state == "scheduled":
        options = {"job_delay": 600}
    elif state == "deferred":
        options = {"job_depends_on": enqueue_background_job(TASK, job_delay=600)}
    elif state == "failed, dependency":
        canceled = enqueue_background_job(TASK)
        canceled.cancel()
        options = {"job_depends_on": canceled}
    job = enqueue_background_job(TASK, **options)
    if state == "started":
        take()
    elif state == "canceled":
        job.cancel()
    elif state in ("finished", "failed", "stopped"):
        end(take(), state, "exception" if state == "failed" else None)
    return job


def lose(job):
    """Let its worker die, which the next one notices once that is certain."""
    database = default_queue().database
    if job.status == "started":
        assert not database.workers.await_sign(CLAIMANT.worker)
    recover(database)


def lose_again(job):
    with default_queue().database.transaction() as run:
        run("update job set recoveries = :times", times=MAX_RECOVERIES)
    lose(job)


VERBS: dict[str, Callable[[Job], object]] = {
    "cancel": Job.cancel,
    "cancel_all": lambda job: cancel_all(),
    "retry": Job.retry,
    "requeue": Job.requeue,
    "retry_failed_jobs": lambda job: retry_failed_jobs(),
    "delete": Job.delete,
    "prune_jobs": lambda job: prune_jobs(Keep(finished_s=0, others_s=0)),
    "its worker dies": lose,
    "the fourth dies": lose_again,
}


def standing(job):
    try:
        return get_job(job.id).status
    except JobNotFoundError:
        return "gone"


@pytest.mark.parametrize(
    "state", [pytest.param(s, marks=[pytest.mark.nightly] * (s == "started")) for s in TABLE]
)
def test_each_verb_does_what_the_table_says(state, claimant):
    assert set(TABLE[state]) == set(VERBS)
    database = default_queue().database
    for verb, cell in TABLE[state].items():
        claimant(True)
        job = job_that_is(state)
        dependent = enqueue_background_job(TASK, job_depends_on=job)
        before = f"{standing(job)}, {standing(dependent)}"
        assert job.status == state.partition(",")[0]
        claimant(False)  # who asks finds no worker that could stop it
        try:
            VERBS[verb](job)
        except JobStateError:
            found = "refused"
            assert f"{standing(job)}, {standing(dependent)}" == before
        else:
            found = f"{standing(job)}, {standing(dependent)}"
            found = "–" if found == before else found
        assert found == cell, f"{verb} of a job that is {state}, before {before}"
        with database.transaction() as run:
            run("delete from job_dependency")
            run("delete from job")


def test_the_table_has_each_state():
    states = {state.partition(",")[0] for state in TABLE}
    from drawscape.jobs import STATUSES

    assert states == set(STATUSES)
