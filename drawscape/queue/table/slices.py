"""Long work on the table in short transactions, with room between them for other writers."""

import itertools
import time
from collections.abc import Callable

from drawscape.queue.engines.engine import Connection, Database
from drawscape.queue.worker.failpoints import failpoint

_HELD_S = 0.010
"""How long one transaction works and commits: half of the 20 ms that it may hold the file."""

# A writer that finds SQLite's file locked looks again after 1, 2, 5, 10 ms, then 15 and 20. A pause longer
# than the step that it has come to is not missed: 18 ms after its first look it writes, at the latest.
_PAUSE_S = 0.012

_CHECKPOINT_EVERY = 8
"""So many transactions leave some megabytes of a log, and are worth the flushes of a checkpoint."""


def in_slices(database: Database, step: Callable[[Connection], bool]) -> None:
    """Call `step`, which does a few rows, until it returns False; as often in a transaction as time allows.

    The time is looked at after each step, so a slow disk or a busy machine makes for fewer, not for longer
    ones. What the last commit took is set aside for the next.
    """
    commit_s = 0.0
    for number in itertools.count(1):
        with database.transaction() as connection:
            began = time.perf_counter()
            more = step(connection)
            while more and time.perf_counter() - began < _HELD_S - commit_s:
                more = step(connection)
            worked = time.perf_counter()
        committed = time.perf_counter()
        failpoint("slice.committed")
        commit_s = committed - worked
        if not more:
            return
        if number % _CHECKPOINT_EVERY == 0:
            database.checkpoint()
        time.sleep(max(_PAUSE_S, committed - began))
