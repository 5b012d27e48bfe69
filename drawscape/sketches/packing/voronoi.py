"""Voronoi cells: pebbles, cells and cobbles, each with the same right to its place."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Lines, Points
from drawscape.geometry.lloyd import relax, scatter
from drawscape.geometry.noise import Noise
from drawscape.geometry.regions import from_shapely
from drawscape.geometry.voronoi import cells
from drawscape.sketches import sketch
from drawscape.sketches.model import Steps
from drawscape.svg_builder import Frame, SVGBuilder


@sketch
def voronoi(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    count: Annotated[int, Interval(ge=10, le=1000), doc("Number of cells")] = 320,
    evenness: Annotated[
        int, Interval(ge=0, le=12), doc("Rounds that move each point to its cell's middle")
    ] = 5,
    contrast: Annotated[
        float, Interval(ge=0.0, le=1.0), doc("How much smaller cells are in some parts")
    ] = 0.75,
    gap: Annotated[float, Interval(ge=0.3, le=4.0), doc("Room in mm between cells")] = 1.3,
    rounding: Annotated[
        float, Interval(ge=0.0, le=1.0), doc("How far corners are rounded off")
    ] = 0.65,
    rings: Annotated[int, Interval(ge=1, le=14), doc("Most outlines nested in a cell")] = 9,
    spacing: Annotated[
        float, Interval(ge=0.5, le=4.0), doc("Distance in mm between nested outlines")
    ] = 1.1,
    marked: Annotated[
        float, Interval(ge=0.0, le=1.0), doc("Part of the cells drawn in the second pen")
    ] = 0.12,
) -> Steps:
    """Relaxed Voronoi cells as rounded stones with nested outlines.

    After G. Voronoi (1908), evened out by S. Lloyd's rounds (1957/1982).
    """
    frame = svg.frame
    # Cells of less than a few square millimetres would be nothing but gap.
    count = max(4, min(count, int(frame.width * frame.height / 12)))
    gap = min(gap, 0.25 * float(np.sqrt(frame.width * frame.height / count)))
    tone = _tone(Noise(rng), frame, contrast)
    points = scatter(rng, count, frame, density=tone)
    for round_ in range(evenness):
        points = relax(points, frame, iterations=1, density=tone)
        yield 0.5 * (round_ + 1) / evenness, partial(_draw_cells, points=points)
    stones = _stones(cells(points, frame).rings, gap, rounding)
    most = np.rint(1 + (rings - 1) * rng.random(len(stones)) ** 0.6)
    nested, owner = _nested(stones, most, spacing)
    lean = rng.random(len(stones)) < marked
    svg.polylines(from_shapely(nested[~lean[owner]]))
    if lean.any():
        with svg.layer("pen 2", color="#b3402a", width=0.3):
            svg.polylines(from_shapely(nested[lean[owner]]))


def _draw_cells(svg: SVGBuilder, points: Points) -> None:
    svg.polylines(cells(points, svg.frame).rings)


def _tone(noise: Noise, frame: Frame, contrast: float) -> NDArray[np.float64]:
    """Return how dense the cells are over the frame, (R, C)."""
    rows, columns = round(90 * frame.height / frame.short), round(90 * frame.width / frame.short)
    y, x = np.mgrid[:rows, :columns] / 90
    wave = noise.fractal(x * 1.3 + 5, y * 1.3 + 5, octaves=2)
    # Up to e to the power of 3.2, twenty-five, times as many cells in one place as in another.
    return np.asarray(np.exp(np.clip(wave * 3.2, -1.6, 1.6) * contrast * 2))


def _stones(rings: Lines, gap: float, rounding: float) -> NDArray[Any]:
    """Return each cell as a rounded shapely polygon, half a gap within its edges."""
    import shapely

    shapes = np.array([shapely.Polygon(ring) for ring in rings])
    inset = shapely.buffer(shapes, -gap / 2, join_style="mitre")
    size = np.sqrt(shapely.area(inset))
    # Opening: in by a part of the size, out again with round corners.
    turn = 0.24 * rounding * size
    round_ = shapely.buffer(shapely.buffer(inset, -turn), turn, quad_segs=12)
    return np.asarray(round_)


def _nested(
    stones: NDArray[Any], most: NDArray[np.float64], spacing: float
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return up to `most` outlines nested in each stone as polygons, and the stone that each belongs to."""
    import shapely

    found, owner = [stones], [np.arange(len(stones))]
    for ring in range(1, int(np.max(most, initial=1))):
        inner = shapely.buffer(stones, -spacing * ring, quad_segs=12)
        real = (shapely.area(inner) > 1.5 * spacing**2) & (ring < most)
        if not real.any():
            break
        found.append(inner[real])
        owner.append(np.flatnonzero(real))
    return np.concatenate(found), np.concatenate(owner)
