"""The engraved rosette of banknotes."""

from itertools import pairwise
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Lines, Points
from drawscape.sketches import sketch
from drawscape.sketches.ink import thinned
from drawscape.sketches.placing import at_most, fitted_lines, polar
from drawscape.svg_builder import SVGBuilder

COLORS = ("#1f4d3a", "#8a2f24", "#27406e")


@sketch
def guilloche(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    bands: Annotated[int, Interval(ge=2, le=6), doc("Woven bands from the centre outward")] = 4,
    strands: Annotated[int, Interval(ge=4, le=20), doc("Waves woven into the outermost band")] = 12,
    lobes: Annotated[int, Interval(ge=3, le=24), doc("Lobes of the bands' edges")] = 12,
    pens: Annotated[int, Interval(ge=1, le=3), doc("Colours")] = 2,
) -> None:
    """A rosette of woven bands, as engraved on banknotes and watches.

    Each band is one wave between two lobed circles, repeated out of phase: what the rose engine
    lathe turns (Perkins' and Spencer's transfer engraving for banknotes, about 1820).
    """
    strands = at_most(strands, svg.frame.short, 6.0, least=4)
    edges = 0.14 + 0.86 * np.linspace(0, 1, bands + 1) ** 0.85
    rosette = Lines.join(
        Lines.of(_band(rng, inner, outer, max(3, round(strands * outer)), lobes))
        for inner, outer in pairwise(edges.tolist())
    )
    rosette = fitted_lines(svg, rosette)
    counts = [max(3, round(strands * outer)) for outer in edges[1:]]
    band = np.repeat(np.arange(bands), counts)
    strand = np.concatenate([1 + np.arange(count) for count in counts])
    for pen in range(min(pens, bands)):
        with svg.layer(f"pen {pen + 1}", color=COLORS[pen], width=0.25):
            mine = band % pens == pen
            svg.polylines(thinned(rosette.take(mine), strand[mine], most=0.8, pen_mm=0.25))


def _band(rng: np.random.Generator, inner: float, outer: float, strands: int, lobes: int) -> Points:
    """Return (strands, steps, 2): waves between the lobed circles of radius `inner` and `outer`."""
    angle = np.linspace(0, 2 * np.pi, 2881)
    half = (outer - inner) / 2
    lobe = 0.5 * half * np.cos(lobes * angle) * rng.choice([-1, 1])
    waves = lobes * rng.integers(1, 4) + rng.choice([-1, 1])
    phase = 2 * np.pi * np.arange(strands)[:, None] / strands
    reach = 0.5 + 0.45 * np.cos(lobes * angle / 2) ** 2
    radius = (inner + outer) / 2 + 0.5 * lobe + half * reach * np.cos(waves * angle + phase)
    return polar(radius, angle)
