"""Wheels that roll in a ring."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most, fitted
from drawscape.svg_builder import SVGBuilder

Floats = NDArray[np.floating[Any]]


@sketch
def hypotrochoid(
    svg: SVGBuilder,
    *,
    lobes: Annotated[int, Interval(ge=13, le=36), doc("Points of each star")] = 21,
    winds: Annotated[int, Interval(ge=4, le=11), doc("Times around, or the next coprime more")] = 8,
    rolling: Annotated[Literal["inside", "outside"], doc("Where the wheel rolls")] = "inside",
    holes: Annotated[int, Interval(ge=3, le=12), doc("Holes of the wheel drawn through")] = 7,
    slip: Annotated[float, Interval(ge=0, le=1), doc("Lobes turned from hole to hole")] = 0.16,
) -> None:
    """Nested stars from a gear wheel with holes for the pen, in two colours.

    Hypotrochoids and epitrochoids (Albrecht Dürer, Underweysung der Messung, 1525), drawn as with
    Denys Fisher's Spirograph (1965): one hole after the other, the wheel set in again a little
    further on. The ring has `lobes` teeth, the wheel `winds`.
    """
    wheel = next(number for number in range(winds, lobes) if np.gcd(lobes, number) == 1)
    angle = np.linspace(0, 2 * np.pi * wheel, 60 * lobes + 1)
    holes = at_most(holes, _band(lobes, wheel, rolling) * svg.frame.short / wheel, 0.9, least=2)
    arms = np.linspace(0.95, 0.25, holes)
    shifts = 2 * np.pi / lobes * slip * np.arange(holes)
    curves = fitted(svg, _rolled(lobes, wheel, arms, shifts, angle, rolling == "inside"))
    with svg.layer("blue", color="#1d3a6e", width=0.3):
        svg.polylines(curves[::2])
    with svg.layer("red", color="#b3402a", width=0.3):
        svg.polylines(curves[1::2])


def _band(ring: int, wheel: int, rolling: str) -> float:
    """Return how wide the ring of curves is, as a part of the figure's width."""
    centre = ring - wheel if rolling == "inside" else ring + wheel
    return min(0.95 * wheel, centre) / (centre + 0.95 * wheel)


def _rolled(
    ring: int, wheel: int, arms: Floats, shifts: Floats, angle: Floats, inside: bool
) -> Points:
    """Return (holes, steps, 2): the path of each hole at `arms` of the wheel's radius."""
    centre = ring - wheel if inside else ring + wheel
    arm = arms[:, None] * wheel
    spin = (centre / wheel) * angle
    x = centre * np.cos(angle) + (arm if inside else -arm) * np.cos(spin)
    y = centre * np.sin(angle) - arm * np.sin(spin)
    cos, sin = np.cos(shifts)[:, None], np.sin(shifts)[:, None]
    return np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1)
