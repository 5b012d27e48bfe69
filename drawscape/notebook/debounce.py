"""One call after many: what a slider in motion asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Debounce:
    """Calls `action` once, in a thread, when nothing more was asked for during `delay_s`."""

    def __init__(self, delay_s: float, action: Callable[[], object]) -> None:
        self._delay_s = delay_s
        self._action = action
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def ask(self) -> None:
        """Ask for the call; an earlier one that is still due is put off."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self._delay_s, self._action)
            self._timer.daemon = True
            self._timer.start()

    def drop(self) -> None:
        """Forget what is due."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None


class Throttle:
    """Calls `action` in a thread soon after it is asked for, but not more often than each period."""

    def __init__(self, period_s: float, action: Callable[[], object]) -> None:
        self._period_s = period_s
        self._action = action
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def ask(self) -> None:
        """Ask for the call; one that is due already serves this asking too."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(self._period_s, self._run)
                self._timer.daemon = True
                self._timer.start()

    def drop(self) -> None:
        """Forget what is due."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None

    def _run(self) -> None:
        with self._lock:
            self._timer = None
        self._action()
