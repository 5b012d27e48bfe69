"""The filled shapes of a scene: the lines that they hide, and their hatches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from drawscape.drawing.values import is_white
from drawscape.geometry.lines import Ints, Lines
from drawscape.svg.read.areas import Region, borders, edges_of
from drawscape.svg.read.batch import by_outline
from drawscape.svg.read.scene import Scene

HATCH_MM = 1.0
"""Distance of the hatch lines: three widths of the usual pen, so that the paper shows through."""

_TOLERANCE_MM = 0.05
# A crossing is tested against this many shapes at the cost of one.
_SHAPES_AT_ONCE = 50
# More than the distance that geometry.clip counts as touching.
_EDGE_MM = 1e-5


def _filled_areas(scene: Scene, tolerance_mm: float) -> Iterator[tuple[Region, int]]:
    """Yield each shape that is filled, white ones too, and the number of its outline."""
    lines, owners = scene.lines(tolerance_mm, cut=False)
    for outline, own in by_outline(lines, owners):
        if scene.context_of(outline).fill:
            yield scene.area(outline, own), outline


def hiding_areas(scene: Scene, tolerance_mm: float) -> Iterator[tuple[Region, int]]:
    """Yield each opaque shape, and the number of its outline.

    A white shape leaves another's edge where they meet, because its own edge is not drawn.
    """
    for area, outline in _filled_areas(scene, tolerance_mm):
        context = scene.context_of(outline)
        if context.is_area and is_white(context.ink):
            area = area.buffer(-_EDGE_MM, join_style="mitre")
        if context.hides and not area.is_empty:
            yield area, outline


def without_hidden(
    scene: Scene, lines: Lines, shapes: Ints, covers: Sequence[tuple[Region, int]]
) -> tuple[Lines, Ints]:
    """Return the parts of the lines outside the `covers`, and the number of the line of each.

    Raises SvgReadError when outlines and shapes cross so often that it would take minutes.
    """
    import shapely

    from drawscape.geometry.clip import visible

    areas, numbers = zip(*covers)
    boxes = shapely.box(*shapely.bounds(areas).T)
    overlaps = len(shapely.STRtree(boxes).query(boxes)[0]) // len(boxes)
    edges = np.concatenate([borders(area) for area in areas])
    scene.crossings.spend(edges_of(lines), edges, 1 + overlaps // _SHAPES_AT_ONCE)
    return visible(lines, shapes, areas, numbers)


def hatched(
    scene: Scene, lines: Lines, outlines: Ints, hatching: Mapping[str, Any], factor: float
) -> tuple[Lines, Ints, Ints]:
    """Return the lines with a hatch in each filled shape, the outline of each line, and the shape's.

    The hatches are new outlines of the scene, in the colours of the fills. White fills stay empty.
    """
    from drawscape.geometry.hatch import hatch

    options = {"spacing_mm": HATCH_MM, **hatching}
    spacing_mm = options.pop("spacing_mm") / factor
    parts, numbers, shapes = [lines], [outlines], [outlines]
    for area, outline in list(_filled_areas(scene, _TOLERANCE_MM)):
        context = scene.context_of(outline)
        if context.fill is None or is_white(context.fill):
            continue
        filling = hatch(area, spacing_mm, **options)
        scene.of.append(scene.number_of(context._replace(stroke=context.fill, fill=None)))
        parts.append(filling)
        numbers.append(np.full(len(filling), len(scene.of) - 1))
        shapes.append(np.full(len(filling), outline))
    return Lines.join(parts), np.concatenate(numbers), np.concatenate(shapes)
