"""Evenly spaced lines that follow a field."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from drawscape.errors import GeometryError
from drawscape.geometry.area import Area, Bounds, bounds_of
from drawscape.geometry.clip import clip_to_polygon, clip_to_rectangle
from drawscape.geometry.field import Complexes, Field, SampledField, to_complex, to_points
from drawscape.geometry.growth import FIRST_APART, STRIDES, Growth, Pace
from drawscape.geometry.lines import Flags, Floats, Lines
from drawscape.geometry.nearest import as_points
from drawscape.geometry.occupancy import Occupancy
from drawscape.geometry.regions import Polygon, contains, rings
from drawscape.geometry.resample import resample

Mask: TypeAlias = Callable[[Floats, Floats], Flags] | Polygon
"""A polygon, or a function of x and y that is True where lines may be."""


def streamlines(field: Field, area: Area, spacing_mm: float, **options: Any) -> Lines:
    """Return lines along `field` in `area` that keep about `spacing_mm` from each other.

    All is as `growing_streamlines` has it. Raises GeometryError as that does.
    """
    *_, (_, lines) = growing_streamlines(field, area, spacing_mm, **options)
    return lines()


def growing_streamlines(
    field: Field,
    area: Area,
    spacing_mm: float,
    *,
    test: float = 0.5,
    step_mm: float | None = None,
    seeds: ArrayLike | None = None,
    mask: Mask | None = None,
    min_length_mm: float = 0.0,
    max_length_mm: float = np.inf,
) -> Iterator[tuple[float, Callable[[], Lines]]]:
    """Yield, step by step, about how much is done, 0 to 1, and what returns the lines so far.

    They run along `field` in `area` and keep about `spacing_mm` from each other.
    `field` is a function of x and y, (N,) in mm, that returns angles in radians, (N,), or vectors,
    (N, 2) or a tuple. New lines start `spacing_mm` beside others and end where they come nearer than
    `test` (0.1 to 1) times that. Points lie at most `step_mm` apart, by default a third of the
    spacing and half a millimetre at most. Lines start from `seeds`, (N, 2), where given, then
    everywhere. `mask`, a polygon or a function of x and y, limits where lines may be; lines longer
    than `max_length_mm` are ended there, and those shorter than `min_length_mm` left out.
    The field is sampled every half spacing. The same field gives the same lines. Only on the edge of
    the area may they come a little nearer to each other than the test allows.
    (Jobard & Lefer 1997, many lines at once.)
    Raises GeometryError for lengths that are not positive or a field of another shape.
    """
    bounds = bounds_of(area)
    pace = _pace(spacing_mm, test, step_mm, max_length_mm)
    sampled = SampledField.of(field, bounds, spacing_mm / 2.0, (STRIDES + 1) * pace.stride)
    taken = Occupancy(bounds, pace.radius, spacing_mm, int(2.0 * spacing_mm / pace.stride))
    grow = Growth(sampled, bounds, taken, pace)
    # Lines that keep their distance lie about one spacing apart.
    whole = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]) / spacing_mm
    if mask is not None:
        blocked = _blocked(taken, mask, bounds)
        taken.block(blocked)
        whole = min(whole, np.count_nonzero(~blocked) * taken.cell**2 / spacing_mm)

    def lines() -> Lines:
        found = grow.lines()
        if mask is not None and not callable(mask):
            found = clip_to_polygon(found, mask)
        long = (found.lengths_mm >= min_length_mm) & (found.counts > 1)
        return found if long.all() else found.take(long)

    # A few lines all over first, then all that their sides lead to; last, pockets that no side sees.
    starts = [_everywhere(bounds, FIRST_APART * spacing_mm), _everywhere(bounds, spacing_mm)]
    if seeds is not None:
        x0, y0, x1, y1 = bounds
        given = as_points(seeds)
        on_page = ((given >= (x0, y0)) & (given <= (x1, y1))).all(axis=1)
        starts.insert(0, to_complex(given[on_page]))
    for places in starts:
        for _ in grow.from_places(places):
            yield min(grow.length_mm / max(whole, 1e-9), 1.0), lines
    yield 1.0, lines


def _pace(spacing: float, test: float, step: float | None, longest: float) -> Pace:
    if not (spacing > 0 and np.isfinite(spacing)):
        raise GeometryError(f"spacing_mm={spacing!r}: give a positive length")
    if not 0.1 <= test <= 1.0:
        raise GeometryError(f"test={test!r}: give 0.1 to 1")
    if not ((step is None or step > 0) and longest > 0):
        raise GeometryError(f"step_mm={step!r}, max_length_mm={longest!r}: give positive lengths")
    radius = test * spacing
    # Points that claim a place lie a cell's diagonal apart, so that each has a cell of its own.
    stride = radius / np.sqrt(2.0)
    substeps = int(np.ceil(stride / (0.5 if step is None else step)))
    return Pace(spacing, radius, stride, substeps, longest / 2.0)


def _everywhere(bounds: Bounds, spacing: float) -> Complexes:
    """Return places that cover `bounds` evenly, in an order that does too (R2: Roberts 2018)."""
    x0, y0, x1, y1 = bounds
    index = np.arange(1, int(2.0 * (x1 - x0) * (y1 - y0) / spacing**2) + 20)
    return np.asarray(
        x0
        + (index * 0.7548776662466927) % 1.0 * (x1 - x0)
        + 1j * (y0 + (index * 0.5698402909980532) % 1.0 * (y1 - y0))
    )


def _blocked(taken: Occupancy, mask: Mask, bounds: Bounds) -> Flags:
    centres = taken.centres()
    if callable(mask):
        return ~np.asarray(mask(centres.real, centres.imag), dtype=bool)
    open_ = contains(mask, to_points(centres))
    # Cells on the outline are open: the polygon cuts what leaves it to the line's last bit.
    outline = resample(clip_to_rectangle(rings(mask), *bounds), taken.cell / 4.0)
    open_[taken.cells(to_complex(outline.points))] = True
    return ~open_
