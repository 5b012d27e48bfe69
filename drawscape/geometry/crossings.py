"""Where straight segments cross."""

import numpy as np

from drawscape.geometry.lines import Floats, Ints, Points
from drawscape.geometry.pairs import overlapping_intervals
from drawscape.geometry.pieces import Segments

# A crossing this close beyond an edge's end (as a share of the edge) still cuts: a needless cut is
# healed when both sides stay, a missing one is not.
_BEYOND = 1e-9
SLIVER = 1e-9
"""Two cuts this close are one: a segment through a corner crosses both of its edges."""


def crossings(segments: Segments, edges: Segments) -> tuple[Ints, Floats]:
    """Return where `segments` cross or touch `edges`: segments, and places along them (0, 1)."""
    (low_a, high_a), (low_b, high_b) = _boxes(segments), _boxes(edges)
    axis = _thinner_axis(low_a, high_a, low_b, high_b)
    other = 1 - axis
    found: list[tuple[Ints, Floats]] = []
    for i, j in overlapping_intervals(
        low_a[:, axis], high_a[:, axis], low_b[:, axis], high_b[:, axis]
    ):
        near = (low_a[i, other] <= high_b[j, other]) & (low_b[j, other] <= high_a[i, other])
        i, j = i[near], j[near]
        t, u = meet(segments, edges, i, j)
        cut = (t > 0.0) & (t < 1.0) & (u >= -_BEYOND) & (u <= 1.0 + _BEYOND)
        found.append((i[cut], t[cut]))
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0)
    return np.concatenate([i for i, _ in found]), np.concatenate([t for _, t in found])


def meet(segments: Segments, edges: Segments, i: Ints, j: Ints) -> tuple[Floats, Floats]:
    """Return where segment `i` and edge `j` of each pair meet, as shares of each; nan if parallel."""
    d, e = (segments.b - segments.a)[i], (edges.b - edges.a)[j]
    gap = edges.a[j] - segments.a[i]
    turn = d[:, 0] * e[:, 1] - d[:, 1] * e[:, 0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t = (gap[:, 0] * e[:, 1] - gap[:, 1] * e[:, 0]) / turn
        u = (gap[:, 0] * d[:, 1] - gap[:, 1] * d[:, 0]) / turn
    return t, u


def _boxes(segments: Segments) -> tuple[Points, Points]:
    return np.minimum(segments.a, segments.b), np.maximum(segments.a, segments.b)


def _thinner_axis(low_a: Points, high_a: Points, low_b: Points, high_b: Points) -> int:
    """Return the axis along which fewer intervals overlap, judged by their mean extents."""
    if not len(low_a) or not len(low_b):
        return 0
    spread = high_b.max(axis=0) - low_b.min(axis=0)
    extent = (high_a - low_a).mean(axis=0) + (high_b - low_b).mean(axis=0)
    return int(np.argmin(extent / np.maximum(spread, 1e-12)))
