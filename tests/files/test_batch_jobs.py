"""Batches and conversions as jobs of real workers, and what is left when those are killed."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from support import is_running, wait_until

from drawscape.job_manager import Job, enqueue_background_job, get_job, list_jobs

FILES = ["file1.csv", "file2.csv", "file3.csv"]


def enqueue_batch(files: list[str], operation: str = "convert_to_json", **options) -> Job:
    return enqueue_background_job(
        "workers.file_tasks.process_batch",
        file_list=files,
        operation=operation,
        job_timeout="20m",
        **options,
    )


def large_file(folder: Path, name: str, rows: int) -> str:
    """A CSV file that takes a while; its last row is (rows - 1)."""
    with (folder / name).open("w") as stream:
        stream.write("id,name,price\n")
        stream.writelines(f"{n},name {n % 997},{n / 8}\n" for n in range(rows))
    return name


def half_written(home: Path) -> list[Path]:
    return list((home / "output").rglob(".*.part"))


def small_files(folder: Path, count: int) -> list[str]:
    names = [f"small{n}.csv" for n in range(count)]
    for n, name in enumerate(names):
        (folder / name).write_text(f"a,b\n{n},x\n")
    return names


def pool_of(job: Job) -> list[psutil.Process]:
    """The processes of the job's pool, once there is one."""
    pid = get_job(job.id).refresh().pid
    try:
        return psutil.Process(pid).children(recursive=True) if pid else []
    except psutil.NoSuchProcess:
        return []


def wait_until_gone(processes: list[psutil.Process]) -> None:
    wait_until(lambda: not any(is_running(process.pid) for process in processes), 60)


@pytest.mark.slow
def test_few_files_are_done_by_the_job_itself(home: Path, worker) -> None:
    worker(1)
    job = enqueue_batch([*FILES, "none.csv"])
    reports = job.wait(60)
    assert [r["status"] for r in reports] == ["done", "done", "done", "failed"]
    assert list_jobs(limit=None) == [job]


@pytest.mark.slow
def test_many_files_share_the_processors_and_show_one_progress(home: Path, worker) -> None:
    files = [*small_files(home, 60), "none.csv"]
    worker(1)
    job = enqueue_batch(files)
    wait_until(lambda: len(pool_of(job)) > 1, 60)
    pool = pool_of(job)
    reports = job.wait(120)
    assert [r["file"] for r in reports] == files
    assert [r["status"] for r in reports] == [*["done"] * 60, "failed"]
    for n, report in enumerate(reports[:-1]):
        assert json.loads(Path(report["output"]).read_text()) == [{"a": n, "b": "x"}]
    assert (job.progress, job.message) == (1, "61 files")
    assert "60 done, 1 failed" in job.logs()
    wait_until_gone(pool)
    again = enqueue_batch(files).wait(60)
    assert [r["status"] for r in again] == [*["skipped"] * 60, "failed"]


@pytest.mark.slow
def test_a_file_that_kills_its_process_fails_alone(home: Path, worker) -> None:
    files = small_files(home, 30)
    large_file(home, "killer.csv", 400_000)
    files.insert(3, "killer.csv")
    worker(1)
    job = enqueue_batch(files)
    killed = set()
    while not job.ended:
        for part in (home / "output" / "data").glob(".killer.json.*.part"):
            pid = int(part.name.split("-")[1])  # whoever writes it
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        time.sleep(0.002)
    reports = {r["file"]: r for r in job.wait(1)}
    assert len(killed) == 2  # once among others, and once alone
    assert reports.pop("killer.csv")["error"].startswith("its process died")
    assert {r["status"] for r in reports.values()} == {"done"}


@pytest.mark.slow
def test_more_batches_than_slots_all_end(home: Path, worker) -> None:
    jobs = [enqueue_batch(FILES, output_folder=f"batch{n}") for n in range(5)]
    worker(2)
    for job in jobs:
        assert [r["status"] for r in job.wait(120)] == ["done"] * 3


@pytest.mark.slow
@pytest.mark.parametrize("end", ["stopped", "its process killed", "its worker killed"])
def test_the_pool_ends_with_its_job(home: Path, worker, end: str) -> None:
    files = [large_file(home, f"large{n}.csv", 400_000) for n in range(4)]
    process = worker(1)
    job = enqueue_batch(files)
    wait_until(lambda: len(pool_of(job)) > 1 and half_written(home), 60)
    pool = pool_of(job)
    if end == "stopped":
        job.cancel()
        wait_until(lambda: job.ended, 60)
        assert job.status == "stopped"
    elif end == "its process killed":
        os.kill(job.refresh().pid, signal.SIGKILL)
    else:
        os.kill(process.pid, signal.SIGKILL)
    wait_until_gone(pool)
    for made in (home / "output").rglob("large*.json"):
        assert len(json.loads(made.read_text())) == 400_000


@pytest.mark.slow
def test_a_batch_that_is_asked_to_stop_finishes_what_is_in_hand(home: Path, worker) -> None:
    files = [large_file(home, f"large{n}.csv", 40_000) for n in range(24)]
    worker(1)
    job = enqueue_batch(files)
    wait_until(lambda: list((home / "output" / "data").glob("large*.json")), 60)
    pool = pool_of(job)
    job.cancel(grace=120)
    wait_until(lambda: job.ended, 120)
    assert job.status == "stopped"
    wait_until_gone(pool)
    made = list((home / "output" / "data").glob("large*.json"))
    assert 0 < len(made) < 24
    assert half_written(home) == []
    reports = enqueue_batch(files).wait(120)
    # The request may come just between a file and its note: that one is done again.
    assert len(made) - 1 <= sum(r["status"] == "skipped" for r in reports) <= len(made)


@pytest.mark.slow
def test_a_file_s_job_of_version_0_2_ends_without_doing_it(home: Path, worker) -> None:
    worker(1)
    job = enqueue_background_job(
        "workers.file_tasks.process_one",
        file="file1.csv", target="data/file1.json", operation="convert_to_json",
        options={}, batch="b", place=0, parent="p",
    )  # fmt: skip
    assert job.wait(60)["status"] == "stopped"
    assert not (home / "output" / "data").exists()


@pytest.mark.slow
def test_a_worker_killed_in_a_conversion_leaves_no_half_file(home: Path, worker) -> None:
    large_file(home, "large.csv", 500_000)
    process = worker(1)
    job = enqueue_background_job("workers.data_tasks.process_file", "large.csv", "json")
    wait_until(lambda: half_written(home))
    os.kill(process.pid, signal.SIGKILL)
    assert not (home / "output" / "data" / "large.json").exists()
    wait_until(lambda: not process.alive)
    worker(1)
    path = Path(get_job(job.id).wait(120))
    records = json.loads(path.read_text())
    assert len(records) == 500_000
    assert records[-1] == {"id": 499_999, "name": f"name {499_999 % 997}", "price": 62499.875}
    assert half_written(home) == []


@pytest.mark.slow
def test_a_worker_killed_in_a_batch_loses_no_file_and_repeats_none(home: Path, worker) -> None:
    files = [large_file(home, f"large{n}.csv", 100_000) for n in range(6)]
    folder = home / "output" / "data"
    process = worker(2)
    job = enqueue_batch(files)
    # Two write at a time, and note it afterwards: of three that are written one is noted.
    wait_until(lambda: len(list(folder.glob("*.json"))) >= 3)
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
