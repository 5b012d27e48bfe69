"""Colours of CSS in numbers."""

import re
from functools import lru_cache
from typing import Any

import numpy as np

from drawscape.errors import PlotError

_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_USUAL = {
    "black": (0.0, 0.0, 0.0, 1.0),
    "white": (1.0, 1.0, 1.0, 1.0),
    "transparent": (0.0, 0.0, 0.0, 0.0),
}
# No colour's text is longer.
_LONGEST = 200
# CSS Color Module Level 4: linear sRGB of XYZ under D65, and D65 of D50 (Bradford).
_SRGB_OF_XYZ = np.array(
    [
        [3.2409699419, -1.5373831776, -0.4986107603],
        [-0.9692436363, 1.8759675015, 0.0415550574],
        [0.0556300797, -0.2039769589, 1.0569715142],
    ]
)
_D65_OF_D50 = np.array(
    [
        [0.9554734527, -0.0230985369, 0.0632593086],
        [-0.0283697094, 1.0099954580, 0.0210415381],
        [0.0123140016, -0.0205076964, 1.3303659366],
    ]
)


@lru_cache(maxsize=4096)
def rgba(color: str) -> tuple[float, float, float, float] | None:
    """Return red, green, blue and opacity, 0 to 1, of a CSS colour; None for what is none.

    All of CSS Color 4 is known, from names to `oklch()`; what no screen shows is clamped.

    >>> rgba("#ff000080"), rgba("no colour")
    ((1.0, 0.0, 0.0, 0.5019607843137255), None)
    """
    text = color.strip().lower()
    if match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) > 4 else "".join(2 * digit for digit in match[1])
        parts = [int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)]
        return (parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0)
    if text in _USUAL or not 0 < len(text) <= _LONGEST:
        return _USUAL.get(text)
    from tinycss2.color4 import parse_color

    found = parse_color(text)
    if found is None or found == "currentcolor":
        return None
    red, green, blue = np.clip(_srgb(found), 0.0, 1.0).tolist()
    return (red, green, blue, min(max(float(found.alpha or 0), 0.0), 1.0))


def _srgb(color: Any) -> Any:
    """Return tinycss2's colour as sRGB, which it knows for the older notations only."""
    if color.space in ("srgb", "hsl", "hwb"):
        return color.to("srgb").coordinates
    if color.space in ("lab", "lch", "xyz-d50"):
        xyz = _D65_OF_D50 @ np.array(color.to("xyz-d50").coordinates)
    elif color.space in ("oklab", "oklch", "xyz", "xyz-d65"):
        xyz = np.array(color.to("xyz-d65").coordinates)
    else:  # display-p3 and its like: near enough for ink
        return [part or 0.0 for part in color.coordinates]
    linear = _SRGB_OF_XYZ @ xyz
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.abs(linear) ** (1 / 2.4) - 0.055
    )


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of a CSS colour; opacity is left aside.

    Raises PlotError for a colour that is not known.
    """
    values = rgba(color)
    if values is None:
        raise PlotError(f"colour {color!r} is not known; write it as '#rrggbb'")
    red, green, blue = (round(255 * part) for part in values[:3])
    return red, green, blue


def share(text: str) -> float:
    """Return `'0.5'` or `'50%'` as 0.5; raise ValueError for anything else."""
    text = text.strip()
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def is_white(color: str) -> bool:
    """Return whether a colour cannot be distinguished from white paper."""
    values = rgba(color)
    return values is not None and min(values[:3]) > 0.98


def luminance(color: str) -> float:
    """Return how bright a colour is, 0 to 1, times its opacity; what is no colour counts as black."""
    red, green, blue, opacity = rgba(color) or (0.0, 0.0, 0.0, 1.0)
    return (0.2125 * red + 0.7154 * green + 0.0721 * blue) * opacity
