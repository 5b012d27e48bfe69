"""The notices of a process: all that use one schema have them in common."""

import os
import threading
from collections.abc import Callable

from drawscape.queue.engines.postgres.notices import Notices

_NOTICES: dict[str, Notices] = {}
_LOCK = threading.Lock()


def notices_for(name: str, make: Callable[[], Notices]) -> Notices:
    """Return this process's notices called `name`, made if there are none."""
    found = _NOTICES.get(name)
    if found is None:
        with _LOCK:
            found = _NOTICES.get(name)
            if found is None:
                found = _NOTICES[name] = make()
    return found


def _forget() -> None:
    """A forked process has no threads of its own, and leaves its parent's connections alone."""
    global _LOCK
    _INHERITED.extend(_NOTICES.values())
    _NOTICES.clear()
    _LOCK = threading.Lock()


_INHERITED: list[Notices] = []
os.register_at_fork(after_in_child=_forget)
