"""A rose, petal over petal."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Lines
from drawscape.geometry.occlusion import Shape, occlude
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most, fitted_lines, polar
from drawscape.svg_builder import SVGBuilder

Floats = NDArray[np.floating[Any]]

GOLDEN_ANGLE = np.pi * (3 - 5**0.5)


@sketch
def rose(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    petals: Annotated[int, Interval(ge=8, le=120), doc("Petals from the rim to the heart")] = 46,
    lobes: Annotated[int, Interval(ge=1, le=5), doc("Bays in the edge of a petal")] = 2,
    veins: Annotated[int, Interval(ge=3, le=31), doc("Lines along each petal")] = 17,
    ruffle: Annotated[float, Interval(ge=0, le=1), doc("How uneven the edges are")] = 0.45,
    opening: Annotated[
        float, Interval(ge=0.2, le=0.9), doc("How far the inner petals have opened")
    ] = 0.5,
) -> None:
    """A rose seen from above: each petal hides what lies below it.

    A petal is a leaf of the rhodonea of Guido Grandi (Flores geometrici, 1728), r = cos(angle), its
    edge waved; petals follow each other by the golden angle, as in plants (Helmut Vogel, A better way
    to construct the sunflower head, 1979). The seed waves the edges and turns the flower.
    """
    turn = rng.uniform(0, 2 * np.pi)
    share = np.linspace(0, 1, petals)
    # The outer petals come first and lie lowest.
    size = svg.frame.short / 2 * (1 - share) ** (0.55 + opening)
    shapes = [
        _petal(rng, turn + GOLDEN_ANGLE * i, max(size[i], 0.07 * size[0]), lobes, veins, ruffle)
        for i in range(petals)
    ]
    visible = occlude(shapes)
    drawn = Lines.join(visible)
    svg.polylines(fitted_lines(svg, drawn.take(drawn.lengths_mm > 0.8)))


def _petal(
    rng: np.random.Generator, heading: float, length: float, lobes: int, veins: int, ruffle: float
) -> Shape:
    """Return a petal from the origin, `length` mm long, as its veins and the edge that hides."""
    half = np.linspace(-1, 1, 121)
    bays = ruffle * 0.10 * np.cos(lobes * np.pi * half + rng.uniform(-0.5, 0.5))
    waves = ruffle * 0.05 * np.sin(rng.uniform(4, 9) * half + rng.uniform(0, 2 * np.pi))
    reach = np.cos(half * np.pi / 2) ** 0.42 * (1 + bays + waves) / (1 + 0.15 * ruffle)
    spread = 0.95 + 0.25 * rng.random()
    edge = polar(reach * length, heading + half * spread)
    # Veins leave the base together and part towards the edge, no closer there than a pen can show.
    veins = at_most(veins, 1.6 * spread * length, 0.9, least=3)
    picks = np.linspace(0, 120, veins + 2)[1:-1]
    tips = np.column_stack([np.interp(picks, np.arange(121), axis) for axis in edge.T])
    along = np.linspace(0.4 + 0.2 * rng.random(), 0.97, 24)[:, None]
    base = polar(np.full(1, length * 0.02), np.full(1, heading))
    bow = np.sin(np.pi * along) * 0.06 * length * np.linspace(-1, 1, veins)[:, None, None]
    side = polar(1.0, heading + np.pi / 2)
    lines = base + (tips[:, None] - base) * along + bow * side
    outline = np.concatenate([edge, edge[:1]])
    return Shape(Lines.join([Lines.of(outline), Lines.of(lines)]), outline)
