"""At most one call in a period, however often it is asked for."""

import threading
from collections.abc import Callable


class Throttle:
    """Calls `action` in a thread `period_s` after it was first asked for.

    With `from_last`, each request puts the call off again, so that it comes once the requests rest.
    """

    def __init__(
        self, period_s: float, action: Callable[[], object], *, from_last: bool = False
    ) -> None:
        self._period_s, self._action, self._from_last = period_s, action, from_last
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def request(self) -> None:
        """Ask for the call; one that is due already serves this request too."""
        with self._lock:
            if self._timer is not None and self._from_last:
                self._timer.cancel()
            elif self._timer is not None:
                return
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
            if self._timer is not threading.current_thread():
                return  # dropped or put off at the very moment
            self._timer = None
        self._action()
