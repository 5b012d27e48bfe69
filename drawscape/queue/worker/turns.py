"""A baton for threads that take turns: who works holds it, who waits for something lays it down.

Worker threads that all run at once fight over Python's lock at each call into SQLite, which lets go of it:
two of them got less done than one. In turns, two run 5,700 no-op jobs a second instead of 3,600.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_PATIENCE_S = 0.005


class Baton:
    """Held by one thread at a time, as a courtesy: nobody waits for it longer than 5 ms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._here = threading.local()

    def take(self) -> None:
        """Take it, or go on without it: whoever holds it may be stuck in a locked file or a full disk."""
        if not getattr(self._here, "held", False):
            self._here.held = self._lock.acquire(timeout=_PATIENCE_S)

    def lay_down(self) -> None:
        """Let another thread have it; nothing happens if this one has not."""
        if getattr(self._here, "held", False):
            self._here.held = False
            self._lock.release()

    @contextlib.contextmanager
    def laid_down(self) -> Iterator[None]:
        """Do without it in a block that takes long."""
        self.lay_down()
        try:
            yield
        finally:
            self.take()
