"""Lengths with units: everything becomes mm."""

from __future__ import annotations

import math
import re

from drawscape.errors import CanvasError

MM = 1.0
CM = 10.0
INCH = 25.4
PT = INCH / 72
PC = INCH / 6
PX = INCH / 96
"""CSS's pixel, of which there are 96 to an inch."""

_UNITS = {"mm": MM, "cm": CM, "m": 1000.0, "in": INCH, '"': INCH, "pt": PT, "pc": PC, "px": PX}
_LENGTH = re.compile(
    r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*([a-z\"]*)\s*\Z", re.IGNORECASE
)


def parse_length(value: str | float, unit: str = "mm") -> float:
    """Return a length in mm: `'2cm'` is 20.0, `'1 in'` 25.4; a bare number is in `unit`.

    Raises CanvasError for what is no length, for an unknown unit, and for what is not finite.
    """
    number, suffix = _split(value)
    named = (suffix or unit).lower()
    if named not in _UNITS:
        raise CanvasError(f"length {value!r}: unknown unit {named!r}; units: {', '.join(_UNITS)}")
    length = number * _UNITS[named]
    if not math.isfinite(length):
        raise CanvasError(f"length {value!r} is not finite")
    return length


def _split(value: str | float) -> tuple[float, str]:
    if not isinstance(value, str):
        try:
            return float(value), ""
        except (TypeError, ValueError):
            raise CanvasError(f"length {value!r} is not one; give it as 20 or '2cm'") from None
    match = _LENGTH.match(value)
    if match is None:
        raise CanvasError(f"length {value!r} is not one; give it as '20', '20mm' or '2cm'")
    return float(match[1]), match[2]
