"""New jobs into the table: one, with its callbacks, or a batch; each in one committed transaction."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from drawscape import clock
from drawscape.errors import DuplicateJobError, QueueError
from drawscape.failpoints import failpoint
from drawscape.queue.dependencies import link
from drawscape.queue.engines.engine import (
    CommitInDoubt,
    ConnectionLost,
    Engine,
    UniqueViolation,
)
from drawscape.queue.limits import ORDINARY_GROUP
from drawscape.queue.new_job import NewJob

_LOST_TRIES = 5  # of a transaction whose connection broke before anything was written

_APART = ("id", "task", "payload", "description")
"""The columns in which the jobs of a batch differ."""


def insert(engine: Engine, queue: str, job: NewJob, *others: NewJob) -> str:
    """Return the id of the job that is now in the table: `job`'s, with `others`, or that of its active twin.

    Raises DuplicateJobError when the id is taken, JobNotFoundError for an unknown dependency.
    """
    unique_key = job.row.get("unique_key")

    def insertion() -> str:
        if not (unique_key or job.depends_on or others or job.group != ORDINARY_GROUP):
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
    """Insert a batch, `rows` of `_APART` with all else as in `model`, and `then`, what follows it."""
    batch = model.row["batch"]

    def insertion() -> None:
        is_alone = bool(then) or model.group != ORDINARY_GROUP
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
        link(run, job.id, job.depends_on)


def _columns(run: Any, queue: str, job: NewJob) -> dict[str, Any]:
    """Return the row as it is inserted, by column; the limit that was given last holds for its key."""
    status = "deferred" if job.depends_on else "scheduled" if "due_at" in job.row else "queued"
    row = {**job.row, "queue": queue, "status": status}
    if job.group != ORDINARY_GROUP:
        values = {"queue": queue, **job.group._asdict()}
        run(run.MAKE_GROUP, **values)
        run(run.SET_LIMIT, **values)
        row["group_id"] = int(run(run.GROUP_ID, **values)[0][0])
    return row
