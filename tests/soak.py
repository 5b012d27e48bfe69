"""Many jobs with logs, progress and previews: what grows, and is the end as fast as the start?

    python tests/soak.py 150000        (make nightly PART=soak; five minutes)

It prints a table of rate, memory, descriptors and disk by tenths, and ends with 1 when a job did not finish,
a preview was left, or the last tenth exceeds the second by more than the limits.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from drawscape.job_manager import default_queue, enqueue_many, queue_statistics, start_worker

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
MORE_MEMORY_MB, MORE_DESCRIPTORS, SLOWER = 16.0, 6, 2.0
"""What the last part may have over the second; the first warms the caches."""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=int, nargs="?", default=150_000)
    part = parser.parse_args().jobs // PARTS
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        home = Path(folder)
        (home / ".drawscape").mkdir()
        (home / "soaktasks.py").write_text(TASK)
        os.environ |= {"DRAWSCAPE_HOME": folder, "PYTHONPATH": folder}
        os.environ["DRAWSCAPE_TASK_MODULES"] = "soaktasks"
        sys.path.insert(0, folder)
        worker = start_worker(2)
        try:
            print("    jobs   jobs/s  worker MB  descriptors  disk MB", flush=True)
            parts = [_drain(worker.pid, home, number, part) for number in range(PARTS)]
        finally:
            worker.stop()
        return _verdict(parts[1], parts[-1])


def _drain(worker, home, number, part):
    """Return how many jobs a second were drained, and what the worker has then: MB and descriptors."""
    began = time.monotonic()
    for start in range(0, part, 5000):
        calls = [{"number": job} for job in range(start, min(start + 5000, part))]
        enqueue_many("soaktasks.draw", calls).wait(3600)
    rate = part / (time.monotonic() - began)
    status = Path(f"/proc/{worker}/status").read_text()
    memory_mb = int(status.partition("VmRSS:")[2].split()[0]) / 1024
    descriptors = len(os.listdir(f"/proc/{worker}/fd"))
    files = [path for path in (home / ".drawscape").rglob("*") if path.is_file()]
    disk_mb = sum(path.stat().st_blocks * 512 for path in files) / 1e6
    jobs = (number + 1) * part
    print(f"{jobs:8,} {rate:8,.0f} {memory_mb:10.1f} {descriptors:12} {disk_mb:8.1f}", flush=True)
    return rate, memory_mb, descriptors


def _verdict(first, last):
    counts = queue_statistics().counts
    unfinished = {status: n for status, n in counts.items() if n and status != "finished"}
    wrong = {
        f"not finished: {unfinished}": unfinished,
        "previews were left": default_queue().database.read("select 1 from job_preview"),
        "the last jobs were slower": first[0] > SLOWER * last[0],
        "the worker has grown": last[1] > first[1] + MORE_MEMORY_MB,
        "descriptors have leaked": last[2] > first[2] + MORE_DESCRIPTORS,
    }
    complaints = [words for words, is_so in wrong.items() if is_so]
    print("\n".join(complaints) or "nothing has grown, and every job finished")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
