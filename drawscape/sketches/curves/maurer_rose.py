"""A walk along a rose in straight steps."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Lines, Points
from drawscape.geometry.resample import resample
from drawscape.geometry.simplify import simplify
from drawscape.sketches import sketch
from drawscape.sketches.ink import thinned
from drawscape.sketches.placing import filled, polar
from drawscape.svg_builder import SVGBuilder

PICKS = ((6, 71), (5, 97), (4, 31), (7, 19), (2, 39), (6, 47), (3, 47), (7, 29), (4, 121), (5, 107))
"""Petals and degrees whose figure is neither a blot nor a star of few lines."""


@sketch
def maurer_rose(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    petals: Annotated[
        int | None,
        Interval(ge=2, le=12),
        doc("Petals of the rose, twice if even; none: the seed picks"),
    ] = None,
    degrees: Annotated[
        int | None, Interval(ge=1, le=179), doc("Angle of each step; none: the seed picks")
    ] = None,
    outline: Annotated[bool, doc("Draw the rose itself in red")] = True,
) -> None:
    """A rose seen through a walk of 360 straight steps along it.

    The walk visits r = sin(petals a) at a = 0, d, 2 d, ... degrees; when it closes early, another
    starts a degree on, until all 360 are visited (Peter M. Maurer, A Rose is a Rose..., American
    Mathematical Monthly, 1987).
    """
    picked = PICKS[int(rng.integers(len(PICKS)))]
    petals = picked[0] if petals is None else petals
    degrees = picked[1] if degrees is None else degrees
    walks = int(np.gcd(360, degrees))
    steps = degrees * np.arange(360 // walks + 1) + np.arange(walks)[:, None]
    turns = np.radians(np.linspace(0, 360, 2161))
    figure = Lines.join(
        [Lines.of(_rose(np.radians(steps), petals)), Lines.of(_rose(turns, petals))]
    )
    figure = figure.with_points(filled(svg, figure.points))
    with svg.layer("walk", color="#1b1b1b", width=0.25):
        walk = figure.take(np.arange(walks))
        chords = np.concatenate([np.stack((line[:-1], line[1:]), axis=1) for line in walk])
        # Where hundreds cross, every second one is enough.
        light = thinned(
            resample(Lines.of(chords), 0.8), 1 + np.arange(len(chords)), most=1.4, pen_mm=0.25
        )
        svg.polylines(simplify(light, 0.001))
    if outline:
        with svg.layer("rose", color="#b3402a", width=0.4):
            svg.polylines(figure.take([walks]))


def _rose(angle: Points, petals: int) -> Points:
    return polar(np.sin(petals * angle), angle)
