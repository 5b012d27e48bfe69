"""Where the queue's benchmarks run, and the queues that people use today, on the same jobs.

A home of its own, programs that are ended, one stop-watch for all.
Peers are rq with a Redis of its own, and huey on its own file.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="drawscape-bench-"))
BIN = Path(sys.executable).parent
MODULE = """
def noop():
    return None

def nap(seconds):
    import time
    time.sleep(seconds)

def loop_in_c():
    return sum(range(10**12))
"""
HUEY = """
from huey.api import SqliteHuey

huey = {huey}

@huey.task()
def noop():
    return 1
"""
CONSUMER = [sys.executable, "-m", "huey.bin.huey_consumer"]


@dataclass(frozen=True)
class System:
    """A queue: its worker, and how it takes one job or many, counts those that are done, and is emptied."""

    name: str
    command: list[str]
    one: Callable[[], object]
    many: Callable[[int], object]
    done: Callable[[int], int]
    clear: Callable[[], object]


def prepare():
    (HOME / ".drawscape").mkdir()
    (HOME / "benchtasks.py").write_text(MODULE)
    os.environ.update(
        DRAWSCAPE_HOME=str(HOME),
        DRAWSCAPE_TASK_MODULES="benchtasks",
        PYTHONPATH=os.pathsep.join(filter(None, [str(HOME), os.environ.get("PYTHONPATH")])),
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


def drain(system, jobs, processes):
    """Return jobs/s of a filled queue, from the first that was done to the last."""
    system.clear()
    system.many(jobs)
    with running(*[system.command] * processes):
        return drain_rate(lambda: system.done(jobs), jobs)


def latency(system, idle_s, samples):
    """Return in ms, sorted, how long jobs take from enqueue to finished, after `idle_s` without work."""
    system.clear()
    found = []
    with running(system.command):
        for number in range(1, samples + 2):
            began = time.perf_counter()
            system.one()
            while system.done(number) < number:
                time.sleep(0.0005)
            found.append((time.perf_counter() - began) * 1000)
            time.sleep(0.05 if number > 1 else idle_s)
    return sorted(found[1:])


@contextmanager
def redis():
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("this needs redis-server on PATH (Debian: apt-get install redis-server)")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = f"--port {port} --appendonly no --bind 127.0.0.1 --save".split()
    with running([program, *options, ""]):
        from redis import Redis

        url = f"redis://127.0.0.1:{port}"
        while True:
            try:
                Redis.from_url(url).ping()
                break
            except Exception:
                time.sleep(0.02)
        yield url


def rq(url, worker="Worker"):
    from redis import Redis
    from rq import Queue

    connection = Redis.from_url(url)
    queue = Queue("bench", connection=connection)
    noop = "benchtasks.noop"
    command = [str(BIN / "rq"), "worker", "bench", "--url", url, "--quiet", "-w"]
    return System(
        f"rq {worker}",
        [*command, f"rq.worker.{worker}"],
        lambda: queue.enqueue(noop),
        lambda jobs: queue.enqueue_many([Queue.prepare_data(noop) for _ in range(jobs)]),
        lambda jobs: queue.finished_job_registry.get_job_count(cleanup=False),
        connection.flushall,
    )


def plain_huey(name, kind, huey, done):
    """Return huey with two slots of a kind; `done(huey, jobs)` counts in its storage what is done."""
    module = f"benchhuey{len([*HOME.glob('benchhuey*.py')])}"
    (HOME / f"{module}.py").write_text(HUEY.format(huey=huey))
    bench = import_module(module)
    return System(
        name,
        [*CONSUMER, f"{module}.huey", "-q", "-w", "2", "-k", kind],
        bench.noop,
        lambda jobs: [bench.noop() for _ in range(jobs)],
        lambda jobs: done(bench.huey, jobs),
        bench.huey.flush,
    )
