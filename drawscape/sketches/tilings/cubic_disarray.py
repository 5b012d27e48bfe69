"""A wall of cubes that gives way."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Lines, Points, clip_to_rectangle, polar
from drawscape.sketches import AS_DESIGNED, Palette, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder

CLOSEST = 0.78
"""mm between the lines of the shading, whatever was asked: closer ones only blot."""


@sketch
def cubic_disarray(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    cubes: Annotated[int, Interval(ge=4, le=24), doc("Cubes across the shorter side")] = 9,
    disorder: Annotated[float, Interval(ge=0, le=1), doc("How far the last corners move")] = 0.8,
    calm: Annotated[float, Interval(ge=0, le=0.9), doc("Part of the page left in order")] = 0.25,
    shading: Annotated[int, Interval(ge=0, le=16), doc("Lines on a cube's dark side")] = 8,
    palette: Palette = AS_DESIGNED,
) -> None:
    """Stacked cubes, lit from one side, whose corners slip further the lower they sit.

    The disorder is that of Georg Nees' Schotter and Kubische Unordnung drawings (Stuttgart, about
    1968), laid on the tumbling blocks of Roman floors. The corners are shared, so the wall bends
    and never tears.
    """
    ink = inks(svg, palette, "#1b1b1b", "#c8553d")
    side = svg.frame.short / cubes / np.sqrt(3)
    columns = int(svg.frame.width / (side * np.sqrt(0.75))) + 6
    rows = int(svg.frame.height / (side / 2)) + 16
    shading = min(shading, int(side * np.sqrt(0.75) / CLOSEST) - 1)
    place = _corners(rng, columns, rows, disorder, calm) * side + (svg.frame.x0, svg.frame.y0)
    *edges, dark, light = _cubes(place, shading)
    frame = svg.frame
    parts = [
        clip_to_rectangle(lines, frame.x0, frame.y0, frame.x1, frame.y1)
        for lines in (Lines.join([*edges, dark]), light)
    ]
    in_pens(svg, ink, parts, names=("cubes", "lit sides"))


def _corners(
    rng: np.random.Generator, columns: int, rows: int, disorder: float, calm: float
) -> Points:
    """Return (columns, rows, 2): corners in units of a cube's side, the page's at (2, 4).

    Neighbours in a row are a cube's half width apart, neighbours in a column half a side.
    """
    i, y = np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij")
    grown = np.clip((y - 4) / (rows - 16) - calm, 0, 1) / (1 - calm)
    heading = rng.uniform(0, 2 * np.pi, i.shape)
    reach = 0.62 * disorder * grown**1.5 * np.sqrt(rng.random(i.shape))
    return np.stack([(i - 2) * np.sqrt(0.75), (y - 4) / 2], axis=-1) + polar(reach, heading)


def _cubes(place: Points, shading: int) -> Iterator[Lines]:
    """Yield the edges and the shading of the cubes whose near corners are every third corner."""
    i, y = np.meshgrid(*(np.arange(n) for n in place.shape[:2]), indexing="ij")
    inside = (i >= 1) & (i < len(place) - 1) & (y >= 2) & (y < place.shape[1] - 2)
    near = inside & (y % 3 == 0) & ((i + y // 3) % 2 == 0)
    i, y = i[near], y[near]
    middle, top, low = place[i, y], place[i, y - 2], place[i, y + 2]
    left, left_low = place[i - 1, y - 1], place[i - 1, y + 1]
    right, right_low = place[i + 1, y - 1], place[i + 1, y + 1]
    ends = (
        (middle, left),
        (middle, right),
        (middle, low),
        (left, left_low),
        (top, left),
        (top, right),
    )
    yield from (Lines.of(np.stack(edge, axis=1)) for edge in ends)
    for count, (a, b), (c, d) in (
        (shading, (left, middle), (left_low, low)),
        (shading // 2, (middle, right), (low, right_low)),
    ):
        share = ((np.arange(count) + 1) / (count + 1))[:, None, None]
        lines = np.stack([a + share * (b - a), c + share * (d - c)], axis=2)
        yield Lines.of(lines.reshape(-1, 2, 2))
