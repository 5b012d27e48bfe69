"""A queue of a million jobs: what long work lets others wait, and what it takes: `make bench-large-queue`."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from tables import Row, report

MODULE = "def noop():\n    return None\n"
WRITER = """
import time
from drawscape.jobs import enqueue_background_job
enqueue_background_job("benchtasks.noop")
print("ready", flush=True)
while True:
    began = time.perf_counter()
    enqueue_background_job("benchtasks.noop")
    print(1000 * (time.perf_counter() - began), flush=True)
    time.sleep(0.002)
"""
ENDED = (
    "update job set status = 'finished', attempts = 1, started_at = created_at, "
    "ended_at = created_at - 90 * 86400, log = zeroblob(60), result = zeroblob(40)"
)


def quantile(values, which):
    return sorted(values)[min(len(values) - 1, int(which * len(values)))]


@contextmanager
def home(jobs, *changes):
    """Yield the module `drawscape.jobs` with a queue of so many jobs, changed by these statements."""
    with tempfile.TemporaryDirectory(prefix="large-queue-") as folder:
        Path(folder, ".drawscape").mkdir()
        Path(folder, "benchtasks.py").write_text(MODULE)
        os.environ.update(
            DRAWSCAPE_HOME=folder, DRAWSCAPE_TASK_MODULES="benchtasks", PYTHONPATH=folder
        )
        sys.path.insert(0, folder)
        from drawscape import jobs as api

        for start in range(0, jobs, 50_000):
            api.enqueue_many("benchtasks.noop", [{}] * min(50_000, jobs - start))
        for change in changes:
            api.default_queue().database.write(change)
        yield api
        api.default_queue().database.close()
        sys.path.remove(folder)


def timed(api, act):
    """Return how long it takes, and how long each of its transactions holds the file."""
    database, held_ms = api.default_queue().database, []
    transaction = database.transaction

    @contextmanager
    def watched():
        with transaction() as run:
            began = time.perf_counter()
            yield run
        held_ms.append(1000 * (time.perf_counter() - began))

    database.transaction = watched
    began = time.perf_counter()
    act(database)
    took_s = time.perf_counter() - began
    return (
        f"{took_s:.1f} s; {len(held_ms):,} transactions; p99.9 {quantile(held_ms, 0.999):.1f} ms, "
        f"most {max(held_ms):.1f} ms"
    )


def others_wait(api, act):
    """Return how long another process waits with each job that it queues meanwhile."""
    process = subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    act(api.default_queue().database)
    process.terminate()
    waits = [float(line) for line in process.stdout.read().splitlines()]
    process.wait()
    return (
        f"{len(waits):,} enqueues of another process waited p50 {quantile(waits, 0.5):.1f} ms, "
        f"p99.9 {quantile(waits, 0.999):.1f}, most {max(waits):.1f} ms"
    )


def rows():
    from drawscape.queue.retention import prune
    from drawscape.queue.store import cancel_many, retry_failed

    def cancel(database):
        cancel_many(database, "background")

    many = int(os.environ.get("BENCH_LARGE_JOBS", "1000000"))
    some, ended = many // 5, many * 150_000 // 1_000_000
    with home(some) as api:
        yield Row(f"cancel {some:,} jobs", timed(api, cancel), target="20 ms")
    with home(some) as api:
        yield Row(f"others while {some:,} are canceled", others_wait(api, cancel), target="50 ms")
    young = f"update job set ended_at = ended_at + 89 * 86400 where seq <= {ended // 250}"
    with home(ended, ENDED, young) as api:
        sizes = []
        for act in (lambda _: None, prune):
            took = timed(api, act) if act is prune else ""
            api.default_queue().database.connection.execute("pragma wal_checkpoint(truncate)")
            sizes.append(f"{api.default_queue().database.size_bytes() / 1e6:.1f} MB")
        yield Row(f"prune {ended:,} jobs but {ended // 250}", took, target="10 s; 20 ms")
        yield Row("the file before and after it", ", then ".join(sizes), target="it shrinks")
    failed = "update job set status = 'failed', reason = 'exception'"
    with home(some // 2, ENDED, failed) as api:
        took = timed(api, lambda database: retry_failed(database, "background"))
        yield Row(f"queue {some // 2:,} failed jobs again", took, target="20 ms")
    with home(many, ENDED) as api:
        for what, call, target in (
            (f"statistics of {many:,} jobs", api.queue_statistics, "50 ms"),
            (f"the newest hundred of {many:,} jobs", api.list_jobs, ""),
        ):
            times = []
            for _ in range(5):
                began = time.process_time()
                call()
                times.append(1000 * (time.process_time() - began))
            yield Row(f"{what}, processor", f"{min(times):.1f} ms", target=target)


if __name__ == "__main__":
    report("bench-large-queue", list(rows()))
