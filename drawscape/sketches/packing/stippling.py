"""Stippling: light and shadow in nothing but dots."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from scipy.spatial import cKDTree

from drawscape.geometry import Points, as_on_a4, cartesian, polar, stippled
from drawscape.sketches import Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import Contrast, Fit, PictureFile, Tone, tone_over


@sketch
def stippling(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    dots: Annotated[int, Slider(300, 12000, "Number of dots on A4")] = 4900,
    mark: Annotated[Literal["dot", "ring", "stroke"], "What stands at each point"] = "dot",
    largest: Annotated[float, Slider(0.3, 3, "Largest mark's size in mm")] = 1.2,
    gamma: Annotated[float, Slider(0.5, 3, "More gathers the dots in the dark")] = 1.7,
    contrast: Contrast = 0.9,
    rounds: Annotated[int, Slider(1, 30, "Rounds of spreading the dots evenly")] = 16,
    palette: Palette = "as designed",
) -> Steps:
    """A photograph in dots that lie as evenly as a draughtsman sets them, larger in the dark.

    After A. Secord, "Weighted Voronoi stippling" (2002), and O. Deussen and others, "Floating points"
    (2000). The seed strews the dots.
    """
    frame = svg.frame
    tone = tone_over(frame, picture, fit, contrast, "head", clarity=0.35)
    box = tone.area.inset(largest / 2)
    # More of them on a small page, or the picture has too few; a dot and its room take about half
    # a square millimetre.
    finer = min(1.5, max(1.0, 180 / frame.short))
    count = min(int(finer * as_on_a4(dots, box)), 12_000, int(tone.area.area / 0.55))
    x, y = map(np.linspace, box[:2], box[2:], (241, 321))
    dark = tone.at(cartesian(x, y[:, None]))
    weight = 0.01 + dark**gamma
    draw = partial(_draw, tone=tone, mark=mark, largest=largest, palette=palette)
    for done, points in stippled(rng, weight, box, count, rounds):
        yield 0.95 * done, partial(draw, points=points)
    draw(svg, points=points)


def _draw(
    svg: SVGBuilder, points: Points, tone: Tone, mark: str, largest: float, palette: str
) -> None:
    """Draw a mark at each of the points, larger in the dark, never beyond its own room."""
    room = cKDTree(points).query(points, k=2)[0][:, 1]
    size = np.minimum(largest * (0.25 + 0.75 * tone.at(points)), 0.72 * room)
    if mark == "stroke":
        # Along the darker and the lighter: across the slope of the tone.
        right, down = (tone.at(points + h) - tone.at(points - h) for h in tone.pitch * np.eye(2))
        half = polar(size / 2, np.arctan2(right, -down))
        marks = np.stack([points - half, points + half], axis=1)
    else:
        # A dot is filled by a spiral of the pen, a ring is its rim.
        t = np.linspace(0, 2 * np.pi, 10)
        radius, inward = np.maximum(size - 0.3, 0.05) / 2, np.ones(10)
        if mark == "dot":
            t, inward = np.append(t, t + 2 * np.pi), np.linspace(1, 0.35, 20)
        marks = points[:, None] + polar(radius[:, None] * inward, t)
    in_pens(svg, palette, {"stipples": "#1b1b1b"}, [marks])
