"""Spans of time as people write them: `'90s'`, `'5m'`, `'1h30m'`, seconds, timedelta."""

import math
import re
import time
from datetime import datetime, timedelta
from typing import TypeAlias

from drawscape.errors import JobOptionError

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
    if isinstance(value, timedelta):
        number = value.total_seconds()
    elif isinstance(value, str):
        number = _from_text(value, option)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value)
    else:
        raise _malformed(value, option)
    if not math.isfinite(number) or not 0 <= number <= LONGEST_S:
        raise _malformed(value, option)
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


def _from_text(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    if not _WHOLE.fullmatch(text):
        raise _malformed(text, option)
    return sum(float(n) * _UNITS_S[unit.lower()] for n, unit in _PART.findall(text))


def _malformed(value: object, option: str) -> JobOptionError:
    return JobOptionError(
        f"{option}={value!r}: give seconds as a number, text such as '90s', '5m', '1h30m', '1d', "
        "or a timedelta, of a hundred years at most"
    )
