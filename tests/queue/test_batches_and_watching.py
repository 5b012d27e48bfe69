"""Walking through a large batch, hearing of a preview, and the queue's numbers for a scraper."""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support import wait_until

from drawscape.job_manager import (
    Batch,
    Job,
    default_queue,
    delete_job,
    enqueue_background_job,
    enqueue_many,
    queue_statistics,
    watch,
)
from drawscape.queue.engines.sqlite.connection import NORMAL, Database
from drawscape.queue.table.control import cancel

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
        cancel(other, next(ends).id)

    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    end_next()
    seen: list[Job] = []
    default_queue().database.connection.set_progress_handler(count, 100)
    for job in batch.as_completed(timeout=60):
        seen.append(job)
        if len(seen) < len(batch):
            end_next()
    default_queue().database.connection.set_progress_handler(None, 0)
    other.close()
    return seen, steps


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.slow
def test_the_walk_through_a_batch_takes_time_in_proportion_to_its_length(home: Path, order: str):
    batches = [enqueue_many("sampletasks.nothing", [{}] * size) for size in (LARGE, LARGER)]
    wanted = [ORDERS[order](batch.jobs) for batch in batches]
    walks = [walk(batch, ORDERS[order]) for batch in batches]
    assert [seen for seen, _ in walks] == wanted
    (_, few), (_, many) = walks
    assert many < 2.5 * few


@pytest.mark.both_engines
def test_a_walk_passes_over_many_jobs_that_end_late_or_were_removed(home: Path):
    batch = enqueue_many("sampletasks.nothing", [{}] * 400)
    jobs = batch.jobs
    for job in jobs[::2]:
        job.cancel()
    for job in jobs[::4]:
        delete_job(job.id)
    seen = []
    for job in batch.as_completed(timeout=60):
        seen.append(job)
        if len(seen) == 100:
            batch.cancel()
    assert seen[:100] == jobs[2::4]
    assert seen[100:] == jobs[1::2]


def draw_on(gate: str) -> None:
    """Show one picture, and another once the file `gate` is there, without a word of progress."""
    import time
    from pathlib import Path

    from drawscape.job_manager import current_job

    current_job().progress(0.5, "drawing", preview="<svg>one</svg>")
    while not Path(gate).exists():
        time.sleep(0.01)
    current_job().progress(0.5, "drawing", preview="<svg>two</svg>")
    while Path(gate).exists():
        time.sleep(0.01)


@pytest.mark.both_engines
def test_a_watcher_hears_of_a_preview_that_comes_without_progress(
    home: Path, start_consumer: Callable[..., object]
):
    start_consumer("-w", "1")
    gate = home / "gate"
    job = enqueue_background_job(draw_on, str(gate))
    seen: list[bytes | None] = []
    with watch(lambda changed: seen.append(changed.preview), [job.id]):
        wait_until(lambda: seen and seen[-1] == b"<svg>one</svg>")
        gate.touch()
        wait_until(lambda: seen[-1] == b"<svg>two</svg>")
        assert job.progress == 0.5
        assert job.status == "started"
        gate.unlink()
        job.wait(60)


def test_a_watcher_hears_of_two_previews_in_one_tick_of_the_clock(home: Path):
    job = enqueue_background_job("sampletasks.nothing")
    preview = home / ".drawscape" / "previews" / f"{job.id}.svg"
    preview.parent.mkdir()
    default_queue().database.connection.execute("update job set status = 'started'")

    def show(content: bytes) -> None:
        """As a child process does, and with the time that the kernel gives to each in the same tick."""
        half = preview.with_name(f".{job.id}")
        half.write_bytes(content)
        os.utime(half, (1, 1))
        half.replace(preview)
        os.utime(preview.parent, (1, 1))

    seen: list[bytes | None] = []
    show(b"0")
    with watch(lambda changed: seen.append(changed.preview), [job.id]):
        for number in range(20):
            show(b"%d" % number)
            wait_until(lambda number=number: seen and seen[-1] == b"%d" % number)


def samples(text: str) -> dict[tuple[str, str], float]:
    """Return what Prometheus' own parser reads, by name and by the value of the one label."""
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation for family in families)
    found = [sample for family in families for sample in family.samples]
    return {(sample.name, "".join(sample.labels.values())): sample.value for sample in found}


@pytest.mark.both_engines
def test_prometheus_reads_every_number_as_it_is(home: Path):
    enqueue_many("sampletasks.nothing", [{}] * 3)
    found = dataclasses.replace(
        queue_statistics(),
        file_bytes=12_345_678_901,
        wait_s={0.5: 1 / 3, 0.99: 0.000_012_3},
        run_s={0.5: 1_234_567.890_123},
    )
    read = samples(found.prometheus())
    assert read["drawscape_jobs", "queued"] == 3
    assert read["drawscape_file_bytes", ""] == 12_345_678_901
    assert read["drawscape_oldest_waiting_seconds", ""] == found.oldest_waiting_s
    assert read["drawscape_wait_seconds", "0.5"] == 1 / 3
    assert read["drawscape_wait_seconds", "0.99"] == 0.000_012_3
    assert read["drawscape_run_seconds", "0.5"] == 1_234_567.890_123


@pytest.mark.both_engines
def test_where_nothing_has_run_there_are_no_times_to_report(home: Path):
    found = queue_statistics()
    assert found.wait_s == found.run_s == {}
    names = {name for name, _ in samples(found.prometheus())}
    assert "drawscape_jobs" in names
    assert "drawscape_run_seconds" not in names
