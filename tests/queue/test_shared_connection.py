"""One connection for all threads of a worker: their moves do not get into each other's transactions."""

import gc
import os
import threading
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from queue_steps import claim

from drawscape.errors import QueueError
from drawscape.job_manager import default_queue, enqueue_many, list_jobs
from drawscape.queue.engines.sqlite.engine import NORMAL, SqliteEngine
from drawscape.queue.row import ClaimRequest, Outcome
from drawscape.queue.store import acknowledge, note_progress

JOBS, THREADS = 300, 6


def shared() -> SqliteEngine:
    return SqliteEngine(default_queue().database.path, synchronous=NORMAL, shared=True)


def test_each_of_many_threads_claims_notes_and_acknowledges_jobs_of_its_own(home: Path):
    enqueue_many("sampletasks.add", [{"a": number} for number in range(JOBS)])
    database, name = shared(), default_queue().name
    assert database.connection is ThreadPoolExecutor(1).submit(lambda: database.connection).result()

    def work(number: int) -> list[str]:
        done = []
        held = claim(database, name, f"worker {number}", number)
        while held is not None:
            database.write(database.sql.PID, **{**held.key, "pid": number + 100})
            note_progress(database, held, 0.5, f"by {number}", None)
            request = ClaimRequest(name, f"worker {number}", number)
            database.may_claim(request)
            outcome = Outcome("finished", result=b"x")
            accepted, following = acknowledge(database, held, outcome, request)
            assert accepted
            done.append(held.id)
            held = following
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        done = [id for ids in pool.map(work, range(THREADS)) for id in ids]
    assert Counter(done) == Counter(set(done))
    assert len(done) == JOBS
    assert {job.message[:3] for job in list_jobs(status="finished", limit=None)} == {"by "}
    assert not database.connection.in_transaction
    database.close()


def test_a_thread_that_is_in_a_hurry_does_not_wait_for_another_that_writes(home: Path):
    database = shared()
    inside, leave = threading.Event(), threading.Event()

    def write() -> None:
        with database.transaction():
            inside.set()
            leave.wait(60)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    assert inside.wait(60)
    with pytest.raises(QueueError, match="another thread"), database.short_timeout():
        pass
    leave.set()
    writer.join(60)
    with database.short_timeout(), database.transaction() as run:
        assert run("select 1") == [(1,)]
    database.close()


def test_the_collector_closes_connections_in_whatever_order_it_finds_them(home: Path):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(3):
            database = shared()
            connection = database.connection
            database.itself = database
            del database
            del connection
            gc.collect()
    assert not seen


def test_threads_that_have_ended_leave_no_connection_open(home: Path):
    enqueue_many("sampletasks.nothing", [{}])
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(150):
        thread = threading.Thread(target=lambda: list_jobs()[0].status)
        thread.start()
        thread.join(60)
    assert len(os.listdir("/proc/self/fd")) < before + 10
