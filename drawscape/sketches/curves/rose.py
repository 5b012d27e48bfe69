"""Roses: petals of one cosine."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most, fitted, polar
from drawscape.svg_builder import SVGBuilder


@sketch
def rose(
    svg: SVGBuilder,
    *,
    petals: Annotated[int, Interval(ge=2, le=12), doc("Numerator of the frequency")] = 5,
    winds: Annotated[int, Interval(ge=1, le=3), doc("Denominator: times around")] = 3,
    echoes: Annotated[int, Interval(ge=8, le=24), doc("Curves from the rose to its heart")] = 15,
    heart: Annotated[float, Interval(ge=0.2, le=0.8), doc("Radius that the roses shrink to")] = 0.4,
    twist: Annotated[float, Interval(ge=-2, le=2), doc("Petals turned from rim to heart")] = 0.5,
) -> None:
    """A rose whose petals wind down to a circle, curve by curve.

    r = cos(petals / winds * angle), named rhodonea by Guido Grandi (Flores geometrici, 1728).
    """
    echoes = at_most(echoes, svg.frame.short, 4.0, least=4)
    common = int(np.gcd(petals, winds))
    n, d = petals // common, winds // common
    angle = np.linspace(0, 2 * np.pi * d, 120 * max(n, 3 * d) + 1)
    share = np.linspace(0, 0.85, echoes)[:, None]
    turned = angle - 2 * np.pi / n * twist * share
    radius = (1 - share) * np.cos(n / d * turned) + share * heart
    roses = fitted(svg, polar(radius, angle))
    # With both odd the rose itself closes half way and would be drawn twice.
    once = (len(angle) + 1) // 2 if n * d % 2 else len(angle)
    svg.polyline(roses[0, :once])
    svg.polylines(roses[1:])
