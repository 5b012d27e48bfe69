"""Attributes: names checked, numbers written one way, text escaped."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np

from drawscape.drawing.affine import Matrix
from drawscape.drawing.checks import check_text
from drawscape.errors import CanvasError
from drawscape.svg.write.numerals import format_number

Attrs: TypeAlias = Mapping[str, Any]

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


def number(value: object) -> str:
    """Return a coordinate or size as it stands in the file; text such as '50%' or '2cm' stays text.

    Raises CanvasError when a number is not finite, and for text that is no length.
    """
    if isinstance(value, str) and _LENGTH.match(value):
        return value
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise CanvasError(f"coordinate {value!r} is not finite")
        return format_number(float(value)) if not isinstance(value, int) else str(value)
    if isinstance(value, Decimal):
        return number(float(value))
    raise CanvasError(f"coordinate {value!r} is not a number; give it in mm")


def attribute_text(value: object) -> str:
    """Return an attribute's value as it stands between the quotes."""
    if isinstance(value, (float, np.floating)):
        return number(value)
    return escape(value).translate(_IN_ATTRIBUTE)


def attribute_string(attrs: Attrs) -> str:
    """Return ` name="value"` for each of `attrs` that is not None, in order.

    Raises CanvasError for a name that XML does not allow.
    """
    for name in attrs:
        if not isinstance(name, str) or not _NAME.match(name):
            raise CanvasError(
                f"attribute name {name!r} is none that SVG allows, such as 'stroke-width'"
            )
    given = ((name, value) for name, value in attrs.items() if value is not None)
    return "".join(f' {name}="{attribute_text(value)}"' for name, value in given)


def from_keywords(style: Attrs) -> dict[str, Any]:
    """Return keyword styles as SVG attributes: `stroke_width` as `stroke-width`, `class_` as class.

    Those whose value is None are left out.
    """
    return {
        name.rstrip("_").replace("_", "-"): value
        for name, value in style.items()
        if value is not None
    }


def transform_text(matrix: Matrix) -> str:
    """Return a map as a `transform` attribute writes it."""
    return f"matrix({' '.join(map(number, matrix))})"
