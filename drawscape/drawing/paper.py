"""Sheets of paper by name, in mm, and the frame inside their margin."""

import re
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from drawscape.drawing.values import INCH, checked_length, parse_length
from drawscape.errors import CanvasError, UnknownNameError
from drawscape.geometry.lines import Flags, Floats

Orientation = Literal["portrait", "landscape"]

Outside = Literal["crop", "refuse", "keep"]
"""What is done with lines outside of the paper."""
OUTSIDE: tuple[Outside, ...] = get_args(Outside)

WARM_WHITE = "#fefcf7"
"""The paper in pictures of a drawing that names none."""

_INCHES = {
    "statement": (5.5, 8.5),
    "executive": (7.25, 10.5),
    "letter": (8.5, 11),
    "legal": (8.5, 14),
    "tabloid": (11, 17),
    "ledger": (11, 17),
    "ansi-c": (17, 22),
    "ansi-d": (22, 34),
    "arch-a": (9, 12),
    "arch-b": (12, 18),
    "arch-c": (18, 24),
    "arch-d": (24, 36),
}


def _halved(letter: str, width: int, height: int) -> dict[str, tuple[float, float]]:
    """Return a series of ISO 216: each is the one before it cut in half, in whole millimetres."""
    sizes: dict[str, tuple[float, float]] = {}
    for number in range(8):
        sizes[f"{letter}{number}"] = width, height
        width, height = height // 2, width
    return sizes


PAPERS: dict[str, tuple[float, float]] = {
    **_halved("a", 841, 1189),
    **_halved("b", 1000, 1414),
    **{name: (round(w * INCH, 2), round(h * INCH, 2)) for name, (w, h) in _INCHES.items()},
}
"""Width and height in portrait, in mm, by name."""

_CUSTOM = re.compile(
    r"\s*([\d.]+)\s*([a-z\"]*)\s*[x×*]\s*([\d.]+)\s*([a-z\"]*)\s*\Z", re.IGNORECASE
)


def paper_size(name: str, orientation: Orientation | None = None) -> tuple[float, float]:
    """Return (width, height) in mm of a paper: a name as in PAPERS, or `'210x297'`, `'8.5x11in'`.

    A named paper is upright unless `orientation` says 'landscape'; a custom one stays as it is given
    unless `orientation` says otherwise.
    Raises UnknownNameError for an unknown name or orientation, CanvasError for a size of nothing.
    """
    if orientation is not None and orientation not in get_args(Orientation):
        raise UnknownNameError("orientation", str(orientation), get_args(Orientation))
    key = re.sub(r"[\s_]+", "-", str(name).strip().lower())
    size = PAPERS.get(key)
    if size is None:
        match = _CUSTOM.match(str(name))
        if match is None:
            raise UnknownNameError("paper", str(name), [*PAPERS, "WIDTHxHEIGHT"])
        wide, first, high, second = match.groups()
        width, height = (
            parse_length(wide + (first or second)),
            parse_length(high + (second or first)),
        )
        size = checked_length("paper width", width), checked_length("paper height", height)
    if orientation is None:
        return size
    return (min(size), max(size)) if orientation == "portrait" else (max(size), min(size))


def margin_mm(margin: str | float, width: float, height: float) -> float:
    """Return a margin in mm from mm, a length such as '1cm', or '5%' of the shorter side."""
    shorter = min(width, height)
    if isinstance(margin, str) and margin.strip().endswith("%"):
        inset = parse_length(margin.strip()[:-1]) / 100 * shorter
    else:
        inset = parse_length(margin)
    if not 0 <= inset < shorter / 2:
        raise CanvasError(f"margin {margin!r} leaves nothing of a page {width:g} x {height:g} mm")
    return inset


class Frame(NamedTuple):
    """A rectangle on the page, in mm, y downward: the page inside its margin.

    >>> Frame(10, 10, 110, 160).middle
    array([60., 85.])
    """

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """From left to right, in mm."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """From top to bottom, in mm."""
        return self.y1 - self.y0

    @property
    def cx(self) -> float:
        """The centre's x in mm."""
        return (self.x0 + self.x1) / 2

    @property
    def cy(self) -> float:
        """The centre's y in mm."""
        return (self.y0 + self.y1) / 2

    @property
    def size(self) -> Floats:
        """Width and height in mm, (2,)."""
        return np.array([self.width, self.height])

    @property
    def middle(self) -> Floats:
        """The centre in mm, (2,)."""
        return np.array([self.cx, self.cy])

    @property
    def short(self) -> float:
        """The shorter side in mm."""
        return min(self.width, self.height)

    @property
    def long(self) -> float:
        """The longer side in mm."""
        return max(self.width, self.height)

    def contains(self, points: ArrayLike) -> Flags:
        """Return which of the (N, 2) `points` lie inside or on the edge, (N,)."""
        xy = np.asarray(points, dtype=np.float64)
        return np.asarray(((xy >= self[:2]) & (xy <= self[2:])).all(axis=-1), dtype=np.bool_)
