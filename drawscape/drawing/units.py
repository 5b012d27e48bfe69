"""Lengths with units, as people and as SVG files write them; and what a drawing takes."""

import contextlib
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from drawscape.errors import CanvasError

MM = 1.0
CM = 10.0
INCH = 25.4
PT = INCH / 72
PC = INCH / 6
PX = INCH / 96
"""CSS's pixel, of which there are 96 to an inch."""

NUMBER = r"[-+]?+(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?\d+)?"
"""A decimal number, as a pattern; possessive, so that a long row of digits is read once."""

UNITS = {"mm": MM, "cm": CM, "q": 0.25, "in": INCH, "pt": PT, "pc": PC, "px": PX}
_NO_UNITS: Mapping[str, float] = {}
# Of the font size, as the usual fonts have them.
_EMS = {"em": 1.0, "ex": 0.5, "ch": 0.5, "ic": 1.0, "cap": 0.7, "lh": 1.15}
_PAPER_UNITS = {**UNITS, "m": 1000.0, '"': INCH}
_LENGTH = re.compile(rf"\s*({NUMBER})\s*([a-z\"]*|%)\s*", re.IGNORECASE)
_CSS_LENGTH = re.compile(rf"\s*({NUMBER})([a-z]*|%)\s*", re.IGNORECASE)
# No number in a drawing is longer; a million digits are an attack on the conversion.
_LONGEST = 64


def parse_length(value: str | float, unit: str = "mm") -> float:
    """Return a length in mm: `'2cm'` is 20.0, `'1 in'` 25.4; a bare number is in `unit`.

    Raises CanvasError for what is no length, for an unknown unit, and for what is not finite.
    """
    number, suffix = _split(value)
    named = (suffix or unit).lower()
    if named not in _PAPER_UNITS:
        raise CanvasError(
            f"length {value!r}: unknown unit {named!r}; units: {', '.join(_PAPER_UNITS)}"
        )
    length = number * _PAPER_UNITS[named]
    if not math.isfinite(length):
        raise CanvasError(f"length {value!r} is not finite")
    return length


def _split(value: str | float) -> tuple[float, str]:
    if not isinstance(value, str):
        try:
            return float(value), ""
        except (TypeError, ValueError):
            raise CanvasError(f"length {value!r} is not a length; give it as 20 or '2cm'") from None
    match = _LENGTH.fullmatch(value)
    if match is None:
        raise CanvasError(f"length {value!r} is not a length; give it as '20', '20mm' or '2cm'")
    return float(match[1]), match[2]


def css_px(
    text: str | None,
    *,
    whole: float = 0.0,
    em: float = 16.0,
    default: float | None = None,
    units: Mapping[str, float] = _NO_UNITS,
) -> float | None:
    """Return a length of an SVG file in its user units: `12`, `12mm`, `50%` of `whole`, `2em`.

    `units` are further units in user units. `default` when `text` is absent or malformed.
    """
    if text is None:
        return default
    try:
        value = float(text) if len(text) < _LONGEST and "_" not in text else math.nan
    except ValueError:
        value = _css_mm(text, whole * PX, em, units) / PX
    return value if math.isfinite(value) else default


def css_mm(text: str | None, *, whole: float) -> float | None:
    """Return a length in mm, exactly as the file names it; None when absent or malformed."""
    value = _css_mm(text, whole, 16.0) if text is not None else math.nan
    return value if math.isfinite(value) else None


def _css_mm(text: str, whole: float, em: float, units: Mapping[str, float] = _NO_UNITS) -> float:
    """Return a length in mm, `whole` being the mm that percentages refer to; nan when malformed."""
    match = _CSS_LENGTH.fullmatch(text) if len(text) < _LONGEST else None
    if match is None:
        return math.nan
    number, unit = float(match[1]), match[2].lower() or "px"
    if unit in UNITS:
        return number * UNITS[unit]
    if unit == "%":
        return number * whole / 100
    size = units.get(unit, em * _EMS[unit] if unit in _EMS else math.nan)
    return number * size * PX


# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def check_text(value: object) -> str:
    """Return `value` as text; raise CanvasError for a character that no XML file can hold."""
    text = str(value)
    found = _FORBIDDEN.search(text)
    if found:
        raise CanvasError(
            f"text {text!r} holds U+{ord(found[0]):04X}, which no SVG can hold; remove it"
        )
    return text


def checked_length(what: str, value: Any) -> float:
    """Return `value`, a number above zero and finite; else raise CanvasError that names `what`.

    A Decimal and a number's text, as older callers give, count as the numbers that they write.
    """
    if isinstance(value, (Decimal, str)):
        with contextlib.suppress(ValueError):
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise CanvasError(f"{what} {value!r} is not a number; give it in mm")
    if not math.isfinite(value) or value <= 0:
        raise CanvasError(f"{what} {value!r} must be a finite number of mm above 0")
    return value  # type: ignore[return-value]
