"""A moment by which something has to be over."""

import math
import time
from typing import NamedTuple


class Deadline(NamedTuple):
    """A moment of the monotonic clock, in seconds; by default one that never comes."""

    at: float = math.inf

    @classmethod
    def after(cls, seconds: float | None, start: float | None = None) -> "Deadline":
        """Return the moment in `seconds` from `start`, or from now; None: never."""
        if seconds is None:
            return cls()
        return cls((time.monotonic() if start is None else start) + seconds)

    @property
    def left_s(self) -> float:
        """Seconds until then, 0 once it has passed."""
        return max(0.0, self.at - time.monotonic())
