"""Drawings that the plot-ready functions are tried on."""

import numpy as np
from hypothesis import strategies as st

from drawscape.geometry.lines import Lines


def strokes(lines):
    """Return the lines in a form that is the same for reversed and rotated ones, sorted."""
    return sorted(_canonical([tuple(point) for point in line.tolist()]) for line in lines)


def _canonical(points):
    if len(points) > 2 and points[0] == points[-1]:
        ring = points[:-1]
        turns = [ring[k:] + ring[:k] for k in range(len(ring))]
        turns += [turn[::-1] for turn in turns]
        return tuple(min(turns))
    return min(tuple(points), tuple(points[::-1]))


@st.composite
def drawings(draw, *, least=0):
    """Lines on a small whole-number grid: many coincidences, closed lines, and lines of no length."""
    point = st.tuples(st.integers(0, 6), st.integers(0, 6))
    line = st.lists(point, min_size=2, max_size=6)
    return Lines.of(
        [np.array(p, dtype=float) for p in draw(st.lists(line, min_size=least, max_size=12))]
    )


def segments(count, *, seed=0):
    """`count` random two-point lines on an A4 page."""
    rng = np.random.default_rng(seed)
    return Lines.of(rng.uniform(0, 1, (count, 2, 2)) * [210, 297])


def hatch(count, *, spacing=0.5, width=100.0):
    """Parallel lines, all drawn from left to right."""
    y = np.arange(count) * spacing
    left, right = np.stack((0 * y, y), axis=1), np.stack((0 * y + width, y), axis=1)
    return Lines.of(np.stack((left, right), axis=1))


def mesh(side, *, seed=0):
    """The edges of a grid of triangles with `side` nodes a side, shuffled and turned at random."""
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).astype(float)
    pairs = ((grid[:, :-1], grid[:, 1:]), (grid[:-1], grid[1:]), (grid[:-1, :-1], grid[1:, 1:]))
    edges = np.concatenate([np.stack(pair, axis=2).reshape(-1, 2, 2) for pair in pairs])
    rng = np.random.default_rng(seed)
    flipped = rng.random(len(edges)) < 0.5
    edges[flipped] = edges[flipped, ::-1]
    return Lines.of(rng.permutation(edges))


def travel(lines):
    """Pen-up travel from the origin, as a loop would add it up."""
    here, total = np.zeros(2), 0.0
    for line in lines:
        total += float(np.hypot(*(line[0] - here)))
        here = line[-1]
    return total
