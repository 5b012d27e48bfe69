"""One formula for stars, shells and flowers."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Lines, Points
from drawscape.sketches import sketch
from drawscape.sketches.ink import WHOLE, thinned
from drawscape.sketches.placing import at_most, filled, polar
from drawscape.svg_builder import SVGBuilder


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
    # Where rings crowd, every second goes on; the outline stays whole.
    number = 1 + np.arange(rings)
    number[-1] = WHOLE
    svg.polylines(thinned(Lines.of(placed), number))


def _shape(angle: Points, lobes: int, n1: float, n2: float, n3: float) -> Points:
    """Return the superformula's radius, its greatest value 1."""
    quarter = lobes * angle / 4
    total = np.abs(np.cos(quarter)) ** n2 + np.abs(np.sin(quarter)) ** n3
    radius = total ** (-1 / n1)
    return np.asarray(radius / np.max(radius))
