"""New jobs into the table: one, with its callbacks, or a batch; each in one committed transaction."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from drawscape import clock
from drawscape.errors import DuplicateJobError, QueueError
from drawscape.failpoints import failpoint
from drawscape.queue.dependencies import link
from drawscape.queue.engines.engine import (
    CommitInDoubt,
    ConnectionLost,
    Engine,
    Transaction,
    UniqueViolation,
)
from drawscape.queue.limits import ORDINARY_GROUP, JobGroup
from drawscape.queue.status import Status

_LOST_TRIES = 5  # of a transaction whose connection broke before anything was written

_OWN_COLUMNS = ("id", "task", "payload", "description")
"""The columns in which the jobs of a batch differ."""

DEFAULTS: Final[dict[str, Any]] = {
    "priority": 0,
    "due_at": None,
    "start_by": None,
    "timeout_s": None,
    "grace_s": None,
    "retries": 0,
    "retry_delay_s": 0.0,
    "retry_backoff": 1.0,
    "retry_delays": None,
    "runs_anyway": 0,
    "recover": 1,
    "result_ttl_s": None,
    "unique_key": None,
    "group_id": None,
    "batch": None,
    "meta": None,
    "description": None,
    "code": None,
}
"""The columns that a job has without options."""


class NewJob(NamedTuple):
    """A job as it is inserted: the columns of its row, and what other tables hold of it."""

    row: dict[str, Any]
    group: JobGroup = ORDINARY_GROUP
    depends_on: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The job's id."""
        return str(self.row["id"])


def insert(engine: Engine, queue: str, job: NewJob, *others: NewJob) -> str:
    """Return the id of the job that is now in the table: `job`'s, with `others`, or that of its active twin.

    Raises DuplicateJobError when the id is taken, JobNotFoundError for an unknown dependency.
    """
    unique_key = job.row.get("unique_key")

    def insertion() -> str:
        if not (unique_key or job.depends_on or others or job.group != ORDINARY_GROUP):
            failpoint("insert.before_commit")
            engine.write(engine.INSERT_JOB, **_columns(queue, job))
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
    is_in_doubt = False
    for left in reversed(range(_LOST_TRIES)):
        try:
            found = insertion()
            failpoint("insert.after_commit")
            return found
        except UniqueViolation as error:
            if is_in_doubt:  # the server has committed an earlier try by now
                return None
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
            is_in_doubt = True
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
    """Insert a batch, `rows` of `_OWN_COLUMNS` with all else as in `model`, and `then`, what follows it."""
    batch = model.row["batch"]

    def insertion() -> None:
        is_alone = bool(then) or model.group != ORDINARY_GROUP
        with engine.transaction(is_alone=is_alone) as run:
            named = {"id": batch, "total": len(rows), "description": description}
            run(run.INSERT_BATCH, **named, queue=queue, created_at=clock.now())
            row = _columns(queue, model)
            row["group_id"] = _find_group(run, queue, model)
            run.insert_rows(_shared_by(row), _OWN_COLUMNS, rows)
            for job in then:
                _insert_linked(run, queue, job)
            failpoint("insert.before_commit")

    _until_certain(engine, insertion, then, batch=batch)


def _insert_linked(run: Transaction, queue: str, job: NewJob) -> None:
    """Insert a job with its group and its dependencies."""
    row = _columns(queue, job)
    row["group_id"] = _find_group(run, queue, job)
    run(run.INSERT_JOB, **row)
    if job.depends_on:
        link(run, job.id, job.depends_on)


def _columns(queue: str, job: NewJob) -> dict[str, Any]:
    """Return the row of a job as it is inserted, by column."""
    row = {**DEFAULTS, **job.row, "queue": queue}
    if job.depends_on:
        row["status"] = Status.DEFERRED
    elif row["due_at"] is not None:
        row["status"] = Status.SCHEDULED
    else:
        row["status"] = Status.QUEUED
    return row


def _shared_by(row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that all jobs of a batch share; those that are as by default take time to write."""
    return {
        name: value
        for name, value in row.items()
        if name not in _OWN_COLUMNS and not (name in DEFAULTS and value == DEFAULTS[name])
    }


def _find_group(run: Transaction, queue: str, job: NewJob) -> int | None:
    """Return the number of a job's group; the limit that was given last holds for its key."""
    if job.group == ORDINARY_GROUP:
        return None
    values = {"queue": queue, **job.group._asdict()}
    run(run.MAKE_GROUP, **values)
    run(run.SET_LIMIT, **values)
    return int(run(run.GROUP_ID, **values)[0][0])
