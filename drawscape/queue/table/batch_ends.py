"""What waits for a whole batch, where many write at once: it is settled after the end of the last job."""

from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.table.dependencies import settle


def settle_batch(database: Database, job_id: str, batch: str | None) -> None:
    """Settle what waits for the whole batch, if its last job has ended now.

    Of two jobs that end at once the later commit sees both. `settle_batches` makes up for a worker that dies
    here.
    """
    if batch is not None and _is_over(database.connection, batch):
        with database.transaction() as connection:
            settle(connection, [(job_id, True)])


# Asked at the end of each job of a batch; mostly nothing waits for it. By its order it goes by an index,
# whatever the server believes of the table; the open ones come first.
_IS_OVER = """
select case when exists (select 1 from job_dependency where depends_on = :batch and done = 0)
then (select ended_at from job where batch = :batch order by ended_at desc limit 1) is not null else false end
"""


def _is_over(connection: Connection, batch: str) -> bool:
    return bool(connection.execute(_IS_OVER, {"batch": batch}).fetchone()[0])


def settle_batches(database: Database) -> None:
    """Settle what waits for batches that are over, where the worker that should have died on the way."""
    rows = database.connection.execute(
        "select distinct on (job_batch.id) job_batch.id, job.id from job_dependency "
        "join job_batch on job_batch.id = depends_on join job on job.batch = job_batch.id "
        "where done = 0 and not exists ("
        "select 1 from job as other where other.batch = job_batch.id and other.ended_at is null)"
    ).fetchall()
    for _, member in rows:
        with database.transaction() as connection:
            settle(connection, [(member, True)])
