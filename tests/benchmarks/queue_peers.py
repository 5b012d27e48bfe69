"""The queues that people use today, on the same jobs: rq with a Redis of its own, and plain SqliteHuey."""

import shutil
import socket
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from queue_world import HOME, JOBS, drain_rate, running


@contextmanager
def redis():
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit(
            "bench-queue needs redis-server on PATH (Debian: apt-get install redis-server)"
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        program,
        "--port",
        str(port),
        "--save",
        "",
        "--appendonly",
        "no",
        "--bind",
        "127.0.0.1",
    ]
    with running(command):
        from redis import Redis

        url = f"redis://127.0.0.1:{port}"
        while True:
            try:
                Redis.from_url(url).ping()
                break
            except Exception:
                time.sleep(0.02)
        yield url


def rq_drain(url, worker_class, jobs):
    from redis import Redis
    from rq import Queue

    connection = Redis.from_url(url)
    connection.flushall()
    queue = Queue("bench", connection=connection)
    for _ in range(jobs):
        queue.enqueue("benchtasks.noop")
    rq = str(Path(sys.executable).with_name("rq"))
    command = [rq, "worker", "bench", "--url", url, "--quiet", "-w", worker_class]
    with running(command, command):
        return drain_rate(lambda: queue.finished_job_registry.get_job_count(cleanup=False), jobs)


def plain_huey_drain(kind):
    for path in HOME.glob("plain.db*"):
        path.unlink()
    sys.modules.pop("plaintasks", None)
    import plaintasks

    for _ in range(JOBS):
        plaintasks.plain_noop()
    command = [
        sys.executable,
        "-m",
        "huey.bin.huey_consumer",
        "plaintasks.huey",
        "-q",
        "-k",
        kind,
        "-w",
        "2",
    ]
    with running(command):
        return drain_rate(plaintasks.huey.result_count, JOBS)


def plain_huey_latency(idle_s):
    """Return enqueue-to-result in s of one task after `idle_s`."""
    import plaintasks

    command = [sys.executable, "-m", "huey.bin.huey_consumer", "plaintasks.huey", "-q", "-w", "2"]
    with running(command):
        plaintasks.plain_stamp()(blocking=True, timeout=60)
        time.sleep(idle_s)
        began = time.time()
        result = plaintasks.plain_stamp()
        return result(blocking=True, timeout=60) - began


def pebble_round_trip(count):
    """Return the seconds of one no-op through a pool of one warm process that enforces a timeout."""
    from multiprocessing import get_context

    import benchtasks
    from pebble import ProcessPool

    with ProcessPool(max_workers=1, context=get_context("forkserver")) as pool:
        pool.schedule(benchtasks.noop).result()
        began = time.perf_counter()
        for _ in range(count):
            pool.schedule(benchtasks.noop, timeout=300).result()
        return (time.perf_counter() - began) / count
