"""A ribbon along a Lissajous knot."""

from typing import Annotated, Any

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.clip import crossings
from drawscape.geometry.lines import Flags, Ints, Lines, Points
from drawscape.geometry.pieces import Segments
from drawscape.sketches import sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

Floats = NDArray[np.floating[Any]]

STEP_MM = 0.25
"""Between points along the ribbon: about a pen's width, so that cuts look clean."""

GAP_MM = 1.0
"""Of white on both sides of a ribbon that passes over another."""


@sketch
def lissajous(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    across: Annotated[int, Interval(ge=1, le=9), doc("Swings from left to right")] = 5,
    down: Annotated[int, Interval(ge=1, le=9), doc("Swings from top to bottom")] = 4,
    lines: Annotated[int, Interval(ge=2, le=24), doc("Lines of the ribbon")] = 9,
    breadth: Annotated[
        float, Interval(ge=0.02, le=0.2), doc("Of the ribbon, as a part of the shorter side")
    ] = 0.09,
) -> None:
    """A ribbon that swings across and down and weaves through itself, over and under.

    x = cos(across t + a), y = cos(down t + b): the figures of Jules Antoine Lissajous (Mémoire sur
    l'étude optique des mouvements vibratoires, 1857), as the alternating knot that each of them is
    (Peter Guthrie Tait, On knots, 1877). The seed sets the phases.
    """
    # Numbers with a common divisor run through the same figure several times.
    swings = np.array([across, down]) // np.gcd(across, down)
    # Wider than this, passes side by side would touch near the margins.
    wide = min(breadth, 1 / float(np.prod(swings))) * svg.frame.short
    phases = _phases(rng, swings)
    wide = min(wide, 0.6 * _room(svg, swings, phases))
    middle = _figure(svg, swings, phases, wide)
    # In a bend tighter than the ribbon the inner lines would end in a cusp.
    wide = min(wide, max(1.9 / float(np.abs(_curvature(middle)).max()), 0.25 * wide))
    lines = at_most(lines, wide, 0.6, least=2)
    middle = _figure(svg, swings, phases, wide)
    sides, bend = _normals(middle), _curvature(middle)
    under = _undersides(middle, wide / 2 + GAP_MM)
    for offset in np.linspace(-wide / 2, wide / 2, lines):
        line = middle + offset * sides
        # On the inside of a bend tighter than the ribbon a line would turn back on itself.
        hidden = (bend * offset > 0.92) | _covered(line, middle, under, wide / 2 + GAP_MM)
        svg.polylines(_runs(line, hidden))


def _phases(rng: np.random.Generator, swings: Ints) -> Floats:
    """Return the phases of the most open of some chance figures, (2,).

    A figure folds onto itself where the phases of x and y fit their swings; the openest is kept.
    """
    tries = rng.uniform(0, 2 * np.pi, (6, 2))
    return np.asarray(tries[np.argmax(_openness(swings, tries))])


def _openness(swings: Ints, phases: Floats) -> Floats:
    """Return how far figures with these phases (..., 2) are from folding onto themselves, 0 to 1."""
    return np.asarray(np.abs(np.sin(swings[1] * phases[..., 0] - swings[0] * phases[..., 1])))


def _room(svg: SVGBuilder, swings: Ints, phases: Floats) -> float:
    """Return how far apart, in mm, the passes lie that run side by side where the figure turns."""
    slow = int(np.argmin(swings))
    half = (svg.frame.width, svg.frame.height)[slow] / 2
    # In the most open figure the outermost two pass a quarter and three quarters of a step off the turn.
    step = np.pi * float(np.min(swings)) / float(np.max(swings))
    apart = np.cos(step / 4) - np.cos(3 * step / 4)
    return float(apart * half * _openness(swings, phases))


def _figure(svg: SVGBuilder, swings: Ints, phases: Floats, wide: float) -> Points:
    """Return the middle of the ribbon, (N, 2) in mm, closed and evenly spaced."""
    t = np.linspace(0, 2 * np.pi, 1500 * int(np.max(swings)) + 1)
    unit = np.cos(swings * t[:, None] + phases)
    room = np.array([svg.frame.width, svg.frame.height]) / 2 - wide / 2
    path = unit * room + (svg.frame.cx, svg.frame.cy)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    even = np.linspace(0, along[-1], max(100, int(along[-1] / STEP_MM)))
    return np.column_stack([np.interp(even, along, values) for values in path.T])


def _normals(path: Points) -> Points:
    """Return a unit vector across the closed `path` at each of its points, (N, 2)."""
    ahead = np.roll(path[:-1], -1, axis=0) - np.roll(path[:-1], 1, axis=0)
    ahead = np.concatenate([ahead, ahead[:1]])
    across = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    return np.asarray(across / np.maximum(np.hypot(*across.T), 1e-12)[:, None])


def _curvature(path: Points) -> Floats:
    """Return how much the closed `path` bends towards its normals, (N,) in 1 / mm."""
    step = np.diff(np.concatenate([path[-2:-1], path, path[1:2]]), axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    return np.asarray(np.diff(heading) / np.hypot(*step[1:].T))


def _undersides(middle: Points, reach: float) -> list[tuple[Ints, Ints]]:
    """Return for each crossing the points that pass under and those that pass over, as indices.

    Along the curve passages go over and under by turns. That fits at every crossing, since between
    its two passages a closed curve always crosses itself an even number of times.
    """
    segments = Segments.of(Lines.of(middle))
    index, share = crossings(segments, segments)
    inside = (share > 1e-9) & (share < 1 - 1e-9)
    place = np.sort((index + share)[inside]).astype(np.int64)
    at = middle[place]
    passages = []
    for under in range(1, len(place), 2):
        gap = np.hypot(*(at - at[under]).T)
        gap[under] = np.inf
        over = int(np.argmin(gap))
        slope = max(_sine(middle, place[under], place[over]), 0.15)
        half = int(1.5 * reach / slope / STEP_MM)
        window = np.arange(-half, half + 1)
        count = len(middle) - 1
        passages.append(((place[under] + window) % count, (place[over] + window) % count))
    return passages


def _sine(path: Points, one: int, other: int) -> float:
    """Return the sine of the angle at which the closed `path` crosses itself at two indices."""
    a, b = (path[(i + 1) % (len(path) - 1)] - path[i] for i in (one, other))
    return float(abs(a[0] * b[1] - a[1] * b[0]) / (np.hypot(*a) * np.hypot(*b)))


def _covered(
    line: Points,
    middle: Points,
    under: list[tuple[Ints, Ints]],
    reach: float,
) -> Flags:
    """Return which points of a line along the ribbon lie within `reach` of a pass above them."""
    hidden = np.zeros(len(line), dtype=bool)
    for below, above in under:
        over = middle[above]
        gap = line[below][:, None] - over[None, :: max(1, int(1 / STEP_MM))]
        hidden[below[np.hypot(gap[..., 0], gap[..., 1]).min(axis=1) < reach]] = True
    hidden[-1] = hidden[0]
    return hidden


def _runs(points: Points, hidden: Flags) -> list[Points]:
    """Return the stretches of the closed line `points` that are not hidden."""
    if not hidden.any():
        return [points]
    first = int(np.argmax(hidden))
    points, hidden = np.roll(points[:-1], -first, axis=0), np.roll(hidden[:-1], -first)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], hidden, [True]]).astype(int)))
    return [points[a:b] for a, b in edges.reshape(-1, 2) if b - a > 3]
