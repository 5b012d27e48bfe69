"""What time it is, by the queue's server and by a clock that nobody sets; spans of time as people write them.

A span is `'90s'`, `'5m'`, `'1h30m'`, seconds or a timedelta.
"""

import math
import os
import re
import signal
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypeAlias

from drawscape.errors import JobOptionError

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

_SAME_S = 0.05
"""Clocks that differ by less are the same: to ask the server takes a part of that."""

_ahead_s = 0.0  # how far the server's clock is ahead of this machine's


def now() -> float:
    """Return the seconds since 1970, by the clock of the queue's server once this process knows it.

    So machines whose clocks differ agree when a job is due, and how old it is.
    """
    return time.time() + _ahead_s


def set_by_server(server_s: float, asked_at: float) -> None:
    """Note what the server's clock showed between `asked_at`, by this machine's clock, and now."""
    global _ahead_s
    ahead_s = server_s - (asked_at + time.time()) / 2
    if abs(ahead_s - _ahead_s) > _SAME_S:
        _ahead_s = ahead_s if abs(ahead_s) > _SAME_S else 0.0


def not_before(moment_s: float) -> float:
    """Return a moment by this machine's clock that is surely not before `moment_s` of the server's."""
    return moment_s - _ahead_s + 4 * _SAME_S if _ahead_s else moment_s


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


@cache
def process_space() -> str:
    """Return what names this run of the machine and its space of process ids, empty where unknown."""
    if boot_id() is None or sys.platform != "linux":
        return ""
    return f"{boot_id()}-{os.stat('/proc/self/ns/pid').st_ino}"


def started_at(pid: int) -> int | None:
    """Return when the living process `pid` started, in clock ticks since the boot; None if there is none.

    Numbers of processes come again. A zombie counts as none. Without /proc this is None for every process.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


# Places where a test may kill the process

_armed = ""
_left = 0


def arm(name: str, count: int = 1) -> None:
    """Kill this process when it comes by `name` for the `count`-th time."""
    global _armed, _left
    _armed, _left = name, count


def failpoint(name: str) -> None:
    """Do nothing, unless this place is armed."""
    global _left
    if name != _armed:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


_name, _, _count = os.environ.get("DRAWSCAPE_FAILPOINT", "").partition(":")
if _name:
    arm(_name, int(_count or 1))


Duration: TypeAlias = str | float | timedelta | None

_UNITS_S = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|w|d|h|m|s)", re.IGNORECASE)
_WHOLE = re.compile(rf"\s*(?:{_PART.pattern}\s*)+", re.IGNORECASE)

LONGEST_S = 3_200_000_000.0
"""A hundred years: beyond, calendars and clocks give up."""


def seconds(value: Duration, option: str) -> float:
    """Return `value` in seconds, >= 0: a number, `'300'`, `'1h30m'` or a timedelta.

    Raises JobOptionError, which names `option`, for anything else.
    """
    number = math.nan
    if isinstance(value, timedelta):
        number = value.total_seconds()
    elif isinstance(value, str) and _WHOLE.fullmatch(value):
        number = sum(float(n) * _UNITS_S[unit.lower()] for n, unit in _PART.findall(value))
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        with suppress(ValueError):
            number = float(value)
    if not 0 <= number <= LONGEST_S:
        raise JobOptionError(
            f"{option}={value!r}: give seconds as a number, text such as '90s', '5m', '1h30m', '1d', "
            "or a timedelta, of a hundred years at most"
        )
    return number


def timeout(value: Duration, option: str = "job_timeout") -> float | None:
    """Return a time limit in seconds, > 0, or None for no limit (None, -1, `'-1'`)."""
    if value is None or (not isinstance(value, (bool, timedelta)) and value in (-1, "-1")):
        return None
    number = seconds(value, option)
    if number == 0:
        raise JobOptionError(f"{option}={value!r}: a job needs some time; -1 or None sets no limit")
    return number


def moment(value: datetime, option: str) -> float:
    """Return an aware datetime as seconds since 1970; raise JobOptionError for a naive one."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise JobOptionError(
            f"{option}={value!r}: give an aware datetime, such as datetime.now(timezone.utc)"
        )
    stamp = value.timestamp()
    if stamp > time.time() + LONGEST_S:
        raise JobOptionError(f"{option}={value!r}: give a moment within the next hundred years")
    return stamp


def span_words(seconds: float) -> str:
    """Return a span of time as people say it.

    >>> span_words(0.04), span_words(0.4), span_words(125), span_words(7500)
    ('40 ms', '0.4 s', '2 min 5 s', '2 h 5 min')
    """
    if seconds < 0.0995:
        return f"{max(seconds * 1000, 1):.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 2880:
        return f"{minutes // 1440} days"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
