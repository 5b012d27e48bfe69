"""Many jobs with logs, progress and previews: what grows, and does the end differ from the start?

    python tests/soak.py 150000        (make nightly PART=soak; five minutes)

It prints a table of memory, descriptors, disk and latency by tenths, and ends with 1 when a job did not
finish, a file was left that should not be, or the last tenth exceeds the second by more than the limits.

What a busy machine does to the latency of one job, it does to that of a queue that stays nearly empty too:
each sample is taken beside one of such a queue, and what counts is how much slower the filled one is.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from drawscape.job_manager import Job, default_queue, enqueue_many, queue_statistics, start_worker
from drawscape.queue.engines.engine import open_engine
from drawscape.queue.process import start_worker as start_other
from drawscape.queue.queue import Queue

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
SAMPLES = 300  # pairs of idle jobs a part whose latency is measured
MORE_MEMORY_MB, MORE_DESCRIPTORS, SLOWER = 16.0, 6, 1.2
"""What the last part may have over the second; the first warms the caches."""


class Sample(NamedTuple):
    """What was seen at the end of a part."""

    jobs: int
    rate: float
    latency_ms: float
    beside_ms: float
    memory_mb: float
    descriptors: int
    disk_mb: float
    files: int

    @property
    def slower(self):
        """How many times as long a job takes as in the nearly empty queue."""
        return self.latency_ms / self.beside_ms


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=int, nargs="?", default=150_000)
    part = parser.parse_args().jobs // PARTS
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        home = Path(folder) / "filled"
        (home / ".drawscape").mkdir(parents=True)
        (home / "soaktasks.py").write_text(TASK)
        os.environ.update(
            DRAWSCAPE_HOME=str(home), DRAWSCAPE_TASK_MODULES="soaktasks", PYTHONPATH=str(home)
        )
        sys.path.insert(0, str(home))
        return _soak(home, part)


def _soak(home, part):
    queue, other = default_queue(), home.with_name("empty")
    engine = open_engine(other / ".drawscape" / "queue.db")
    empty = Queue.on(engine, queue.name, other, queue.task_modules)
    workers = [start_worker(2), start_other(empty, 2)]
    samples = []
    print("    jobs   jobs/s  p25 ms  beside  ratio  worker MB  descriptors  disk MB  files")
    try:
        for number in range(PARTS):
            rate = _rate(range(number * part, (number + 1) * part))
            status = Path(f"/proc/{workers[0].pid}/status").read_text()
            descriptors = len(os.listdir(f"/proc/{workers[0].pid}/fd"))
            files = [path for path in (home / ".drawscape").rglob("*") if path.is_file()]
            s = Sample(
                (number + 1) * part,
                rate,
                *_latencies([queue, empty]),
                int(status.partition("VmRSS:")[2].split()[0]) / 1024,
                descriptors,
                sum(path.stat().st_blocks * 512 for path in files) / 1e6,
                len(files),
            )
            samples.append(s)
            print(
                f"{s.jobs:8,} {s.rate:8,.0f} {s.latency_ms:7.2f} {s.beside_ms:7.2f} {s.slower:6.2f}"
                f" {s.memory_mb:10.1f} {s.descriptors:12} {s.disk_mb:8.1f} {s.files:6,}",
                flush=True,
            )
    finally:
        for worker in workers:
            worker.stop()
    return _verdict(samples)


def _rate(numbers):
    """Return how many jobs a second are drained."""
    began = time.monotonic()
    for start in range(0, len(numbers), 5000):
        calls = [{"number": number} for number in numbers[start : start + 5000]]
        enqueue_many("soaktasks.draw", calls).wait(3600)
    return len(numbers) / (time.monotonic() - began)


def _latencies(queues):
    """Return each queue's time from enqueue to result in ms, in turns: the quickest quarter's slowest."""
    times = [[] for _ in queues]
    for number in range(SAMPLES):
        for queue, taken in zip(queues, times, strict=True):
            began = time.monotonic()
            Job(queue, queue.enqueue("soaktasks.draw", (number,), {})).wait(60)
            taken.append(1000 * (time.monotonic() - began))
    return [statistics.quantiles(taken, n=4)[0] for taken in times]


def _verdict(samples):
    first, last = samples[1], samples[-1]
    counts = queue_statistics().counts
    unfinished = {status: n for status, n in counts.items() if n and status != "finished"}
    wrong = {
        f"not finished: {unfinished}": unfinished,
        "previews were left": default_queue().database.read("select 1 from job_preview"),
        "the worker has grown": last.memory_mb > first.memory_mb + MORE_MEMORY_MB,
        "descriptors have leaked": last.descriptors > first.descriptors + MORE_DESCRIPTORS,
        "the last jobs were slower": last.slower > SLOWER * first.slower,
    }
    complaints = [words for words, is_so in wrong.items() if is_so]
    print("\n".join(complaints) or "nothing has grown, and every job finished")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
