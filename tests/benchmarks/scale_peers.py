"""The systems that `bench_scale` compares: how each is fed, which processes drain it, what it has done."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psycopg
from queue_world import HOME

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
    """A queue and a way to run it; `least` is how many processes it has at least, `share` of the jobs."""

    name: str
    command: list[str]
    one: Callable[[], object]
    many: Callable[[int], object]
    done: Callable[[int], int]
    clear: Callable[[], object]
    opened: Callable[[], AbstractContextManager[object]] = nullcontext
    share: float = 1.0


def database(url: str, name: str) -> str:
    """Return the URL of a new database on the server at `url`."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return url.replace("/postgres?", f"/{name}?")


def count(url: str, sql: str) -> int:
    """Return a number, by a connection that is kept: a new one for each look takes from what is measured."""
    return int(_looking(url).execute(sql).fetchone()[0])


@cache
def _looking(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)


def execute(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql)


def ours(url: str) -> list[System]:
    os.environ["DRAWSCAPE_QUEUE"] = url
    from drawscape.job_manager import default_queue, enqueue_background_job, enqueue_many

    default_queue()  # makes the tables
    done = "select count(*) from job where status = 'finished'"
    consumer = [sys.executable, "-m", "huey.bin.huey_consumer", "workers.huey", "-w"]
    return [
        System(
            f"Drawscape x {slots}",
            [*consumer, str(slots)],
            lambda: enqueue_background_job("benchtasks.noop"),
            lambda jobs: enqueue_many("benchtasks.noop", [{}] * jobs),
            lambda jobs: count(url, done),
            lambda: execute(url, "truncate job, job_dependency, job_batch"),
        )
        for slots in (2, 4)
    ]


def procrastinate(url: str) -> list[System]:
    os.environ["BENCH_PROCRASTINATE"] = url
    (HOME / "benchprocrastinate.py").write_text(PROCRASTINATE)
    import benchprocrastinate as bench
    from procrastinate import SyncPsycopgConnector

    @contextmanager
    def opened():
        connector = SyncPsycopgConnector(conninfo=url)
        with bench.app.replace_connector(connector), bench.app.open():
            yield

    with opened():
        bench.app.schema_manager.apply_schema()

    def many(jobs: int) -> None:
        for start in range(0, jobs, 5000):
            bench.noop.batch_defer(*[{}] * min(5000, jobs - start))

    done = "select count(*) from procrastinate_jobs where status = 'succeeded'"
    worker = [str(BIN / "procrastinate"), "--app=benchprocrastinate.app", "worker", "--concurrency"]
    return [
        System(
            f"procrastinate, concurrency {slots}",
            [*worker, str(slots)],
            bench.noop.defer,
            many,
            lambda jobs: count(url, done),
            lambda: execute(url, "truncate procrastinate_jobs cascade"),
            opened,
        )
        for slots in (1, 10)
    ]


def plain_huey(url: str) -> list[System]:
    os.environ["BENCH_HUEY"] = url
    (HOME / "benchhuey.py").write_text(HUEY)
    import benchhuey as bench

    consumer = [sys.executable, "-m", "huey.bin.huey_consumer", "benchhuey.huey", "-w", "2", "-k"]
    return [
        System(
            f"huey PostgresHuey, {kind}",
            [*consumer, kind],
            bench.noop,
            lambda jobs: [bench.noop() for _ in range(jobs)],
            lambda jobs: jobs - count(url, "select count(*) from huey_task"),
            lambda: execute(url, "truncate huey_task"),
        )
        for kind in ("thread", "process")
    ]


def rq(url: str) -> list[System]:
    from redis import Redis
    from rq import Queue

    connection = Redis.from_url(url)
    queue = Queue("bench", connection=connection)
    worker = [str(BIN / "rq"), "worker", "bench", "--url", url, "--quiet", "-w"]
    noop = "benchtasks.noop"
    return [
        System(
            f"rq {name}",
            [*worker, f"rq.worker.{name}" if name == "Worker" else f"rq.{name}"],
            lambda: queue.enqueue(noop),
            lambda jobs: queue.enqueue_many([Queue.prepare_data(noop) for _ in range(jobs)]),
            lambda jobs: queue.finished_job_registry.get_job_count(cleanup=False),
            connection.flushall,
            share=0.2,
        )
        for name in ("Worker", "SimpleWorker")
    ]
