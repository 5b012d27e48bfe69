"""Jobs of dead workers go back to the queue; one that dies with a fourth worker is given up as lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

from drawscape.queue import clock
from drawscape.queue.engines.engine import Database
from drawscape.queue.table.dependencies import settle
from drawscape.queue.worker.orphans import kill_orphans

MAX_RECOVERIES = 3
"""A job may be in the hands of three workers that die; the fourth time it is taken for the killer."""

_CONFIRM_S = 1.0
"""A claim that was just answered may be on its way from the connection to its slot."""

_LOG = logging.getLogger("huey.drawscape")

_LOST = (
    f"its worker died while it ran, {MAX_RECOVERIES + 1} times in a row; "
    "it may be what kills them. Retry it when the cause is known"
)


class Unknown:
    """Claims of this worker that no slot of it knows of: the server's answer was lost on the way."""

    def __init__(self) -> None:
        self._since: dict[tuple[int, int], float] = {}

    def give_back(
        self, database: Database, worker: str, known: Collection[tuple[int, int]]
    ) -> list[str]:
        """Return the ids of the jobs that went back to the queue, `_CONFIRM_S` after they were first seen.

        `known` are number and token of what the slots hold.
        """
        with database.translated():
            rows = database.connection.execute(
                "select seq, token from job where status = 'started' and worker = ?", (worker,)
            ).fetchall()
        now = time.monotonic()
        self._since = {
            (seq, token): self._since.get((seq, token), now)
            for seq, token in rows
            if (seq, token) not in known
        }
        ids = []
        for (seq, token), since in self._since.items():
            if now - since >= _CONFIRM_S:
                ids += _give_back_unknown(database, seq, token)
        return ids


def _give_back_unknown(database: Database, seq: int, token: int) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute(
            "update job set status = 'queued', worker = null, pid = null, started_at = null, "
            "attempts = attempts - 1 where seq = ? and token = ? and status = 'started' returning id",
            (seq, token),
        ).fetchall()
    for (job_id,) in rows:
        _LOG.warning("job=%s event=unknown_claim_given_back", job_id)
    return [job_id for (job_id,) in rows]


def recover(database: Database) -> list[str]:
    """Return the ids of the jobs that were taken from dead workers and given back, stopped or lost."""
    with database.translated():
        rows = database.connection.execute(
            "select distinct worker from job where status = 'started'"
        ).fetchall()
    recovered: list[str] = []
    for (worker,) in rows:
        if database.workers.is_dead(worker):
            if worker:  # first, so that the next run does not meet what the last has left
                for pid in kill_orphans(worker, database.folder):
                    _LOG.warning("event=orphan_killed pid=%d of=%s", pid, worker)
            recovered += _recover_from(database, worker)
    return recovered


def _recover_from(database: Database, worker: str | None) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute(
            "select id, recoveries, stop_grace_s from job where status = 'started' "
            "and coalesce(worker, '') = coalesce(?, '') /* for update */",
            (worker,),
        ).fetchall()
        for job_id, recoveries, stop_grace_s in rows:
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
                (status, reason, error, ended_at, job_id, worker),
            )
            if ended_at is not None:
                settle(connection, [(job_id, False)])
            _LOG.warning("job=%s event=recovered from=%s status=%s", job_id, worker, status)
    return [row[0] for row in rows]
