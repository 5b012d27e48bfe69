"""The time: by the clock of the queue's server, and by a clock that nobody sets."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_SAME_S = 0.05
"""Smaller differences of clocks are ignored: a query of the server takes a part of that."""

_ahead_s = 0.0  # how far the server's clock is ahead of ours


def now() -> float:
    """Return the seconds since 1970, by the clock of the queue's server once this process knows it.

    So machines with different clocks agree on when a job is due, and how old it is.
    """
    return time.time() + _ahead_s


def set_by_server(server_s: float, asked_at: float) -> None:
    """Note the time that the server's clock showed between `asked_at` and now (by this machine's clock)."""
    global _ahead_s
    ahead_s = server_s - (asked_at + time.time()) / 2
    if abs(ahead_s - _ahead_s) > _SAME_S:
        _ahead_s = ahead_s if abs(ahead_s) > _SAME_S else 0.0


def not_before(moment_s: float) -> float:
    """Return a moment by this machine's clock that is surely not before the server's `moment_s`."""
    return moment_s - _ahead_s + 4 * _SAME_S if _ahead_s else moment_s


def boot_s() -> float:
    """Return the seconds since the machine was started; the same for all of its processes."""
    return time.clock_gettime(_CLOCK)
