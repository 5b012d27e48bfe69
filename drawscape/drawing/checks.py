"""What a drawing takes: lengths above zero, and text that an XML file can hold."""

import contextlib
import math
import re
from decimal import Decimal
from typing import Any

import numpy as np

from drawscape.errors import CanvasError

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
