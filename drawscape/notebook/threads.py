"""The two lasting threads of a kernel: one reads what is shown, one does slow work.

Each action belongs to the home in which it was asked for.
"""

import logging
import sched
import threading
import time
from collections.abc import Callable
from pathlib import Path

from drawscape.settings import home

_LOG = logging.getLogger("drawscape.notebook")


class LastingThread:
    """A thread that does what is due, and never ends: each short-lived one would cost a memory arena."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._due = sched.scheduler(time.monotonic)
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def do(self, action: Callable[[], object], after_s: float = 0.0) -> None:
        """Call `action` in the thread, `after_s` from now; what it raises is logged.

        In another home it is not called: nothing of the former is written there.
        """
        with self._lock:
            self._due.enter(after_s, 0, self._call, (action, home()))
            self._wake.set()
            if self._thread is None or not self._thread.is_alive():  # the latter after a fork
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
        except Exception:  # noqa: BLE001 - the thread serves others, too
            _LOG.exception("what a board or form asked for failed")


READER = LastingThread("drawscape-reader")
SLOW = LastingThread("drawscape-slow")


def later(action: Callable[[], object], after_s: float = 0.0) -> None:
    """Call `action` in the thread for slow work: reading a large file, making a picture, an export."""
    SLOW.do(action, after_s)


class Debounce:
    """Calls `action` `period_s` after it was first asked for, once, however often it was asked for.

    With `from_last` each request puts the call off again, so that it comes when the requests rest. The call
    runs in the reader's thread, with `slow` in the one for slow work.
    """

    def __init__(
        self,
        period_s: float,
        action: Callable[[], object],
        *,
        from_last: bool = False,
        slow: bool = False,
    ) -> None:
        self._period_s, self._action, self._from_last = period_s, action, from_last
        self._thread = SLOW if slow else READER
        self._lock = threading.Lock()
        self._asked = 0
        self.is_due = False
        """Whether the call is still to come."""

    def request(self) -> None:
        """Ask for the call; one that is due already serves this request too."""
        with self._lock:
            if self.is_due and not self._from_last:
                return
            self.is_due, self._asked = True, self._asked + 1
            asked = self._asked
        self._thread.do(lambda: self._run(asked), self._period_s)

    def drop(self) -> None:
        """Forget what is due."""
        with self._lock:
            self.is_due = False

    def _run(self, asked: int) -> None:
        with self._lock:
            if not self.is_due or asked != self._asked:
                return  # dropped, or put off
            self.is_due = False
        self._action()
