"""Which workers are alive: each renews a row, and is dead when that is older than its lease.

A worker is dead once its row is deleted: the first who finds it too old by the server's clock does that. A
renewal that comes first keeps it, one that comes later finds no row: then others may have the worker's jobs.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import starmap
from typing import TYPE_CHECKING, Any

import psycopg

from drawscape import clock
from drawscape.errors import QueueError
from drawscape.queue.engines.engine import Renewal, WorkerInfo

if TYPE_CHECKING:
    from drawscape.queue.engines.postgres import PostgresEngine

_RENEWALS = 12
"""A lease is renewed so often: one of 60 s every 5 s."""

_SOON_S = 0.2
_NOW = "extract(epoch from clock_timestamp())::float8"

# A server whose log is behind where it was has forgotten something: it is a restored copy, or a follower.
# Jobs may run that wait by its tables. So nobody claims until all who
# run one have heard of it, or have ended.
_CLAIMS_FROM = f"""
case when pg_current_wal_flush_lsn() < $2::pg_lsn then {_NOW} + $3 * 2 / 3 else claims_from end
"""
# The job may have ended, or be another's, when its worker was cut off: so its own are listed.
_RENEW = f"""
update job_worker set renewed_at = {_NOW}, server_at = pg_postmaster_start_time(),
    claims_from = {_CLAIMS_FROM}
where id = $1 returning renewed_at, pg_current_wal_flush_lsn()::text,
    array(select id from job where status = 'started' and worker = $1),
    array(select token from job where status = 'started' and worker = $1)
"""
_ANNOUNCE = f"""
insert into job_worker (id, host, pid, slots, queue, lanes, version, started_at, renewed_at, lease_s,
    server_at, claims_from)
select $1, $4, $5, $6, $7, $8, $9, {_NOW}, {_NOW}, $3, pg_postmaster_start_time(),
    {_CLAIMS_FROM.replace("claims_from", "0")}
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


class Leases:
    """The workers of one queue's database; the methods are those of Locks."""

    def __init__(self, engine: "PostgresEngine", lease_s: float) -> None:
        self._engine = engine
        self._lease_s = lease_s

    def announce(self, info: WorkerInfo, on_renewal: Callable[[Renewal], None]) -> None:
        host = info.host or socket.gethostname()
        values = (host, info.pid, info.slots, info.queue, " ".join(info.lanes), info.version)
        began, worker = time.monotonic(), info.id
        lease = _Lease(worker, values, self._lease_s, on_renewal)
        self._engine.notices.keep(worker, lease.beat)
        while not lease.is_held.wait(_SOON_S):
            if time.monotonic() - began > self._lease_s:
                raise QueueError(f"{self._engine.label}: no connection to announce a worker")

    def renew(self, worker: str) -> bool:
        return False

    def note_trouble(self, worker: str, trouble: str | None) -> None:
        self._engine.write(
            "update job_worker set trouble = :trouble where id = :id",
            trouble=trouble and trouble[:500],
            id=worker,
        )

    def retire(self, worker: str) -> None:
        self._engine.notices.drop(worker)
        try:
            with self._engine.short_timeout():
                self._engine.write("delete from job_worker where id = :id", id=worker)
        except QueueError as error:  # its lease ends by itself
            _LOG.warning("worker=%s event=not_retired error=%r", worker, str(error))

    def forget_dead(self) -> None:
        self._engine.write(_BURY)

    def is_alive(self, worker: str | None) -> bool:
        return worker is not None and bool(self._signs_of(worker)[1])

    def is_dead(self, worker: str | None) -> bool:
        self.forget_dead()
        return worker is None or not self._signs_of(worker)[0]

    def _signs_of(self, worker: str) -> tuple[bool, bool]:
        """Return whether the worker's row is there, and whether its lease holds."""
        there, holds = self._engine.read(_SIGNS, id=worker)[0]
        return bool(there), bool(holds)

    def await_sign(self, worker: str | None) -> bool:
        return self.is_alive(worker)

    def living(self) -> list[WorkerInfo]:
        rows = self._engine.read(_LIVING)
        return [
            replace(one, lanes=tuple(str(one.lanes).split())) for one in starmap(WorkerInfo, rows)
        ]


class _Lease:
    """The lease of one worker of this process."""

    def __init__(
        self,
        worker: str,
        values: tuple[Any, ...],
        lease_s: float,
        on_renewal: Callable[[Renewal], None],
    ) -> None:
        self._worker = worker
        self._values = values
        self._log_position = "0/0"
        self._lease_s = lease_s
        self._on_renewal = on_renewal
        self.is_held = threading.Event()

    @property
    def _key(self) -> tuple[str, str, float]:
        return self._worker, self._log_position, self._lease_s

    def beat(self, connection: psycopg.Connection[Any]) -> float:
        """Renew it; return in how many seconds it is due again."""
        asked_at, asked_boot_s = time.time(), clock.boot_s()
        cursor = psycopg.RawCursor(connection)
        row = cursor.execute(_RENEW, self._key).fetchone()
        if row is None:
            return self._announce(connection)
        clock.set_by_server(row[0], asked_at)
        self._log_position = row[1]
        self._on_renewal(Renewal(asked_boot_s, frozenset(zip(row[2], row[3], strict=True))))
        return self._lease_s / _RENEWALS

    def _announce(self, connection: psycopg.Connection[Any]) -> float:
        """Announce the worker, again once others have taken what it ran when its lease had ended."""
        if self.is_held.is_set():
            _LOG.error("worker=%s event=lease_lost", self._worker)
            self._on_renewal(Renewal(clock.boot_s(), frozenset(), is_lost=True))
        cursor = psycopg.RawCursor(connection)
        asked_boot_s = clock.boot_s()
        if not cursor.execute(_ANNOUNCE, (*self._key, *self._values)).rowcount:
            return _SOON_S
        self._on_renewal(Renewal(asked_boot_s, frozenset()))
        self.is_held.set()
        return self._lease_s / _RENEWALS
