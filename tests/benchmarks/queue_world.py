"""Where the queue's benchmark runs: a home of its own, programs that are ended, one stop-watch for all."""

import os
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
JOBS = int(os.environ.get("BENCH_JOBS", "5000"))


def prepare():
    (HOME / ".drawscape").mkdir()
    (HOME / "benchtasks.py").write_text(MODULE)
    (HOME / "plaintasks.py").write_text(PLAIN)
    os.environ.update(
        DRAWSCAPE_HOME=str(HOME),
        DRAWSCAPE_TASK_MODULES="benchtasks",
        PYTHONPATH=os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")]).rstrip(
            os.pathsep
        ),
        PLAIN_HUEY=str(HOME / "plain.db"),
    )
    sys.path.insert(0, str(HOME))


@contextmanager
def running(*commands, env=None):
    quiet = subprocess.DEVNULL
    processes = [
        subprocess.Popen(
            c,
            cwd=HOME,
            stdout=quiet,
            stderr=quiet,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        for c in commands
    ]
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
