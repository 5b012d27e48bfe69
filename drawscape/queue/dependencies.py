"""Which job waits for which, and what follows from a job's end or when it is queued again.

An edge (`job_dependency`) stays as long as the job that waits: `done` says whether its dependency has ended
as it must. So a retry knows what to wait for again. Before any job is placed, `waits_for` of each that is
held counts its open edges: a job placed first may fail, and settle others.
"""

from collections.abc import Iterable
from enum import Enum, auto

from drawscape.errors import JobNotFoundError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Transaction
from drawscape.queue.row import ENDED, OPEN, WAITING, Reason, RunsAfter, Status

Ends = Iterable[tuple[str, str]]
"""Jobs or batches that have ended: id, and status."""


class DependencyState(Enum):
    """How far something is that another job waits for, where that is no status of an ended job."""

    OPEN = auto()
    GONE = auto()


def state_of(run: Transaction, needed: str) -> DependencyState | str:
    """Return the state of a job or a batch, or the status with which it ended.

    The failed jobs of a batch count when they are gone.
    """
    if rows := run(run.sql.STATUS, id=needed):
        status = str(rows[0][0])
        return DependencyState.OPEN if status in OPEN else status
    rows = run(run.sql.BATCH_STATE, batch=needed)
    if not rows:
        return DependencyState.GONE
    still_open, failed = rows[0]
    if still_open:
        return DependencyState.OPEN
    return Status.FAILED.value if failed else Status.FINISHED.value


def link(run: Transaction, job_id: str, needed: Iterable[str]) -> None:
    """Let the job `job_id`, which is `deferred`, wait for each of `needed`.

    Raises JobNotFoundError for an unknown one.
    """
    for one in needed:
        if state_of(run, one) is DependencyState.GONE:
            raise JobNotFoundError(f"job_depends_on: no job or batch has the id {one!r}")
        run(run.sql.LINK, needed=one, id=job_id)
    place(run, job_id)


def place(run: Transaction, job_id: str) -> None:
    """Give a `deferred` job the status that its dependencies allow now."""
    runs_after = RunsAfter(run(run.sql.RUNS_ANYWAY, id=job_id)[0][0])
    waits_for = 0
    for needed, done in run(run.sql.NEEDED, id=job_id):
        state = state_of(run, needed)
        if state is DependencyState.OPEN:
            waits_for += 1
        elif state is DependencyState.GONE:  # what it did before it went still counts
            if not (done or runs_after is RunsAfter.ANY):
                return _give_up(run, job_id, needed, runs_after)
        elif not runs_after.is_met(str(state)):
            return _give_up(run, job_id, needed, runs_after)
        run(
            run.sql.SET_DONE,
            done=int(state is not DependencyState.OPEN),
            id=job_id,
            needed=needed,
        )
    run(run.sql.PLACE, waits_for=waits_for, id=job_id)
    return None


def settle(run: Transaction, ended: Ends) -> None:
    """Release or fail the dependents of each, and theirs in turn, in this transaction."""
    pending = list(ended)
    while pending:
        job_id, status = pending.pop()
        pending.extend(_settle_one(run, job_id, status))
        for (batch,) in run(run.sql.BATCH_IS_AWAITED, id=job_id):
            if not run(run.sql.BATCH_OPEN, batch=batch):
                pending.extend(_settle_one(run, batch, str(state_of(run, batch))))


def _settle_one(run: Transaction, needed: str, status: str) -> Ends:
    failed = []
    for job_id, mode in run(run.sql.WAITING_FOR, needed=needed):
        runs_after = RunsAfter(mode)
        if runs_after.is_met(status):
            run(run.sql.SET_DONE, done=1, id=job_id, needed=needed)
            run(run.sql.RELEASE, id=job_id)
        else:
            failed.append((job_id, _fail(run, job_id, needed, runs_after)))
    return failed


def _give_up(run: Transaction, job_id: str, needed: str, runs_after: RunsAfter) -> None:
    run(run.sql.SET_DONE, done=0, id=job_id, needed=needed)  # it was once, if the job ran meanwhile
    settle(run, [(job_id, _fail(run, job_id, needed, runs_after))])


def _fail(run: Transaction, job_id: str, needed: str, runs_after: RunsAfter) -> str:
    how = "did not fail" if runs_after is RunsAfter.ONLY_FAILURE else "did not finish"
    status = runs_after.otherwise.value
    error = f"{needed}, which it depends on, {how}"
    run(run.sql.GIVE_UP, status=status, now=clock.now(), error=error, id=job_id)
    return status


def reopen(
    run: Transaction, job_ids: Iterable[str], code: str | None = None
) -> dict[str, str | None]:
    """Put ended jobs back into the queue; return those that were, and which dependency keeps one from it.

    What waits for one of them waits again, what failed for it is woken, and its callbacks are armed again.
    These are returned, too.
    """
    asked = [job_id for job_id in job_ids if run(run.sql.REOPEN, id=job_id, code=code)]
    pending, placing = list(asked), dict.fromkeys(asked)
    while pending:
        for job_id, woken in _hold_dependents(run, pending.pop()):
            placing[job_id] = None
            if woken:
                pending.append(job_id)
    for job_id in placing:  # all are counted before the first is placed
        for needed, done in run(run.sql.NEEDED, id=job_id):
            if done and state_of(run, needed) is DependencyState.OPEN:  # queued again while it ran
                run(run.sql.SET_DONE, done=0, id=job_id, needed=needed)
        run(run.sql.HOLD, id=job_id)
    for job_id in placing:
        if run(run.sql.STATUS, id=job_id)[0][0] == Status.DEFERRED:
            place(run, job_id)
    return {job_id: _obstacle(run, job_id) for job_id in placing}


def _obstacle(run: Transaction, job_id: str) -> str | None:
    """Return what keeps a job that was reopened from running; None for one that is open."""
    if run(run.sql.STATUS, id=job_id)[0][0] in OPEN:
        return None
    return str(run(run.sql.OBSTACLE, id=job_id)[0][0])


def _hold_dependents(run: Transaction, job_id: str) -> list[tuple[str, bool]]:
    """Let those that wait for `job_id`, or for its batch, wait again; return each, and whether it woke."""
    held: list[tuple[str, bool]] = []
    for needed in (job_id, run(run.sql.STATUS, id=job_id)[0][1]):
        if needed is None:
            continue
        dependents = run(run.sql.DEPENDENTS, needed=needed)
        for dependent, mode, status, reason in dependents:
            wakes = reason == Reason.DEPENDENCY or mode > RunsAfter.ANY
            woken = status in ENDED and wakes and run(run.sql.REOPEN, id=dependent, code=None)
            if status != Status.STARTED:  # what runs has begun with what was there
                run(run.sql.SET_DONE, done=0, id=dependent, needed=needed)
            if woken or status in WAITING:
                run(run.sql.HOLD, id=dependent)
                held.append((dependent, bool(woken)))
    return held
