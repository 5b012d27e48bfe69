"""Jobs that wait for others: which status lets them run, and what each status does to them.

An edge (`job_dependency`) stays as long as the waiting job: `done` says whether its dependency has ended as
required. So a retry knows what to wait for again.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import cache

from drawscape.errors import JobNotFoundError
from drawscape.queue.engines.engine import Engine, Rows, Transaction
from drawscape.queue.snapshot import ENDED, WAITING, Reason, Status


class RunsAfter(IntEnum):
    """How dependencies must end so that a job runs; the column `runs_anyway`."""

    SUCCESS = 0
    """Else it fails with reason `dependency`."""
    ANY = 1
    ONLY_FAILURE = 2
    """Else it is canceled: there is nothing to react to."""
    ONLY_SUCCESS = 3

    def is_met(self, status: str) -> bool:
        """Return whether a dependency that ended with `status` lets the job run."""
        if self is RunsAfter.ANY:
            return True
        if self is RunsAfter.ONLY_FAILURE:
            return status in (Status.FAILED, Reason.EXPIRED)
        return status == Status.FINISHED


_GONE, _IS_OPEN = "gone", "open"


def state_of(run: Transaction, needed: str) -> str:
    """Return the status with which a job or a batch ended, else `open` or `gone`."""
    rows = run(run.STATE, needed=needed)
    return str(rows[0][0]) if rows else _GONE


def link(run: Transaction, job_id: str, needed: Iterable[str]) -> None:
    """Make a `deferred` job wait for each of `needed`; raise JobNotFoundError for an unknown one."""
    for one in needed:
        if state_of(run, one) == _GONE:
            raise JobNotFoundError(f"job_depends_on: no job or batch has the id {one!r}")
        run(run.LINK, needed=one, id=job_id)
    place(run, job_id)


def place(run: Transaction, job_id: str) -> None:
    """Give a job that waits, perhaps again, the status that its dependencies allow now."""
    waits_for = 0
    for needed, done, mode in run(run.NEEDED, id=job_id):
        runs_after, state = RunsAfter(mode), state_of(run, needed)
        if state == _GONE:  # what it did before it was removed still counts
            is_met = done or runs_after is RunsAfter.ANY
        else:
            is_met = state != _IS_OPEN and runs_after.is_met(state)
        run(run.SET_DONE, done=int(is_met), id=job_id, needed=needed)
        if state == _IS_OPEN:
            waits_for += 1
        elif not is_met:
            settle(run, _fail(run, job_id, needed, runs_after), job_id)
            return
    run(run.PLACE, waits_for=waits_for, id=job_id)


def settle(run: Transaction, status: str, *job_ids: str) -> None:
    """Release or fail the dependents of ended jobs, and theirs in turn, in this transaction."""
    pending = [(job_id, status) for job_id in job_ids]
    while pending:  # jobs, and batches that ended with one of them
        needed, status = pending.pop()
        for job_id, mode, is_deferred in run(run.NEED, needed=needed):
            runs_after = RunsAfter(mode)
            if runs_after.is_met(status):
                run(run.SET_DONE, done=1, id=job_id, needed=needed)
                run(run.RELEASE, id=job_id)
            elif is_deferred:
                pending.append((job_id, _fail(run, job_id, needed, runs_after)))
        for (batch,) in run(run.AWAITED_BATCH, id=needed):
            pending.append((batch, state_of(run, batch)))


def _fail(run: Transaction, job_id: str, needed: str, runs_after: RunsAfter) -> str:
    how = "did not fail" if runs_after is RunsAfter.ONLY_FAILURE else "did not finish"
    status = "failed" if runs_after is RunsAfter.SUCCESS else "canceled"
    run(run.GIVE_UP, status=status, error=f"{needed}, which it depends on, {how}", id=job_id)
    return status


def reopen(run: Transaction, job_ids: Iterable[str], code: str | None) -> list[str]:
    """Put ended jobs back into the queue; return them, although some may fail for a dependency.

    Their dependents wait again. Jobs that failed because of them, and callbacks, are reopened and returned.
    """
    pending = [job_id for job_id in job_ids if run(run.REOPEN, id=job_id, code=code)]
    placing = dict.fromkeys(pending)
    while pending:
        job_id = pending.pop()
        for needed in (job_id, run(run.STATUS, id=job_id)[0][1]):  # the latter is its batch
            for dependent, mode, status, reason in run(run.DEPENDENTS, needed=needed):
                wakes = status in ENDED and (reason == Reason.DEPENDENCY or mode > RunsAfter.ANY)
                if wakes and run(run.REOPEN, id=dependent, code=None):
                    pending.append(dependent)
                    placing[dependent] = None
                elif status in WAITING:  # deferred at once: on a server it may be claimed meanwhile
                    run(run.PLACE, waits_for=1, id=dependent)
                    placing[dependent] = None
                if status != Status.STARTED:  # a running job has begun without it
                    run(run.SET_DONE, done=0, id=dependent, needed=needed)
    for job_id in placing:  # a job placed earlier may have failed, and this one with it
        if run(run.STATUS, id=job_id)[0][0] in WAITING:
            place(run, job_id)
    return [*placing]


def is_open(run: Transaction, job_id: str) -> bool:
    return state_of(run, job_id) == _IS_OPEN


def stop_without_workers(engine: Engine, asked: Rows) -> None:
    """Stop jobs whose worker is dead, given rows of job and worker: nobody else would."""
    is_alive = cache(engine.workers.await_sign)
    for job_id, worker in asked:
        if not is_alive(worker):
            with engine.transaction() as run:
                if run(run.STOP_WITHOUT_WORKER, id=job_id, worker=worker):
                    settle(run, Status.STOPPED, job_id)
