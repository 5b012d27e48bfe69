"""Affine maps of the plane and SVG's `transform` attribute, for the canvas and the reader alike."""

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from drawscape.drawing.values import NUMBER, PX, UNITS, finite
from drawscape.errors import CanvasError
from drawscape.geometry.lines import Figure, Lines, Points

# Possessive: a hostile file must not make the match backtrack.
_CALL = re.compile(r"\s*+([A-Za-z][A-Za-z0-9]*+)\s*+\(([^()]*+)\)\s*+")
_ARGUMENT = re.compile(rf"\s*+(?>,\s*+)?+({NUMBER})([a-z]*+)")
_ANGLES = {"": 1.0, "deg": 1.0, "grad": 0.9, "rad": math.degrees(1.0), "turn": 360.0}
# CSS's lengths in user units, which are its pixels.
_LENGTHS = {"": 1.0, **{unit: mm / PX for unit, mm in UNITS.items()}}
# Inkscape writes one function, hand-made files a few; no drawing has more than this.
_LONGEST = 10_000


class Matrix(NamedTuple):
    """The map `x' = a x + c y + e`, `y' = b x + d y + f`."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def __matmul__(self, first: "Matrix") -> "Matrix":
        """Return the map that does `first`, then this one."""
        a, b, c, d, e, f = self
        p, q, r, s, t, u = first
        return Matrix(
            a * p + c * q,
            b * p + d * q,
            a * r + c * s,
            b * r + d * s,
            a * t + c * u + e,
            b * t + d * u + f,
        )

    @property
    def is_identity(self) -> bool:
        """Whether this map changes nothing."""
        return self == IDENTITY

    @property
    def linear(self) -> Points:
        """The 2 x 2 part without the shift."""
        return np.array([[self.a, self.c], [self.b, self.d]])

    @property
    def determinant(self) -> float:
        """The factor of areas; negative for a mirror."""
        return self.a * self.d - self.b * self.c

    @property
    def is_similarity(self) -> bool:
        """Whether this map keeps shapes, at any size: circles stay circles."""
        turned = math.hypot(self.a - self.d, self.b + self.c)
        mirrored = math.hypot(self.a + self.d, self.b - self.c)
        return min(turned, mirrored) <= 1e-12 * math.hypot(self.a, self.b)

    @property
    def stretch(self) -> float:
        """The largest factor by which a length grows."""
        # The larger singular value of a 2 x 2 matrix, in closed form.
        grown = math.hypot(self.a + self.d, self.b - self.c)
        return (grown + math.hypot(self.a - self.d, self.b + self.c)) / 2

    def inverse(self) -> "Matrix":
        """Return the map that undoes this one; raise CanvasError when it flattens the plane."""
        area = self.determinant
        if area == 0:
            raise CanvasError("a transform that flattens everything cannot be undone")
        a, b, c, d = self.d / area, -self.b / area, -self.c / area, self.a / area
        return Matrix(a, b, c, d, -a * self.e - c * self.f, -b * self.e - d * self.f)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where this map moves one point, several times as fast as `apply`."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def apply(self, figure: Figure) -> Figure:
        """Return `figure`, (N, 2) points or Lines, mapped, as new arrays."""
        if self.is_identity:
            return figure
        if isinstance(figure, Lines):
            return figure.with_points(self.apply(figure.points))
        return figure @ self.linear.T + (self.e, self.f)


IDENTITY = Matrix()


def translation(x: float, y: float = 0.0) -> Matrix:
    """Return the shift by `x` and `y`.

    >>> translation(10, 5).apply(np.array([[1.0, 2.0]])).tolist()
    [[11.0, 7.0]]
    """
    return Matrix(e=finite("x", x), f=finite("y", y))


def rotation(degrees: float, cx: float = 0.0, cy: float = 0.0) -> Matrix:
    """Return the turn by `degrees` about (`cx`, `cy`), clockwise as y points down.

    >>> rotation(90, 50, 50).apply(np.array([[60.0, 50.0]])).tolist()
    [[50.0, 60.0]]
    """
    # cos(pi/2) is 6e-17 in floats: quarter turns are made exact, so that they keep axes straight.
    degrees = finite("degrees", degrees)
    quarters, rest = divmod(degrees, 90.0)
    if rest == 0.0:
        cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    else:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cx, cy = finite("x", cx), finite("y", cy)
    return Matrix(cos, sin, -sin, cos, cx - cos * cx + sin * cy, cy - sin * cx - cos * cy)


def scaling(sx: float, sy: float | None = None) -> Matrix:
    """Return the scaling by `sx` and `sy` (`sx` by default) about the origin; neither may be 0.

    >>> (scaling(2) @ translation(10, 5)).apply(np.array([[1.0, 2.0]])).tolist()
    [[22.0, 14.0]]
    """
    sx, sy = finite("sx", sx), finite("sy", sx if sy is None else sy)
    if sx == 0 or sy == 0:
        raise CanvasError(
            f"scale({sx!r}, {sy!r}) would flatten the drawing; use factors other than 0"
        )
    return Matrix(a=sx, d=sy)


# The map of each function, the numbers of its arguments, and which of them are angles.
_FUNCTIONS: dict[str, tuple[Callable[..., Matrix], tuple[int, ...], tuple[int, ...]]] = {
    "translate": (translation, (1, 2), ()),
    "translateX": (translation, (1,), ()),
    "translateY": (lambda y: translation(0.0, y), (1,), ()),
    "rotate": (rotation, (1, 3), (0,)),
    "scale": (lambda sx, sy=None: Matrix(a=sx, d=sx if sy is None else sy), (1, 2), ()),
    "scaleX": (lambda sx: Matrix(a=sx), (1,), ()),
    "scaleY": (lambda sy: Matrix(d=sy), (1,), ()),
    "skewX": (lambda degrees: Matrix(c=math.tan(math.radians(degrees))), (1,), (0,)),
    "skewY": (lambda degrees: Matrix(b=math.tan(math.radians(degrees))), (1,), (0,)),
    "matrix": (Matrix, (6,), ()),
}


def parse_transform(text: str) -> Matrix:
    """Return the map of an SVG `transform` attribute or of a style's, which may have units.

    Raises CanvasError for unknown transforms.

    >>> parse_transform("translate(10 20) scale(2)") == translation(10, 20) @ scaling(2)
    True
    """
    text = str(text)
    if not text or text == "none":
        return IDENTITY
    if len(text) > _LONGEST:
        raise CanvasError(f"transform of {len(text)} characters; the limit is {_LONGEST}")
    result, end = IDENTITY, 0
    while (call := _CALL.match(text, end)) and call[1] in _FUNCTIONS:
        result, end = result @ _single(text, call[1], call[2]), call.end()
        end += text[end : end + 1] == "," and end + 1 < len(text)
    if text[end:].strip():
        raise CanvasError(f"transform {text!r} is not one of SVG's, such as 'translate(10 20)'")
    if not all(map(math.isfinite, result)):
        raise CanvasError(f"transform {text[:60]!r}: its numbers must be finite")
    return result


def _single(text: str, name: str, arguments: str) -> Matrix:
    function, counts, angles = _FUNCTIONS[name]
    values: list[float] = []
    end = 0
    while argument := _ARGUMENT.match(arguments, end):
        units = _ANGLES if len(values) in angles else _LENGTHS
        if argument[2] not in units:
            raise CanvasError(f"transform {text!r}: {argument[0].strip()} has an unknown unit")
        values.append(float(argument[1]) * units[argument[2]])
        end = argument.end()
    if arguments[end:].strip():
        raise CanvasError(f"transform {text!r}: {arguments[end:]!r} is not a number")
    if len(values) not in counts:
        raise CanvasError(
            f"transform {text!r}: {name} takes {' or '.join(map(str, counts))} numbers"
        )
    return function(*values)
