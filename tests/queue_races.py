"""Moves of several sessions at one moment, on a Postgres."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from drawscape.job_manager import default_queue
from drawscape.queue.engines.engine import Database
from drawscape.queue.ids import new_id
from drawscape.queue.table.claims import claim
from drawscape.queue.table.records import Claim, Outcome

WORKER = new_id()

DONE = Outcome("finished")

THREADS = ThreadPoolExecutor(6)


def at_once(*moves: Callable[[Database], object]) -> None:
    """Run each move in a thread, with a connection of its own, at the same moment."""
    ready = threading.Barrier(len(moves))
    own = default_queue().database

    def run(move: Callable[[Database], object]) -> None:
        own.connection  # noqa: B018 - opened before the race
        ready.wait(60)
        move(own)

    for done in [THREADS.submit(run, move) for move in moves]:
        done.result(120)


def claimed(database: Database | None = None) -> Claim:
    held = claim(database or default_queue().database, "background", WORKER, None)
    assert held is not None
    return held
