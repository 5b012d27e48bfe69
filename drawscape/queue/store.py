"""Jobs into the table and out of it: insert, acknowledge, give back, recover, cancel, queue again.

Each move is one committed transaction, and a job's row is the queue entry.
"""

import json
import platform
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache, partial
from itertools import islice
from typing import Any

from drawscape import clock
from drawscape.clock import LONGEST_S, failpoint
from drawscape.errors import (
    DrawscapeError,
    DuplicateJobError,
    JobNotFoundError,
    JobStateError,
    QueueError,
)
from drawscape.queue.engines.engine import (
    CommitInDoubt,
    ConnectionLost,
    Engine,
    Rows,
    Transaction,
    UniqueViolation,
)
from drawscape.queue.row import (
    ENDED,
    WAITING,
    Claim,
    ClaimRequest,
    Group,
    NewJob,
    Outcome,
    Reason,
    RunsAfter,
    Status,
    due_after,
    module_pattern,
    parsed,
    unknown_job,
)

MAX_RECOVERIES = 3
"""A job may be held by three workers that die; the fourth time it is taken for the killer."""

_LOST = (
    f"its worker died while it ran, {MAX_RECOVERIES + 1} times in a row; "
    "it may be what kills them. Retry it when the cause is known"
)
_NOT_RECOVERED = (
    "its worker ended while it ran, and job_recover=False keeps it from running a second time"
)
_REFUSAL_PAUSE_S = 2.0
"""The others have so long to take it; then this worker checks again whether it has the code by now."""

_LOST_TRIES = 5  # of a transaction whose connection broke before anything was written

_ORDINARY = Group()

_APART = ("id", "task", "payload", "description")
"""The columns in which the jobs of a batch differ."""


def _warn(words: str, *values: object) -> None:
    """Write a line into the worker's log; callers, who never need it, do not import logging."""
    import logging

    logging.getLogger("huey.drawscape").warning(words, *values)


def insert(engine: Engine, queue: str, job: NewJob, *others: NewJob) -> str:
    """Return the id of the job that is now in the table: `job`'s, with `others`, or that of its active twin.

    Raises DuplicateJobError when the id is taken, JobNotFoundError for an unknown dependency.
    """
    unique_key = job.row.get("unique_key")

    def insertion() -> str:
        if not (unique_key or job.depends_on or others or job.group != _ORDINARY):
            failpoint("insert.before_commit")
            _insert_linked(engine.write, queue, job)
            return job.id
        with engine.transaction() as run:
            if unique_key and (twins := run(run.TWIN, queue=queue, unique_key=unique_key)):
                return str(twins[0][0])
            for one in (job, *others):
                _insert_linked(run, queue, one)
            failpoint("insert.before_commit")
        return job.id

    return _until_certain(engine, insertion, (job, *others), id=job.id) or job.id


def _until_certain(
    engine: Engine, insertion: Callable[[], str | None], jobs: Sequence[NewJob], **key: str
) -> str | None:
    """Return what `insertion` of `jobs` does, repeated while its connection breaks and `key` is not there."""
    for left in reversed(range(_LOST_TRIES)):
        try:
            found = insertion()
            failpoint("insert.after_commit")
            return found
        except UniqueViolation as error:
            if "job.id" not in str(error):
                raise
            ids = " or ".join(repr(job.id) for job in jobs)
            raise DuplicateJobError(
                f"job_id={ids} is taken; choose another, or delete that job first"
            ) from None
        except ConnectionLost:
            if not left:
                raise
        except CommitInDoubt as doubt:
            with suppress(QueueError):  # nor can be asked: the caller hears of the doubt
                if engine.read(engine.STATUS if "id" in key else engine.BATCH, **key):
                    return None
                if left:
                    continue
            raise CommitInDoubt(
                f"{doubt}; look for {''.join(key.values())!r} before you queue it again"
            ) from doubt
    return None


def insert_many(
    engine: Engine,
    queue: str,
    model: NewJob,
    rows: Sequence[tuple[Any, ...]],
    *,
    description: str | None,
    then: Sequence[NewJob],
) -> None:
    """Insert a batch, `rows` of `_APART` with all else as in `model`, and `then`, what follows it."""
    batch = model.row["batch"]

    def insertion() -> None:
        is_alone = bool(then) or model.group != _ORDINARY
        with engine.transaction(is_alone=is_alone) as run:
            named = {"id": batch, "total": len(rows), "description": description}
            run(run.INSERT_BATCH, **named, queue=queue, created_at=clock.now())
            shared = _columns(run, queue, model)
            for column in _APART:
                shared.pop(column, None)
            run.insert_rows(shared, _APART, rows)
            for job in then:
                _insert_linked(run, queue, job)
            failpoint("insert.before_commit")

    _until_certain(engine, insertion, then, batch=batch)


@lru_cache(64)
def _insertion(columns: tuple[str, ...]) -> str:
    """Return the statement that inserts a job of these columns: most are empty, and binding takes time."""
    values = ", ".join(f":{name}" for name in columns)
    return f"insert into job ({', '.join(columns)}) values ({values})"


def _insert_linked(run: Any, queue: str, job: NewJob) -> None:
    """Insert a job in a transaction; one of no group, that waits for nothing, by what writes a statement."""
    row = _columns(run, queue, job)
    run(_insertion(tuple(row)), **row)
    if job.depends_on:
        _link(run, job.id, job.depends_on)


def _columns(run: Any, queue: str, job: NewJob) -> dict[str, Any]:
    """Return the row as it is inserted, by column; the limit that was given last holds for its key."""
    status = "deferred" if job.depends_on else "scheduled" if "due_at" in job.row else "queued"
    row = {**job.row, "queue": queue, "status": status}
    if job.group != _ORDINARY:
        values = {"queue": queue, **job.group._asdict()}
        run(run.MAKE_GROUP, **values)
        run(run.SET_LIMIT, **values)
        row["group_id"] = int(run(run.GROUP_ID, **values)[0][0])
    return row


# A worker's moves


def acknowledge(
    engine: Engine, ended: Sequence[tuple[Claim, Outcome]], requests: Sequence[ClaimRequest] = ()
) -> tuple[list[bool], list[Claim | None]]:
    """Return which outcomes were accepted and, but for a server, the next claim for each of `requests`.

    All is one transaction: no next job begins before the ends are committed. A server takes an end that
    nothing waits for by one statement.
    """
    claims: list[Claim | None] = []
    accepted = [not outcome.may_be_retried and engine.end(held, outcome) for held, outcome in ended]
    if not all(accepted):
        with engine.transaction() as run:
            for number, (held, outcome) in enumerate(ended):
                accepted[number] = accepted[number] or _write_outcome(run, held, outcome)
            for request in requests:
                claims.append(engine.claim_in(run, request))
                if claims[-1] is None:  # nor is there one for those that come later
                    break
            failpoint("ack.before_commit")
    failpoint("ack.after_commit")
    return accepted, claims


def _write_outcome(run: Transaction, held: Claim, outcome: Outcome) -> bool:
    """Return whether the outcome was accepted, in a transaction that is alone."""
    if outcome.may_be_retried and (rows := run(run.RETRIES, **held.key)):
        values = {**outcome.columns, **_next_try(*rows[0]), **held.key}
        if rows := run(run.RETRY, **values):
            _place(run, held.id)
        return bool(rows)
    rows = run(run.ACKNOWLEDGE, **outcome.columns, **held.key)
    if rows and rows[0][0]:  # something waits for something: perhaps for this
        _settle(run, outcome.status, held.id)
    return bool(rows)


def _next_try(delay_s: float, backoff: float, listed: str | None) -> dict[str, Any]:
    left = None
    if listed:
        delay_s, *rest = json.loads(listed)
        left = json.dumps(rest or [delay_s])
    due = due_after(delay_s)
    if delay_s <= 0:
        due = dict.fromkeys(due)
    return {"retry_delay_s": min(delay_s * backoff, LONGEST_S), "retry_delays": left, **due}


def give_back(engine: Engine, held: Claim, *, begun: bool = True) -> bool:
    """Return whether the job was still held, and went back to the queue, as if it had not been claimed.

    No recovery is counted, and no attempt if it had not `begun`: the job is not to blame. One that was asked
    to stop meanwhile is stopped. One that has begun and must not run twice is lost.
    """
    with engine.transaction() as run:
        if begun and run(run.LOSE, **held.key, error=_NOT_RECOVERED):
            _settle(run, Status.FAILED, held.id)
            return True
        rows = run(run.GIVE_BACK, **held.key, unbegun=int(not begun))
        if rows and rows[0][0] == Status.STOPPED:
            _settle(run, Status.STOPPED, held.id)
        elif rows:
            _place(run, held.id)
    return bool(rows)


def refuse(engine: Engine, held: Claim, outcome: Outcome) -> Outcome | None:
    """Return None when `held` went back to the queue, else the outcome, with why each worker refused it.

    For a job whose code this worker lacks: it fails when each living worker of its lane has refused it.
    """
    why = str((outcome.detail or {}).get("refused"))
    own = f"{socket.gethostname()} (Python {platform.python_version()}): {why}"
    try:
        refusals = _put_off(engine, held, own)
    except DrawscapeError as error:
        _warn("job=%s event=refusal_not_written error=%r", held.id, str(error))
        return outcome
    if not refusals:
        _warn("job=%s event=refused why=%r", held.id, why)
        return None
    return outcome._replace(error="\n".join(refusals)) if len(refusals) > 1 else outcome


def group_of(engine: Engine, job_id: str) -> Group:
    rows = engine.read(engine.GROUP_OF, id=job_id)
    return Group(*rows[0]) if rows else _ORDINARY


def _put_off(engine: Engine, held: Claim, why: str) -> list[str]:
    """Return why each worker refuses it; nothing when it goes back for a moment, with no attempt counted."""
    living, lane = engine.workers.living(), group_of(engine, held.id).lane
    with engine.transaction() as run:
        rows = run(run.REFUSALS, **held.key)
        if not rows:
            return [why]
        detail, queue = rows[0]
        refused_by = {**parsed(detail).get("refused_by", {}), held.worker: why}
        for one in living:
            serves = one.queue == queue and (not one.lanes or lane in one.lanes)
            if serves and one.id not in refused_by:
                detail = json.dumps({"refused_by": refused_by})
                run(run.REFUSE, **held.key, **due_after(_REFUSAL_PAUSE_S), detail=detail)
                return []
    return [*refused_by.values()]


# Jobs that wait for a moment


def promote_due(engine: Engine, queue: str) -> int:
    """Return how many scheduled jobs came due and are queued now."""
    return len(engine.write(engine.PROMOTE, queue=queue, **due_after(0)))


def next_due_s(engine: Engine, queue: str) -> float | None:
    """Return in how many seconds the next scheduled job comes due, None when there is none."""
    waits = [wait_s for (wait_s,) in engine.read(engine.NEXT_DUE_S, queue=queue, **due_after(0))]
    return max(0.0, min(waits)) if waits else None


def cancel_overdue(engine: Engine) -> None:
    """Cancel the jobs that had not started within their `job_ttl`."""
    while rows := engine.read(engine.EXPIRED_WAITING):
        with engine.transaction() as run:
            for (job_id,) in rows:
                if run(run.EXPIRE, id=job_id):
                    _settle(run, Status.CANCELED, job_id)


def recover(engine: Engine, kill: Callable[[str], object] = lambda _: None) -> list[str]:
    """Return the ids of the jobs that were taken from dead workers and given back, stopped or lost.

    `kill(worker)` is called first, so that the next run does not meet what the last has left.
    """
    recovered: list[str] = []
    for (worker,) in engine.read(engine.HOLDERS):
        if engine.workers.is_dead(worker):
            if worker:
                kill(worker)
            recovered += _recover_from(engine, worker)
    return recovered


def _recover_from(engine: Engine, worker: str | None) -> list[str]:
    found = []
    with engine.transaction() as run:
        for job_id, recoveries, may_recover, stop_grace_s in run(run.HELD_BY, worker=worker):
            if stop_grace_s is not None:
                status, reason, error = "stopped", None, "stopped on request; its worker had died"
            elif not may_recover:
                status, reason, error = "failed", "lost", _NOT_RECOVERED
            elif recoveries >= MAX_RECOVERIES:
                status, reason, error = "failed", "lost", _LOST
            else:
                status, reason, error = "queued", None, None
            values = {"status": status, "reason": reason, "error": error}
            run(run.RECOVER, **values, id=job_id, worker=worker)
            if status == "queued":
                _place(run, job_id)
            else:
                _settle(run, status, job_id)
            _warn("job=%s event=recovered from=%s status=%s", job_id, worker, status)
            found.append(job_id)
    return found


# Changes from outside: cancel, stop, pause, retry, requeue, delete

ALL_LANES = "*"

_AT_ONCE = 50  # jobs that one statement cancels: a millisecond
_REOPENED_AT_ONCE = 5  # each takes some statements

_HELD_S, _PAUSE_S = 0.010, 0.012
"""How long a transaction of many works, and what it leaves free after it, at least.

A writer that finds SQLite's file locked tries again after 1, 2, 5, 10 ms. So it writes 18 ms after its first
try, at the latest.
"""


def in_slices(engine: Engine, limit: int, step: Callable[[Transaction], int]) -> int:
    """Return how many rows `step` did, called until it does fewer than `limit`; as often as time allows.

    Between two transactions is room for other writers. The time is checked after each step, so a slow disk or
    a busy machine makes for fewer, not for longer ones.
    """
    total, done = 0, limit
    while done >= limit:
        with engine.transaction() as run:
            began = time.perf_counter()
            while done >= limit and time.perf_counter() - began < _HELD_S:
                done = step(run)
                total += done
        failpoint("slice.committed")
        if done >= limit:
            time.sleep(max(_PAUSE_S, time.perf_counter() - began))
    return total


def cancel(engine: Engine, job_id: str, grace_s: float) -> bool:
    """Return whether the job was `canceled` before its start, or asked to stop; False when it had ended."""
    with _locked(engine, job_id) as (run, _, _):
        if run(run.CANCEL, id=job_id):
            _settle(run, Status.CANCELED, job_id)
            return True
        asked = run(run.ASK_TO_STOP, id=job_id, grace_s=grace_s)
    _stop_without_workers(engine, asked)
    return bool(asked)


def cancel_many(engine: Engine, queue: str, *, batch: str | None = None, grace_s: float) -> int:
    """Return how many jobs of `batch`, or of the whole queue, were kept from running or asked to stop.

    What starts between two slices is stopped. What waits for others is canceled first: it might begin.
    """
    statements = [engine.CANCEL_DEFERRED, engine.CANCEL_WAITING]

    def cancel_some(statement: str, run: Transaction) -> int:
        rows = run(statement, queue=queue, batch=batch, limit=_AT_ONCE)
        _settle(run, Status.CANCELED, *(job_id for (job_id,) in rows))
        return len(rows)

    canceled = sum(
        in_slices(engine, _AT_ONCE, partial(cancel_some, statement))
        for statement in (statements if batch is None else [engine.CANCEL_BATCH])
    )
    asked = engine.write(engine.ASK_MANY_TO_STOP, queue=queue, batch=batch, grace_s=grace_s)
    _stop_without_workers(engine, asked)
    return canceled + len(asked)


def _stop_without_workers(engine: Engine, asked: Rows) -> None:
    """Where nobody is there to kill anything, the job stopped when its worker died."""
    is_alive = cache(engine.workers.await_sign)
    for job_id, worker in asked:
        if not is_alive(worker):
            with engine.transaction() as run:
                if run(run.STOP_WITHOUT_WORKER, id=job_id, worker=worker):
                    _settle(run, Status.STOPPED, job_id)


RETRIED = ENDED[1:]  # all but `finished`


def requeue(engine: Engine, job_id: str, code: str | None, among: Sequence[str] = ENDED) -> None:
    """Put an ended job back into the queue, under the same id, as if it had just been queued.

    The retries that it has used up stay so. Raises JobNotFoundError. Raises JobStateError for a status that
    is not `among` those that may, beside an active twin, and where a dependency stands in the way.
    """
    with _locked(engine, job_id) as (run, status, _):
        if status not in among:  # raised inside: the transaction changes nothing
            raise JobStateError(
                f"job {job_id} is {status}; only one that is {' or '.join(among)} can be queued again"
            )
        if not _reopen(run, [job_id], code):
            raise JobStateError(
                f"job {job_id} cannot be queued again while another job with its job_unique key is active"
            )
        if not _is_open(run, job_id):
            obstacle = run(run.OBSTACLE, id=job_id)[0][0]
            raise JobStateError(
                f"job {job_id} depends on {obstacle}, which did not finish; queue that again first"
            )


@contextmanager
def _locked(engine: Engine, job_id: str) -> Iterator[tuple[Transaction, str, str | None]]:
    """Yield a transaction, status and notes of a job that nobody else changes; raise JobNotFoundError."""
    with engine.transaction() as run:
        rows = run(run.LOCK, id=job_id)
        if not rows:
            raise JobNotFoundError(unknown_job(job_id))
        yield run, *rows[0]


def retry_failed(
    engine: Engine,
    queue: str,
    code: str | None,
    task: str | None = None,
    reason: str | None = None,
    batch: str | None = None,
) -> list[str]:
    """Return the ids of the failed jobs, of one task, reason or batch if asked, that are queued again.

    One with an active twin or a failed dependency stays failed. Of a call that was killed some are queued,
    and the next one goes on.
    """
    rows = engine.read(
        engine.FAILED,
        queue=queue,
        task=task,
        module=module_pattern(task),
        reason=reason,
        batch=batch,
    )
    chosen = [job_id for (job_id,) in rows]
    left = iter(chosen)  # what others wait for first, and they wait again at once
    queued: set[str] = set()

    def step(run: Transaction) -> int:
        some = list(islice(left, _REOPENED_AT_ONCE))
        queued.update(one for one in _reopen(run, some, code) if _is_open(run, one))
        return len(some)

    in_slices(engine, _REOPENED_AT_ONCE, step)
    return [job_id for job_id in reversed(chosen) if job_id in queued]


def delete(engine: Engine, job_id: str) -> None:
    """Remove an ended job; raise JobStateError while it, or a job that depends on it, has not ended."""
    with _locked(engine, job_id) as (run, status, _):
        if status not in ENDED:
            raise JobStateError(f"job {job_id} is {status}; cancel it first")
        if needing := run(run.NEEDED_BY, id=job_id):
            raise JobStateError(
                f"job {needing[0][0]}, which has not ended, depends on {job_id}; cancel that first"
            )
        run(run.DELETE, id=job_id)


def set_priority(engine: Engine, job_id: str, priority: int) -> None:
    """Change the priority of a job that has not begun; raise JobStateError for one that has."""
    with _locked(engine, job_id) as (run, status, _):
        if not run(run.SET_PRIORITY, id=job_id, priority=priority):
            raise JobStateError(f"job {job_id} is {status}; a priority changes only jobs that wait")


def save_meta(engine: Engine, job_id: str, change: Mapping[str, Any], gone: Sequence[str]) -> None:
    """Write notes into a job's `meta` and take others out; raise JobStateError while its task runs."""
    with _locked(engine, job_id) as (run, status, meta):
        if status == Status.STARTED:
            raise JobStateError(
                f"job {job_id} runs, so only its task may write its meta; wait until it has ended"
            )
        notes = {key: value for key, value in parsed(meta).items() if key not in gone}
        run(run.SET_META, id=job_id, meta=json.dumps({**notes, **change}))


# Dependencies. An edge (`job_dependency`) stays as long as the job that waits: `done` says whether its
# dependency has ended as it must. So a retry knows what to wait for again.

_GONE, _IS_OPEN = "gone", "open"


def _state_of(run: Transaction, needed: str) -> str:
    """Return the status with which a job or a batch ended, else `open` or `gone`."""
    rows = run(run.STATE, needed=needed)
    return str(rows[0][0]) if rows else _GONE


def _link(run: Transaction, job_id: str, needed: Iterable[str]) -> None:
    """Let a `deferred` job wait for each of `needed`; raise JobNotFoundError for an unknown one."""
    for one in needed:
        if _state_of(run, one) == _GONE:
            raise JobNotFoundError(f"job_depends_on: no job or batch has the id {one!r}")
        run(run.LINK, needed=one, id=job_id)
    _place(run, job_id)


def _place(run: Transaction, job_id: str) -> None:
    """Give a job that waits, perhaps again, the status that its dependencies allow now."""
    waits_for = 0
    for needed, done, mode in run(run.NEEDED, id=job_id):
        runs_after, state = RunsAfter(mode), _state_of(run, needed)
        if state == _GONE:  # what it did before it went still counts
            is_met = done or runs_after is RunsAfter.ANY
        else:
            is_met = state != _IS_OPEN and runs_after.is_met(state)
        run(run.SET_DONE, done=int(is_met), id=job_id, needed=needed)
        if state == _IS_OPEN:
            waits_for += 1
        elif not is_met:
            _settle(run, _fail(run, job_id, needed, runs_after), job_id)
            return
    run(run.PLACE, waits_for=waits_for, id=job_id)


def _settle(run: Transaction, status: str, *job_ids: str) -> None:
    """Release or fail the dependents of jobs that ended so, and theirs in turn, in this transaction."""
    pending = [(job_id, status) for job_id in job_ids]
    while pending:  # jobs, and batches that have ended with one of them
        needed, status = pending.pop()
        for job_id, mode, is_deferred in run(run.NEED, needed=needed):
            runs_after = RunsAfter(mode)
            if runs_after.is_met(status):
                run(run.SET_DONE, done=1, id=job_id, needed=needed)
                run(run.RELEASE, id=job_id)
            elif is_deferred:
                pending.append((job_id, _fail(run, job_id, needed, runs_after)))
        for (batch,) in run(run.AWAITED_BATCH, id=needed):
            pending.append((batch, _state_of(run, batch)))


def _fail(run: Transaction, job_id: str, needed: str, runs_after: RunsAfter) -> str:
    how = "did not fail" if runs_after is RunsAfter.ONLY_FAILURE else "did not finish"
    status = "failed" if runs_after is RunsAfter.SUCCESS else "canceled"
    run(run.GIVE_UP, status=status, error=f"{needed}, which it depends on, {how}", id=job_id)
    return status


def _reopen(run: Transaction, job_ids: Iterable[str], code: str | None) -> list[str]:
    """Put ended jobs back into the queue; return those that were, some of which fail for a dependency.

    What waits for one waits again; what failed for it is woken, and its callbacks, and returned, too.
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
                elif status in WAITING:  # held at once: on a server a worker may claim it meanwhile
                    run(run.PLACE, waits_for=1, id=dependent)
                    placing[dependent] = None
                if status != Status.STARTED:  # what runs has begun with what was there
                    run(run.SET_DONE, done=0, id=dependent, needed=needed)
    for job_id in placing:  # one that was placed first may have failed, and another with it
        if run(run.STATUS, id=job_id)[0][0] in WAITING:
            _place(run, job_id)
    return [*placing]


def _is_open(run: Transaction, job_id: str) -> bool:
    return _state_of(run, job_id) == _IS_OPEN
