"""Where a figure sits on the page."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Lines, Points
from drawscape.svg_builder import SVGBuilder


def at_most(wanted: int, room_mm: float, apart_mm: float = 0.5, *, least: int = 1) -> int:
    """Return `wanted`, or as many lines as fit in `room_mm` when they lie `apart_mm` apart.

    It is `least` at least. Ink lines closer than half a millimetre run into a blot, so on small
    pages sketches draw fewer of them.
    """
    return max(least, min(wanted, int(room_mm / apart_mm)))


def ring(radius: float) -> Points:
    """Return a closed circle around the origin, its chords within 0.02 mm of it."""
    sides = max(12, int(np.ceil(np.pi / np.arccos(1 - min(0.02 / radius, 0.5)))))
    t = np.linspace(0, 2 * np.pi, sides + 1)
    points = radius * np.column_stack((np.cos(t), np.sin(t)))
    points[-1] = points[0]
    return points


def fitted(svg: SVGBuilder, figure: Points, *, stretched: bool = False) -> Points:
    """Return the points of `figure`, (..., 2), moved and scaled to fill the page inside its margin.

    The figure keeps its proportions, unless `stretched`. One without extent is put in the middle.
    """
    flat = figure.reshape(-1, 2)
    low, high = flat.min(axis=0), flat.max(axis=0)
    extent = np.maximum(high - low, 1e-12 * max(1.0, float(np.abs(flat).max())))
    scale = np.array([svg.frame.width, svg.frame.height]) / extent
    if not stretched:
        scale = np.full(2, np.min(scale))
    return np.asarray((figure - (low + high) / 2) * scale + (svg.frame.cx, svg.frame.cy))


def filled(svg: SVGBuilder, figure: Points, *, most: float = 1.4) -> Points:
    """Return `figure` as `fitted` places it, its slack axis stretched to the page, `most` times at most."""
    placed = fitted(svg, figure)
    middle = np.array([svg.frame.cx, svg.frame.cy])
    flat = placed.reshape(-1, 2)
    extent = np.maximum(np.ptp(flat, axis=0), 1e-9)
    stretch = np.array([svg.frame.width, svg.frame.height]) / extent
    return np.asarray((placed - middle) * np.clip(stretch, 1.0, most) + middle)


def fitted_lines(svg: SVGBuilder, lines: Lines, *, stretched: bool = False) -> Lines:
    """Return `lines` as `fitted` places their points; no lines at all stay as they are."""
    if not len(lines):
        return lines
    return lines.with_points(fitted(svg, lines.points, stretched=stretched))


def cells(svg: SVGBuilder, columns: int, *, gap: float = 0.0) -> tuple[Points, float]:
    """Return the middles, (N, 2) in mm, of square cells that fill the page, row by row, and their side.

    There are `columns` of them across the shorter side, and along the longer one as many as fit; the
    cells are spread evenly over the page. The side is smaller than the cell by `gap`, a share of it.
    """
    side = svg.frame.short / columns
    across, down = (max(1, int(s / side + 1e-9)) for s in (svg.frame.width, svg.frame.height))
    x = svg.frame.x0 + svg.frame.width * (np.arange(across) + 0.5) / across
    y = svg.frame.y0 + svg.frame.height * (np.arange(down) + 0.5) / down
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), side * (1 - gap)


def polar(radius: ArrayLike, angle: ArrayLike) -> Points:
    """Return (..., 2) points about the origin; angle 0 is to the right, in radians."""
    radius, angle = np.asarray(radius), np.asarray(angle)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
