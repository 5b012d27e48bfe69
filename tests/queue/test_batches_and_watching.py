"""Walking through a large batch, hearing of a preview, and the queue's numbers for a scraper."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from drawscape.job_manager import Batch, Job, default_queue, delete_job, enqueue_many
from drawscape.queue.connection import NORMAL, Database
from drawscape.queue.controlling import cancel

LARGE, LARGER = 100, 200


def overtaking(jobs: list[Job]) -> list[Job]:
    """As eight slots may end them: each but the first, which is slow, a few places from its turn."""
    dice = random.Random(0)
    places = {job: place + dice.uniform(0, 8) for place, job in enumerate(jobs)}
    return [*sorted(jobs[1:], key=places.__getitem__), jobs[0]]


ORDERS = {
    "rising": list,
    "falling": lambda jobs: jobs[::-1],
    "overtaking": overtaking,
}


def walk(batch: Batch, order: Callable[[list[Job]], list[Job]]) -> tuple[list[Job], int]:
    """Return a walk in which each look finds one more job ended, in that order, and what it took.

    That is in hundreds of SQLite's own steps, on the walker's connection alone.
    """
    ends = iter(order(batch.jobs))
    other = Database(default_queue().database.path, synchronous=NORMAL)

    def end_next() -> None:
        cancel(other, other.path.parent / "workers", next(ends).id)

    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    end_next()
    seen: list[Job] = []
    default_queue().database.connection.set_progress_handler(count, 100)
    for job in batch.as_completed(timeout=30):
        seen.append(job)
        if len(seen) < len(batch):
            end_next()
    default_queue().database.connection.set_progress_handler(None, 0)
    other.close()
    return seen, steps


@pytest.mark.parametrize("order", ORDERS)
def test_the_walk_through_a_batch_takes_time_in_proportion_to_its_length(home: Path, order: str):
    batches = [enqueue_many("sampletasks.nothing", [{}] * size) for size in (LARGE, LARGER)]
    wanted = [ORDERS[order](batch.jobs) for batch in batches]
    walks = [walk(batch, ORDERS[order]) for batch in batches]
    assert [seen for seen, _ in walks] == wanted
    (_, few), (_, many) = walks
    assert many < 2.5 * few


def test_a_walk_passes_over_many_jobs_that_end_late_or_were_removed(home: Path):
    batch = enqueue_many("sampletasks.nothing", [{}] * 400)
    jobs = batch.jobs
    for job in jobs[::2]:
        job.cancel()
    for job in jobs[::4]:
        delete_job(job.id)
    seen = []
    for job in batch.as_completed(timeout=30):
        seen.append(job)
        if len(seen) == 100:
            batch.cancel()
    assert seen[:100] == jobs[2::4]
    assert seen[100:] == jobs[1::2]
