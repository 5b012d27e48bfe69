"""Spans of time as people write them: `'90s'`, `'5m'`, `'1h30m'`, seconds or a timedelta."""

import math
import re
import time
from contextlib import suppress
from datetime import datetime, timedelta

from drawscape.errors import JobOptionError

Duration = str | float | timedelta | None

_UNITS_S = {"w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|w|d|h|m|s)", re.IGNORECASE)
_WHOLE = re.compile(rf"\s*(?:{_PART.pattern}\s*)+", re.IGNORECASE)

LONGEST_S = 3_200_000_000.0
"""A hundred years: beyond that, calendars and clocks fail."""


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
