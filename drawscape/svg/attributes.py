"""Attributes of SVG elements as text: escaped, numbers rounded, names and values checked."""

import re
import warnings
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import numpy as np

from drawscape.drawing.affine import Matrix, parse_transform
from drawscape.drawing.values import (
    LARGEST_MM,
    check_text,
    parse_declarations,
    parse_fraction,
    rgba,
)
from drawscape.errors import CanvasError
from drawscape.geometry.lines import is_finite
from drawscape.svg.line_text import format_number

Attrs = Mapping[str, Any]


class CanvasWarning(UserWarning):
    """Something on the canvas is a mistake, or has no lines that a pen could draw."""


_NAME = re.compile(r"[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?\Z", re.ASCII)
_LENGTH = re.compile(
    r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?([a-z]{2,4}|q|%)?\s*\Z", re.ASCII | re.IGNORECASE
)
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"}
)
_IN_ATTRIBUTE = str.maketrans({"\n": "&#10;", "\t": "&#9;"})


def escape(value: object) -> str:
    """Return `value` as XML text, quotes escaped too."""
    return check_text(value).translate(_ESCAPES)


_NUMBERS: Any = (int, float, Decimal, np.integer, np.floating)


def number(value: Any, name: str = "coordinate") -> str:
    """Return a coordinate or size as written in the file; text such as '50%' or '2cm' stays text.

    Raises CanvasError as `check_coordinate` does.
    """
    check_coordinate(value, name)
    if isinstance(value, (int, str)):
        return str(value)
    return format_number(value)


def check_coordinate(value: Any, name: str) -> None:
    """Raise CanvasError, with `name`, for a number that is not finite and text that is not a length."""
    if isinstance(value, str) and _LENGTH.match(value):
        return
    if not isinstance(value, _NUMBERS) or isinstance(value, bool):
        raise CanvasError(f"{name}={value!r} is not a number; give it in mm")
    if not is_finite(value):
        raise CanvasError(f"{name}={value!r} is not finite; give it in mm")
    if abs(value) > LARGEST_MM:
        raise CanvasError(f"{name}={value!r} is beyond all paper; give it in mm")


def attribute_text(value: object) -> str:
    """Return an attribute's value as written between the quotes."""
    if isinstance(value, (float, np.floating)):
        return number(value)
    return escape(value).translate(_IN_ATTRIBUTE)


def attribute_string(attrs: Attrs) -> str:
    """Return ` name="value"` for each of `attrs` that is not None, in order.

    Raises CanvasError for a name that XML does not allow.
    """
    for name in attrs:
        _check_name(name)
    given = ((name, value) for name, value in attrs.items() if value is not None)
    return "".join(f' {name}="{attribute_text(value)}"' for name, value in given)


_SIZES = frozenset(("r", "rx", "ry", "width", "height"))


def check_places(tag: str, places: Mapping[str, Any]) -> None:
    """Raise CanvasError if a shape's coordinate is not a number, or a size is negative."""
    for name, value in places.items():
        check_coordinate(value, name)
        if name not in _SIZES:
            continue
        if value.strip().startswith("-") if isinstance(value, str) else value < 0:
            raise CanvasError(f"{tag}: {name}={value!r} is negative; give 0 or more, in mm")


_NAMES = frozenset((
    "alignment-baseline", "baseline-shift", "class", "clip-path", "clip-rule", "color", "cursor",
    "direction", "display", "dominant-baseline", "dx", "dy", "fill", "fill-opacity", "fill-rule", "filter",
    "font-family", "font-size", "font-stretch", "font-style", "font-variant", "font-weight", "href", "id",
    "image-rendering", "isolation", "lang", "lengthAdjust", "letter-spacing", "marker", "marker-end",
    "marker-mid", "marker-start", "mask", "mix-blend-mode", "opacity", "overflow", "paint-order",
    "pathLength", "pointer-events", "role", "rotate", "rx", "ry", "shape-rendering", "stroke",
    "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
    "stroke-opacity", "stroke-width", "style", "systemLanguage", "tabindex", "text-anchor",
    "text-decoration", "text-rendering", "textLength", "transform", "transform-origin", "unicode-bidi",
    "vector-effect", "visibility", "white-space", "word-spacing", "writing-mode",
))  # fmt: skip
"""The attributes of SVG that an element of a canvas may have."""

# Those with a colon or these beginnings belong to programs.
_PROGRAMS = ("data-", "aria-", "on", "xmlns", "--")
_USE_STROKE = "write stroke=... for the colour of a line, fill=... for that of an area"
_USE_PEN = "write pen=... for the layer that an element is drawn in"
_USE_WIDTH = "write stroke_width=... for the width of a line"
_REMEDIES = {
    **dict.fromkeys(("colour", "color", "ink", "stroke-color", "stroke-colour"), _USE_STROKE),
    "layer": _USE_PEN,
    **dict.fromkeys(("width", "line-width", "linewidth", "thickness", "weight"), _USE_WIDTH),
}
_PAINTS = ("fill", "stroke", "color")
_PAINT_WORDS = frozenset(("none", "currentcolor", "context-fill", "context-stroke"))
_PAINT_FUNCTIONS = ("url(", "var(", "light-dark(", "color-mix(")
_WORDS = {
    "stroke-linecap": ("butt", "round", "square"),
    "stroke-linejoin": ("miter", "round", "bevel", "arcs", "miter-clip"),
    "fill-rule": ("nonzero", "evenodd"),
    "clip-rule": ("nonzero", "evenodd"),
    "text-anchor": ("start", "middle", "end"),
}
_WIDE = ("inherit", "initial", "unset")


def checked_attrs(attrs: Attrs | None, keywords: Attrs | None = None) -> dict[str, Any]:
    """Return the style `attrs`, then `keywords` by `from_keywords`; names and values are checked.

    Mistakes are attributes that SVG does not have, unknown colours, negative widths, and words that the
    attribute does not allow. In `keywords` they raise CanvasError, with name, value and remedy. In `attrs`,
    which callers of an older service pass, they give a CanvasWarning and are kept.
    """
    if attrs is not None and not isinstance(attrs, Mapping):
        raise CanvasError(f"attrs {attrs!r}: give a dict such as {{'fill': 'red'}}, or keywords")
    for name, value in (attrs or {}).items():
        if name not in _NAMES:
            _check_name(name)
        try:
            _check(name, value)
        except CanvasError as error:
            warnings.warn(str(error), CanvasWarning, stacklevel=5)
    own = from_keywords(keywords) if keywords else {}
    for name, value in own.items():
        _check(name, value)
    return {**attrs, **own} if attrs else own


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.match(name):
        raise CanvasError(
            f"attribute name {name!r} is not allowed in SVG; write one such as 'stroke-width'"
        )


def _check(name: str, value: object) -> None:
    if value is None:
        return
    if name not in _NAMES:
        _check_foreign_name(name, value)
        return
    text = str(value).strip()
    if text in _WIDE or text.startswith("var("):
        return
    problem = _problem(name, value, text)
    if problem:
        raise CanvasError(f"{name}={value!r} {problem}")


def _check_foreign_name(name: str, value: object) -> None:
    """Raise CanvasError, with the nearest known name, for a name of neither SVG nor another program."""
    _check_name(name)
    if ":" in name or name.startswith(_PROGRAMS):
        return
    near = get_close_matches(name, _NAMES, n=1)
    remedy = _REMEDIES.get(name)
    if remedy is None:
        remedy = (
            f"did you mean {near[0]!r}?" if near else "such as stroke, stroke_width, fill, opacity"
        )
    raise CanvasError(f"{name}={value!r}: SVG has no attribute {name!r}; {remedy}")


def _problem(name: str, value: object, text: str) -> str:
    """Return the reason why an attribute cannot have this value, '' if it can."""
    if name in _PAINTS and not _is_paint(value, text):
        return "is not a colour; give one such as 'red' or '#1d3f8f', or 'none'"
    if name in _WORDS and text not in _WORDS[name]:
        return f"is not known; give one of {', '.join(_WORDS[name])}"
    if name in ("stroke-width", "rx", "ry") and text != "auto" and not _is_size(value):
        return "is not a width; give mm, 0 or more"
    if name.endswith("opacity") and not _is_share(value, text):
        return "is not an opacity; give 0 to 1"
    if name == "stroke-dasharray" and not _is_dash_pattern(value, text):
        return "is not a dash pattern; give lengths in mm as text, such as '4 2'"
    if name == "transform":
        parse_transform(text)
    if name == "style":
        for key, word in parse_declarations(text):
            if key in _PAINTS:
                _check(key, word)
    return ""


def _is_paint(value: object, text: str) -> bool:
    if not isinstance(value, str):
        return False
    lower = text.lower()
    return lower in _PAINT_WORDS or lower.startswith(_PAINT_FUNCTIONS) or rgba(text) is not None


def _is_size(value: object) -> bool:
    try:
        text = number(value)
    except CanvasError:
        return False
    return not text.strip().startswith("-")


def _is_share(value: object, text: str) -> bool:
    try:
        return not isinstance(value, bool) and 0 <= parse_fraction(text) <= 1
    except ValueError:
        return False


def _is_dash_pattern(value: object, text: str) -> bool:
    parts = text.replace(",", " ").split()
    return text == "none" or (not isinstance(value, (tuple, list)) and all(map(_is_size, parts)))


def check_color(attrs: Attrs) -> None:
    """Raise CanvasError for a shape's `color`, which draws nothing unless a paint is `currentColor`."""
    paints = (str(attrs.get(name)).lower() for name in ("fill", "stroke"))
    if attrs.get("color") is not None and "currentcolor" not in paints:
        raise CanvasError(f"color={attrs['color']!r} draws nothing; {_USE_STROKE}")


def from_keywords(style: Attrs) -> dict[str, Any]:
    """Return keyword styles as SVG attributes: `stroke_width` as `stroke-width`, `class_` as class.

    Keywords with the value None are left out.
    """
    return {
        name.rstrip("_").replace("_", "-"): value
        for name, value in style.items()
        if value is not None
    }


def transform_text(matrix: Matrix) -> str:
    """Return a map as the text of a `transform` attribute."""
    return f"matrix({' '.join(map(number, matrix))})"
