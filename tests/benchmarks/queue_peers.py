"""Where the queue's benchmarks run, and the queues that people use today, on the same jobs.

A home of its own, programs that are ended, one stop-watch for all.
Peers are rq with a Redis of its own, and plain SqliteHuey.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="drawscape-bench-"))
MODULE = """
def noop():
    return None

def nap(seconds):
    import time
    time.sleep(seconds)

def loop_in_c():
    return sum(range(10**12))
"""
PLAIN = """
import os
from huey.api import SqliteHuey

huey = SqliteHuey("plain", filename=os.environ["PLAIN_HUEY"], fsync=True)

@huey.task()
def plain_noop():
    return 1

@huey.task()
def plain_stamp():
    import time
    return time.time()
"""
CONSUMER = [sys.executable, "-m", "huey.bin.huey_consumer"]
PLAIN_CONSUMER = [*CONSUMER, "plaintasks.huey", "-q", "-w", "2"]
JOBS = int(os.environ.get("BENCH_JOBS", "5000"))


def prepare():
    (HOME / ".drawscape").mkdir()
    (HOME / "benchtasks.py").write_text(MODULE)
    (HOME / "plaintasks.py").write_text(PLAIN)
    os.environ.update(
        DRAWSCAPE_HOME=str(HOME),
        DRAWSCAPE_TASK_MODULES="benchtasks",
        PYTHONPATH=os.pathsep.join(filter(None, [str(HOME), os.environ.get("PYTHONPATH")])),
        PLAIN_HUEY=str(HOME / "plain.db"),
    )
    sys.path.insert(0, str(HOME))


@contextmanager
def running(*commands):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": HOME}
    processes = [subprocess.Popen(one, start_new_session=True, **quiet) for one in commands]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def drain_rate(done, total, limit_s=120):
    """Return jobs/s from the first look that found some done to the one that found all done."""
    deadline = time.monotonic() + limit_s
    while (first := done()) == 0:
        time.sleep(0.002)
    began = time.perf_counter()
    while (now := done()) < total:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {now} of {total} were done within {limit_s:g} s")
        time.sleep(0.02)  # a look more often would take from them what it measures
    return (total - first) / (time.perf_counter() - began)


@contextmanager
def redis():
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit(
            "bench-queue needs redis-server on PATH (Debian: apt-get install redis-server)"
        )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = f"--port {port} --appendonly no --bind 127.0.0.1 --save".split()
    command = [program, *options, ""]
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
    with running([*PLAIN_CONSUMER, "-k", kind]):
        return drain_rate(plaintasks.huey.result_count, JOBS)


def plain_huey_latency(idle_s):
    """Return enqueue-to-result in s of one task after `idle_s`."""
    import plaintasks

    with running(PLAIN_CONSUMER):
        plaintasks.plain_stamp()(blocking=True, timeout=60)
        time.sleep(idle_s)
        began = time.time()
        result = plaintasks.plain_stamp()
        return result(blocking=True, timeout=60) - began
