"""Whose turn it is: worker threads work one at a time, and whoever waits for something lets the next one.

Worker threads that all run at once fight over Python's lock at each call into SQLite, which releases it:
two of them got less done than one. When jobs were handed over one by one, two ran 5,700 no-op jobs a
second in turns instead of 3,600.
"""

import contextlib
import threading
from collections.abc import Iterator

from drawscape.queue.engines.engine import Database

_PATIENCE_S = 0.005


class Turn:
    """Taken by one thread at a time, as a courtesy: nobody waits for it longer than 5 ms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._local = threading.local()

    def acquire(self) -> None:
        """Take it, or go on without it: whoever has it may be stuck in a locked file or a full disk."""
        if not getattr(self._local, "acquired", False):
            self._local.acquired = self._lock.acquire(timeout=_PATIENCE_S)

    def release(self) -> None:
        """Let another thread have it; nothing happens if this one has not."""
        if getattr(self._local, "acquired", False):
            self._local.acquired = False
            self._lock.release()

    def committing(self, database: Database) -> contextlib.AbstractContextManager[None]:
        """Do without it while a server commits, which takes it a millisecond."""
        return self.released() if database.has_many_writers else contextlib.nullcontext()

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Do without it in a block that takes long."""
        self.release()
        try:
            yield
        finally:
            self.acquire()
