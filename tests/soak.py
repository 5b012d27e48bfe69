"""Many jobs with logs, progress and previews: what grows, and does the end differ from the start?

    python tests/soak.py 150000        (make soak; about five minutes)

It prints a table of memory, descriptors, disk and latency by tenths, and ends with 1 when a job did not
finish, a file was left that should not be, or the last tenth exceeds the first by more than the limits.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TASK = """
from drawscape.job_manager import current_job

def draw(number):
    job = current_job()
    for step in range(3):
        print(f"job {number}, step {step}")
        job.progress((step + 1) / 3, f"step {step}", preview=f"<svg>{number}</svg>")
    return number
"""
PARTS = 10
SAMPLES = 40  # idle jobs a part whose latency is measured
MORE_MEMORY_MB, MORE_DESCRIPTORS, SLOWER = 16.0, 6, 1.2
"""What the last part may have over the second; the first warms the caches."""


@dataclass(frozen=True)
class Sample:
    """What was seen at the end of a part."""

    jobs: int
    rate: float
    latency_ms: float
    memory_mb: float
    descriptors: int
    disk_mb: float
    files: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=int, nargs="?", default=150_000)
    count = parser.parse_args().jobs
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        home = _prepare(Path(folder))
        return _soak(home, count)


def _prepare(home: Path) -> Path:
    (home / ".drawscape").mkdir()
    (home / "soaktasks.py").write_text(TASK)
    os.environ.update(
        DRAWSCAPE_HOME=str(home), DRAWSCAPE_TASK_MODULES="soaktasks", PYTHONPATH=str(home)
    )
    sys.path.insert(0, str(home))
    return home


def _soak(home: Path, count: int) -> int:
    from drawscape.job_manager import start_worker

    worker = start_worker(2)
    samples: list[Sample] = []
    print("    jobs   jobs/s  p25 ms  worker MB  descriptors  disk MB  files")
    try:
        for part in range(PARTS):
            samples.append(_part(home, worker.pid, count // PARTS, (part + 1) * (count // PARTS)))
            s = samples[-1]
            print(
                f"{s.jobs:8,} {s.rate:8,.0f} {s.latency_ms:7.1f} {s.memory_mb:10.1f} {s.descriptors:12}"
                f" {s.disk_mb:8.1f} {s.files:6,}",
                flush=True,
            )
    finally:
        worker.stop()
    return _verdict(home, samples)


def _part(home: Path, worker: int, jobs: int, total: int) -> Sample:
    from drawscape.job_manager import enqueue_background_job, enqueue_many

    began = time.monotonic()
    for start in range(0, jobs, 5000):
        size = min(5000, jobs - start)
        enqueue_many("soaktasks.draw", [{"number": start + i} for i in range(size)]).wait(3600)
    rate = jobs / (time.monotonic() - began)
    latencies = []
    for number in range(SAMPLES):
        began = time.monotonic()
        enqueue_background_job("soaktasks.draw", number).wait(60)
        latencies.append(1000 * (time.monotonic() - began))
    status = Path(f"/proc/{worker}/status").read_text()
    files = [path for path in (home / ".drawscape").rglob("*") if path.is_file()]
    return Sample(
        total,
        rate,
        statistics.quantiles(latencies, n=4)[0],  # the machine may be busy with other things
        int(status.partition("VmRSS:")[2].split()[0]) / 1024,
        len(os.listdir(f"/proc/{worker}/fd")),
        sum(path.stat().st_blocks * 512 for path in files) / 1e6,
        len(files),
    )


def _verdict(home: Path, samples: list[Sample]) -> int:
    from drawscape.job_manager import queue_statistics

    first, last = samples[1], samples[-1]
    counts = queue_statistics().counts
    unfinished = {status: n for status, n in counts.items() if n and status != "finished"}
    complaints = [
        f"{text}"
        for wrong, text in (
            (unfinished, f"not finished: {unfinished}"),
            (list((home / ".drawscape" / "previews").iterdir()), "previews were left"),
            (last.memory_mb > first.memory_mb + MORE_MEMORY_MB, "the worker has grown"),
            (last.descriptors > first.descriptors + MORE_DESCRIPTORS, "descriptors have leaked"),
            (last.latency_ms > SLOWER * first.latency_ms + 1, "the last jobs were slower"),
        )
        if wrong
    ]
    print("\n".join(complaints) or "nothing has grown, and every job finished")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
