"""When a live form draws: while the slider moves as often as the worker manages, and once it rests."""

import threading
from collections.abc import Callable

from drawscape.notebook.reader import Debounce

REST_S = 0.25
"""A hand that rests so long wants to see this drawing, not the one that is under way."""


class Pacer:
    """Calls `draw` such that the newest settings are drawn soon, and always in the end.

    One drawing is under way at a time: `request()` when a setting has changed draws at once if none is,
    `ended()` when one is over draws if settings have changed since. `draw` returns whether it began one.
    """

    def __init__(self, draw: Callable[[], bool]) -> None:
        self._draw = draw
        self._lock = threading.Lock()
        self._wanted = self._busy = False
        self._rest = Debounce(REST_S, self._begin, from_last=True)

    def request(self) -> None:
        """Note that the settings have changed."""
        with self._lock:
            self._wanted = True
            free = not self._busy
        self._rest.request()
        if free:
            self._begin()

    def ended(self) -> None:
        """Note that the drawing under way is over."""
        with self._lock:
            self._busy = False
        self._begin()

    def drop(self) -> None:
        """Forget what is due."""
        with self._lock:
            self._wanted = self._busy = False
        self._rest.drop()

    def _begin(self) -> None:
        with self._lock:
            if not self._wanted:
                return
            self._wanted, self._busy = False, True
        if not self._draw():
            with self._lock:
                self._busy = False
