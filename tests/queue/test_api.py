"""The functions of `job_manager` and the verbs of a job."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from queue_steps import CLAIMANT, TASK, claim, end, enqueue, queued, run, take
from support import run as drawscape
from support import wait_until

from drawscape import errors, job_manager
from drawscape.errors import JobNotFoundError, JobStateError
from drawscape.job_manager import delete_job
from drawscape.jobs import Job, current_job, default_queue, enqueue_many, job
from drawscape.queue.acknowledgement import MAX_RECOVERIES, recover

pytestmark = [pytest.mark.usefixtures("claimant"), pytest.mark.both_engines]


@job(job_retries=2, job_priority=3)
def double(x):
    enqueue("nothing")  # which may run now, and this job is the current one again
    current_job().progress(0.5, "half")
    current_job().meta["seen"] = x
    return 2 * x


def test_a_decorated_function_stays_one_and_is_queued_with_its_options():
    assert double(4) == 8
    row = double.enqueue(4, job_priority=7).refresh()
    assert (row.priority, row.retries) == (7, 2)
    with pytest.raises(errors.JobOptionError, match="job_retires"):
        job(job_retires=2)


def test_a_list_of_no_status_is_empty_and_of_no_number_refused():
    enqueue("nothing")
    assert (list(job_manager.list_jobs([], limit=None)), job_manager.list_jobs(limit=0)) == ([], [])
    for limit in (-1, 2.5):
        for listed in (job_manager.list_jobs, job_manager.list_snapshots):
            with pytest.raises(errors.JobOptionError, match=f"limit={limit}: give a whole number"):
                listed(limit=limit)
    with pytest.raises(errors.JobOptionError, match="slots=0: give a whole number from 1"):
        job_manager.start_worker(0)


def many_notes():
    with ThreadPoolExecutor(4) as threads:
        job = current_job()
        notes = [threads.submit(job.meta.setdefault, f"{k}", k) for k in range(2_000)]
        while not notes[-1].done():
            job.progress(0.5)


def test_a_note_that_is_no_json_is_named(claimant, start_consumer):
    claimant(False)
    start_consumer("-w", "1")
    noting = job_manager.enqueue_background_job(lambda: current_job().meta.update(x=object()))
    later = job_manager.enqueue_background_job(
        lambda: current_job().meta.setdefault("x", []).append({1})
    )
    many = job_manager.enqueue_background_job(many_notes)
    wait_until(lambda: many.ended)
    assert "meta['x']" in noting.error
    assert later.status == "finished"
    assert (many.error, len(many.meta)) == (None, 2_000)


def test_a_priority_may_be_changed_until_a_job_begins():
    first, second = queued(), queued()
    second.priority = 5
    held = claim(default_queue().database, "background", "worker", None)
    assert held.id == second.id
    with pytest.raises(errors.JobStateError, match="started"):
        second.priority = 6
    with pytest.raises(errors.JobOptionError):
        first.priority = "high"


DAMAGE = {
    "ended without": "update job set status = 'finished' where id = 'one'",
    "not ended": "update job set ended_at = 1 where id = 'one'",
    "deferred": "update job set status = 'deferred' where id = 'one'",
    "another number": "update job set waits_for = 3 where id = 'two'",
    "gone": "delete from job where id = 'one'",
    "scheduled for no time": "update job set status = 'scheduled' where id = 'one'",
}


@pytest.mark.parametrize("words", DAMAGE)
def test_a_look_at_the_queue_finds_what_does_not_agree(words):
    queued(job_id="one")
    queued(job_id="two", job_depends_on="one")
    assert job_manager.check_queue() == []
    with default_queue().database.transaction() as run:
        run(DAMAGE[words])
    assert any(words in problem for problem in job_manager.check_queue())


@pytest.mark.sqlite
def test_the_queue_is_paused_checked_and_emptied_on_the_command_line():
    queued()
    assert "is paused" in drawscape("queue", "pause").out
    assert claim(default_queue().database, "background", "worker", None) is None
    assert "goes on" in drawscape("queue", "resume").out
    assert "is OK" in drawscape("queue", "check").out
    assert drawscape("queue", "cancel-all", "--yes").out == "1 job canceled\n"
    default_queue().database.write("update job set ended_at = null")
    default_queue().database.write("insert into job_count values ('background', 'failed', 7)")
    checked = drawscape("queue", "check")
    assert checked.code == 1
    assert "ended without" in checked.out
    assert "counts" in checked.out


def test_the_progress_of_a_batch_counts_what_has_ended_and_what_runs():
    batch = enqueue_many(TASK, [{}] * 4)
    assert batch.progress == 0
    end(take())
    running, database = take(), default_queue().database
    database.write(database.PROGRESS, progress=0.5, message=None, meta=None, **running.key)
    assert batch.progress == pytest.approx(1.5 / 4)


def test_a_batch_whose_jobs_were_removed_has_ended():
    batch = enqueue_many(TASK, [{}] * 3)
    batch.cancel()
    delete_job(batch.jobs[0].id)
    assert batch.ended
    assert batch.progress == 1
    assert len(batch.jobs) == 2
    with pytest.raises(errors.JobFailed, match="2 of 3"):
        batch.wait(60)
    done = enqueue_many(TASK, [{}] * 2)
    gone = done.jobs[0]
    for _ in range(2):
        end(take())
    gone.delete()
    assert "not_found" in repr(gone)
    assert "1 finished" in repr(done)
    with pytest.raises(errors.JobNotFoundError, match="1 of 2 jobs were removed"):
        done.wait(60)


def test_what_follows_an_empty_batch_runs_at_once():
    batch = enqueue_many(TASK, [])
    assert queued(job_depends_on=batch).status == "queued"
    assert batch.ended
    assert batch.wait(60) == []


def batch_of(bads, goods):
    """Return a batch that has ended, and a job that depended on it."""
    batch = enqueue_many(TASK, [{}] * (bads + goods))
    follower = queued(job_depends_on=batch)
    for number in range(bads + goods):
        end(take(), *(("failed", "exception") if number < bads else ()))
    return batch, follower


def test_a_retried_batch_holds_what_follows_until_it_has_finished_again():
    batch, follower = batch_of(1, 2)
    assert follower.reason == "dependency"
    assert batch.retry() == batch.jobs[:1]
    assert follower.status == "deferred"
    run(batch.jobs[0])
    assert follower.status == "queued"


@pytest.mark.parametrize("go", [Job.delete, lambda job: job_manager.prune_jobs()])
def test_the_failed_jobs_of_a_batch_count_when_they_are_gone(go):
    batch = enqueue_many(TASK, [{}] * 2, job_result_ttl=0)
    follower = queued(job_depends_on=batch)
    end(take(), "failed", "exception")
    go(batch.jobs[0])
    assert len(batch.jobs) == 1
    end(take())
    assert follower.reason == "dependency"


def test_depending_on_a_batch_that_ended_with_failures_fails():
    batch, _ = batch_of(1, 1)
    assert queued(job_depends_on=batch).reason == "dependency"
    assert queued(job_depends_on=batch, job_run_anyway=True).status == "queued"


def test_a_batch_is_not_over_while_one_of_its_jobs_waits_for_another_try():
    batch = enqueue_many(TASK, [{}] * 2, job_retries=1, job_retry_delay=60)
    follower = queued(job_depends_on=batch)
    end(take(), "failed", "exception")
    end(take())
    assert [job.status for job in batch.jobs] == ["scheduled", "finished"]
    assert not batch.ended
    assert follower.status == "deferred"


PAGE = Path(__file__).parents[2] / "notebooks" / "pages" / "reference" / "jobs.md"


def table():
    lines = PAGE.read_text().partition("| the job is |")[2].partition("\n\n")[0].splitlines()
    verbs = [cell.strip(" `") for cell in lines[0].strip("|").split("|")]
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[2:]]
    return {state: dict(zip(verbs, cells, strict=True)) for state, *cells in rows}


TABLE = table()


def job_that_is(state):
    """Return a job in that state; a deferred one waits for another that never starts."""
    options = {}
    if state == "scheduled":
        options = {"job_delay": 600}
    elif state == "deferred":
        options = {"job_depends_on": queued(job_delay=600)}
    elif state == "failed, dependency":
        canceled = queued()
        canceled.cancel()
        options = {"job_depends_on": canceled}
    job = queued(**options)
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


VERBS = {
    "cancel": Job.cancel,
    "cancel_all": lambda job: job_manager.cancel_all(),
    "requeue": Job.requeue,
    "retry_failed_jobs": lambda job: job_manager.retry_failed_jobs(),
    "delete": Job.delete,
    "prune_jobs": lambda job: job_manager.prune_jobs(job_manager.Keep(finished_s=0, others_s=0)),
    "its worker dies": lose,
    "the fourth dies": lose_again,
}


def standing(job):
    try:
        return job_manager.get_job(job.id).status
    except JobNotFoundError:
        return "gone"


@pytest.mark.parametrize(
    "state", [pytest.param(s, marks=[pytest.mark.nightly] * (s == "started")) for s in TABLE]
)
def test_each_verb_does_what_the_table_says(state, claimant):
    assert set(TABLE[state]) == set(VERBS)
    assert {state.partition(",")[0] for state in TABLE} == set(job_manager.STATUSES)
    database = default_queue().database
    for verb, cell in TABLE[state].items():
        claimant(True)
        job = job_that_is(state)
        dependent = queued(job_depends_on=job)
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


def adder(more):
    return lambda: 1 + more


ADD, ECHO = "sampletasks.add", "sampletasks.echo"
ARRAY = np.zeros(100_000)
OTHER = ARRAY.copy()
OTHER[50_000] = 1.0  # in the middle, which `repr` leaves out


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ((ADD, 1), (ADD, 1), True),
        ((ADD, 1), (ADD, 2), False),
        ((ECHO, ARRAY), (ECHO, ARRAY.copy()), True),
        ((ECHO, ARRAY), (ECHO, OTHER), False),
        ((ECHO, {"a": 1, "b": {2, 3}}), (ECHO, {"b": {3, 2}, "a": 1}), True),
        ((ECHO, {"a": 1, "b": {2, 3}}), (ECHO, {"a": True, "b": {2, 3}}), False),
        ((adder(1),), (adder(1),), True),
        ((adder(1),), (adder(2),), False),
        ((adder(1),), (lambda: "second",), False),
    ],
)
def test_a_unique_job_is_returned_while_one_of_the_same_call_is_active(first, second, are_one):
    jobs = [job_manager.enqueue_background_job(*call, job_unique=True) for call in (first, second)]
    assert (jobs[0] == jobs[1]) == are_one
    jobs[0].cancel()
    assert job_manager.enqueue_background_job(*first, job_unique=True) != jobs[0]
    keyed = job_manager.enqueue_background_job(*first, job_unique="key")
    assert queued(job_unique="key") == keyed


@pytest.mark.parametrize("state", ["started", "scheduled", "deferred"])
def test_a_unique_job_is_returned_whatever_it_waits_for_and_while_it_runs(state):
    options = {"scheduled": {"job_delay": 60}, "deferred": {"job_depends_on": queued(job_delay=60)}}
    first = queued(job_unique="poster", **options.get(state, {}))
    if state == "started":
        take()
    assert first.status == state
    assert queued(job_unique="poster") == first


def test_a_key_that_cannot_be_made_is_refused_by_name():
    itself = []
    itself.append(itself)
    with pytest.raises(errors.JobOptionError, match="nested too deeply"):
        enqueue("echo", itself, job_unique=True)
    with pytest.raises(errors.JobOptionError, match="1 to 1,000 characters"):
        enqueue("nothing", job_unique="x" * 10_000_000)
    with pytest.raises(errors.JobOptionError, match="numbers that JSON"):
        enqueue("echo", 10**5000, job_unique=True)
    file = {"job_unique": "caf\udce9", "job_limit_key": "caf\udce9"}  # a name that is not UTF-8
    first, second = (enqueue("nothing", **file) for _ in range(2))
    assert first == second


def test_a_job_is_not_queued_again_beside_its_unique_twin():
    first = enqueue("nothing", job_unique="poster")
    first.cancel()
    twin = enqueue("nothing", job_unique="poster")
    with pytest.raises(errors.JobStateError, match="job_unique"):
        first.requeue()
    assert (first.status, twin.status) == ("canceled", "queued")
    twin.cancel()
    assert first.requeue().status == "queued"


def test_failed_twins_are_retried_once():
    needed = enqueue("nothing")
    needed.cancel()
    twins = [enqueue("nothing", job_unique="poster", job_depends_on=needed) for _ in range(2)]
    assert [job.reason for job in twins] == ["dependency"] * 2
    needed.requeue()
    assert sorted(job.status for job in twins) == ["deferred", "failed"]
    assert job_manager.retry_failed_jobs() == []
