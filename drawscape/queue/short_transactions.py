"""Work on many rows in short transactions, with room for other writers between them."""

import time
from collections.abc import Callable

from drawscape.failpoints import failpoint
from drawscape.queue.engines.engine import Engine, Transaction

_HELD_S, _PAUSE_S = 0.010, 0.012
"""How long a transaction of many works, and what it leaves free after it, at least.

A writer that finds SQLite's file locked tries again after 1, 2, 5, 10 ms. So it writes 18 ms after its first
try, at the latest.
"""


def in_slices(engine: Engine, limit: int, step: Callable[[Transaction], int]) -> int:
    """Return how many rows `step` did, called until it does fewer than `limit`; as often as time allows.

    Between two transactions is room for other writers. The time is checked after each step, so a slow disk or
    a busy machine makes for fewer, not for longer ones.
    """
    total, done = 0, limit
    while done >= limit:
        with engine.transaction() as run:
            began = time.perf_counter()
            while done >= limit and time.perf_counter() - began < _HELD_S:
                done = step(run)
                total += done
        failpoint("slice.committed")
        if done >= limit:
            time.sleep(max(_PAUSE_S, time.perf_counter() - began))
    return total
