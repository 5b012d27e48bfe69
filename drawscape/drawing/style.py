"""CSS as lines need it: colours, which of them a pen draws with, how wide, and whether it draws at all."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from drawscape.drawing.affine import Matrix
from drawscape.drawing.units import css_px
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


INHERITED = frozenset((
    "stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-dasharray",
    "stroke-dashoffset", "fill", "fill-opacity", "fill-rule", "clip-rule", "color", "visibility",
    "font-size", "font-family", "text-anchor", "letter-spacing", "word-spacing", "marker-start",
    "marker-mid", "marker-end", "font-weight", "font-style", "font-variant", "dominant-baseline",
    "text-decoration", "writing-mode", "direction", "text-transform", "white-space",
))  # fmt: skip
"""The properties that a child takes from its parent, but for the custom ones, `--name`."""

_PAINTS: tuple[tuple[Literal["stroke", "fill"], str], ...] = (("stroke", "none"), ("fill", "black"))

_FONT_SIZES = {"xx-small": 9.6, "x-small": 12.0, "small": 13.33, "medium": 16.0, "large": 19.2,
               "x-large": 24.0, "xx-large": 32.0, "xxx-large": 48.0}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Style:
    """What an element inherits: `values` by property; `font_size` in user units.

    `units` are those of the file, such as `vw` and `rem`, in user units.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    font_size: float = 16.0
    units: Mapping[str, float] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """Return a property's value."""
        return self.values.get(name, default)

    def with_(self, own: Mapping[str, str]) -> "Style":
        """Return the style of a child with declarations of its own."""
        given = {
            name: value
            for name, value in own.items()
            if (name in INHERITED or name.startswith("--"))
            and value not in ("inherit", "unset", "")
        }
        if not given:
            return self
        size = self._font_size(given["font-size"]) if "font-size" in given else self.font_size
        values = {**self.values, **given}
        if "initial" in given.values():
            values = {name: value for name, value in values.items() if value != "initial"}
        return Style(values, size, self.units)

    def _font_size(self, text: str) -> float:
        if text in _FONT_SIZES:
            return _FONT_SIZES[text]
        relative = {"larger": "1.2em", "smaller": "0.8333em"}.get(text, text)
        size = self.px(relative, self.font_size)
        return self.font_size if size is None or size < 0 else size

    def px(
        self, text: str | None, whole: float = 0.0, default: float | None = None
    ) -> float | None:
        """Return a length in user units; percents are of `whole`."""
        return css_px(text, whole=whole, em=self.font_size, default=default, units=self.units)

    @property
    def hidden(self) -> bool:
        """Whether the element is not to be seen; a child may be again."""
        return self.get("visibility") in ("hidden", "collapse")

    def paint(self, name: Literal["stroke", "fill"]) -> str | None:
        """Return the colour of the stroke or fill; None when nothing of it is seen."""
        width = self.get("stroke-width") if name == "stroke" else ""
        if width and (css_px(width, whole=1.0, em=1.0, default=1.0) or 0.0) <= 0:
            return None
        return self._color(name)

    def _color(self, name: Literal["stroke", "fill"]) -> str | None:
        color = self.get(name, "none" if name == "stroke" else "black")
        if color.lower() == "currentcolor":
            color = self.get("color", "black")
        if color in ("none", "transparent") or _nothing(self.get(f"{name}-opacity", "1")):
            return None
        if color.startswith("url("):
            fallback = color.partition(")")[2].strip()
            return fallback if fallback and fallback != "none" else "black"
        values = rgba(color)
        return None if values is not None and values[3] == 0 else color

    @property
    def paints(self) -> bool:
        """Whether anything is seen of an outline: a stroke, a fill, or both."""
        return not self.hidden and bool(self.paint("stroke") or self.paint("fill"))

    @property
    def transparent(self) -> bool:
        """Whether a stroke or fill is named that cannot be seen through its transparency."""
        return any(
            self.get(name, default) != "none" and self._color(name) is None
            for name, default in _PAINTS
        )

    @property
    def ink(self) -> str:
        """The colour to draw with: the stroke's, else the fill's, else black."""
        return self.paint("stroke") or self.paint("fill") or "black"

    @property
    def is_area(self) -> bool:
        """Whether an outline is a filled area without a stroke, and says so: plain lines do not."""
        named = "fill" in self.values or "stroke" in self.values
        return named and self.paint("fill") is not None and not self.paint("stroke")

    def pen_width(self, matrix: Matrix, *, whole: float = 0.0) -> float | None:
        """Return the stroke's width under `matrix`; None when none is named, `whole` is for percents."""
        width = self.px(self.values.get("stroke-width"), whole)
        return None if width is None else round(width * math.sqrt(abs(matrix.determinant)), 4)


def _nothing(opacity: str) -> bool:
    try:
        return share(opacity) <= 0
    except ValueError:
        return False


def is_partial(opacity: str) -> bool:
    """Return whether an opacity is neither none nor full."""
    try:
        return 0 < share(opacity) < 1
    except ValueError:
        return False


def is_seen(own: Mapping[str, str]) -> bool:
    """Return whether an element's own declarations leave it and its children to be seen."""
    return own.get("display") != "none" and not _nothing(own.get("opacity", "1"))


def parse_declarations(text: str) -> list[tuple[str, str]]:
    """Return `stroke: red; fill: none` as pairs; names in lower case, but for `--Custom`."""
    parts = (part.partition(":") for part in text.split(";"))
    named = ((name.strip(), value.strip()) for name, colon, value in parts if colon)
    return [(name if name.startswith("--") else name.lower(), value) for name, value in named]
