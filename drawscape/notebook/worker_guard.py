"""Seeing to it that queued jobs do not wait for a worker that has left."""

from __future__ import annotations

import logging
import threading

from drawscape.errors import DrawscapeError
from drawscape.jobs import list_jobs, workers_alive
from drawscape.notebook.worker import start_if_needed
from drawscape.settings import home

PERIOD_S = 1.0

_LOG = logging.getLogger("drawscape.notebook")
_LOCK = threading.Lock()
_guard: threading.Thread | None = None


def guard() -> None:
    """From now on, start a worker whenever jobs of this home wait and none is alive.

    The worker that was alive a moment ago may belong to another notebook, and end with it.
    """
    global _guard
    with _LOCK:
        if _guard is None or not _guard.is_alive():
            _guard = threading.Thread(target=_watch_over, args=(home(),), daemon=True)
            _guard.start()


def _watch_over(guarded: object) -> None:
    pause = threading.Event()
    while home() == guarded:
        try:
            if not workers_alive() and list_jobs(("queued", "started"), limit=1):
                start_if_needed()
        except DrawscapeError as error:
            _LOG.warning("no worker, and none could be started: %s", error)
            return
        pause.wait(PERIOD_S)
