"""Looking without touching: a job's row, its result, lists and counts. Reading never consumes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from drawscape.errors import JobNotFoundError
from drawscape.queue.codec import SIGNATURE_BYTES
from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.origin import Origin
from drawscape.queue.status import (
    ENDED,
    OPEN,
    SQL_IS_APART,
    SQL_OPEN_INDEXED,
    SQL_QUEUED,
    STATUSES,
    Status,
    check_status,
)
from drawscape.queue.table.records import ROW_COLUMNS, Group, JobRow

_PAGE = 1000
_CHUNK = 500  # SQLite takes 32,766 variables; smaller statements stay in its cache


def read_log(database: Database, job_id: str) -> bytes:
    """Return what the row has of the job's log: the whole of a short one that no file holds."""
    with database.translated():
        row = database.connection.execute("select log from job where id = ?", (job_id,)).fetchone()
    return b"" if row is None or row[0] is None else bytes(row[0])


def read_row(database: Database, job_id: str) -> JobRow | None:
    """Return the job as it is now, or None for an unknown id."""
    with database.translated():
        row = database.connection.execute(
            f"select {ROW_COLUMNS} from job where id = ?", (job_id,)
        ).fetchone()
    return None if row is None else JobRow(*row)


def read_rows(database: Database, job_ids: Sequence[str]) -> dict[str, JobRow]:
    """Return the jobs of `job_ids` that exist, by id."""
    found: dict[str, JobRow] = {}
    for start in range(0, len(job_ids), _CHUNK):
        chunk = job_ids[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        with database.translated():
            rows = database.connection.execute(
                f"select {ROW_COLUMNS} from job where id in ({marks})", chunk
            ).fetchall()
        found.update((row.id, row) for row in (JobRow(*values) for values in rows))
    return found


def require(row: JobRow | None, job_id: str) -> JobRow:
    """Return `row`; raise JobNotFoundError when there is none."""
    if row is None:
        raise JobNotFoundError(unknown_job(job_id))
    return row


def unknown_job(job_id: str) -> str:
    """Return the sentence for an id that no job has."""
    return f"no job has the id {job_id!r}, or it has been pruned"


def ids_ending_with(database: Database, queue: str, text: str) -> list[str]:
    """Return the ids that end with `text`, the newest job first."""
    with database.translated():
        rows = database.connection.execute(
            "select id from job where queue = ? and substr(id, length(id) - length(?) + 1) = ? "
            "order by seq desc",
            (queue, text, text),
        ).fetchall()
    return [row[0] for row in rows]


def group_of(database: Database, job_id: str) -> Group:
    """Return the lane and the limit of a job."""
    with database.translated():
        row = database.connection.execute(
            "select lane, limit_key, most from job join job_group on job_group.id = group_id "
            "where job.id = ?",
            (job_id,),
        ).fetchone()
    return Group() if row is None else Group(*row)


def read_result(database: Database, job_id: str) -> bytes | None:
    """Return the signed message of the result, or None when there is none."""
    with database.translated():
        row = database.connection.execute(
            "select result from job where id = ?", (job_id,)
        ).fetchone()
    return None if row is None else row[0]


def origin_of(database: Database, job_id: str) -> Origin | None:
    """Return who queued the job; None for one of a version that did not write it."""
    with database.translated():
        row = database.connection.execute(
            f"select substr(payload, {SIGNATURE_BYTES + 1}, 100) from job where id = ?", (job_id,)
        ).fetchone()
    return None if row is None else Origin.read(bytes(row[0]))[0]


def list_rows(
    database: Database,
    queue: str,
    *,
    status: str | Iterable[str] | None = None,
    task: str | None = None,
    batch: str | None = None,
    limit: int | None = 100,
) -> list[JobRow]:
    """Return the newest jobs first, of one status or several, of a task (or a module's) or a batch."""
    conditions, values = choose(queue, status, task, batch)
    statement = f"select {ROW_COLUMNS} from job where {conditions} order by seq desc"
    if limit is not None:
        statement += f" limit {int(limit)}"
    with database.translated():
        return [JobRow(*row) for row in database.connection.execute(statement, values)]


def iterate_ids(database: Database, choice: "Choice") -> Iterator[str]:
    """Yield the ids of the chosen jobs, the newest first, however many: a page at a time."""
    before = 2**63 - 1
    while True:
        with database.translated():
            page = database.connection.execute(
                f"select seq, id from job where {choice.conditions} and seq < ? "
                "order by seq desc limit ?",
                (*choice.values, before, _PAGE),
            ).fetchall()
        yield from (job_id for _, job_id in page)
        if len(page) < _PAGE:
            return
        before = page[-1][0]


def count(database: Database, choice: "Choice") -> int:
    """Return how many jobs are chosen."""
    with database.translated():
        row = database.connection.execute(
            f"select count(*) from job where {choice.conditions}", choice.values
        ).fetchone()
    return int(row[0])


class Choice(NamedTuple):
    """Which jobs are asked for, as conditions of a statement."""

    conditions: str
    values: tuple[str, ...]


def choose(
    queue: str,
    status: str | Iterable[str] | None = None,
    task: str | None = None,
    batch: str | None = None,
) -> Choice:
    """Return the choice of jobs of one status or several, of a task (or a module's) or a batch."""
    conditions, values = ["queue = ?"], [queue]
    if status is not None:
        wanted = [status] if isinstance(status, str) else list(status)
        for one in wanted:
            check_status(one)
        conditions.append(f"status in ({', '.join('?' * len(wanted)) or 'null'})")
        values += wanted
    if task is not None:
        conditions.append("(task = ? or task like ? escape '\\')")
        values += [task, task.replace("_", r"\_").replace("%", r"\%") + ".%"]
    if batch is not None:
        conditions.append("batch = ?")
        values.append(batch)
    return Choice(" and ".join(conditions), tuple(values))


def count_by_status(database: Database, queue: str, batch: str | None = None) -> dict[str, int]:
    """Return how many jobs have each status; statuses without jobs are there with 0."""
    with database.translated():
        if batch is not None:
            return _count_batch(database.connection, batch)
        # Ended jobs are counted as they end, open ones have indexes of their own.
        rows = database.connection.execute(
            "select status, count from job_count where queue = ?", (queue,)
        ).fetchall()
        for condition in SQL_OPEN_INDEXED:
            status = condition.split("'")[1]
            rows += database.connection.execute(
                f"select '{status}', count(*) from job where queue = ? and {condition}", (queue,)
            ).fetchall()
    counts = dict.fromkeys(STATUSES, 0)
    for status, number in rows:
        counts[status] += number
    return counts


# From indexes that a job which is queued, runs and finishes touches once: when it ends. The started ones are
# few; `coalesce` keeps SQLite from looking for them among all of the batch.
_BATCH_COUNTS = f"""
select 'open', count(*) from job where batch = :batch and ended_at is null
union all select 'ended', count(*) from job where batch = :batch and ended_at is not null
union all select 'started', count(*) from job where status = 'started' and coalesce(batch, '') = :batch
union all select status, count(*) from job where batch = :batch and {SQL_IS_APART} group by status
"""


def _count_batch(connection: Connection, batch: str) -> dict[str, int]:
    rows = dict(connection.execute(_BATCH_COUNTS, {"batch": batch}).fetchall())
    still_open, ended = rows.pop("open"), rows.pop("ended")
    counts = {**dict.fromkeys(STATUSES, 0), **rows}
    counts[Status.QUEUED] = still_open - sum(counts[status] for status in OPEN)
    counts[Status.FINISHED] = ended - sum(counts[status] for status in ENDED)
    return counts


def count_queued(database: Database, queue: str, limit: int) -> int:
    """Return how many jobs wait for a worker, `limit` for that many or more; reads only the index."""
    with database.translated():
        row = database.connection.execute(
            "select count(*) from ("
            + " union all ".join(
                f"select 1 from job where queue = ? and {one}" for one in SQL_QUEUED
            )
            + " limit ?) as waiting",
            (queue, queue, limit),
        ).fetchone()
    return int(row[0])
