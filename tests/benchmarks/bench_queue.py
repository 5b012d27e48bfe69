"""The queue beside its peers, in one run: `make bench-queue`.

Peers: rq 2 or newer with a Redis of its own on a free port (both `Worker` and `SimpleWorker`, two of
each) and plain SqliteHuey (`-k thread` and `-k process`, `-w 2`). Each drains a queue that is filled
beforehand; the clock runs from the first job that is done to the last, so start-up is left out.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial

from queue_peers import (
    CONSUMER,
    HOME,
    drain,
    drain_rate,
    latency,
    plain_huey,
    prepare,
    redis,
    rq,
    running,
)
from tables import Row, compared, report

JOBS = int(os.environ.get("BENCH_JOBS", "5000"))


def fresh_queue():
    from drawscape import jobs

    # A file of its own: a queue whose file is deleted while it is open is an error, and stays one.
    os.environ["DRAWSCAPE_QUEUE"] = tempfile.mkdtemp(prefix="queue-", dir=HOME) + "/queue.db"
    return jobs


def our_worker(*options):
    return [*CONSUMER, "workers.huey", "-q", *options]


def hueys(kind):
    """Return huey as people use it on SQLite, with two slots of a kind."""
    storage = f"SqliteHuey('plain', filename={str(HOME / f'{kind}.db')!r}, fsync=True)"
    return plain_huey(f"huey {kind}", kind, storage, lambda huey, _: huey.result_count())


def ours_drain():
    """Return drained jobs/s and, one by one and flushed, enqueued jobs/s."""
    manager = fresh_queue()
    began = time.perf_counter()
    for _ in range(JOBS):
        manager.enqueue_background_job("benchtasks.noop")
    enqueued = JOBS / (time.perf_counter() - began)
    connection = manager.default_queue().database.connection

    def done() -> int:
        """By the two small indexes: counting the finished would read the whole table at each look."""
        return JOBS - sum(
            connection.execute(f"select count(*) from job where status = '{status}'").fetchone()[0]
            for status in ("queued", "started")
        )

    with running(our_worker("-w", "2")):
        rate = drain_rate(done, JOBS)
    finished = connection.execute("select count(*) from job where status = 'finished'").fetchone()
    if finished != (JOBS,):
        raise SystemExit(f"{finished[0]} of {JOBS} jobs finished")
    return rate, enqueued


def ours_latency(idle_s, samples):
    """Return enqueue-to-finished in ms after `idle_s`, the idle worker's CPU share, its memory."""
    manager = fresh_queue()
    with running(our_worker("-w", "2")) as (worker,):
        manager.enqueue_background_job("benchtasks.noop").wait(30)
        before, began = cpu_seconds(worker.pid), time.perf_counter()
        time.sleep(idle_s)
        share = (cpu_seconds(worker.pid) - before) / (time.perf_counter() - began)
        memory = memory_of(worker.pid)
        found = []
        for _ in range(samples):
            began = time.perf_counter()
            job = manager.enqueue_background_job("benchtasks.noop")
            job.wait(30)
            found.append((time.perf_counter() - began) * 1000)
            time.sleep(0.05)
    return sorted(found), share, memory


def tree(pid):
    import psutil

    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def cpu_seconds(pid):
    return sum(sum(one.cpu_times()[:2]) for one in tree(pid))


def memory_of(pid):
    process, *children = tree(pid)
    shared_out = sum(one.memory_full_info().pss for one in [process, *children]) / 1e6
    return f"{process.memory_info().rss / 1e6:.0f} MB, {shared_out:.0f} MB with its {len(children)} processes"


def ours_timeout_and_stop():
    """Return the worst delay in s of five timeouts of a loop in C, and of five stops."""
    manager = fresh_queue()
    late, stops = [], []
    with running(our_worker("-w", "2")):
        for _ in range(5):
            job = manager.enqueue_background_job("benchtasks.loop_in_c", job_timeout=0.5)
            while not job.ended:
                time.sleep(0.002)
            row = job.refresh()
            late.append((row.ended_at - row.started_at).total_seconds() - 0.5)
        for _ in range(5):
            job = manager.enqueue_background_job("benchtasks.nap", 30)
            while job.status != "started":
                time.sleep(0.002)
            time.sleep(0.1)
            began = time.perf_counter()
            job.cancel()
            while not job.ended:
                time.sleep(0.001)
            stops.append(time.perf_counter() - began)
    return max(late), max(stops)


def ours_enqueue_many(count):
    manager = fresh_queue()
    manager.default_queue().database.connection.execute("select 1")
    began = time.perf_counter()
    manager.enqueue_many("benchtasks.noop", ({} for _ in range(count)))
    return count / (time.perf_counter() - began)


def ours_reads_beside(count):
    """Return the slowest of what shows the queue, in seconds, while `count` jobs wait in it."""
    jobs = fresh_queue()
    jobs.enqueue_background_job("benchtasks.noop").cancel()
    last = jobs.enqueue_many("benchtasks.noop", [{}] * count).jobs[-1]
    shows = [jobs.queue_statistics, last.explain, jobs.list_snapshots]
    shows += [lambda status=status: jobs.list_snapshots(status) for status in jobs.STATUSES]
    slowest = 0.0
    for show in shows:
        times = []
        for _ in range(9):
            began = time.perf_counter()
            show()
            times.append(time.perf_counter() - began)
        slowest = max(slowest, statistics.median(times))
    return slowest


def claims(count):
    """Return acknowledgements with the next claim, by one client, as jobs a second."""
    from drawscape.jobs import default_queue
    from drawscape.queue.acknowledgement import acknowledge
    from drawscape.queue.claim import ClaimRequest, Outcome
    from drawscape.queue.engines.sqlite import NORMAL, SqliteEngine

    # As a worker writes, which does not wait for the disk.
    table = SqliteEngine(default_queue().database.target, synchronous=NORMAL)
    bench = ClaimRequest("background", "bench")
    held = table.claim(bench)
    began = time.perf_counter()
    for _ in range(count):
        accepted, held = acknowledge(table, held, Outcome("finished"), bench)
        if not accepted:
            raise SystemExit("an acknowledgement was refused")
    return count / (time.perf_counter() - began)


def claim_rate(extra):
    """Return jobs/s claimed and acknowledged beside `extra` others, of which half have ended; bytes a job."""
    manager = fresh_queue()
    cycles = 5000
    for _ in range(max(1, (extra + cycles) // 50_000)):
        manager.enqueue_many("benchtasks.noop", ({} for _ in range(min(50_000, extra + cycles))))
    database = manager.default_queue().database
    with database.transaction() as run:
        run(
            "update job set status = 'finished', started_at = created_at, ended_at = created_at "
            "where seq <= :half",
            half=extra // 2,
        )
    database.connection.execute("pragma wal_checkpoint(truncate)")
    return claims(cycles // 2), database.path.stat().st_size // (extra + cycles)


def lane_rates(measure):
    """Return jobs/s of ordinary jobs, and of jobs in three lanes with a limit; in turns."""
    limited = {"job_limit_key": "plotter", "job_limit": 100}
    rates = {1: [], 3: []}
    for _ in range(3):
        for groups in ([{}], [{"job_lane": "fast"}, {"job_lane": "slow"}, limited]):
            manager = fresh_queue()
            for options in groups:
                manager.enqueue_many("benchtasks.noop", [{}] * (JOBS // len(groups)), **options)
            rates[len(groups)].append(measure(JOBS - JOBS % len(groups)))
    return map(statistics.median, rates.values())


def drained(jobs):
    from drawscape.jobs import count_queued

    with running(our_worker("-w", "2")):
        return drain_rate(lambda: jobs - count_queued(), jobs)


def progress_cost():
    from drawscape.queue.worker.job_context import RunningJob

    job = RunningJob("bench", {}, lambda *_: None)
    calls = 200_000
    began = time.perf_counter()
    for i in range(calls):
        job.progress(i / calls, "a few words")
    return (time.perf_counter() - began) / calls


def import_time(module):
    """Return the seconds of the import by one who has done it before: the first one compiles."""
    script = f"from time import *; t = perf_counter(); import {module}; print(perf_counter() - t)"
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{HOME}/compiled"}
    run = partial(subprocess.run, capture_output=True, text=True, env=env)
    return min(float(run([sys.executable, "-c", script]).stdout) for _ in range(7))


def median(measure, runs=3):
    return statistics.median(measure() for _ in range(runs))


def rows():
    idle_s = float(os.environ.get("BENCH_IDLE_S", "60"))
    drains, enqueues = zip(*(ours_drain() for _ in range(3)), strict=True)
    rates = {"Drawscape": statistics.median(drains)}
    with redis() as url:
        rates["rq Worker"] = drain(rq(url), JOBS // 8, 2)
        rates["rq SimpleWorker"] = median(lambda: drain(rq(url, "SimpleWorker"), JOBS // 2, 2))
    process, thread = hueys("process"), hueys("thread")
    for peer in (process, thread):
        rates[peer.name] = median(lambda peer=peer: drain(peer, JOBS, 1))
    what = f"drain of {JOBS:,} no-op jobs, two at once, each in a child process"
    yield compared(what, rates, "3,000/s; 25x; 5x; 1.5x")
    yield Row("enqueue one by one, flushed to disk", f"{statistics.median(enqueues):,.0f}/s")
    many = median(lambda: ours_enqueue_many(100_000))
    yield Row("`enqueue_many` of 100,000", f"{many:,.0f}/s", target="150,000/s")
    reads_s = ours_reads_beside(100_000)
    what = "statistics, explanation and lists beside 100,000 queued jobs, the slowest"
    yield Row(what, f"{reads_s * 1000:.1f} ms", target="10 ms")
    latencies, idle_share, memory = ours_latency(idle_s, 200)
    (plain_ms,) = latency(thread, idle_s, 1)
    p50, p99 = latencies[len(latencies) // 2], latencies[int(len(latencies) * 0.99)]
    yield Row(
        f"enqueue to finished after {idle_s:.0f} s idle, 200 samples",
        f"p50 {p50:.1f}, p99 {p99:.1f} ms",
        f"plain huey, one sample: {plain_ms:,.0f} ms",
        f"{plain_ms / p50:,.0f}x",
        "p50 5 ms, p99 20 ms",
    )
    (empty, _), (full, bytes_a_job) = claim_rate(0), claim_rate(1_000_000)
    what = "claim and acknowledge, 1,000,000 jobs in the table"
    yield compared(what, {"ours": full, "empty table": empty}, ">= 0.80")
    for what, measure in (("claims", lambda jobs: claims(jobs - 1)), ("drain, two slots", drained)):
        without, within = lane_rates(measure)
        beside = {"ours": within, "without": without}
        yield compared(f"{what}, in three lanes with a limit", beside, ">= 0.80")
    yield Row("file size", f"{bytes_a_job} bytes a job")
    late, stop = ours_timeout_and_stop()
    importing = import_time("drawscape.job_manager")
    for what, figure, target in (
        ("timeout of a loop in C, over the due time", f"{late * 1000:.0f} ms", "200 ms"),
        ("stop of a running job", f"{stop * 1000:.0f} ms", "300 ms"),
        ("idle worker, two slots", f"{idle_share:.1%} of a core; {memory}", "2 %"),
        ("`current_job().progress(...)` when not due", f"{progress_cost() * 1e6:.1f} µs", "20 µs"),
        ("`import drawscape.job_manager`", f"{importing * 1000:.0f} ms", "150 ms"),
    ):
        yield Row(what, figure, target=target)


if __name__ == "__main__":
    prepare()
    try:
        report("bench-queue", list(rows()))
    finally:
        shutil.rmtree(HOME, ignore_errors=True)
