"""One formula for stars, shells and flowers."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Lines, Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.fields._cut import keep_positive
from drawscape.sketches.placing import at_most, filled, polar
from drawscape.svg_builder import SVGBuilder

CLOSEST = 0.45
"""mm between two rings: closer ones only blacken the paper."""


@sketch
def superformula(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    lobes: Annotated[int, Interval(ge=3, le=20), doc("Lobes of the outermost ring")] = 6,
    rings: Annotated[int, Interval(ge=12, le=90), doc("Rings from the centre outward")] = 64,
    pinch: Annotated[float, Interval(ge=0, le=1), doc("How sharp the lobes are")] = 0.36,
    twist: Annotated[float, Interval(ge=-1, le=1), doc("Turns by a lobe, centre to rim")] = 0.5,
) -> None:
    """Rings that grow from a seed into a flower, each a step further along the superformula.

    r = (|cos(m a / 4)|^n2 + |sin(m a / 4)|^n3)^(-1 / n1) (Johan Gielis, A generic geometric
    transformation that unifies a wide range of natural and abstract shapes, 2003).
    """
    rings = at_most(rings, svg.frame.short / 2, 0.6)
    angle = np.linspace(0, 2 * np.pi, 1441)
    # Many sharp lobes would be all ink: the more there are, the blunter they stay.
    n1 = max(0.22 + 0.7 * (1 - pinch) ** 2, 0.06 * lobes)
    n2, n3 = rng.uniform(0.8, 1.7, 2)
    if lobes % 2:
        n3 = n2  # else the ring does not close
    growth = (np.arange(rings) + 1) / rings
    turned = angle + 2 * np.pi / lobes * twist * growth[:, None]
    shape = _shape(turned, lobes, n1, n2, n3)
    radius = growth[:, None] * ((1 - growth[:, None]) + growth[:, None] * shape)
    placed = filled(svg, polar(radius, angle))
    svg.polylines(_thinned(placed))


def _thinned(rings: Points) -> Lines:
    """Return the rings, (R, N, 2), without the stretches that would run into a blot.

    Every second ring shows only where rings lie `CLOSEST` apart, every fourth where half as far, and so
    on, so that the lines on paper keep their distance.
    """
    gap = np.hypot(*np.diff(rings, axis=0).transpose(2, 0, 1))
    # The nearer of both neighbours, smoothed over the lie of the line.
    near = np.minimum(np.vstack([gap[:1], gap]), np.vstack([gap, gap[-1:]]))
    number = np.arange(1, len(rings) + 1)
    shown = (number & -number)[:, None] * near - CLOSEST
    # The outline stays whole.
    shown[-1] = 1.0
    kept = keep_positive(Lines.of(rings), shown)
    return kept.take(kept.lengths_mm > 2.0)


def _shape(angle: Points, lobes: int, n1: float, n2: float, n3: float) -> Points:
    """Return the superformula's radius, its greatest value 1."""
    quarter = lobes * angle / 4
    total = np.abs(np.cos(quarter)) ** n2 + np.abs(np.sin(quarter)) ** n3
    radius = total ** (-1 / n1)
    return np.asarray(radius / np.max(radius))
