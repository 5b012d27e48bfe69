"""Values of SVG's attributes: lengths, colours, and the style that a child inherits."""

import contextlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from drawscape.errors import CanvasError, PlotError, UnknownNameError
from drawscape.geometry.lines import is_finite

MM = 1.0
INCH = 25.4
PT = INCH / 72
PX = INCH / 96
"""CSS's pixel, of which there are 96 to an inch."""

NUMBER = r"[-+]?+(?:\d++\.?+\d*+|\.\d++)(?:[eE][-+]?+\d++)?+"
"""A decimal number, as a pattern; possessive, so that a long row of digits is read once."""

UNITS = {"mm": MM, "cm": 10.0, "q": 0.25, "in": INCH, "pt": PT, "pc": INCH / 6, "px": PX}
# Parts of the font size in usual fonts.
_EMS = {"em": 1.0, "ex": 0.5}
_PAPER_UNITS = {**UNITS, "m": 1000.0, '"': INCH}
_LENGTH = re.compile(rf"\s*({NUMBER})\s*([a-z\"]*|%)\s*", re.IGNORECASE)
_CSS_LENGTH = re.compile(rf"\s*({NUMBER})([a-z]*|%)\s*", re.IGNORECASE)
# No number in a drawing is longer; converting a million digits would be an attack.
_LONGEST = 64


def parse_length(value: str | float) -> float:
    """Return a length in mm: `'2cm'` is 20.0, `'1 in'` 25.4; a bare number is in mm.

    Raises CanvasError for other text, an unknown unit, and a length that is not finite.
    """
    suffix, number = "", value
    if isinstance(value, str):
        match = _LENGTH.fullmatch(value)
        if match is None:
            raise CanvasError(f"length {value!r} is not a length; give it as '20', '20mm' or '2cm'")
        number, suffix = match[1], match[2]
    try:
        number = float(number)
    except (TypeError, ValueError, OverflowError):
        raise CanvasError(f"length {value!r} is not a length; give it as 20 or '2cm'") from None
    named = (suffix or "mm").lower()
    if named not in _PAPER_UNITS:
        raise CanvasError(
            f"length {value!r}: unknown unit {named!r}; units: {', '.join(_PAPER_UNITS)}"
        )
    length = number * _PAPER_UNITS[named]
    if not math.isfinite(length):
        raise CanvasError(f"length {value!r} is not finite")
    return length


def css_px(text: str | None, *, whole: float = 0.0, em: float = 16.0) -> float | None:
    """Return a length of an SVG file in its user units: `12`, `12mm`, `50%` of `whole`, `2em`.

    It is None if `text` is missing or malformed.
    """
    if text is None:
        return None
    try:
        value = float(text) if len(text) < _LONGEST and "_" not in text else math.nan
    except ValueError:
        value = _with_unit(text, whole, em)
    return value if math.isfinite(value) else None


def _with_unit(text: str, whole: float, em: float) -> float:
    match = _CSS_LENGTH.fullmatch(text) if len(text) < _LONGEST else None
    if match is None:
        return math.nan
    number, unit = float(match[1]), match[2].lower() or "px"
    if unit in UNITS:
        return number * UNITS[unit] / PX
    if unit == "%":
        return number * whole / 100
    return number * em * _EMS.get(unit, math.nan)


LARGEST_MM = 1e9
"""A thousand kilometres: no drawing is larger, and sums over a document keep 1e-6 mm."""

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


def is_number(value: Any) -> bool:
    """Return whether `value` is a finite number; True and False are not numbers."""
    return not isinstance(value, (bool, np.bool_)) and is_finite(value)


def finite(what: str, value: Any) -> float:
    """Return the number `value` as a float.

    Raises CanvasError, with the name `what`, for text, for True and False, and for infinity and nan.
    """
    if not is_number(value):
        raise CanvasError(f"{what}={value!r} is not a finite number")
    return float(value)


def checked_length(what: str, value: Any, *, most: float = LARGEST_MM) -> float:
    """Return `value`, a number of mm above 0 and at most `most`.

    Text and Decimals, which older callers pass, count as their number.
    Raises CanvasError, with the name `what`, for anything else.
    """
    if isinstance(value, (Decimal, str)):
        with contextlib.suppress(ValueError):
            value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise CanvasError(f"{what} {value!r} is not a number; give it in mm")
    if not is_finite(value) or value <= 0:
        raise CanvasError(f"{what} {value!r} must be a finite number of mm above 0")
    if value > most:
        raise CanvasError(f"{what} {value!r} is beyond all paper; give at most {most:g} mm")
    return value  # type: ignore[return-value]


def check_number(*, may_be_0: bool = False, **numbers: float) -> None:
    """Raise PlotError that names the first of `numbers` that is not finite and positive."""
    for name, value in numbers.items():
        if not (is_finite(value) and (value > 0 or (may_be_0 and value == 0))):
            wanted = "0 or more" if may_be_0 else "a positive number"
            raise PlotError(f"{name}={value!r}: give {wanted}")


def check_name(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise UnknownNameError, with the `kind` of the names, unless `name` is `known`."""
    if name not in known:
        raise UnknownNameError(kind, name, known)


_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_USUAL = {
    "black": (0.0, 0.0, 0.0, 1.0),
    "white": (1.0, 1.0, 1.0, 1.0),
    "transparent": (0.0, 0.0, 0.0, 0.0),
}
# No colour's text is longer.
_LONGEST_COLOR = 200


@lru_cache(maxsize=4096)
def rgba(color: str) -> tuple[float, float, float, float] | None:
    """Return red, green, blue and opacity, 0 to 1, of a CSS colour; None for other text.

    It knows CSS's names, `#rrggbb`, `rgb()`, `hsl()` and `hwb()`, but no other notations.

    >>> rgba("#ff000080"), rgba("no colour")
    ((1.0, 0.0, 0.0, 0.5019607843137255), None)
    """
    text = color.strip().lower()
    if match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) > 4 else "".join(2 * digit for digit in match[1])
        parts = [int(digits[at : at + 2], 16) / 255 for at in range(0, len(digits), 2)]
        return (parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0)
    if text in _USUAL or not 0 < len(text) <= _LONGEST_COLOR:
        return _USUAL.get(text)
    from tinycss2.color4 import parse_color

    found = parse_color(text)
    if found is None or found == "currentcolor" or found.space not in ("srgb", "hsl", "hwb"):
        return None
    red, green, blue, opacity = np.clip(
        [*found.to("srgb").coordinates, found.alpha], 0.0, 1.0
    ).tolist()
    return red, green, blue, opacity


def rgb(color: str) -> tuple[int, int, int]:
    """Return red, green and blue, 0 to 255, of a CSS colour; opacity is ignored.

    Raises PlotError for a colour that is not known.
    """
    values = rgba(color)
    if values is None:
        raise PlotError(f"colour {color!r} is not known; write it as '#rrggbb'")
    red, green, blue = (round(255 * part) for part in values[:3])
    return red, green, blue


def parse_fraction(text: str) -> float:
    """Return `'0.5'` or `'50%'` as 0.5; raise ValueError for anything else."""
    text = text.strip()
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def is_white(color: str) -> bool:
    """Return whether a colour cannot be distinguished from white paper."""
    values = rgba(color)
    return values is not None and min(values[:3]) > 0.98


def luminance(color: str) -> float:
    """Return how bright a colour is, 0 to 1, times its opacity; an unknown colour counts as black."""
    red, green, blue, opacity = rgba(color) or (0.0, 0.0, 0.0, 1.0)
    return (0.2125 * red + 0.7154 * green + 0.0721 * blue) * opacity


INHERITED = frozenset((
    "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset",
    "fill", "fill-opacity", "fill-rule", "clip-rule", "color", "visibility",
    "font-size", "font-family", "text-anchor", "letter-spacing", "word-spacing", "marker-start",
    "marker-mid", "marker-end", "font-variant", "dominant-baseline",
    "text-decoration", "writing-mode", "direction", "text-transform", "white-space",
))  # fmt: skip
"""The properties that matter to lines and that a child inherits, except the custom ones, `--name`."""

_PAINTS: dict[Literal["stroke", "fill"], str] = {"stroke": "none", "fill": "black"}
"""The paint of an element that names none."""

_FONT_SIZES = {"xx-small": 9.6, "x-small": 12.0, "small": 13.33, "medium": 16.0, "large": 19.2,
               "initial": 16.0, "x-large": 24.0, "xx-large": 32.0, "xxx-large": 48.0}  # fmt: skip


@dataclass(frozen=True, eq=False)
class InheritedStyle:
    """What an element inherits: `values` by property; `font_size` in user units."""

    values: Mapping[str, str] = field(default_factory=dict)
    font_size: float = 16.0

    def get(self, name: str, default: str = "") -> str:
        """Return a property's value."""
        return self.values.get(name, default)

    def with_(self, own: Mapping[str, str]) -> "InheritedStyle":
        """Return the style of a child with its declarations."""
        given = {
            name: value
            for name, value in own.items()
            if (name in INHERITED or name.startswith("--"))
            and value not in ("inherit", "unset", "")
        }
        if not given:
            return self
        size = self.font_size
        if "font-size" in given:
            text = given["font-size"]
            relative = {"larger": "1.2em", "smaller": "0.8333em"}.get(text, text)
            named = _FONT_SIZES.get(text, self.px(relative, size))
            size = size if named is None or named < 0 else named
        values = {**self.values, **given}
        if "initial" in given.values():
            values = {name: value for name, value in values.items() if value != "initial"}
        return InheritedStyle(values, size)

    def px(self, text: str | None, whole: float = 0.0) -> float | None:
        """Return a length in user units; percents are of `whole`."""
        return css_px(text, whole=whole, em=self.font_size)

    @property
    def hidden(self) -> bool:
        """Whether the element is hidden; a child may be visible again."""
        return self.get("visibility") in ("hidden", "collapse")

    def paint(self, name: Literal["stroke", "fill"]) -> str | None:
        """Return the colour of the stroke or fill; None if it is invisible."""
        width = css_px(self.values.get("stroke-width"), whole=1.0) if name == "stroke" else None
        if width is not None and width <= 0:
            return None
        return self._color(name)

    def _color(self, name: Literal["stroke", "fill"]) -> str | None:
        color = self.get(name, _PAINTS[name])
        if color.lower() == "currentcolor":
            color = self.get("color", "black")
        if color == "none" or opacity_of(self.get(f"{name}-opacity", "1")) <= 0:
            return None
        values = rgba(color)
        if values is None:  # such as the url() of a gradient
            return "black"
        return color if values[3] else None

    @property
    def paints(self) -> bool:
        """Whether a stroke or fill of an outline is visible."""
        return not self.hidden and bool(self.paint("stroke") or self.paint("fill"))

    @property
    def transparent(self) -> bool:
        """Whether a stroke or fill is named but invisible because it is transparent."""
        return any(
            self.get(name, default) != "none" and self._color(name) is None
            for name, default in _PAINTS.items()
        )

    @property
    def ink(self) -> str:
        """The colour to draw with: the stroke's, else the fill's, else black."""
        return self.paint("stroke") or self.paint("fill") or "black"

    @property
    def is_area(self) -> bool:
        """Whether an outline is explicitly a filled area without a stroke, which plain lines are not."""
        named = "fill" in self.values or "stroke" in self.values
        return named and self.paint("fill") is not None and not self.paint("stroke")

    def pen_width(self, determinant: float, *, whole: float = 0.0) -> float | None:
        """Return the stroke's width under a matrix, None if none is named; `whole` is for percents."""
        width = self.px(self.values.get("stroke-width"), whole)
        return None if width is None else round(width * math.sqrt(abs(determinant)), 4)


def opacity_of(text: str) -> float:
    """Return an opacity, 1 for other text."""
    try:
        return parse_fraction(text)
    except ValueError:
        return 1.0


def is_partial(opacity: str) -> bool:
    """Return whether an opacity is neither 0 nor 1."""
    return 0 < opacity_of(opacity) < 1


def parse_declarations(text: str) -> list[tuple[str, str]]:
    """Return `stroke: red; fill: none` as pairs; names in lower case, except `--Custom`."""
    parts = (part.partition(":") for part in text.split(";"))
    named = ((name.strip(), value.strip()) for name, colon, value in parts if colon)
    return [(name if name.startswith("--") else name.lower(), value) for name, value in named]
