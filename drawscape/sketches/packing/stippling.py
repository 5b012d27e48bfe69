"""Stippling: light and shadow in nothing but dots."""

from functools import partial
from typing import Annotated

import numpy as np
from scipy.spatial import cKDTree

from drawscape.geometry import Floats, Points, cartesian, polar, stippled, values_at
from drawscape.sketches import Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import (
    FINER,
    NO_FOCUS,
    Clarity,
    Contrast,
    Fit,
    Focus,
    PictureFile,
    printable,
    tone_for,
)

PEN_MM = 0.3
"""On a card; a larger sheet has larger dots, and a broader pen that fills them in as few turns."""

ROOM_MM2 = 2.0
"""Of a dot, on the mean: in the darks there are four times as many."""

EDGE_MM = 3.0

MOST = 0.75
"""Part of the paper that dots cover at most: with more, they touch."""


@sketch
def stippling(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    dots: Annotated[int, Slider(300, 20000, "Most dots, each a lift of the pen")] = 7000,
    contrast: Contrast = 0.9,
    clarity: Clarity = 0.6,
    focus: Focus = NO_FOCUS,
    rounds: Annotated[int, Slider(1, 30, "Rounds of spreading the dots evenly")] = 16,
    palette: Palette = "as designed",
) -> Steps:
    """A photograph in dots that lie as evenly as a draughtsman sets them, larger in the dark.

    After A. Secord, "Weighted Voronoi stippling" (2002), and O. Deussen and others, "Floating points"
    (2000). The seed strews the dots.
    """
    tone = tone_for(svg, palette, picture, fit, contrast, clarity, focus, "head")
    larger = max(1.0, svg.frame.short / 100)
    # Dots beyond the edge keep those within it from standing in rows.
    inner, box = tone.area.inset(1.3 * larger), tone.area.inset(-EDGE_MM)
    # A picture has as many dots on every sheet, larger ones on a larger, if there is room for them.
    count = min(dots, int(tone.area.area / ROOM_MM2))
    x, y = map(np.linspace, box[:2], box[2:], (401, 535))
    places = cartesian(x, y[:, None])
    closer = 1 + (1 / FINER**2 - 1) * tone.focus_at(places)
    density = (0.01 + tone.at(places) ** 0.6) * closer
    density *= count / (density.mean() * tone.area.area)
    count = int(count * box.area / tone.area.area)
    draw = partial(_draw, pen_mm=PEN_MM * larger, palette=palette)
    for done, points in stippled(rng, density, box, count, rounds):
        points = points[inner.contains(points)]
        dark = tone.at(points) ** (1 + 0.55 * contrast)  # half-tones lighter, and a face with them
        size = _sizes(dark, values_at(density, box, points), points)
        yield 0.95 * done, partial(draw, points=points, size=size)
    draw(svg, points=points, size=size)


def _sizes(dark: Floats, density: Floats, points: Points) -> Floats:
    """Return the diameter of each dot, (N,) in mm, so that together they are as dark as the picture."""
    room = cKDTree(points).query(points, k=2)[0][:, 1]
    # A dot of ten corners that is not quite full has four fifths of a circle's ink (bench_tone.py).
    size = np.sqrt(printable(dark, MOST) / (np.pi / 5 * density))
    return np.minimum(size, 0.95 * room)


def _draw(svg: SVGBuilder, points: Points, size: Floats, pen_mm: float, palette: str) -> None:
    """Draw a dot at each of the points."""
    # A turn along the rim of a dot, and others inwards, the more the larger it is.
    radius, rim = np.maximum(size - pen_mm, 0.05) / 2, np.linspace(0, 2 * np.pi, 12)
    turns = np.maximum(np.rint(size / 2 / pen_mm - 0.3), 1)
    marks = []
    for count in np.unique(turns).tolist():
        inside = np.linspace(0, 1, int(12 * count - 5))[1:]
        t = np.append(rim, 2 * np.pi * (1 + (count - 0.5) * inside))
        inward = np.append(np.ones(12), 1 - (1 - 0.15 / count) * inside)
        some = turns == count
        marks += list(points[some, None] + polar(radius[some, None] * inward, t))
    in_pens(svg, palette, {"stipples": "#1b1b1b"}, [marks], width=pen_mm)
