"""Voronoi cells: pebbles, cells and cobbles, each with the same right to its place."""

from functools import partial
from typing import Annotated, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from drawscape.geometry import Noise, as_on_a4, cells, relax, scatter
from drawscape.geometry.lines import Ints, Points
from drawscape.geometry.regions import from_shapely, polygons
from drawscape.sketches import MOSS, Fraction, Palette, Rng, Slider, Steps, in_pens, sketch
from drawscape.sketches.composition import choose_inks, focus
from drawscape.svg_builder import SVGBuilder


@sketch
def voronoi(
    svg: SVGBuilder,
    rng: Rng,
    *,
    count: Annotated[int, Slider(10, 1000, "Number of cells")] = 320,
    evenness: Annotated[int, Slider(0, 12, "Rounds of evening the cells out")] = 5,
    contrast: Annotated[Fraction, "How much smaller cells are in some parts"] = 0.75,
    gap: Annotated[float, Slider(0.3, 4, "Room in mm between cells")] = 1.3,
    rounding: Annotated[Fraction, "How far corners are rounded off"] = 0.65,
    rings: Annotated[int, Slider(1, 14, "Most outlines in a cell on A4")] = 12,
    spacing: Annotated[float, Slider(0.5, 4, "In mm, between nested outlines")] = 1.1,
    light: Annotated[Fraction, "How far outlines draw together on the shaded side"] = 0.7,
    marked: Annotated[Fraction, "Part of the cells drawn in the second pen"] = 0.2,
    palette: Palette = "as designed",
) -> Steps:
    """Relaxed Voronoi cells as pebbles, lit from the upper left.

    After G. Voronoi (1908), evened out by S. Lloyd's rounds (1957/1982). A vein of another stone runs
    through them.
    """
    frame = svg.frame
    small = focus(svg, "pebbles")
    palette = choose_inks(svg, palette, "moss", "tide", "kiln")
    # Cells of less than a few square millimetres would be nothing but gap.
    count = max(4, min(count, int(frame.width * frame.height / 12)))
    gap = min(gap, 0.25 * np.sqrt(frame.width * frame.height / count))
    noise = Noise(rng)
    rows, columns = np.rint(90 * frame.size[::-1] / frame.short).astype(int)
    y, x = np.mgrid[:rows, :columns] / 90
    wave = 0.25 * noise.fractal(x * 1.3 + 5, y * 1.3 + 5, octaves=2)
    wave += small(x * frame.short / frame.width, y * frame.short / frame.height) - 0.5
    # Up to e to the power of 3.2, twenty-five, times as many cells in one place as in another.
    tone = np.exp(np.clip(wave * 3.2, -1.6, 1.6) * contrast * 2)
    points = scatter(rng, count, frame, density=tone)
    for round_ in range(evenness):
        points = relax(points, frame, iterations=1, density=tone)
        yield 0.5 * (round_ + 1) / evenness, partial(_draw_cells, points=points)
    found = cells(points, frame)
    # Half a gap within its edges a stone is opened: in by a part of its size, out with round corners.
    inset = shapely.buffer(polygons(found.rings), -gap / 2, join_style="mitre")
    turn = 0.24 * rounding * np.sqrt(shapely.area(inset))
    stones = shapely.buffer(shapely.buffer(inset, -turn), turn, quad_segs=12)
    nested, owner = _nested(stones, as_on_a4(rings, frame, lines=True), spacing, light)
    x, y = points.T / frame.short
    vein = np.abs(noise.fractal(x * 1.6 + 40, y * 1.6 + 40, octaves=2))
    lean = (vein < np.quantile(vein, marked))[found.owner]
    parts = [from_shapely(nested[chosen[owner]]) for chosen in (~lean, lean)]
    in_pens(svg, palette, MOSS, parts)


def _draw_cells(svg: SVGBuilder, points: Points) -> None:
    svg.polylines(cells(points, svg.frame).rings)


def _nested(
    stones: NDArray[Any], most: int, spacing: float, light: float
) -> tuple[NDArray[Any], Ints]:
    """Return up to `most` outlines nested in each stone, and the stone that each belongs to.

    Each lies away from the light in the one before, so that they draw together in the shade.
    """
    found, owner = [stones], [np.arange(len(stones))]
    for ring in range(1, most):
        inner = shapely.buffer(stones, -spacing * ring, quad_segs=12)
        real = shapely.area(inner) > 1.5 * spacing**2
        if not real.any():
            break
        # Two thirds of the way at most: lines of the shaded side stay a pen's width apart.
        away = 0.47 * light * max(spacing - 0.45, 0.0) * ring * np.ones(2)
        found.append(shapely.transform(inner[real], lambda points, away=away: points + away))
        owner.append(np.flatnonzero(real))
    return np.concatenate(found), np.concatenate(owner)
