"""Jobs into the table: each insert is one committed transaction, and the row is the queue entry."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from drawscape.errors import DuplicateJobError, QueueError
from drawscape.queue import clock
from drawscape.queue.engines.engine import CommitInDoubt, Connection, Database, UniqueViolation
from drawscape.queue.status import SQL_OPEN, Status
from drawscape.queue.table.dependencies import link
from drawscape.queue.table.records import Group, NewJob
from drawscape.queue.worker.failpoints import failpoint

_NO_COLUMNS = frozenset({"due", "group", "depends_on"})
_DEFAULTS = {
    name: NewJob._field_defaults.get(name, object())
    for name in NewJob._fields
    if name not in _NO_COLUMNS
}
_ORDINARY = Group()


def insert(database: Database, queue: str, job: NewJob, *others: NewJob) -> str:
    """Return the id of the job that now stands in the table: `job`'s, or that of its active twin.

    `others` are inserted with it, unless there was a twin. Raises DuplicateJobError when the id is taken,
    JobNotFoundError for an unknown dependency.
    """
    insertion = partial(_insert, database, queue, job, *others)
    done = _until_certain(database, insertion, "select 1 from job where id = ?", job.id)
    return done or job.id


def _until_certain(
    database: Database, insertion: Callable[[], str | None], look: str, key: str | None
) -> str | None:
    """Return what `insertion` does, repeated while its connection breaks and `look` finds nothing of it."""
    while True:
        try:
            return insertion()
        except CommitInDoubt as doubt:
            try:
                found = database.connection.execute(look, (key,)).fetchone()
            except QueueError as error:
                raise CommitInDoubt(
                    f"{doubt}. Nor can be asked now ({error}): look for {key!r} before you queue it again"
                ) from error
            if found is not None:
                return None


def _insert(database: Database, queue: str, job: NewJob, *others: NewJob) -> str:
    if not (job.unique_key or job.depends_on or others or job.group != _ORDINARY):
        with _duplicates_named(job), database.translated(), database.write_lock:
            failpoint("insert.before_commit")
            _insert_row(database.connection, _row(job, queue, _first_status(job)))
            database.check_files()
    else:
        with _duplicates_named(job, *others), database.transaction() as connection:
            if job.unique_key is not None:
                twin = _active_twin(connection, queue, job)
                if twin is not None:
                    return twin
            for one in (job, *others):
                _insert_linked(connection, queue, one)
            failpoint("insert.before_commit")
    failpoint("insert.after_commit")
    return job.id


def insert_many(
    database: Database,
    queue: str,
    model: NewJob,
    columns: Sequence[str],
    count: int,
    rows: Callable[[], Iterable[tuple[Any, ...]]],
    *,
    description: str | None = None,
    then: Sequence[NewJob] = (),
) -> None:
    """Insert a batch of `count` jobs in one transaction: `rows()` are the values of `columns`, all else is
    `model`'s.

    `rows` is called once more when the connection breaks. `model.batch` names the batch; `then` are the jobs
    that follow it.
    """
    insertion = partial(
        _insert_many, database, queue, model, columns, count, rows, description, then
    )
    _until_certain(database, insertion, "select 1 from job_batch where id = ?", model.batch)


def _insert_many(
    database: Database,
    queue: str,
    model: NewJob,
    columns: Sequence[str],
    count: int,
    rows: Callable[[], Iterable[tuple[Any, ...]]],
    description: str | None,
    then: Sequence[NewJob],
) -> None:
    with _duplicates_named(*then), database.transaction(is_alone=bool(then)) as connection:
        connection.execute(
            "insert into job_batch (id, queue, created_at, total, description) values (?, ?, ?, ?, ?)",
            (model.batch, queue, clock.now(), count, description),
        )
        shared = _row(model, queue, _first_status(model), _group_id(connection, queue, model.group))
        for column in columns:
            del shared[column]
        database.insert_rows(connection, shared, columns, rows())
        for job in then:
            _insert_linked(connection, queue, job)
        failpoint("insert.before_commit")
    failpoint("insert.after_commit")


@contextmanager
def _duplicates_named(*jobs: NewJob) -> Iterator[None]:
    """Turn the one violation that a caller can cause into its name."""
    try:
        yield
    except UniqueViolation as error:
        if "job.id" not in str(error):
            raise
        ids = " or ".join(repr(job.id) for job in jobs)
        raise DuplicateJobError(
            f"job_id={ids} is taken; choose another, or delete that job first"
        ) from None


def _first_status(job: NewJob) -> Status:
    return Status.QUEUED if job.due is None else Status.SCHEDULED


def _row(job: NewJob, queue: str, status: Status, group_id: int | None = None) -> dict[str, Any]:
    """Return the columns that differ from the table's defaults: binding others takes time."""
    row: dict[str, Any] = {"queue": queue, "status": status.value}
    for name, default in _DEFAULTS.items():
        value = getattr(job, name)
        if value != default:
            row[name] = int(value) if name == "runs_anyway" else value
    if job.due is not None:
        row.update(due_at=job.due.at, due_boot=job.due.boot, due_boot_s=job.due.boot_s)
    if group_id is not None:
        row["group_id"] = group_id
    return row


def _insert_row(connection: Connection, row: dict[str, Any]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(f"insert into job ({', '.join(row)}) values ({marks})", (*row.values(),))


def _insert_linked(connection: Connection, queue: str, job: NewJob) -> None:
    group_id = _group_id(connection, queue, job.group)
    status = Status.DEFERRED if job.depends_on else _first_status(job)
    _insert_row(connection, _row(job, queue, status, group_id))
    if job.depends_on:
        link(connection, job.id, job.depends_on)


def _group_id(connection: Connection, queue: str, group: Group) -> int | None:
    """Return the number of `group`, made if need be; None for what has neither lane nor limit.

    The limit that was given last holds for all jobs with its key.
    """
    if group == _ORDINARY:
        return None
    names = (queue, group.lane, group.limit_key)
    connection.execute(
        "insert into job_group (queue, lane, limit_key) values (?, ?, ?) on conflict do nothing",
        names,
    )
    if group.most is not None:
        connection.execute(
            "update job_group set most = ? where queue = ? and limit_key = ?",
            (group.most, queue, group.limit_key),
        )
    row = connection.execute(
        "select id from job_group where queue = ? and lane = ? and limit_key = ?", names
    ).fetchone()
    return int(row[0])


def _active_twin(connection: Connection, queue: str, job: NewJob) -> str | None:
    row = connection.execute(
        f"select id from job where queue = ? and unique_key = ? and status in {SQL_OPEN} "
        "/* for update */",
        (queue, job.unique_key),
    ).fetchone()
    return None if row is None else str(row[0])
