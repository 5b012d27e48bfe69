"""Long work on the table in short transactions, with room between them for other writers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_AIM_S = 0.005
"""Of one transaction. A writer that finds the file locked sleeps 1, 2, 5, 10, 15 ms between its tries, so
the pauses are as long as the transactions."""

_FIRST, _LEAST, _MOST = 200, 200, 2000  # fewer rows would be outweighed by the flush to the disk


class Slices:
    """How much the next transaction takes on: as many rows as the last ones showed to fit the aim.

    `done` is set to what a slice did; less than it might have done ends the work.
    """

    def __init__(self) -> None:
        self.size = _FIRST
        self.done = 0
        self.more = True

    @contextmanager
    def one(self) -> Iterator[None]:
        """Time a slice, adapt the next, and pause for as long as it took."""
        self.done = 0
        began = time.perf_counter()
        yield
        took_s = time.perf_counter() - began
        self.more = self.done >= self.size
        self.size = int(min(max(self.size * min(_AIM_S / took_s, 2), _LEAST), _MOST))
        if self.more:
            time.sleep(took_s)
