"""TSP art: a picture as one closed line that never crosses itself."""

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Points, as_on_a4, catmull_rom, clamped, stippled, tours, uncrossed
from drawscape.geometry.regions import Bounds
from drawscape.parameters import InputFile
from drawscape.sketches import AS_DESIGNED, Palette, Share, Steps, in_pens, inks, sketch
from drawscape.sketches.tone import Fit, shown, tone_over
from drawscape.svg_builder import SVGBuilder

ROUNDS = 150
"""Rounds of undoing crossings, at most; the last of them find little."""


@sketch
def tsp_picture(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    picture: Annotated[InputFile | None, doc("Picture file; none draws an ammonite")] = None,
    fit: Annotated[Fit, doc("Fill the page or show the whole picture")] = "cover",
    cities: Annotated[int, Interval(ge=200, le=30000), doc("Points of the line on A4")] = 24000,
    gamma: Annotated[float, Interval(ge=0.5, le=3), doc("More gathers the line in the dark")] = 2.0,
    rounds: Annotated[int, Interval(ge=1, le=12), doc("Rounds of spreading the points evenly")] = 5,
    contrast: Annotated[Share, doc("0 as in the picture, 1 stretched to black and white")] = 1.0,
    clarity: Annotated[Share, doc("0 as in the picture, 1 without its broad shades")] = 0.5,
    curved: Annotated[bool, doc("Run through the points in curves instead of straight")] = False,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A picture as the travelling salesman's tour through its stipples.

    After R. Bosch and A. Herman, "Continuous line drawings via the traveling salesman problem"
    (2004), and C. Kaplan and R. Bosch, "TSP art" (2005).
    """
    frame, ink = svg.frame, inks(svg, palette, "#1b1b1b")
    tone = tone_over(frame, picture, fit, contrast, clarity=clarity)
    box = shown(tone, frame)
    # Below about 0.7 mm between points on average the line would fill the page.
    most = min(30_000, int((box[2] - box[0]) * (box[3] - box[1]) / 0.5))
    count = max(50, min(as_on_a4(cities, box), most))
    x, y = np.linspace(box[0], box[2], 401), np.linspace(box[1], box[3], 401)
    weight = 0.01 + tone.at(np.stack(np.meshgrid(x, y), axis=-1)) ** gamma
    points = np.empty((0, 2))
    for done, moved in stippled(rng, weight, box, count, rounds):
        points = moved
        yield 0.5 * done, partial(_draw_dots, points=points)
    order = np.arange(len(points))
    for round_, order in enumerate(tours(points, ROUNDS)):
        share = 0.5 + 0.45 * round_ / ROUNDS
        yield share, partial(_draw, line=points[order], curved=curved, box=box, ink=ink)
    _draw(svg, points[uncrossed(points, order)], curved, box, ink)


def _draw_dots(svg: SVGBuilder, points: Points) -> None:
    svg.polylines(points[:, None])


def _draw(svg: SVGBuilder, line: Points, curved: bool, box: Bounds, ink: list[str]) -> None:
    """Draw the closed line through all cities."""
    line = np.append(line, line[:1], axis=0)
    line = clamped(box, catmull_rom(line)) if curved else line
    in_pens(svg, ink, [line[None]])
