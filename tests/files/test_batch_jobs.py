"""Batches and conversions as jobs of real workers, and what is left when those are killed."""

import json
import os
import signal
from pathlib import Path

import pytest
from support import wait_until

from drawscape.job_manager import enqueue_background_job, get_job, list_jobs

FILES = ["file1.csv", "file2.csv", "file3.csv"]


def enqueue_batch(files, operation="convert_to_json", **options):
    return enqueue_background_job(
        "workers.file_tasks.process_batch",
        file_list=files,
        operation=operation,
        job_timeout="20m",
        **options,
    )


def large_file(folder, name, rows):
    """A CSV file that takes a while; its last row is (rows - 1)."""
    with (folder / name).open("w") as stream:
        stream.write("id,name,price\n")
        stream.writelines(f"{n},name {n % 997},{n / 8}\n" for n in range(rows))
    return name


def half_written(home):
    return list((home / "output").rglob(".*.part"))


@pytest.mark.slow
def test_more_batches_than_slots_all_end_each_in_its_own_job(home, worker):
    jobs = [enqueue_batch([*FILES, "none.csv"], output_folder=f"batch{n}") for n in range(5)]
    worker(2)
    for job in jobs:
        assert [r["status"] for r in job.wait(120)] == ["done", "done", "done", "failed"]
    assert {job.id for job in list_jobs(limit=None)} == {job.id for job in jobs}


@pytest.mark.slow
def test_a_worker_killed_in_a_conversion_leaves_no_half_file(home, worker):
    large_file(home, "large.csv", 200_000)
    process = worker(1)
    job = enqueue_background_job("workers.data_tasks.process_file", "large.csv", "json")
    wait_until(lambda: half_written(home))
    os.kill(process.pid, signal.SIGKILL)
    made = home / "output" / "data" / "large.json"
    assert not made.exists() or json.loads(made.read_text())  # whole or absent
    wait_until(lambda: not process.alive)
    worker(1)
    path = Path(get_job(job.id).wait(120))
    records = json.loads(path.read_text())
    assert len(records) == 200_000
    assert records[-1] == {"id": 199_999, "name": f"name {199_999 % 997}", "price": 24999.875}
    assert half_written(home) == []


@pytest.mark.nightly
def test_a_worker_killed_in_a_batch_loses_no_file_and_repeats_none(home, worker):
    files = [large_file(home, f"large{n}.csv", 100_000) for n in range(6)]
    folder = home / "output" / "data"
    process = worker(2)
    job = enqueue_batch(files)
    # It is noted afterwards: of two that are written one is noted.
    wait_until(lambda: len(list(folder.glob("*.json"))) >= 2)
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not process.alive)
    whole = {path: path.stat().st_mtime_ns for path in folder.glob("*.json")}
    for path in whole:
        assert len(json.loads(path.read_text())) == 100_000
    worker(2)
    reports = get_job(job.id).wait(120)
    assert {r["status"] for r in reports} <= {"done", "skipped"}
    assert len(list(folder.glob("*.json"))) == 6
    skipped = [Path(r["output"]) for r in reports if r["status"] == "skipped"]
    assert skipped
    assert all(
        path.stat().st_mtime_ns == whole.get(path, path.stat().st_mtime_ns) for path in skipped
    )
    assert half_written(home) == []
