"""Old jobs leave the table, in short transactions, and their files with them."""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from drawscape.queue import clock
from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.status import SQL_ENDED, SQL_OPEN
from drawscape.queue.table.keep import DAY_S, KEEP, Keep
from drawscape.queue.table.slices import in_slices
from drawscape.queue.worker.job_log import log_path

_LOOKED_UP = 2000  # jobs that are looked up at once, outside of the transactions that remove them
_BATCHES_AT_ONCE, _PAGES_AT_ONCE = 50, 64  # a millisecond or less

_OLD = {
    "at their own time": "expires_at is not null and expires_at <= :now",
    "finished": "ended_at <= :finished and status = 'finished' and expires_at is null",
    "others": f"ended_at <= :others and status in {SQL_ENDED} and expires_at is null",
    "too many": f"ended_at <= :spared and status in {SQL_ENDED}",
}

# What a job that has not ended depends on stays: it may be queued again, and its result be asked for.
_MAY_GO = f"""status in {SQL_ENDED} and not exists (
    select 1 from job_dependency join job as needing on needing.id = job_dependency.job_id
    where depends_on = job.id and needing.status in {SQL_OPEN})
"""
_DELETE = f"delete from job where seq = ? and {_MAY_GO}"

# From where the last look ended, so that none looks again at the many that stay.
_EXPIRED = f"""
select seq, id, {{column}} from job where {{old}} and {{column}} >= :after and {_MAY_GO}
order by {{column}} limit :limit
"""


def prune(database: Database, keep: Keep = KEEP, *, now: float | None = None) -> int:
    """Return how many ended jobs were removed: past their time, or beyond the number kept.

    Their logs and previews go with them. `now` is in seconds since 1970, by default the present as it would
    be if nobody had set the clock since the machine was started.
    """
    now = _steady_now(database) if now is None else now
    limits = {
        "now": now,
        "finished": now - keep.finished_s,
        "others": now - keep.others_s,
        "spared": now - keep.spared_s,
    }
    # A prune that a power loss undoes harms nothing: the rows come back whole, and the next one takes them.
    with database.relaxed() as relaxed:
        pruning = _Pruning(relaxed, database.folder, limits)
        removed = sum(
            pruning.remove(old, _beyond(relaxed, keep.count) if name == "too many" else sys.maxsize)
            for name, old in _OLD.items()
        )
        if removed:
            _remove_empty_batches(relaxed)
            _shrink(relaxed)
    return removed


class _Pruning:
    """One prune: the limits of age, and the jobs that have files, looked up once."""

    def __init__(self, database: Database, folder: Path, limits: Mapping[str, float]) -> None:
        self._database = database
        self._folder = folder
        self._limits = limits
        self._with_files = _ids_with_files(folder)

    def remove(self, old: str, most: int) -> int:
        """Return how many jobs were removed of those that `old` selects, the oldest first."""
        column = "expires_at" if old.startswith("expires_at") else "ended_at"
        statement = _EXPIRED.format(old=old, column=column)
        values = {key: value for key, value in self._limits.items() if f":{key}" in old}
        removed, after = 0, 0.0
        while removed < most:
            limit = min(_LOOKED_UP, most - removed)
            with self._database.translated():  # outside of the transactions, which stay short
                expired = self._database.connection.execute(
                    statement, {**values, "after": after, "limit": limit}
                ).fetchall()
            if not expired:
                break
            gone = self._delete_all([(seq, job_id) for seq, job_id, _ in expired])
            remove_files(self._folder, [job_id for job_id in gone if job_id in self._with_files])
            removed += len(gone)
            if not gone or len(expired) < limit:
                break
            after = expired[-1][2]
        return removed

    def _delete_all(self, expired: Sequence[tuple[int, str]]) -> list[str]:
        """Return the ids of those that are gone, and neither queued again nor needed meanwhile."""
        gone: list[str] = []
        left = iter(expired)

        def step(connection: Connection) -> bool:
            found = next(left, None)
            if found is not None and connection.execute(_DELETE, found[:1]).rowcount:
                gone.append(found[1])
            return found is not None

        in_slices(self._database, step)
        return gone


def _remove_empty_batches(database: Database) -> None:
    empty = "not exists (select 1 from job where batch = job_batch.id)"
    with database.translated():
        left = database.connection.execute(f"select id from job_batch where {empty}").fetchall()
    if not left:
        return

    def step(connection: Connection) -> bool:
        chosen = [left.pop() for _ in left[:_BATCHES_AT_ONCE]]
        connection.executemany(f"delete from job_batch where id = ? and {empty}", chosen)
        return bool(left)

    in_slices(database, step)


def _beyond(database: Database, count: int) -> int:
    with database.translated():
        ended = database.connection.execute("select sum(count) from job_count").fetchone()[0]
    return max(0, (ended or 0) - count)


def _steady_now(database: Database) -> float:
    """Return the present by the first look of this boot and the clock that nobody sets since.

    A clock that is set a month ahead would else remove what is young.
    """
    boot, wall_s, steady_s = clock.boot_id(), clock.now(), clock.boot_s()
    if boot is None:
        return wall_s
    with database.transaction() as connection:
        row = connection.execute("select value from job_note where name = 'clock'").fetchone()
        known = json.loads(row[0]) if row else {}
        if known.get("boot") != boot:
            known = {"boot": boot, "offset_s": wall_s - steady_s}
            connection.execute(
                "insert into job_note (name, value) values ('clock', ?) "
                "on conflict (name) do update set value = excluded.value",
                (json.dumps(known),),
            )
    # What has drifted by less was set right by a time server.
    steady_now = float(known["offset_s"]) + steady_s
    return wall_s if abs(wall_s - steady_now) < DAY_S / 24 else min(wall_s, steady_now)


def _shrink(database: Database) -> None:
    """Give unused pages back to the disk, a few at a time."""
    left = -1

    def step(_connection: Connection) -> bool:
        nonlocal left
        before, left = left, database.shrink(_PAGES_AT_ONCE)
        return left not in (0, before)

    in_slices(database, step)


def _ids_with_files(folder: Path) -> set[str]:
    """Return the ids of all jobs that have logs or previews, or halves of them, and some that no job has."""
    found: set[str] = set()
    for kind in ("logs", "previews"):
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(folder / kind):
                found |= {name.removesuffix(".log"), name.removesuffix(".svg"), name[1:]}
    return found


def remove_files(folder: Path, job_ids: Iterable[str]) -> None:
    """Remove the logs and the previews of jobs, if there are any, and halves of them."""
    for job_id in job_ids:
        for path in (
            log_path(folder / "logs", job_id),
            f"{folder}/logs/.{job_id}",
            f"{folder}/previews/{job_id}.svg",
            f"{folder}/previews/.{job_id}",
        ):
            with contextlib.suppress(OSError):
                os.unlink(path)
