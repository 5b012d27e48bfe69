"""Removal of old jobs, in short transactions, and a check that the rows of a queue agree."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from drawscape import clock
from drawscape.queue.changes import in_slices
from drawscape.queue.engines.engine import Engine, Transaction
from drawscape.queue.job_queue import Queue

DAY_S = 86_400.0

_SLICE_ROWS = 50  # jobs that one statement removes: some milliseconds


@dataclass(frozen=True)
class Keep:
    """How long ended jobs stay, in seconds, and how many at most.

    A thousand jobs a day for a year then stay near 100,000 rows, tens of megabytes. The limit of
    `count` spares jobs that ended in the last `spared_s`: a large batch does not push out its own results.

    >>> prune_jobs(Keep(finished_s=7 * 24 * 3600))
    0
    """

    finished_s: float = 30 * DAY_S
    others_s: float = 365 * DAY_S
    count: int = 100_000
    spared_s: float = 7 * DAY_S


KEEP = Keep()
"""What is kept by default."""


def prune(engine: Engine, keep: Keep) -> int:
    """Remove ended jobs that are too old or too many; return how many there were.

    Their logs and previews are removed, too. A clock that has jumped ahead is followed by a day each time.
    """
    now = _trusted_now(engine)
    limits = {
        "now": now,
        "finished": now - keep.finished_s,
        "others": now - keep.others_s,
        "until": now - min(keep.finished_s, keep.others_s),
        "spared": now - keep.spared_s,
    }
    removed = sum(
        _remove(engine, statement, limits, sys.maxsize)
        for statement in (engine.PRUNE_BY_TTL, engine.PRUNE_OLD)
    )
    surplus = engine.value(engine.ENDED_COUNT) - keep.count
    removed += _remove(engine, engine.PRUNE_SURPLUS, limits, surplus)
    with engine.transaction() as run:  # exclusive: nobody queues a job of a group being removed
        engine.drop_unused(run)
    return removed


def _remove(engine: Engine, statement: str, limits: Mapping[str, float], most: int) -> int:
    """Return how many jobs `statement` removed, the oldest first, at most `most`."""
    left, after = most, 0.0

    def step(run: Transaction) -> int:
        nonlocal left, after
        rows = run(statement, **limits, after=after, limit=min(_SLICE_ROWS, left))
        left -= len(rows)
        after = max((moment for (moment,) in rows), default=after)
        return len(rows)

    return in_slices(engine, _SLICE_ROWS, step) if most > 0 else 0


def _trusted_now(engine: Engine) -> float:
    """Return the present, but at most a day after the last pruning, or after the newest job.

    So a clock that is set a month ahead removes no young jobs.
    """
    with engine.transaction() as run:
        known = run(run.NOTED, name="pruned") or run(run.NEWEST)
        trusted = min([clock.now(), *(float(moment) + DAY_S for (moment,) in known)])
        run(run.NOTE, name="pruned", value=str(trusted))
    return trusted


def problems(queue: Queue) -> list[str]:
    """Return the faults of a queue, one sentence each."""
    engine = queue.database
    found = engine.damage()
    for what, count in engine.read(engine.BROKEN_RULES):
        if count:
            found.append(f"{count} job{'' if count == 1 else 's'}: {what}")
    return found
