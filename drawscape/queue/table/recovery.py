"""Jobs of dead workers go back to the queue; one that dies with a fourth worker is given up as lost."""

from __future__ import annotations

import logging
import time

from drawscape.queue.engines.engine import Database
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
    with database.translated():
        rows = database.connection.execute(
            "select distinct worker from job where status = 'started'"
        ).fetchall()
    recovered: list[str] = []
    for (worker,) in rows:
        if database.is_dead(worker):
            if worker:  # first, so that the next run does not meet what the last has left
                for pid in kill_orphans(worker, database.folder):
                    _LOG.warning("event=orphan_killed pid=%d of=%s", pid, worker)
            recovered += _recover_from(database, worker)
    return recovered


def _recover_from(database: Database, worker: str | None) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute(
            "select id, recoveries, stop_grace_s from job where status = 'started' "
            "and coalesce(worker, '') = coalesce(?, '')",
            (worker,),
        ).fetchall()
        for job_id, recoveries, stop_grace_s in rows:
            if stop_grace_s is not None:
                status, reason, error = "stopped", None, "stopped on request; its worker had died"
            elif recoveries >= MAX_RECOVERIES:
                status, reason, error = "failed", "lost", _LOST
            else:
                status, reason, error = "queued", None, None
            ended_at = None if status == "queued" else time.time()
            connection.execute(
                "update job set status = ?, reason = ?, error = ?, ended_at = ?, worker = null, "
                "pid = null, recoveries = recoveries + 1 where id = ? and status = 'started'",
                (status, reason, error, ended_at, job_id),
            )
            if ended_at is not None:
                settle(connection, [(job_id, False)])
            _LOG.warning("job=%s event=recovered from=%s status=%s", job_id, worker, status)
    return [row[0] for row in rows]
