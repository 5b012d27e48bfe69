"""Dragons from a folded strip of paper."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import fitted
from drawscape.svg_builder import SVGBuilder

COLORS = ("#1b1b1b", "#b3402a", "#1d3a6e", "#1f4d3a")


@sketch
def dragon(
    svg: SVGBuilder,
    *,
    folds: Annotated[int, Interval(ge=7, le=13), doc("Times the strip is folded")] = 11,
    dragons: Annotated[int, Interval(ge=1, le=4), doc("Dragons about the centre, a pen each")] = 2,
    opening: Annotated[float, Interval(ge=90, le=120), doc("Degrees at each crease")] = 90.0,
    rounding: Annotated[
        float, Interval(ge=0.1, le=1), doc("How far the creases are rounded")
    ] = 0.8,
) -> None:
    """Strips of paper, folded in half again and again and opened to a right angle at every crease.

    The dragon curve of John Heighway, Bruce Banks and William Harter (Martin Gardner, Mathematical
    Games, Scientific American, 1967). Four of them about a point would fill the plane.
    """
    # A dragon is some 1.4 * sqrt(2)^folds steps long.
    folds = min(folds, int(2 * np.log2(svg.frame.long / 1.1)))
    steps = np.exp(1j * np.radians(180 - opening) * _quarter_turns(folds))
    path = np.concatenate([[0], np.cumsum(steps)])
    line = _rounded(path, rounding)
    turns = np.exp(2j * np.pi * np.arange(dragons) / (2 if dragons == 2 else 4))
    z = line * turns[:, None] * _best_turn(np.concatenate([line * turn for turn in turns]), svg)
    placed = fitted(svg, np.stack([z.real, z.imag], axis=-1))
    for points, color, number in zip(placed, COLORS, range(1, 5), strict=False):
        with svg.layer(f"dragon {number}", color=color, width=0.4):
            svg.polyline(points)


def _quarter_turns(folds: int) -> NDArray[np.int64]:
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


def _best_turn(z: NDArray[np.complex128], svg: SVGBuilder) -> complex:
    """Return the turn that lets the figure be largest on the page."""
    turns = np.exp(1j * np.radians(np.arange(0, 180, 5)))
    sample = (z[:: max(1, len(z) // 2000)])[:, None] * turns
    wide, high = np.ptp(sample.real, axis=0), np.ptp(sample.imag, axis=0)
    scale = np.minimum(svg.frame.width / wide, svg.frame.height / high)
    return complex(turns[np.argmax(scale)])
