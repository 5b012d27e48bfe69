"""A queue of a million jobs: what long work lets others wait, and what it takes: `make bench-large-queue`.

How long the file is locked is measured inside of the process that does the work: by the wall, and by the
processor's time, which another program on the same machine does not lengthen.
"""

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


class Held:
    """How long each transaction of a database held the file, in ms: by the wall and by the processor."""

    def __init__(self, database):
        self.wall_ms = []
        self.processor_ms = []
        self._transaction = database.transaction
        database.transaction = self.transaction

    @contextmanager
    def transaction(self):
        with self._transaction() as connection:
            wall, processor = time.perf_counter(), time.thread_time()
            yield connection
        self.wall_ms.append(1000 * (time.perf_counter() - wall))
        self.processor_ms.append(1000 * (time.thread_time() - processor))

    def __str__(self):
        return (
            f"{len(self.wall_ms):,} transactions; p99.9 {quantile(self.wall_ms, 0.999):.1f} ms, "
            f"most {max(self.wall_ms):.1f} ms; of the processor p99.9 "
            f"{quantile(self.processor_ms, 0.999):.1f} ms, most {max(self.processor_ms):.1f} ms"
        )


def quantile(values, which):
    return sorted(values)[min(len(values) - 1, int(which * len(values)))]


@contextmanager
def home(jobs, *, ended):
    """Yield the module `drawscape.jobs` with so many jobs in a queue of its own."""
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
        if ended:
            with api.default_queue().database.transaction() as connection:
                connection.execute(
                    "update job set status = 'finished', attempts = 1, started_at = created_at, "
                    "ended_at = created_at - 90 * 86400, log = zeroblob(60), result = zeroblob(40)"
                )
        yield api
        api.default_queue().database.close()
        sys.path.remove(folder)


@contextmanager
def another_writer():
    """Yield the list that has, at the end, what each enqueue of another process took in ms."""
    waits = []
    process = subprocess.Popen([sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    try:
        yield waits
    finally:
        process.terminate()
        for line in process.stdout.read().splitlines():
            waits.append(float(line))
        process.wait()


def cancel(count, *, with_writer):
    """Cancel `count` waiting jobs, alone or while another process enqueues all the time."""
    from drawscape.queue.store import cancel_many

    with home(count, ended=False) as api:
        database = api.default_queue().database
        name, held = api.default_queue().name, Held(database)
        if not with_writer:
            began = time.perf_counter()
            cancel_many(database, name)
            return f"{time.perf_counter() - began:.1f} s; {held}"
        with another_writer() as waits:
            cancel_many(database, name)
        return (
            f"{len(waits):,} enqueues of another process waited p50 {quantile(waits, 0.5):.1f} ms, "
            f"p99.9 {quantile(waits, 0.999):.1f}, most {max(waits):.1f} ms"
        )


def prune(count, left):
    from drawscape.queue import retention

    with home(count, ended=True) as api:
        database = api.default_queue().database
        queue = api.default_queue()
        with queue.database.transaction() as connection:
            connection.execute(
                "update job set ended_at = ended_at + 89 * 86400 where seq <= ?", (left,)
            )
        queue.database.connection.execute("pragma wal_checkpoint(truncate)")
        before = queue.database.size_bytes()
        held = Held(database)
        began, processor = time.perf_counter(), time.process_time()
        removed = retention.prune(database)
        took, processor = time.perf_counter() - began, time.process_time() - processor
        queue.database.connection.execute("pragma wal_checkpoint(truncate)")
        after = queue.database.size_bytes()
        text = f"{removed:,} removed in {took:.1f} s, {processor:.1f} s of the processor"
        return f"{text}; {held}", f"{before / 1e6:.1f} MB, then {after / 1e6:.1f} MB"


def retry(count):
    """Queue `count` failed jobs again."""
    from drawscape.queue.store import retry_failed

    with home(count, ended=True) as api:
        database = api.default_queue().database
        with database.transaction() as connection:
            connection.execute("update job set status = 'failed', reason = 'exception'")
        held = Held(database)
        began = time.perf_counter()
        queued = retry_failed(database, api.default_queue().name)
        return f"{len(queued):,} in {time.perf_counter() - began:.1f} s; {held}"


def statistics(count):
    """Return the milliseconds of `queue_statistics` and of a list of the newest, of `count` jobs."""
    with home(count, ended=True) as api:
        return tuple(
            min(_ms(call) for _ in range(5)) for call in (api.queue_statistics, api.list_jobs)
        )


def _ms(call):
    began = time.process_time()
    call()
    return 1000 * (time.process_time() - began)


def rows():
    many = int(os.environ.get("BENCH_LARGE_JOBS", "1000000"))
    some, ended = many // 5, many * 150_000 // 1_000_000
    pruned, size = prune(ended, ended // 250)
    figures, listed = statistics(many)
    return [
        Row(f"cancel {some:,} jobs", cancel(some, with_writer=False), target="20 ms"),
        Row(f"others while {some:,} are canceled", cancel(some, with_writer=True), target="50 ms"),
        Row(f"prune {ended:,} jobs but {ended // 250}", pruned, target="10 s; 20 ms"),
        Row("the file before and after it", size, target="it shrinks"),
        Row(f"queue {some // 2:,} failed jobs again", retry(some // 2), target="20 ms"),
        Row(f"statistics of {many:,} jobs, processor", f"{figures:.1f} ms", target="50 ms"),
        Row(f"the newest hundred of {many:,} jobs", f"{listed:.1f} ms"),
    ]


if __name__ == "__main__":
    report("bench-large-queue", rows())
