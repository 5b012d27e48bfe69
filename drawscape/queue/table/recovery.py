"""Jobs of dead workers go back to the queue; one that dies with a fourth worker is given up as lost."""

import logging
import time
from collections.abc import Collection, Sequence
from typing import Protocol

from drawscape.queue import clock
from drawscape.queue.engines.engine import Database
from drawscape.queue.table.dependencies import settle
from drawscape.queue.worker.orphans import kill_orphans

MAX_RECOVERIES = 3
"""A job may be in the hands of three workers that die; the fourth time it is taken for the killer."""

_CONFIRM_S = 1.0
"""A job may be on its way from what a slot holds to what it runs."""

_LOG = logging.getLogger("huey.drawscape")

_LOST = (
    f"its worker died while it ran, {MAX_RECOVERIES + 1} times in a row; "
    "it may be what kills them. Retry it when the cause is known"
)


class Holder(Protocol):
    """A slot of this worker."""

    @property
    def claims(self) -> int:
        """How often it has begun or ended to claim: odd while it waits for the answer."""

    @property
    def begun(self) -> Collection[tuple[int, int]]:
        """Number and token of jobs that it has begun, and could not give back."""

    def holds(self) -> Collection[tuple[int, int]]:
        """Return number and token of the jobs that it has run, runs and is about to run."""


class Unknown:
    """Claims of this worker that no slot of it knows of: the server's answer was lost on the way."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], tuple[float, list[int]]] = {}

    def give_back(self, database: Database, worker: str, slots: Sequence[Holder]) -> list[str]:
        """Return the ids of the jobs that went back to the queue.

        That is `_CONFIRM_S` after they were first seen, and when each slot has got the answer that it
        waited for then: it may have been the claim of this job, and late.
        """
        answered = [slot.claims for slot in slots]  # first: who has an answer holds what it got
        known = {job for slot in slots for job in slot.holds()}
        with database.translated():
            rows = database.connection.execute(
                "select seq, token from job where status = 'started' and worker = ?", (worker,)
            ).fetchall()
        now = time.monotonic()
        seen = now, [slot.claims for slot in slots]
        jobs = [(int(seq), int(token)) for seq, token in rows]
        self._seen = {job: self._seen.get(job, seen) for job in jobs if job not in known}
        begun = {job for slot in slots for job in slot.begun}
        ids = []
        for job, (since, waiting) in self._seen.items():
            may_come = any(
                before % 2 and before == after
                for before, after in zip(waiting, answered, strict=False)
            )
            if now - since >= _CONFIRM_S and not may_come:
                ids += _give_back_unknown(database, *job, has_begun=job in begun)
        return ids


def _give_back_unknown(database: Database, seq: int, token: int, *, has_begun: bool) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute(
            "update job set status = 'queued', worker = null, pid = null, started_at = null, "
            "attempts = attempts - ? where seq = ? and token = ? and status = 'started' returning id",
            (0 if has_begun else 1, seq, token),
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
