"""The threads of a kernel that serve its widgets, and calls in them: at once, later, or debounced.

Each kind of slow work has its own thread, so that an export delays neither a worker's start nor a plot
panel. A thread lasts as long as the kernel, because each new one costs a memory arena of 30 MB.
"""

import logging
import sched
import threading
import time
from collections.abc import Callable
from pathlib import Path

from drawscape.settings import home

_LOG = logging.getLogger("drawscape.notebook")


class BackgroundThread:
    """A thread that runs the calls that are due, one after the other, and never ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._due = sched.scheduler(time.monotonic)
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has been started; False again after a fork."""
        return self._thread is not None and self._thread.is_alive()

    def do(self, action: Callable[[], object], after_s: float = 0.0) -> None:
        """Call `action` in the thread, `after_s` from now; an error is logged.

        When the home has changed meanwhile, `action` is not called: it would write into the wrong home.
        """
        with self._lock:
            self._due.enter(after_s, 0, self._call, (action, home()))
            self._wake.set()
            if not self.is_running:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            self._wake.wait(self._due.run(blocking=False))

    def _call(self, action: Callable[[], object], asked_in: Path) -> None:
        try:
            if home() == asked_in:
                action()
        except Exception:  # noqa: BLE001 - the thread serves other widgets, too
            _LOG.exception("a call of a board or form failed")


STATES = BackgroundThread("drawscape-states")
"""Reads jobs and the catalogue, and sends them to pages."""

PICTURES = BackgroundThread("drawscape-pictures")
"""Reads files, counts their figures, and makes the static outputs of saved notebooks."""

EXPORTS = BackgroundThread("drawscape-exports")
"""Orders lines, checks drawings and writes files, which takes seconds."""

WORKERS = BackgroundThread("drawscape-workers")
"""Starts a worker where none is alive."""

PLOTS = BackgroundThread("drawscape-plots")
"""Reads the journals of plots for their panels."""

MOTIONS = BackgroundThread("drawscape-motions")
"""Waits for motions of a machine that a panel asks for, while Stop still works."""

ALL_THREADS = (STATES, PICTURES, EXPORTS, WORKERS, PLOTS, MOTIONS)


class Debounce:
    """Calls `action` once, `period_s` after the first request, no matter how many requests follow.

    With `from_last` each request defers the call again, until the requests rest.
    """

    def __init__(
        self,
        period_s: float,
        action: Callable[[], object],
        *,
        from_last: bool = False,
        thread: BackgroundThread = STATES,
    ) -> None:
        self._period_s, self._action, self._from_last = period_s, action, from_last
        self._thread = thread
        self._lock = threading.Lock()
        self._due: object = None

    @property
    def is_due(self) -> bool:
        """Whether a call is still to come."""
        return self._due is not None

    def request(self) -> None:
        """Request the call; a call that is due already serves this request too."""
        with self._lock:
            if self._due is not None and not self._from_last:
                return
            self._due = request = object()
        self._thread.do(lambda: self._run(request), self._period_s)

    def drop(self) -> None:
        """Cancel the call that is due."""
        self._due = None

    def _run(self, request: object) -> None:
        with self._lock:
            if request is not self._due:
                return  # dropped, or deferred
            self._due = None
        self._action()
