"""The clock that nobody sets: seconds since this machine was started, sleep included."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def boot_s() -> float:
    """Return the seconds since the machine was started; the same for all of its processes."""
    return time.clock_gettime(_CLOCK)


@cache
def boot_id() -> str | None:
    """Return what names this run of the machine, None where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
