"""Curves as polylines: arcs, ellipses, Béziers, smooth lines through points."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.lines import (
    Complexes,
    Floats,
    Ints,
    Lines,
    Points,
    as_floats,
    as_points,
    check_finite,
    check_positive,
    check_whole,
    is_finite,
    offsets_of,
    on_lines,
    ranges,
    without_repeats,
)

# A pen's line is 0.3 mm wide and plotters step 0.0125 mm: a finer curve looks the same.
TOLERANCE_MM = 0.02
# A tolerance that asks for more pieces than this is a mistake.
_MOST_PIECES = 1_000_000


def arc(
    cx: float,
    cy: float,
    radius: float,
    start_degrees: float = 0.0,
    end_degrees: float = 360.0,
    *,
    tolerance_mm: float = TOLERANCE_MM,
) -> Points:
    """Return an arc around (`cx`, `cy`) from `start_degrees` to `end_degrees`, (N, 2) in mm.

    Angles run clockwise on paper (y down), from the positive x axis; an end below the start runs
    the other way round. No chord strays from the arc by more than `tolerance_mm`.
    Raises GeometryError when `radius` is negative or `tolerance_mm` not positive.

    >>> arc(0, 0, 10, 0, 90)[[0, -1]].round(6)
    array([[10.,  0.],
           [ 0., 10.]])
    """
    return _arc((cx, cy, radius, radius, start_degrees, end_degrees), tolerance_mm)


def circle(cx: float, cy: float, radius: float, *, tolerance_mm: float = TOLERANCE_MM) -> Points:
    """Return a circle as a closed line, (N, 2) in mm. Errors are those of `arc`.

    >>> circle(50, 50, 20).mean(axis=0).round(0)
    array([50., 50.])
    """
    return ellipse(cx, cy, radius, radius, tolerance_mm=tolerance_mm)


def ellipse(
    cx: float,
    cy: float,
    rx: float,
    ry: float,
    *,
    tolerance_mm: float = TOLERANCE_MM,
) -> Points:
    """Return an ellipse with radii `rx`, `ry` as a closed line, (N, 2). Errors as in `arc`.

    >>> ellipse(0, 0, 20, 10).max(axis=0).round(2)
    array([20., 10.])
    """
    points = _arc((cx, cy, rx, ry, 0.0, 360.0), tolerance_mm)
    points[-1] = points[0]
    return points


def _arc(values: tuple[float, ...], tolerance_mm: float) -> Points:
    """Return an arc of an ellipse: its middle, radii and both angles in degrees are `values`."""
    cx, cy, rx, ry, start, end = values
    if not (all(map(is_finite, values)) and rx >= 0 and ry >= 0):
        raise GeometryError(f"radii {rx!r}, {ry!r} at {cx, cy}: give finite numbers, radii from 0")
    check_positive(tolerance_mm=tolerance_mm)
    sweep = math.radians(end - start)
    radius = max(rx, ry)
    # A chord over the angle 2a strays by r (1 - cos a); never more than a quarter turn a piece.
    half = math.acos(1.0 - tolerance_mm / radius) if radius > tolerance_mm else math.pi / 4.0
    pieces = math.ceil(abs(sweep) / (2.0 * max(min(half, math.pi / 4.0), 1e-12)) - 1e-9)
    if pieces > _MOST_PIECES:
        raise GeometryError(f"tolerance_mm={tolerance_mm!r} asks for {pieces} pieces; use more")
    turns = math.radians(start) + sweep * np.linspace(0.0, 1.0, max(pieces, 1) + 1)
    return np.column_stack((cx + rx * np.cos(turns), cy + ry * np.sin(turns)))


def beziers(controls: ArrayLike, *, tolerance_mm: float = TOLERANCE_MM) -> Lines:
    """Return many Béziers as lines, one each, that stray by at most `tolerance_mm`.

    `controls` is (M, 3, 2) for quadratic or (M, 4, 2) for cubic curves, in mm. Each curve gets as
    many equal steps as its second derivative requires (Wang 1984). Ends are exact.
    Raises GeometryError for other shapes, values that are not finite, a tolerance that is not
    positive or that asks for millions of pieces.

    >>> len(beziers([[(0, 0), (5, 10), (10, 0)], [(0, 5), (5, 15), (10, 5)]]))
    2
    """
    curves = as_floats(controls)
    if curves.ndim != 3 or curves.shape[1] not in (3, 4) or curves.shape[2] != 2:
        raise GeometryError(f"Béziers are (M, 3, 2) or (M, 4, 2) arrays, not {curves.shape}")
    if not np.isfinite(curves).all():
        raise GeometryError("a Bézier has a control point that is not finite")
    check_positive(tolerance_mm=tolerance_mm)
    pieces = np.ceil(bezier_pieces(curves, tolerance_mm))
    if pieces.size and pieces.max() > _MOST_PIECES:
        raise GeometryError(f"tolerance_mm={tolerance_mm!r} asks for millions of pieces; use more")
    counts = pieces.astype(np.int64) + 1
    offsets = offsets_of(counts)
    index = ranges(np.zeros_like(counts), counts)
    t = index / np.repeat(counts - 1, counts)
    points = bezier_points(curves, counts, t)
    points[offsets[:-1]], points[offsets[1:] - 1] = curves[:, 0], curves[:, -1]
    return Lines(points, offsets)


def bezier_pieces(controls: Floats, tolerance: float | Floats) -> Floats:
    """Return how many equal pieces keep each chord within `tolerance`, (M,), not rounded, from 1 on.

    A chord over 1/n of the parameter is off by at most (1/8)(1/n)^2 max|B''|. For degree d, |B''| is at
    most d (d - 1) times the largest second difference of the control points.
    """
    degree = controls.shape[1] - 1
    bend = np.linalg.norm(np.diff(controls, n=2, axis=1), axis=2).max(axis=1, initial=0.0)
    return np.maximum(np.sqrt(degree * (degree - 1) / 8.0 * bend / tolerance), 1.0)


def bezier_points(controls: Floats, counts: Ints, t: Floats) -> Points:
    """Return points of each curve, `counts[i]` on the i-th, at the parameters `t`, (sum, 2)."""
    u = 1.0 - t
    weights = [u * u, 2.0 * u * t, t * t]
    if controls.shape[1] == 4:
        weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t]
    points = np.zeros((len(t), 2))
    for column, weight in enumerate(weights):
        points += np.repeat(controls[:, column], counts, axis=0) * weight[:, None]
    return points


@on_lines
def catmull_rom(lines: Lines, tolerance_mm: float = TOLERANCE_MM) -> Lines:
    """Return smooth lines through every point of `lines` (Catmull & Rom 1974).

    It takes Lines or one line as (N, 2) in mm, and returns the same kind. Centripetal, so without loops or
    cusps (Yuksel, Schaefer & Keyser 2011); closed lines have no corner where they meet. Repeated
    points are left out. Raises GeometryError when `tolerance_mm` is not positive.

    >>> smooth = catmull_rom(np.array([(0, 0), (10, 10), (20, 0)]))
    >>> smooth[[0, -1]], len(smooth) > 10
    (array([[ 0.,  0.],
           [20.,  0.]]), True)
    """
    lines = without_repeats(lines)
    i = np.delete(np.arange(len(lines.points)), lines.offsets[1:] - 1)
    line = lines.ids[i]
    first, last, closed = lines.offsets[line], lines.offsets[line + 1] - 1, lines.closed[line]
    # The point before and after each segment; at an end, the end itself.
    before = np.where(i > first, i - 1, np.where(closed, last - 1, i))
    after = np.where(i + 1 < last, i + 2, np.where(closed, first + 1, i + 1))
    p, a, b, q = (lines.points[index] for index in (before, i, i + 1, after))
    # Centripetal: knots are the square root of the distance apart. 0 marks a missing neighbour.
    d0, d1, d2 = _knots(p, a), _knots(a, b), _knots(b, q)
    out = np.where(d0 > 0, _tangent(p, a, b, d0, d1), b - a)
    into = np.where(d2 > 0, _tangent(q, b, a, d2, d1), a - b)
    controls = np.stack((a, a + out / 3.0, b + into / 3.0, b), axis=1)
    curves = beziers(controls, tolerance_mm=tolerance_mm)
    # Each curve's last point is the first of the next; a line's last point stays what it was.
    points = np.delete(curves.points, curves.offsets[1:] - 1, axis=0)
    counts = np.bincount(line, curves.counts - 1, minlength=len(lines)).astype(np.int64)
    return Lines(np.insert(points, np.cumsum(counts), lines.ends, axis=0), offsets_of(counts + 1))


def rounded(line: ArrayLike, share: float = 1.0, *, points: int = 5) -> Points:
    """Return `line`, (N, 2) in mm, with each corner cut by a parabola of `points` points.

    The parabola takes `share` of half of both sides. All N - 2 corners have this many points, even
    straight ones: (2 + points * (N - 2), 2).

    >>> rounded([(0, 0), (10, 0), (10, 10)], 0.4, points=3)
    array([[ 0. ,  0. ],
           [ 8. ,  0. ],
           [ 9.5,  0.5],
           [10. ,  2. ],
           [10. , 10. ]])
    """
    check_finite(share=share)
    check_whole(1, points=points)
    line = as_points(line)
    corner = line[1:-1]
    before = corner + share / 2 * (line[:-2] - corner)
    after = corner + share / 2 * (line[2:] - corner)
    t = np.linspace(0, 1, points)[None, :, None]
    curve = (1 - t) ** 2 * before[:, None] + t**2 * after[:, None]
    curve += 2 * t * (1 - t) * corner[:, None]
    return np.concatenate([line[:1], curve.reshape(-1, 2), line[-1:]])


def _knots(p: Points, q: Points) -> Points:
    return np.sqrt(np.hypot(*(q - p).T))[:, None]


def _tangent(p: Points, q: Points, r: Points, d0: Points, d1: Points) -> Points:
    """Return the velocity at q, over the interval d1, of the curve from p through q to r."""
    one, two = np.maximum(d0, 1e-12), np.maximum(d1, 1e-12)
    return ((q - p) / one - (r - p) / (one + two) + (r - q) / two) * two


@dataclass(frozen=True)
class Ellipses:
    """Arcs of ellipses: centres, rotation and ends as complex numbers, angles in radians, (K,) each.

    `radii` are (2, K). A radius of zero makes the arc the straight line to its end.
    """

    starts: Complexes
    ends: Complexes
    centres: Complexes
    radii: Floats
    turn: Complexes
    begin: Floats
    sweep: Floats

    @classmethod
    def of(cls, begins: Floats, ends: Floats, curves: Floats) -> "Ellipses":
        """Return the arcs by end points and `curves` (K, 5): rx, ry, degrees, large, sweep.

        The conversion is that of the SVG standard's implementation notes, B.2.4 and B.2.5.
        """
        start, end = (points[:, 0] + 1j * points[:, 1] for points in (begins, ends))
        turn = np.exp(1j * np.radians(curves[:, 2] % 360.0))
        half, radii = (start - end) / 2 / turn, np.abs(curves[:, :2].T)
        # Such a thin ellipse is a line, and its square would overflow.
        thin = 1e-9 * np.maximum(radii.max(axis=0), np.abs(half))
        straight = (radii.min(axis=0) <= thin) | (half == 0)
        rx, ry = np.where(straight, 1.0, radii)
        # The first end and the centre, relative to the middle, where the ellipse is a unit circle.
        unit = half.real / rx + 1j * half.imag / ry
        short = np.maximum(np.abs(unit), 1.0)
        unit, rx, ry = unit / short, rx * short, ry * short
        square = 1 / np.maximum(np.abs(unit) ** 2, 1e-300) - 1
        side = np.where((curves[:, 3] != 0) == (curves[:, 4] != 0), 1j, -1j)
        local = side * unit * np.sqrt(np.maximum(square, 0.0))
        begin = np.angle(unit - local)
        sweep = (np.angle(-unit - local) - begin) % (2 * np.pi)
        sweep = np.where(curves[:, 4] != 0, sweep, sweep - 2 * np.pi)
        centres = (local.real * rx + 1j * local.imag * ry) * turn + (start + end) / 2
        return cls(start, end, centres, np.where(straight, 0.0, (rx, ry)), turn, begin, sweep)

    def pieces(self, tolerance: Floats) -> Floats:
        """Return how many pieces keep each chord's sagitta within `tolerance`, (K,), not rounded."""
        radius = self.radii.max(axis=0)
        ratio = np.clip(tolerance / np.maximum(radius, 1e-300), 0.0, 1.0)
        # A tolerance near the radius would turn a circle into a triangle or less.
        step = np.clip(2 * np.arccos(1 - ratio), 1e-12, np.pi / 4)
        return np.where(radius > 0, np.abs(self.sweep) / step, 1.0)

    def at(self, rows: Ints, along: Floats) -> Floats:
        """Return the points of arc `rows[i]` at fraction `along[i]` of its sweep, (N, 2)."""
        circle = np.exp(1j * (self.begin[rows] + self.sweep[rows] * along))
        rx, ry = self.radii[:, rows]
        points = (circle.real * rx + 1j * circle.imag * ry) * self.turn[rows] + self.centres[rows]
        between = self.starts[rows] + (self.ends - self.starts)[rows] * along
        return np.where(rx > 0, points, between).view(np.float64).reshape(-1, 2)
