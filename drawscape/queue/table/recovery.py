"""Jobs of dead workers go back to the queue; one that dies with a fourth worker is given up as lost."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from drawscape.queue import clock
from drawscape.queue.engines.engine import Database, ManyWriters
from drawscape.queue.table.dependencies import settle
from drawscape.queue.worker.orphans import kill_orphans

MAX_RECOVERIES = 3
"""A job may be in the hands of three workers that die; the fourth time it is taken for the killer."""

_LOG = logging.getLogger("huey.drawscape")

_LOST = (
    f"its worker died while it ran, {MAX_RECOVERIES + 1} times in a row; "
    "it may be what kills them. Retry it when the cause is known"
)


def recover(database: Database) -> list[str]:
    """Return the ids of the jobs that were taken from dead workers and given back, stopped or lost."""
    if database.has_many_writers:
        database.workers.forget_dead()
        with database.translated():
            if not database.connection.execute(_HAS_ORPHANS).fetchone()[0]:
                return []
        return _recover_from(database, None)
    with database.translated():
        rows = database.connection.execute(
            "select distinct worker from job where status = 'started'"
        ).fetchall()
    recovered: list[str] = []
    for (worker,) in rows:
        if database.workers.is_dead(worker):
            _kill_left_by({worker} - {None}, database.folder)
            recovered += _recover_from(database, worker)
    return recovered


def _kill_left_by(workers: Iterable[str], folder: Path) -> None:
    """Kill what dead workers of this machine have left: the next run of a job is not to meet it."""
    for worker in workers:
        for pid in kill_orphans(worker, folder):
            _LOG.warning("event=orphan_killed pid=%d of=%s", pid, worker)


_HAS_ORPHANS = """
select exists (select 1 from job where status = 'started'
    and not exists (select 1 from job_worker where job_worker.id = job.worker))
"""


def _recover_from(database: Database, worker: str | None) -> list[str]:
    with database.transaction() as connection:
        if database.has_many_writers:
            rows = cast(ManyWriters, database).orphans(connection)
            _kill_left_by({holder for _, holder, *_ in rows if holder}, database.folder)
        else:
            rows = connection.execute(
                "select id, worker, recoveries, stop_grace_s from job where status = 'started' "
                "and coalesce(worker, '') = coalesce(?, '')",
                (worker,),
            ).fetchall()
        for job_id, holder, recoveries, stop_grace_s in rows:
            if stop_grace_s is not None:
                status, reason, error = "stopped", None, "stopped on request; its worker had died"
            elif recoveries >= MAX_RECOVERIES:
                status, reason, error = "failed", "lost", _LOST
            else:
                status, reason, error = "queued", None, None
            ended_at = None if status == "queued" else clock.now()
            connection.execute(
                "update job set status = ?, reason = ?, error = ?, ended_at = ?, worker = null, "
                "pid = null, recoveries = recoveries + 1 where id = ? and status = 'started' "
                "and coalesce(worker, '') = coalesce(?, '')",
                (status, reason, error, ended_at, job_id, holder),
            )
            if ended_at is not None:
                settle(connection, [(job_id, False)])
            _LOG.warning("job=%s event=recovered from=%s status=%s", job_id, holder, status)
    return [row[0] for row in rows]
