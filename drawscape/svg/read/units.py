"""Lengths as SVG writes them, in user units (CSS pixels: 96 to the inch)."""

from __future__ import annotations

import math
import re

MM_PER_PX = 25.4 / 96

_MM = {
    "": MM_PER_PX,
    "px": MM_PER_PX,
    "pt": 25.4 / 72,
    "pc": 25.4 / 6,
    "in": 25.4,
    "mm": 1.0,
    "cm": 10.0,
    "q": 0.25,
    # Without text there is no font to measure: the browsers' default.
    "em": 16 * MM_PER_PX,
    "rem": 16 * MM_PER_PX,
    "ex": 8 * MM_PER_PX,
}
_LENGTH = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([a-zA-Z]*|%)\s*")
# No number in a drawing is longer; a million digits are an attack on the conversion.
_LONGEST = 64


def length_px(
    text: str | None, *, whole: float = 0.0, default: float | None = None
) -> float | None:
    """Return a length in px: `12`, `12mm`, `50%` of `whole`; `default` when absent or malformed."""
    if text is None:
        return default
    try:
        value = float(text) if len(text) < _LONGEST and "_" not in text else math.nan
    except ValueError:
        value = _with_unit(text, whole * MM_PER_PX) / MM_PER_PX
    return value if math.isfinite(value) else default


def length_mm(text: str | None, *, whole: float) -> float | None:
    """Return a length in mm, exactly as the file names it; None when absent or malformed."""
    value = _with_unit(text, whole) if text is not None else math.nan
    return value if math.isfinite(value) else None


def _with_unit(text: str, whole: float) -> float:
    """Return a length in mm, `whole` being the mm that percentages refer to; nan when malformed."""
    match = _LENGTH.fullmatch(text) if len(text) < _LONGEST else None
    if match is None:
        return math.nan
    number, unit = float(match[1]), match[2].lower()
    if unit == "%":
        return number / 100 * whole
    return number * _MM.get(unit, math.nan)
