"""Affine transforms of the plane, as SVG writes them: `matrix(a b c d e f)`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from drawscape.errors import CanvasError
from drawscape.geometry.lines import Points
from drawscape.svg.write.style import number

_CALL = re.compile(r"\s*,?\s*([A-Za-z]+)\s*\(([^()]*)\)")


@dataclass(frozen=True)
class Matrix:
    """The map `x' = a x + c y + e`, `y' = b x + d y + f`."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def __matmul__(self, first: Matrix) -> Matrix:
        """Return the map that does `first`, then this one."""
        return Matrix(
            self.a * first.a + self.c * first.b,
            self.b * first.a + self.d * first.b,
            self.a * first.c + self.c * first.d,
            self.b * first.c + self.d * first.d,
            self.a * first.e + self.c * first.f + self.e,
            self.b * first.e + self.d * first.f + self.f,
        )

    @property
    def is_identity(self) -> bool:
        """Whether this map moves nothing."""
        return self == _IDENTITY

    @property
    def linear(self) -> Points:
        """The 2 x 2 part without the shift."""
        return np.array([[self.a, self.c], [self.b, self.d]])

    @property
    def is_similarity(self) -> bool:
        """Whether this map keeps shapes, whatever their size: circles stay circles."""
        grown = math.hypot(self.a, self.b)
        skewed = abs(self.a * self.c + self.b * self.d), abs(grown - math.hypot(self.c, self.d))
        return skewed[0] <= 1e-12 * grown * grown and skewed[1] <= 1e-12 * grown

    @property
    def stretch(self) -> float:
        """The largest factor by which a length grows."""
        # The larger singular value of a 2 x 2 matrix, in closed form.
        total = self.a**2 + self.b**2 + self.c**2 + self.d**2
        det = self.a * self.d - self.b * self.c
        return math.sqrt((total + math.sqrt(max(total**2 - 4 * det**2, 0.0))) / 2)

    def apply(self, points: Points) -> Points:
        """Return the (N, 2) `points` moved, as a new array."""
        if self.is_identity:
            return points
        return points @ self.linear.T + (self.e, self.f)

    def __str__(self) -> str:
        return f"matrix({' '.join(map(number, (self.a, self.b, self.c, self.d, self.e, self.f)))})"


_IDENTITY = Matrix()


def translation(x: float, y: float) -> Matrix:
    """Return the shift by `x` and `y` mm."""
    return _finite(Matrix(e=float(x), f=float(y)), "translate")


def rotation(degrees: float, cx: float = 0.0, cy: float = 0.0) -> Matrix:
    """Return the turn by `degrees` about (`cx`, `cy`), clockwise as y points down."""
    # cos(pi/2) is 6e-17 in floats: quarter turns are made exact, so that they keep axes straight.
    quarters, rest = divmod(float(degrees), 90.0)
    if rest == 0.0:
        cos, sin = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    else:
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = Matrix(cos, sin, -sin, cos)
    return _finite(translation(cx, cy) @ turn @ translation(-cx, -cy), "rotate")


def scaling(sx: float, sy: float | None = None) -> Matrix:
    """Return the scaling by `sx` and `sy` (`sx` by default) about the origin; neither may be 0."""
    sy = sx if sy is None else sy
    if sx == 0 or sy == 0:
        raise CanvasError(
            f"scale({sx!r}, {sy!r}) would flatten the drawing; use factors other than 0"
        )
    return _finite(Matrix(a=float(sx), d=float(sy)), "scale")


def _finite(matrix: Matrix, what: str) -> Matrix:
    parts = (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)
    if not all(map(math.isfinite, parts)):
        raise CanvasError(f"{what}: its numbers must be finite")
    return matrix


def _skew_x(degrees: float) -> Matrix:
    return Matrix(c=math.tan(math.radians(degrees)))


def _skew_y(degrees: float) -> Matrix:
    return Matrix(b=math.tan(math.radians(degrees)))


_FUNCTIONS: dict[str, tuple[Callable[..., Matrix], tuple[int, ...]]] = {
    "translate": (lambda x, y=0.0: translation(x, y), (1, 2)),
    "rotate": (rotation, (1, 3)),
    "scale": (lambda sx, sy=None: Matrix(a=sx, d=sx if sy is None else sy), (1, 2)),
    "skewX": (_skew_x, (1,)),
    "skewY": (_skew_y, (1,)),
    "matrix": (Matrix, (6,)),
}


def parse_transform(text: str) -> Matrix:
    """Return the map that an SVG `transform` attribute describes.

    Raises CanvasError for what SVG does not know.
    """
    result, position, text = Matrix(), 0, str(text)
    while text[position:].strip():
        call = _CALL.match(text, position)
        if call is None or call[1] not in _FUNCTIONS:
            raise CanvasError(f"transform {text!r} is not one of SVG's, such as 'translate(10 20)'")
        function, counts = _FUNCTIONS[call[1]]
        numbers = call[2].replace(",", " ").split()
        if len(numbers) not in counts:
            raise CanvasError(
                f"transform {text!r}: {call[1]} takes {' or '.join(map(str, counts))} numbers"
            )
        try:
            result = result @ function(*map(float, numbers))
        except ValueError as error:
            raise CanvasError(f"transform {text!r}: {error}") from error
        position = call.end()
    return result
