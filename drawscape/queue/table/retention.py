"""Old jobs leave the table, in small bites, and their files with them."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from drawscape.queue.engines.engine import Database
from drawscape.queue.worker.job_log import log_path

DAY_S = 86_400.0
_BITE = 500  # rows a transaction: a claim never waits for more than a few milliseconds

_DOOMED = """
select seq, id from job where status in ('finished', 'failed', 'stopped', 'canceled') and (
    (expires_at is not null and expires_at <= :now)
    or (expires_at is null and ended_at <= case status when 'finished' then :finished else :others end)
    or (seq <= :oldest and ended_at <= :spared)
) and seq > :after order by seq limit :bite
"""


_DELETE = (
    "delete from job where seq = ? and status in ('finished', 'failed', 'stopped', 'canceled')"
)


@dataclass(frozen=True)
class Keep:
    """How long ended jobs stay, in seconds, and how many at most.

    A year of a thousand jobs a day with these stays near 100,000 rows, tens of megabytes. The limit of
    `count` spares jobs that ended in the last `spared_s`: a large batch does not eat its own results.
    """

    finished_s: float = 30 * DAY_S
    others_s: float = 365 * DAY_S
    count: int = 100_000
    spared_s: float = 7 * DAY_S


KEEP = Keep()
"""What is kept when nobody says otherwise."""


def prune(database: Database, folder: Path, keep: Keep = KEEP, *, now: float | None = None) -> int:
    """Return how many ended jobs were removed: past their time, or beyond the number kept.

    `folder` holds the logs and previews that go with them; `now` is in seconds since 1970, by default the
    present. A job that something waits for stays.
    """
    now = time.time() if now is None else now
    with database.translated():
        row = database.connection.execute(
            "select seq from job where status in ('finished', 'failed', 'stopped', 'canceled') "
            "order by seq desc limit 1 offset ?",
            (keep.count,),
        ).fetchone()
    values = {
        "now": now,
        "finished": now - keep.finished_s,
        "others": now - keep.others_s,
        "oldest": row[0] if row else -1,
        "spared": now - keep.spared_s,
        "bite": _BITE,
        "after": -1,
    }
    removed = 0
    while True:
        with database.translated():  # looked up outside of the transaction, which stays short
            doomed = database.connection.execute(_DOOMED, values).fetchall()
        with database.transaction() as connection:
            connection.executemany(_DELETE, [(seq,) for seq, _ in doomed])
        for _, job_id in doomed:
            remove_files(folder, job_id)
        removed += len(doomed)
        if len(doomed) < _BITE:
            break
        values["after"] = doomed[-1][0]
    if removed:
        with database.transaction() as connection:
            connection.execute(
                "delete from job_batch where not exists (select 1 from job where batch = job_batch.id)"
            )
        database.shrink(2000)
    return removed


def remove_files(folder: Path, job_id: str) -> None:
    """Remove the log and the preview of a job, if there are any, and half a preview."""
    for path in (
        log_path(folder / "logs", job_id),
        f"{folder}/previews/{job_id}.svg",
        f"{folder}/previews/.{job_id}",
    ):
        with contextlib.suppress(OSError):
            os.unlink(path)
