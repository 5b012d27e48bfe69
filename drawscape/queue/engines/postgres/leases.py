"""Which workers are alive: each renews a row, and is dead when that is older than its lease.

A worker is dead once its row is deleted, by whoever finds it too old by the server's clock. A renewal that
comes first keeps it, one that comes later finds no row: then others may have the worker's jobs.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import starmap
from typing import TYPE_CHECKING, Any

import psycopg

from drawscape import __version__
from drawscape.errors import QueueError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Renewal

if TYPE_CHECKING:
    from drawscape.queue.engines.postgres.engine import PostgresEngine

_RENEWALS = 12
"""A lease is renewed so often: one of 60 s every 5 s."""

_SOON_S = 0.2
_NOW = "extract(epoch from clock_timestamp())::float8"

# The job may have ended, or be another's, when its worker was cut off: so its own are listed.
_RENEW = f"""
update job_worker set renewed_at = {_NOW} where id = $1 returning renewed_at,
    array(select id from job where status = 'started' and worker = $1),
    array(select token from job where status = 'started' and worker = $1)
"""
_ANNOUNCE = f"""
insert into job_worker (id, host, pid, slots, queue, lanes, version, started_at, renewed_at, lease_s)
select $1, $2, $3, $4, $5, $6, $7, {_NOW}, {_NOW}, $8
where not exists (select 1 from job where status = 'started' and worker = $1)
on conflict (id) do nothing
"""
_LIVING = f"""
select id, pid, slots, queue, started_at, host, lanes, version, renewed_at, trouble from job_worker
where renewed_at + lease_s > {_NOW} order by started_at
"""
_BURY = f"delete from job_worker where renewed_at + lease_s <= {_NOW}"
_SIGNS = f"""
select exists (select 1 from job_worker where id = :id),
    exists (select 1 from job_worker where id = :id and renewed_at + lease_s > {_NOW})
"""

_LOG = logging.getLogger("huey.drawscape")


@dataclass(frozen=True)
class WorkerInfo:
    """A worker as it shows itself to all machines; times in seconds since 1970 by the server's clock."""

    id: str
    pid: int
    slots: int
    queue: str
    started_at: float
    host: str
    lanes: tuple[str, ...]
    version: str
    renewed_at: float
    trouble: str | None = None


class Leases:
    """The workers of one queue's database."""

    def __init__(self, engine: "PostgresEngine", lease_s: float) -> None:
        self._engine = engine
        self.lease_s: float | None = lease_s
        self._lease_s = lease_s

    def announce(
        self,
        worker: str,
        *,
        queue: str,
        lanes: tuple[str, ...],
        slots: int,
        temporary: str,
        on_renewal: Callable[[Renewal], None],
    ) -> None:
        """Show that a worker is alive, and renew that until it retires; `on_renewal` hears of each."""
        host, pid = socket.gethostname(), os.getpid()
        values = (worker, host, pid, slots, queue, " ".join(lanes), __version__, self._lease_s)
        began, lease = time.monotonic(), _Lease(values, self._lease_s, on_renewal)
        self._engine.notices.keep(worker, lease.beat)
        while not lease.is_held.wait(_SOON_S):
            if time.monotonic() - began > self._lease_s:
                raise QueueError(f"{self._engine.label}: no connection to announce a worker")

    def note_trouble(self, worker: str, trouble: str | None) -> None:
        """Show why `worker` runs nothing; None: it does."""
        self._engine.alone(
            "update job_worker set trouble = :trouble where id = :id",
            {"trouble": trouble and trouble[:500], "id": worker},
        )

    def retire(self, worker: str) -> None:
        """Let `worker` be gone."""
        self._engine.notices.drop(worker)
        try:
            with self._engine.hurried():
                self._engine.alone("delete from job_worker where id = :id", {"id": worker})
        except QueueError as error:  # its lease ends by itself
            _LOG.warning("worker=%s event=not_retired error=%r", worker, str(error))

    def forget_dead(self) -> None:
        """Delete the rows of those whose lease has ended: their jobs are free."""
        self._engine.alone(_BURY)

    def is_alive(self, worker: str | None) -> bool:
        """Return whether the lease of the worker holds."""
        return worker is not None and bool(self._signs_of(worker)[1])

    def is_dead(self, worker: str | None) -> bool:
        """Return whether others may have the jobs of the worker."""
        self.forget_dead()
        return worker is None or not self._signs_of(worker)[0]

    def _signs_of(self, worker: str) -> tuple[bool, bool]:
        """Return whether the worker's row is there, and whether its lease holds."""
        there, holds = self._engine.alone(_SIGNS, {"id": worker}).fetchone()
        return bool(there), bool(holds)

    def renew(self, worker: str) -> bool:
        """Return False: the lease renews itself."""
        return False

    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives; that of one which is silent is not waited for."""
        return self.is_alive(worker)

    def living(self) -> list[WorkerInfo]:
        """Return the workers that are alive, oldest first."""
        rows = self._engine.alone(_LIVING).fetchall()
        return [
            replace(one, lanes=tuple(str(one.lanes).split())) for one in starmap(WorkerInfo, rows)
        ]


class _Lease:
    """The lease of one worker of this process."""

    def __init__(
        self, values: tuple[Any, ...], lease_s: float, on_renewal: Callable[[Renewal], None]
    ) -> None:
        self._worker = values[0]
        self._values = values
        self._lease_s = lease_s
        self._on_renewal = on_renewal
        self.is_held = threading.Event()

    def beat(self, connection: psycopg.Connection[Any]) -> float:
        """Renew it; return in how many seconds it is due again."""
        asked_at, asked_boot_s = time.time(), clock.boot_s()
        cursor = psycopg.RawCursor(connection)
        row = cursor.execute(_RENEW, (self._worker,)).fetchone()
        if row is None:
            return self._announce(connection)
        clock.set_by_server(row[0], asked_at)
        self._on_renewal(Renewal(asked_boot_s, frozenset(zip(row[1], row[2], strict=True))))
        return self._lease_s / _RENEWALS

    def _announce(self, connection: psycopg.Connection[Any]) -> float:
        """Announce the worker, again once others have taken what it ran when its lease had ended."""
        if self.is_held.is_set():
            _LOG.error("worker=%s event=lease_lost", self._worker)
            self._on_renewal(Renewal(clock.boot_s(), frozenset(), is_lost=True))
        cursor = psycopg.RawCursor(connection)
        asked_boot_s = clock.boot_s()
        if not cursor.execute(_ANNOUNCE, self._values).rowcount:
            return _SOON_S
        self._on_renewal(Renewal(asked_boot_s, frozenset()))
        self.is_held.set()
        return self._lease_s / _RENEWALS
