"""The flowsnake."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import fitted
from drawscape.svg_builder import SVGBuilder

# Seven steps for one, of kind 0 or 1: A -> A-B--B+A++AA+B- and B -> +A-BB--B-A++A+B.
KINDS = np.array([(0, 1, 1, 0, 0, 0, 1), (0, 1, 1, 1, 0, 0, 1)])
TURNS = np.array([(0, -1, -3, -2, 0, 0, 1), (1, 0, 0, -2, -3, -1, 0)])
COLORS = ("#1b1b1b", "#b3402a", "#1d3a6e")


@sketch
def gosper(
    svg: SVGBuilder,
    *,
    generations: Annotated[int, Interval(ge=2, le=5), doc("Times each step becomes seven")] = 4,
    pens: Annotated[int, Interval(ge=1, le=3), doc("Colours of the seven islands")] = 3,
    rounding: Annotated[float, Interval(ge=0, le=1), doc("How far the bends are rounded")] = 0.9,
) -> None:
    """One line that fills an island of seven islands, each the same shape again.

    The curve of Bill Gosper, 1973, called flowsnake (Martin Gardner, Mathematical Games, Scientific
    American, 1976).
    """
    # The island is about sqrt(7)^generations lines across.
    generations = min(generations, int(np.log(svg.frame.short / 0.6) / np.log(7) * 2))
    path = _path(generations)
    placed = fitted(svg, np.stack([path.real, path.imag], axis=-1))
    cuts = np.linspace(0, len(path) - 1, 8).astype(int)
    islands = [_rounded(placed, a, b, rounding) for a, b in pairwise(cuts.tolist())]
    colors = _colors(np.array([island.mean(axis=0) for island in islands]), pens)
    for pen in range(pens):
        with svg.layer(f"islands {pen + 1}", color=COLORS[pen], width=0.35):
            svg.polylines([islands[island] for island in np.flatnonzero(colors == pen)])


def _colors(centres: Points, pens: int) -> NDArray[np.int64]:
    """Return the pen of each island: one of its own for the middle one, the ring by turns."""
    away = centres - centres.mean(axis=0)
    middle = int(np.argmin(np.hypot(*away.T)))
    around = np.argsort(np.arctan2(away[:, 1], away[:, 0]))
    colors = np.zeros(len(centres), dtype=np.int64)
    colors[around[around != middle]] = np.arange(6) % 2 * 2 if pens == 3 else 0
    colors[middle] = min(1, pens - 1)
    return colors


def _path(generations: int) -> NDArray[np.complex128]:
    """Return the corners of the curve, 7^generations steps of length 1."""
    heading, kind = np.zeros(1, dtype=int), np.zeros(1, dtype=int)
    for _ in range(generations):
        heading = (heading[:, None] + TURNS[kind]).ravel()
        kind = KINDS[kind].ravel()
    return np.concatenate([[0], np.cumsum(np.exp(1j * np.pi / 3 * heading))])


def _rounded(points: Points, start: int, end: int, rounding: float) -> Points:
    """Return the path from corner `start` to `end`, its bends cut by parabolas.

    Where the path goes on beyond, it is cut in the middle of a step.
    """
    first, last = max(start - 1, 0), min(end + 1, len(points) - 1)
    part = points[first : last + 1]
    head = part[:1] if first == start else (part[:1] + part[1:2]) / 2
    tail = part[-1:] if last == end else (part[-1:] + part[-2:-1]) / 2
    corner = part[1:-1]
    before = corner + rounding / 2 * (part[:-2] - corner)
    after = corner + rounding / 2 * (part[2:] - corner)
    t = np.linspace(0, 1, 5)[None, :, None]
    curve = (1 - t) ** 2 * before[:, None] + t**2 * after[:, None]
    curve += 2 * t * (1 - t) * corner[:, None]
    return np.concatenate([head, curve.reshape(-1, 2), tail])
