"""TSP art: a picture as one closed line that never crosses itself."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import as_on_a4, cartesian, stippled, tours, uncrossed
from drawscape.geometry.lines import Points
from drawscape.sketches import Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.palette import is_light
from drawscape.sketches.tone import (
    FINER,
    NO_FOCUS,
    Clarity,
    Contrast,
    Fit,
    Focus,
    PictureFile,
    tone_over,
)

ROUNDS = 150
"""Rounds of undoing crossings, at most; the last of them find little."""


@sketch
def tsp_picture(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    cities: Annotated[int, Slider(200, 30000, "Points of the line on A4")] = 24000,
    gamma: Annotated[float, Slider(0.5, 3, "More gathers the line in the dark")] = 2.0,
    rounds: Annotated[int, Slider(1, 12, "Rounds of spreading the points evenly")] = 5,
    contrast: Contrast = 1.0,
    clarity: Clarity = 0.6,
    focus: Focus = NO_FOCUS,
    palette: Palette = "as designed",
) -> Steps:
    """A picture as the travelling salesman's tour through its stipples.

    After R. Bosch and A. Herman, "Continuous line drawings via the traveling salesman problem"
    (2004), and C. Kaplan and R. Bosch, "TSP art" (2005).
    """
    frame = svg.frame
    light = is_light(svg, palette)
    tone = tone_over(frame, picture, fit, contrast, "shell", clarity, focus, light_ink=light)
    box = tone.area
    # Below about 0.7 mm between points on average the line would fill the page.
    most = min(30_000, int(box.area / 0.5))
    count = max(50, min(as_on_a4(cities, box), most))
    x, y = map(np.linspace, box[:2], box[2:], (401, 401))
    places = cartesian(x, y[:, None])
    closer = 1 + (1 / FINER**2 - 1) * tone.focus_at(places)
    weight = (0.01 + tone.at(places) ** gamma) * closer
    for done, points in stippled(rng, weight, box, count, rounds):
        yield 0.5 * done, partial(SVGBuilder.polylines, lines=points[:, None])
    for round_, order in enumerate(tours(points, ROUNDS)):
        share = 0.5 + 0.45 * round_ / ROUNDS
        yield share, partial(_draw, line=points[order], palette=palette)
    _draw(svg, points[uncrossed(points, order)], palette)


def _draw(svg: SVGBuilder, line: Points, palette: str) -> None:
    """Draw the closed line through all cities."""
    in_pens(svg, palette, ["#1b1b1b"], [np.append(line, line[:1], axis=0)[None]])
