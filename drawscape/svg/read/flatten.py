"""Segments as polylines: curves become as many straight pieces as a tolerance asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Lines
from drawscape.svg.read.curves import Cubics, Ellipses
from drawscape.svg.read.path_data import ARC, CLOSE, CUBIC, LINE, MOVE, Floats, Segments

# A gigabyte of coordinates; a million circles of a kilometre each would take thirty.
_MOST_POINTS = 50_000_000


def flatten(segments: Segments, tolerance: Floats) -> tuple[Lines, NDArray[np.int64]]:
    """Return the subpaths as lines, and the path (M,) that each belongs to.

    `tolerance` is one distance per path, in the path's units: the largest gap between a curve and
    its chords. A subpath of a single move is left out; `M1,1z` is a dot of two points.
    """
    if not len(segments.kinds):
        return Lines.empty(), np.empty(0, dtype=np.int64)
    moving = segments.kinds == MOVE
    begins = np.concatenate((np.zeros((1, 2)), segments.ends[:-1]))
    pieces = np.ones(len(segments.kinds), dtype=np.int64)
    closing = np.flatnonzero(segments.kinds == CLOSE)
    dots = segments.kinds[closing - 1] == MOVE
    pieces[closing] = (begins[closing] != segments.ends[closing]).any(axis=1) | dots
    points = segments.ends
    if len(segments.curves):
        pieces, points = _with_curves(segments, begins, pieces, tolerance[segments.paths])
    elif len(closing):
        points = points[pieces > 0]
    moves = np.flatnonzero(moving)
    along = np.concatenate(([0], np.cumsum(pieces)))
    offsets = np.append(along[moves], along[-1])
    paths = segments.paths[moves]
    short = np.diff(offsets) < 2
    lines = Lines(np.ascontiguousarray(points), offsets)
    return (lines.take(~short), paths[~short]) if short.any() else (lines, paths)


def _with_curves(
    segments: Segments, begins: Floats, pieces: NDArray[np.int64], tolerance: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Return how many points each segment gives, and all the points."""
    pieces = pieces.copy()
    families: list[tuple[NDArray[np.int64], Cubics | Ellipses]] = []
    for kind, family in ((CUBIC, Cubics), (ARC, Ellipses)):
        which = np.flatnonzero(segments.kinds == kind)
        if len(which):
            curves = family.of(begins[which], segments.ends[which], segments.curves[which])
            pieces[which] = curves.pieces(tolerance[which])
            families.append((which, curves))
    last = np.cumsum(pieces)
    if last[-1] > _MOST_POINTS:
        raise SvgReadError(
            f"the curves make {last[-1]:,} points; the most are {_MOST_POINTS:,}: raise the tolerance"
        )
    points = np.empty((last[-1], 2))
    plain = np.isin(segments.kinds, (MOVE, LINE, CLOSE)) & (pieces > 0)
    points[last[plain] - 1] = segments.ends[plain]
    for which, curves in families:
        counts = pieces[which]
        row = np.repeat(np.arange(len(which)), counts)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        points[np.repeat(last[which] - counts, counts) + nth - 1] = curves.at(
            row, nth / counts[row]
        )
        points[last[which] - 1] = segments.ends[which]
    return pieces, points
