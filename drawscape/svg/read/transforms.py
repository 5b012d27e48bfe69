"""Affine matrices as six numbers, from `transform` attributes and view boxes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): x' = a x + c y + e, y' = b x + d y + f."""

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

_FUNCTION = re.compile(r"[\s,]*+([a-zA-Z]++)\s*+\(([^()]*+)\)")
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?:px|deg)?")
# Inkscape writes one function, hand-made files a few; more than this is no drawing.
_LONGEST = 10_000


def multiply(outer: Matrix, inner: Matrix) -> Matrix:
    """Return the matrix that applies `inner`, then `outer`."""
    a, b, c, d, e, f = outer
    p, q, r, s, t, u = inner
    return (
        a * p + c * q,
        b * p + d * q,
        a * r + c * s,
        b * r + d * s,
        a * t + c * u + e,
        b * t + d * u + f,
    )


def parse_transform(text: str | None) -> Matrix | None:
    """Return the matrix of a `transform` attribute; None when it is malformed."""
    if not text or text == "none":
        return IDENTITY
    if len(text) > _LONGEST:
        return None
    result, end = IDENTITY, 0
    while match := _FUNCTION.match(text, end):
        end = match.end()
        single = _function(match[1], [float(n) for n in _NUMBER.findall(match[2])])
        if single is None:
            return None
        result = multiply(result, single)
    return result if not text[end:].strip() and all(map(math.isfinite, result)) else None


def _function(name: str, values: Sequence[float]) -> Matrix | None:
    match name, values:
        case "matrix", [a, b, c, d, e, f]:
            return (a, b, c, d, e, f)
        case (("translate" | "translateX"), [x]):
            return (1.0, 0.0, 0.0, 1.0, x, 0.0)
        case "translate", [x, y]:
            return (1.0, 0.0, 0.0, 1.0, x, y)
        case "translateY", [y]:
            return (1.0, 0.0, 0.0, 1.0, 0.0, y)
        case "scale", [x]:
            return (x, 0.0, 0.0, x, 0.0, 0.0)
        case "scale", [x, y]:
            return (x, 0.0, 0.0, y, 0.0, 0.0)
        case "rotate", [angle]:
            cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            return (cos, sin, -sin, cos, 0.0, 0.0)
        case "rotate", [angle, x, y]:
            turned = multiply((1.0, 0.0, 0.0, 1.0, x, y), _function("rotate", [angle]) or IDENTITY)
            return multiply(turned, (1.0, 0.0, 0.0, 1.0, -x, -y))
        case "skewX", [angle]:
            return (1.0, 0.0, math.tan(math.radians(angle)), 1.0, 0.0, 0.0)
        case "skewY", [angle]:
            return (1.0, math.tan(math.radians(angle)), 0.0, 1.0, 0.0, 0.0)
    return None


def view_box(text: str | None) -> tuple[float, float, float, float] | None:
    """Return a `viewBox` as (x, y, width, height); None when absent, malformed or empty."""
    if not text or len(text) > _LONGEST:
        return None
    values = [float(n) for n in _NUMBER.findall(text)]
    if len(values) != 4 or not all(map(math.isfinite, values)) or min(values[2:]) <= 0:
        return None
    return (values[0], values[1], values[2], values[3])


def fit_view_box(
    box: tuple[float, float, float, float], width: float, height: float, aspect: str | None
) -> Matrix:
    """Return the matrix from the view box to a viewport of `width` x `height` at the origin."""
    x, y, w, h = box
    scale_x, scale_y = width / w, height / h
    words = (aspect or "").replace("defer", "").split()
    align = words[0] if words else "xMidYMid"
    if align == "none":
        return (scale_x, 0.0, 0.0, scale_y, -x * scale_x, -y * scale_y)
    scale = max(scale_x, scale_y) if "slice" in words else min(scale_x, scale_y)
    shift_x = (width - w * scale) * _share(align[:4])
    shift_y = (height - h * scale) * _share(align[4:])
    return (scale, 0.0, 0.0, scale, shift_x - x * scale, shift_y - y * scale)


def _share(align: str) -> float:
    return {"min": 0.0, "mid": 0.5, "max": 1.0}.get(align[1:].lower(), 0.5)


def largest_scale(matrix: Matrix) -> float:
    """Return by how much the matrix stretches what it stretches most."""
    a, b, c, d, _, _ = matrix
    return float(np.linalg.norm(np.array([[a, c], [b, d]]), ord=2))
