"""Long work on the table in short transactions, with room between them for other writers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from drawscape.queue.engines.engine import Connection, Database

_AIM_S = 0.008
"""Of the work in one transaction: less than half of the 20 ms that another writer may have to wait, for a
busy machine and the commit take their part."""

_FIRST, _LEAST, _MOST = 200, 50, 5000
# Of the time that a slice held the file. A writer that finds it locked looks again after 1, 2, 5, 10, 15, 20
# ms: the pause has to be longer than the step that it has come to.
_BREATH, _BREATH_FOR_WRITERS = 0.4, 1.5


class Slices:
    """How much the next transaction takes on: as many rows as the last ones showed to fit the aim.

    `done` is set to what a slice did; less than it might have done ends the work.
    """

    def __init__(self, database: Database) -> None:
        self.size = _FIRST
        self.done = 0
        self.more = True
        self._database = database
        self._seen: object = None

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """Run a slice in a transaction, adapt the next one to the time it took, and let others write."""
        self.done = 0
        with self._database.transaction() as connection:
            began = time.perf_counter()
            yield connection
            took_s = time.perf_counter() - began
        held_s = time.perf_counter() - began  # with the commit, which may take as long again
        self.more = self.done >= self.size
        self.size = int(min(max(self.size * min(_AIM_S / took_s, 2), _LEAST), _MOST))
        if self.more:
            self._pause(held_s)

    def _pause(self, held_s: float) -> None:
        """Pause for longer than the slice took while others write, and else for a part of that.

        SQLite does not say who waits, but whoever writes much has written since the last slice.
        """
        seen = self._database.written_by_others()
        time.sleep(held_s * (_BREATH if seen == self._seen else _BREATH_FOR_WRITERS))
        self._seen = seen
