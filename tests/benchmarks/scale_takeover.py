"""What `bench_scale` asks of death: how soon the job of a worker that is killed or cut off runs elsewhere.

Each round several machines with a worker and a job each die one after another, or all at once, beside one
worker that stands by.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from network_namespaces import Machine, machines, why_not
from postgres_server import Server
from queue_world import HOME, is_full
from scale_peers import count, execute
from support import is_running
from tables import Row

ROUNDS, AT_ONCE = 2, 5
_LIMIT_S = 120.0
_UPTIME = "select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::integer"
_RESTART_S = 12
"""After a start of the server nobody is taken for dead for 10 s."""

_JOBS = "select worker, pid from job order by seq"
_WORKER = [sys.executable, "-m", "huey.bin.huey_consumer", "workers.huey", "-q", "-w"]


def _home(name: str) -> Path:
    """Return the home of a machine of its own."""
    home = HOME / name
    if not home.exists():
        (home / ".drawscape").mkdir(parents=True)
        shutil.copy(HOME / ".drawscape" / "queue.key", home / ".drawscape")
    return home


def _start(
    name: str, slots: int, prefix: Sequence[str] = (), **environment: str
) -> subprocess.Popen:
    return subprocess.Popen(
        [*prefix, *_WORKER, str(slots)],
        cwd=HOME,
        env={**os.environ, "DRAWSCAPE_HOME": str(_home(name)), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _until(condition, what: str) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {_LIMIT_S:g} s for {what}")
        time.sleep(0.02)


@contextmanager
def _held(url: str, victims: list[subprocess.Popen]) -> Iterator[list[tuple[str, int]]]:
    """Yield worker and child of each job, of which every victim runs one, beside a worker that stands by."""
    from drawscape.job_manager import enqueue_many

    others: list[subprocess.Popen] = []
    try:
        enqueue_many("benchtasks.nap", [{"seconds": 3600}] * len(victims))
        running = "select count(*) from job where status = 'started' and pid is not null"
        _until(lambda: count(url, running) == len(victims), "the jobs to run")
        others.append(_start("standing-by", len(victims)))
        alive = "select count(*) from job_worker"
        _until(lambda: count(url, alive) == len(victims) + 1, "the worker that stands by")
        _until(lambda: count(url, _UPTIME) > _RESTART_S, "the server to be up for a while")
        yield _rows()
    finally:
        for process in (*victims, *others):
            process.kill()
            process.wait(60)
        execute(url, "truncate job, job_dependency, job_batch, job_worker")


def _rows() -> list[tuple[str, int]]:
    from drawscape.job_manager import default_queue

    return default_queue().database.connection.execute(_JOBS).fetchall()


def killed(url: str) -> Row:
    """Return how long the jobs of workers that were killed were in nobody's hands."""
    took = []
    for _ in range(ROUNDS if is_full() else 1):
        execute(url, "truncate job, job_dependency, job_batch, job_worker")
        victims = [_start(f"killed{number}", 1) for number in range(AT_ONCE)]
        pids = "select pid from job_worker where id = '{}'"
        with _held(url, victims) as jobs:
            for place, (worker, _) in enumerate(jobs):
                dead = count(url, pids.format(worker))
                os.kill(dead, 9)
                began = time.perf_counter()
                _until(lambda p=place, w=worker: _rows()[p][0] not in (w, None), "the job to move")
                took.append(time.perf_counter() - began)
    return _row("kill -9: runs elsewhere after", took, "3 s")


def cut_off(server: Server, url: str) -> list[Row]:
    """Return when the children of workers were ended that were cut off, and when their jobs ran elsewhere."""
    if (why := why_not()) is not None:
        return [Row("cut off", f"not measured: {why}", "", "", "10 and 18 s")]
    ended, moved = [], []
    for _ in range(ROUNDS if is_full() else 1):
        execute(url, "truncate job, job_dependency, job_batch, job_worker")
        with machines(AT_ONCE) as cut:
            victims = [_start_on(one, server, url) for one in cut]
            with _held(url, victims) as jobs:
                began = time.perf_counter()
                for machine in cut:
                    machine.cut()
                gone: dict[int, float] = {}
                elsewhere: dict[int, float] = {}

                def all_moved(jobs=jobs, began=began, gone=gone, elsewhere=elsewhere) -> bool:
                    now = time.perf_counter() - began
                    for place, ((worker, pid), row) in enumerate(zip(jobs, _rows(), strict=True)):
                        if not is_running(pid):
                            gone.setdefault(place, now)
                        if row[0] not in (worker, None):
                            elsewhere.setdefault(place, now)
                    return len(gone) == len(elsewhere) == len(jobs)

                _until(all_moved, "the jobs to move")
                ended += gone.values()
                moved += elsewhere.values()
    return [
        _row("cut off: its child is ended after", ended, "10 s"),
        _row("cut off: runs elsewhere after", moved, "18 s"),
    ]


def _start_on(machine: Machine, server: Server, url: str) -> subprocess.Popen:
    name = url.partition("?")[0].rpartition("/")[2]
    there = f"postgresql://postgres@{machine.gateway}:{server.port}/{name}"
    return _start(machine.name, 1, machine.command(), DRAWSCAPE_QUEUE=there)


def _row(what: str, seconds: list[float], aim: str) -> Row:
    shown = f"{min(seconds):.1f} to {max(seconds):.1f} s, {len(seconds)} times"
    return Row(what, shown, "", "", aim)
