"""Stippling: light and shadow in nothing but dots."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from scipy.spatial import cKDTree

from drawscape.geometry import Floats, Points, as_on_a4, cartesian, polar, stippled, values_at
from drawscape.sketches import Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import (
    FINER,
    NO_FOCUS,
    Clarity,
    Contrast,
    Fit,
    Focus,
    PictureFile,
    Tone,
    printable,
    tone_over,
)

PEN_MM = 0.3

MOST = 0.7
"""Part of the paper that dots cover at most: with more, they touch."""


@sketch
def stippling(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    dots: Annotated[int, Slider(300, 20000, "Number of dots on A4")] = 15000,
    mark: Annotated[Literal["dot", "ring", "stroke"], "What stands at each point"] = "dot",
    largest: Annotated[float, Slider(0.3, 3, "Largest mark's size in mm")] = 1.8,
    gamma: Annotated[float, Slider(0.5, 3, "More gathers the dots in the dark")] = 1.2,
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
    tone = tone_over(svg.frame, picture, fit, contrast, "head", clarity, focus)
    box = tone.area.inset(largest / 2)
    # A dot and its room take about half a square millimetre.
    count = min(as_on_a4(dots, box), int(tone.area.area / 0.55))
    x, y = map(np.linspace, box[:2], box[2:], (401, 535))
    places = cartesian(x, y[:, None])
    closer = 1 + (1 / FINER**2 - 1) * tone.focus_at(places)
    density = (0.01 + tone.at(places) ** gamma) * closer
    density *= count / (density.mean() * box.area)
    draw = partial(_draw, tone=tone, mark=mark, palette=palette)
    for done, points in stippled(rng, density, box, count, rounds):
        size = _sizes(tone, values_at(density, box, points), points)
        yield 0.95 * done, partial(draw, points=points, size=np.minimum(size, largest))
    draw(svg, points=points, size=np.minimum(size, largest))


def _sizes(tone: Tone, density: Floats, points: Points) -> Floats:
    """Return the diameter of each dot, (N,) in mm, so that all cover what the picture is dark."""
    room = cKDTree(points).query(points, k=2)[0][:, 1]
    # A dot of ten corners that is not quite full has four fifths of a circle's ink (bench_tone.py).
    size = np.sqrt(printable(tone.at(points), MOST) / (np.pi / 5 * density))
    return np.asarray(np.minimum(size, 0.95 * room))


def _draw(
    svg: SVGBuilder, points: Points, size: Floats, tone: Tone, mark: str, palette: str
) -> None:
    """Draw a mark at each of the points."""
    if mark == "stroke":
        # Along the darker and the lighter: across the slope of the tone.
        right, down = (tone.at(points + h) - tone.at(points - h) for h in tone.pitch * np.eye(2))
        half = polar(size / 2, np.arctan2(right, -down))
        marks = np.stack([points - half, points + half], axis=1)
    else:
        # A dot is filled by a spiral of the pen, a ring is its rim.
        t = np.linspace(0, 2 * np.pi, 10)
        radius, inward = np.maximum(size - PEN_MM, 0.05) / 2, np.ones(10)
        if mark == "dot":
            # One turn along the rim, and a half nearer to the middle: a whole one takes a third longer.
            t = np.append(t, t[1:6] + 2 * np.pi)
            inward = np.append(inward, np.linspace(0.6, 0.3, 5))
        marks = points[:, None] + polar(radius[:, None] * inward, t)
    in_pens(svg, palette, {"stipples": "#1b1b1b"}, [marks], width=PEN_MM)
