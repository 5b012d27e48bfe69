"""A wall of cubes that gives way."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, Points, cartesian, clamped, grow_count, polar
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

CLOSEST = 0.78
"""mm between the lines of the shading, whatever was asked: closer ones only blot."""


@sketch
def cubic_disarray(
    svg: SVGBuilder,
    rng: Rng,
    *,
    cubes: Annotated[int, Slider(4, 24, "Cubes across the shorter side")] = 9,
    disorder: Annotated[Fraction, "How far the last corners move"] = 0.8,
    calm: Annotated[float, Slider(0, 0.9, "Part of the page left in order")] = 0.25,
    shading: Annotated[int, Slider(0, 16, "Lines on a cube's dark side")] = 8,
    palette: Palette = "as designed",
) -> None:
    """Stacked cubes, lit from one side, whose corners slip further the lower they sit, on one side more.

    The disorder is that of Georg Nees' Schotter and Kubische Unordnung drawings (Stuttgart, about
    1968), laid on the tumbling blocks of Roman floors. The corners are shared, so the wall bends
    and never tears.
    """
    frame = svg.frame
    side = frame.short / cubes / np.sqrt(3)
    # As many whole cubes as have room, and the corners around them.
    columns = 2 * int(frame.width / side / np.sqrt(3)) + 1
    layers = int((frame.height / side - 0.5) / 1.5)
    i, y = np.indices((columns, 3 * layers + 2))
    place = cartesian(i * np.sqrt(0.75), y / 2)
    # The seed chooses which side gives way.
    fall = place @ polar(1.0, np.pi / 2 + rng.uniform(-1.1, 1.1))
    grown = np.clip((fall - np.min(fall)) / np.ptp(fall) - calm, 0, 1) / (1 - calm)
    reach = 0.62 * disorder * grown**1.3 * np.sqrt(rng.random(i.shape))
    moved = place + polar(reach, rng.uniform(0, 2 * np.pi, i.shape))
    corner = frame.middle - (place[-1, -1] * side) / 2
    *edges, dark, light = _cubes(clamped(frame, moved * side + corner), grow_count(shading, frame))
    parts = [Lines.join([*edges, dark]), light]
    in_pens(svg, palette, {"cubes": "#1b1b1b", "lit sides": "#c8553d"}, parts)


def _cubes(place: Points, shading: int) -> Iterator[Lines]:
    """Yield the edges and the shading of the cubes whose near corners are every third corner.

    Neighbours in a column of `place`, (columns, rows, 2), are half a side apart.
    """
    i, y = np.indices(place.shape[:2])
    inside = (i >= 1) & (i < len(place) - 1) & (y >= 2) & (y < place.shape[1] - 2)
    near = inside & (y % 3 == 2) & ((i + y // 3) % 2 == 1)
    i, y = i[near], y[near]
    middle, top, low = place[i, y], place[i, y - 2], place[i, y + 2]
    left, left_low = place[i - 1, y - 1], place[i - 1, y + 1]
    right, right_low = place[i + 1, y - 1], place[i + 1, y + 1]
    starts = (middle, middle, middle, left, right, left_low, right_low, top, top)
    ends = (left, right, low, left_low, right_low, low, low, left, right)
    # An edge that two cubes share is drawn once.
    edges = np.stack([np.concatenate(starts), np.concatenate(ends)], axis=1)
    flat = np.sort(np.round(edges, 6).view(complex)[..., 0], axis=1)
    yield Lines.of(edges[np.unique(flat, axis=0, return_index=True)[1]])
    for most, *corners in (
        (shading, left, left_low, middle, low),
        (-(-shading // 2), middle, low, right, right_low),
    ):
        lines = []
        for first, last in np.stack(corners, axis=1).reshape(-1, 2, 2, 2):
            # A face that is seen from the side has room for few lines.
            narrow = np.hypot(*(last - first).T).min()
            count = min(most, int(narrow / CLOSEST) - 1)
            share = (np.arange(count) + 1) / (count + 1)
            lines += list(first + share[:, None, None] * (last - first))
        yield Lines.of(lines)
