"""Cutting polylines where a value along them turns negative."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Floats, Ints, Lines, Points
from drawscape.svg_builder import Frame


def keep_positive(lines: Lines, values: ArrayLike) -> Lines:
    """Return the stretches of `lines` on which `values` are positive.

    `values` is (N,), one for each point of `lines`, finite, and taken as linear between neighbours:
    a stretch ends where its value is zero. Stretches of a single point are left out.
    """
    v = np.asarray(values, dtype=np.float64).ravel()
    inside = v > 0.0
    first = np.zeros(len(v), dtype=bool)
    first[lines.offsets[:-1][lines.counts > 0]] = True
    crossing = np.flatnonzero((inside[:-1] != inside[1:]) & ~first[1:])
    t = (v[crossing] / (v[crossing] - v[crossing + 1]))[:, None]
    cuts = lines.points[crossing] * (1 - t) + lines.points[crossing + 1] * t

    kept = np.flatnonzero(inside)
    points = np.concatenate((lines.points[kept], cuts))
    begins = np.concatenate((first[kept], inside[crossing + 1]))
    order = np.argsort(np.concatenate((2 * kept, 2 * crossing + 1)), kind="stable")
    return _without_dots(points[order], np.flatnonzero(begins[order]))


def depth_in(frame: Frame, points: Points) -> Floats:
    """Return how far inside the frame each of `points`, (..., 2) in mm, lies; negative outside."""
    x, y = points[..., 0], points[..., 1]
    sides = x - frame.x0, frame.x1 - x, y - frame.y0, frame.y1 - y
    return np.asarray(np.stack(sides).min(axis=0))


def _without_dots(points: Floats, starts: Ints) -> Lines:
    offsets = np.append(starts, len(points)).astype(np.int64)
    lines = Lines(points, offsets) if len(starts) else Lines.empty()
    return lines.take(lines.counts > 1)
