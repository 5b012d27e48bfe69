"""A walk along a rose in straight steps."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Lines, Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import fitted_lines, polar
from drawscape.svg_builder import SVGBuilder


@sketch
def maurer_rose(
    svg: SVGBuilder,
    *,
    petals: Annotated[int, Interval(ge=2, le=12), doc("Petals of the rose, twice if even")] = 6,
    degrees: Annotated[int, Interval(ge=1, le=179), doc("Angle of each step")] = 71,
    outline: Annotated[bool, doc("Draw the rose itself in red")] = True,
) -> None:
    """A rose seen through a walk of 360 straight steps along it.

    The walk visits r = sin(petals a) at a = 0, d, 2 d, ... degrees; when it closes early, another
    starts a degree on, until all 360 are visited (Peter M. Maurer, A Rose is a Rose..., American
    Mathematical Monthly, 1987).
    """
    walks = int(np.gcd(360, degrees))
    steps = degrees * np.arange(360 // walks + 1) + np.arange(walks)[:, None]
    figure = Lines.join(
        [
            Lines.of(_rose(np.radians(steps), petals)),
            Lines.of(_rose(np.radians(np.linspace(0, 360, 2161)), petals)[None]),
        ]
    )
    figure = fitted_lines(svg, figure)
    with svg.layer("walk", color="#1b1b1b", width=0.25):
        svg.polylines(figure.take(np.arange(walks)))
    if outline:
        with svg.layer("rose", color="#b3402a", width=0.5):
            svg.polylines(figure.take([walks]))


def _rose(angle: Points, petals: int) -> Points:
    return polar(np.sin(petals * angle), angle)
