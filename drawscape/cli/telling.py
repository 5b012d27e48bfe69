"""What several commands share of how things are said: counts, spans of time, errors."""

from __future__ import annotations

from drawscape.errors import DrawscapeError


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: `no jobs`, `1 job`, `12 jobs`."""
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def span(seconds: float) -> str:
    """Return a span as a person would say it: `340ms`, `12s`, `5m`, `3h`, `9d`."""
    if seconds < 0.9995:
        return f"{max(0.0, seconds) * 1000:.0f}ms"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


def exit_code(error: DrawscapeError) -> int:
    """Return 2 for what was asked wrongly, 1 for what went wrong."""
    return 2 if isinstance(error, (ValueError, TypeError, LookupError)) else 1
