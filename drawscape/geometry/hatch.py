"""Hatch fill: polygons, with holes, filled by lines that a pen can draw."""

import math
from typing import Literal, get_args

import numpy as np

from drawscape.errors import GeometryError, UnknownNameError
from drawscape.geometry.clip import clip_to_polygon
from drawscape.geometry.lines import Lines, Segments, check_finite, check_positive, ranges
from drawscape.geometry.offset import inset_rings
from drawscape.geometry.regions import Polygon, rings, to_shapely

HatchStyle = Literal["lines", "cross", "concentric"]

_MOST_LINES = 5_000_000
# Concentric rings leave at most this gap, in spacings, where they have room; specks are not filled.
_NEAR, _SPECK, _GAP_ROUNDS = 0.75, 0.2, 3


def hatch(
    polygon: Polygon,
    spacing_mm: float,
    *,
    angle: float = 45.0,
    style: HatchStyle = "lines",
    shift: float = 0.0,
) -> Lines:
    """Return lines that fill `polygon`, `spacing_mm` apart; holes stay empty.

    `polygon` is one ring as (N, 2) or several (even-odd: a ring in a ring is a hole). `style` is
    `lines` at `angle` degrees (clockwise on paper from the x axis) or `cross`, at `angle` and square to
    it. `concentric` repeats the outline inwards.
    `shift`, in shares of the spacing, moves the lines. Lines run to and fro, so that a pen travels
    little; the hatches of neighbouring polygons with the same options match.
    Raises GeometryError when the spacing is not positive or makes millions of lines, and
    UnknownNameError for another style.
    """
    if style not in get_args(HatchStyle):
        raise UnknownNameError("hatch style", style, get_args(HatchStyle))
    if style in ("lines", "cross"):
        check_finite(angle=angle)
        turns = (0.0, 90.0) if style == "cross" else (0.0,)
        return Lines.join(
            hatch_lines(polygon, spacing_mm, angle=angle + turn, shift=shift) for turn in turns
        )
    return hatch_concentric(polygon, spacing_mm, shift=shift)


def hatch_lines(
    polygon: Polygon, spacing_mm: float, *, angle: float = 45.0, shift: float = 0.0
) -> Lines:
    """Return parallel lines at `angle` degrees within `polygon`; every second one runs back.

    All edges and the lines that they cross are intersected at once (the scan-line fill of Wylie, Romney,
    Evans & Erdahl 1967, on arrays). Otherwise as `hatch`.
    """
    outline = _checked(polygon, spacing_mm, angle, shift)
    shift = math.fmod(shift, 2.0)  # every second line runs back
    edges = Segments.of(_turned(outline, -angle))
    top, bottom = np.sort((edges.a[:, 1], edges.b[:, 1]), axis=0)
    # Line k lies at y = (k + shift) * spacing; an edge meets those with top <= y < bottom.
    first = np.ceil(top / spacing_mm - shift).astype(np.int64)
    counts = np.maximum(np.ceil(bottom / spacing_mm - shift).astype(np.int64) - first, 0)
    if counts.sum() > 2 * _MOST_LINES:
        raise GeometryError(f"spacing_mm={spacing_mm!r} makes {counts.sum() // 2} lines; use more")
    line = ranges(first, counts)
    edge = np.repeat(np.arange(len(edges)), counts)
    y = (line + shift) * spacing_mm
    a, b = edges.a[edge], edges.b[edge]
    x = a[:, 0] + (y - a[:, 1]) * ((b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1]))
    order = np.lexsort((x, line))
    # Along a line, entries and exits alternate: every ring crosses it an even number of times.
    pairs, row = np.column_stack((x[order], y[order])).reshape(-1, 2, 2), line[order][::2]
    real = pairs[:, 1, 0] - pairs[:, 0, 0] > 1e-9
    pairs, row = pairs[real], row[real]
    # Every second row is reversed, so that the pen comes back on it.
    back = np.cumsum(np.diff(row, prepend=row[:1]) != 0) % 2 == 1
    place = np.arange(len(row))
    order = np.lexsort((np.where(back, -place, place), row))
    pairs = np.where(back[:, None, None], pairs[:, ::-1], pairs)
    return _turned(Lines.of(pairs[order]), angle)


def hatch_concentric(polygon: Polygon, spacing_mm: float, *, shift: float = 0.0) -> Lines:
    """Return the outline of `polygon` repeated inwards every `spacing_mm`, as closed lines.

    The first lies half a spacing inside, plus `shift`, which wraps round: at most one spacing. Where
    the polygon is too narrow for rings, in tips and necks, a line runs along its middle. Otherwise as
    `hatch`.
    """
    outline = _checked(polygon, spacing_mm, 0.0, shift)
    found = inset_rings(outline, spacing_mm, first_mm=(0.5 + shift) % 1.0 * spacing_mm)
    # A gap that forks needs a line for each arm.
    for _ in range(_GAP_ROUNDS):
        found = Lines.join((found, _along_gaps(outline, found, spacing_mm)))
    return found


def _along_gaps(outline: Lines, found: Lines, spacing_mm: float) -> Lines:
    """Return lines through the gaps: places more than three quarters of a spacing from `found`."""
    import shapely

    shape = to_shapely(outline)
    ink = shapely.linestrings(found.points, indices=found.ids)
    near = shapely.union_all(shapely.buffer(ink, _NEAR * spacing_mm, quad_segs=4))
    gaps = shapely.get_parts(shapely.difference(shape, near))
    gaps = gaps[shapely.area(gaps) > (_SPECK * spacing_mm) ** 2]
    middles = []
    for gap in gaps:
        corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(gap))
        sides = np.hypot(*np.diff(corners, axis=0).T)
        turned = np.roll(corners[:-1], int(sides[1] > sides[0]), axis=0)
        # The long sides are 0-1 and 2-3: from the middle of one short side to that of the other.
        middles.append([(turned[0] + turned[3]) / 2, (turned[1] + turned[2]) / 2])
    return clip_to_polygon(Lines.of(middles), outline)


def _turned(lines: Lines, degrees: float) -> Lines:
    """Return the lines turned around the origin, clockwise on paper; quarter turns are exact."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if degrees % 90.0 == 0.0:
        cos, sin = np.round(cos), np.round(sin)
    return lines.with_points(lines.points @ np.array([[cos, sin], [-sin, cos]]))


def _checked(polygon: Polygon, spacing_mm: float, angle: float, shift: float) -> Lines:
    check_positive(spacing_mm=spacing_mm)
    check_finite(angle=angle, shift=shift)
    return rings(polygon)
