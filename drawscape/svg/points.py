"""Points as people have them: arrays, complex numbers, xs and ys, shapely geometries, other canvases."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Lines, Points
from drawscape.svg.canvas import Canvas

Drawable: TypeAlias = Any
"""An (N, 2) array, complex numbers (x + iy), Lines, a shapely geometry, a canvas, or an iterable of these."""


def as_points(shape: Drawable, ys: Any = None) -> Points:
    """Return one line as (N, 2): of an (N, 2) array, complex numbers, pairs, or xs with `ys`.

    Raises GeometryError for what is not one line.
    """
    if ys is not None:
        xs, ys = (np.asarray(_listed(values), dtype=np.float64).ravel() for values in (shape, ys))
        if len(xs) != len(ys):
            raise GeometryError(f"{len(xs)} xs and {len(ys)} ys; give the same number of each")
        return np.column_stack((xs, ys))
    lines = as_lines([shape])
    if len(lines) > 1:
        raise GeometryError(f"give one line, not {len(lines)}; use polylines() for several")
    return lines.points


def as_lines(shapes: Drawable) -> Lines:
    """Return lines of any of the kinds of Drawable; areas give their rings, points give dots.

    Raises GeometryError for what holds no points, and for points that are not finite.
    """
    if isinstance(shapes, Lines):
        return shapes
    if isinstance(shapes, Canvas):
        return shapes.lines()
    if hasattr(shapes, "geom_type"):
        return Lines.of(_of_geometry(shapes))
    if not isinstance(shapes, np.ndarray):
        shapes = _listed(shapes)
    if isinstance(shapes, np.ndarray) and np.iscomplexobj(shapes):
        return Lines.of(_real(shapes))
    if isinstance(shapes, list) and any(map(_is_special, shapes)):
        if all(isinstance(shape, complex) for shape in shapes):
            return Lines.of(_real(np.array(shapes)))
        return Lines.join(as_lines(shape) for shape in shapes)
    return Lines.of(shapes)


def as_region(shape: Drawable) -> Any:
    """Return what geometry takes as a polygon: a shapely geometry as it is, all else as lines."""
    return shape if hasattr(shape, "geom_type") else as_lines(shape)


def _listed(values: Any) -> Any:
    """Return a list of what can only be iterated over, such as a generator or zip()."""
    if isinstance(values, np.ndarray) or not isinstance(values, Iterable):
        return values
    return [
        list(value)
        if isinstance(value, Iterable) and not hasattr(value, "__len__") and not _is_special(value)
        else value
        for value in values
    ]


def _is_special(value: Any) -> bool:
    if isinstance(value, (Lines, Canvas, complex)) or hasattr(value, "geom_type"):
        return True
    try:
        return np.iscomplexobj(value)
    except ValueError:  # pairs beside single numbers: Lines says what is wrong with them
        return False


def _real(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return complex numbers, (N,) or (M, N), as points with an axis more."""
    return np.stack((numbers.real, numbers.imag), axis=-1).astype(np.float64)


def _of_geometry(shape: Any) -> list[Points]:
    """Return the lines and rings of a shapely geometry."""
    if hasattr(shape, "geoms"):
        return [line for part in shape.geoms for line in _of_geometry(part)]
    if shape.geom_type == "Polygon":
        rings = [shape.exterior, *shape.interiors]
        return [np.asarray(ring.coords)[:, :2] for ring in rings if not ring.is_empty]
    return [] if shape.is_empty else [np.asarray(shape.coords)[:, :2]]
