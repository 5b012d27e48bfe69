"""Which workers are alive: each holds an advisory lock of the server by the connection of its notices.

The lock goes with the connection, so a worker is dead only when it is seen without its lock twice, about
a second apart: one whose connection was ended takes it again within that time. All locks go with a restart
of the server; for some seconds after one nobody is taken for dead.
"""

import time
import zlib
from dataclasses import dataclass
from uuid import UUID

CONFIRM_S = 0.9
"""Less than the second between two looks of a worker: else a third one would be needed at times."""

FORGET_S = 5.0
"""A look that is older than this says nothing of what was in between."""

RESTART_S = 10.0
"""So long workers have to come back after a restart of the server."""

LIVING = """
select id, pid, slots, queue, started_at, trouble, host from job_worker where exists (
    select 1 from pg_locks where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and ((classid::bigint << 32) | objid::bigint) = job_worker.lock)
order by started_at
"""
FORGET = """
delete from job_worker where started_at < extract(epoch from clock_timestamp())::float8 - 60
and not exists (select 1 from job where status = 'started' and worker = job_worker.id)
and not exists (
    select 1 from pg_locks where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and ((classid::bigint << 32) | objid::bigint) = job_worker.lock)
"""
UPTIME = "select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8"

ANNOUNCE = """
insert into job_worker (id, lock, host, pid, slots, queue, started_at, trouble)
values ($1, $2, $3, $4, $5, $6, extract(epoch from clock_timestamp())::float8, null)
on conflict (id) do nothing
"""


@dataclass(frozen=True)
class WorkerInfo:
    """A worker as it shows itself to all machines; `started_at` in seconds since 1970."""

    id: str
    pid: int
    slots: int
    queue: str
    started_at: float
    trouble: str | None
    host: str


def lock_of(worker: str) -> int:
    """Return the number of a worker's lock, as Postgres' bigint.

    >>> lock_of("00000000-0000-7000-8000-00000000002a")
    -9223372036854775766
    """
    try:
        number = UUID(worker).int & (2**64 - 1)
    except ValueError:
        number = zlib.crc32(worker.encode())
    return number - 2**64 if number >= 2**63 else number


class Missing:
    """Workers that were seen without their lock: since when, and when last, in monotonic seconds."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, float]] = {}

    def is_confirmed(self, worker: str) -> bool:
        """Note that `worker` has no lock now; return whether that was so long enough to be certain."""
        now = time.monotonic()
        since, last = self._seen.get(worker, (now, now))
        if now - last > FORGET_S:
            since = now
        self._seen[worker] = since, now
        return now - since >= CONFIRM_S

    def forget(self, worker: str) -> None:
        """Note that `worker` has its lock."""
        self._seen.pop(worker, None)
