"""Dragons from a folded strip of paper."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Ints, Lines
from drawscape.sketches import sketch
from drawscape.sketches.fields._cut import depth_in, keep_positive
from drawscape.svg_builder import SVGBuilder

COLORS = ("#1b1b1b", "#b3402a", "#1d3a6e", "#1f4d3a")


@sketch
def dragon(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    step_mm: Annotated[float, Interval(ge=1.2, le=12), doc("Length of a step in mm")] = 2.4,
    dragons: Annotated[int, Interval(ge=1, le=4), doc("Dragons about a point, a pen each")] = 4,
    opening: Annotated[float, Interval(ge=90, le=98), doc("Degrees at each crease")] = 90.0,
    rounding: Annotated[
        float, Interval(ge=0.1, le=1), doc("How far the creases are rounded")
    ] = 0.8,
) -> None:
    """Strips of paper, folded in half again and again and opened to a right angle at every crease.

    The dragon curve of John Heighway, Bruce Banks and William Harter (Martin Gardner, Mathematical
    Games, Scientific American, 1967). Four of them about a point fill the plane; the seed picks the
    piece of it that the page shows.
    """
    frame = svg.frame
    # A dragon is some 1.4 * sqrt(2)^folds steps long: these reach over the page from anywhere on it.
    reach = np.hypot(frame.width, frame.height) / step_mm
    folds = min(16, int(np.ceil(2 * np.log2(6 * reach))))
    steps = np.exp(1j * np.radians(180 - opening) * _quarter_turns(folds))
    line = _rounded(np.concatenate([[0], np.cumsum(steps)]), rounding)
    turns = np.exp(2j * np.pi * np.arange(dragons) / (2 if dragons == 2 else 4))
    turn = np.exp(2j * np.pi * rng.random())
    # The point where they meet lies near the middle of the page.
    away = rng.uniform(-0.22, 0.22, 2) * (frame.width, frame.height) + (frame.cx, frame.cy)
    for number, (each, color) in enumerate(zip(turns, COLORS, strict=False), 1):
        z = line * each * turn * step_mm
        points = np.column_stack([z.real, z.imag]) + away
        with svg.layer(f"dragon {number}", color=color, width=0.4):
            svg.polylines(keep_positive(Lines.of(points), depth_in(frame, points)))


def _quarter_turns(folds: int) -> Ints:
    """Return the heading of each of the 2^folds steps, in turns of a crease."""
    n = np.arange(1, 2**folds)
    # The crease n turns right or left by the bit above n's lowest 1 (Knuth and Davis, 1970).
    turns = np.where(n & ((n & -n) << 1), -1, 1)
    return np.concatenate([[0], np.cumsum(turns)])


def _rounded(path: NDArray[np.complex128], rounding: float) -> NDArray[np.complex128]:
    """Return the path with each corner cut by a parabola of four steps."""
    half = rounding / 2
    before = path[1:-1] + half * (path[:-2] - path[1:-1])
    after = path[1:-1] + half * (path[2:] - path[1:-1])
    t = np.linspace(0, 1, 5)[:, None]
    curve = (1 - t) ** 2 * before + 2 * t * (1 - t) * path[1:-1] + t**2 * after
    return np.concatenate([path[:1], curve.T.ravel(), path[-1:]])
