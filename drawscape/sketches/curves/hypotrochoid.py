"""Wheels that roll in a ring."""

from math import gcd
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Points
from drawscape.sketches import sketch
from drawscape.sketches.placing import at_most, cells
from drawscape.svg_builder import SVGBuilder

Floats = NDArray[np.floating[Any]]

ARM = 0.92
"""Of the wheel's radius: how far out the outermost hole for the pen is."""

MOST_WINDINGS = 7
"""Around the middle until a curve closes; more of them only darken the band."""

INKS = ("#1d3a6e", "#b3402a", "#c9922e")

SMALLEST_MM = 4.5
"""Radius of the smallest star that is set within another."""


@sketch
def hypotrochoid(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    columns: Annotated[int, Interval(ge=1, le=6), doc("Rosettes side by side")] = 3,
    teeth: Annotated[int, Interval(ge=5, le=36), doc("Most points of a star")] = 30,
    holes: Annotated[int, Interval(ge=1, le=12), doc("Holes of the wheel drawn through")] = 7,
    slip: Annotated[float, Interval(ge=0, le=1), doc("Turn from hole to hole, in points")] = 0.0,
    rolling: Annotated[
        Literal["inside", "outside", "both"], doc("Where the wheels roll in their rings")
    ] = "both",
) -> None:
    """A sheet of rosettes from gear wheels with holes for the pen: stars within stars, no two alike.

    Hypotrochoids and epitrochoids (Albrecht Dürer, Underweysung der Messung, 1525), drawn as with
    Denys Fisher's Spirograph (1965): one hole after the other. The seed picks the gears.
    """
    middles, size = cells(svg, columns, gap=0.05)
    pairs = _gears(rng, 4 * len(middles), teeth)
    inked: list[list[Points]] = [[] for _ in INKS]
    for index, middle in enumerate(middles):
        radius, first = size / 2, int(rng.integers(len(INKS)))
        for nested in range(4):
            ring, wheel = pairs[index + nested * len(middles)]
            inside = rolling == "inside" or (rolling == "both" and rng.random() < 0.6)
            star = _star(ring, wheel, inside, holes, slip, radius)
            inked[(first + nested) % len(INKS)].extend(star + middle)
            # The next one stands free in the middle that this one leaves.
            radius = 0.93 * float(np.hypot(*star.reshape(-1, 2).T).min())
            if radius < SMALLEST_MM:
                break
    for number, (color, curves) in enumerate(zip(INKS, inked, strict=True), 1):
        if curves:
            with svg.layer(f"pen {number}", color=color, width=0.3):
                svg.polylines(curves)


def _gears(rng: np.random.Generator, count: int, most: int) -> list[tuple[int, int]]:
    """Return `count` pairs (teeth of the ring, of the wheel) without a common divisor.

    All pairs are used before one comes again, and as long as there is a choice, the one comes next that
    is least like those before: in the points of its star, and in the breadth of its band.
    """
    least = min(5, most)
    pairs = [
        (ring, wheel)
        for ring in range(least, most + 1)
        for wheel in range(max(2, ring // 6), min(MOST_WINDINGS, (ring - 1) // 2) + 1)
        if gcd(ring, wheel) == 1
    ]
    pairs = [pairs[i] for i in rng.permutation(len(pairs))]
    looks = np.array([(ring / most, 2 * wheel / ring) for ring, wheel in pairs])
    order = [0]
    away = np.hypot(*(looks - looks[0]).T)
    while len(order) < min(count, len(pairs)):
        order.append(int(np.argmax(away)))
        away = np.minimum(away, np.hypot(*(looks - looks[order[-1]]).T))
    chosen = [pairs[i] for i in rng.permutation(order)]
    return [chosen[i % len(chosen)] for i in range(count)]


def _star(ring: int, wheel: int, inside: bool, holes: int, slip: float, radius: float) -> Points:
    """Return (holes, steps, 2): the curves of one wheel around the origin, `radius` mm at most."""
    reach = (ring - wheel if inside else ring + wheel) + ARM * wheel
    # The curves of neighbouring holes lie this far apart at the points of the star.
    room = 0.8 * ARM * wheel / reach * radius
    holes = at_most(holes, room, 0.5 + 0.25 * wheel)
    angle = np.linspace(0, 2 * np.pi * wheel, 48 * ring + 1)
    arms = np.linspace(ARM, 0.2 if holes > 1 else ARM, holes)
    shifts = 2 * np.pi / ring * slip * np.arange(holes)
    return _rolled(ring, wheel, arms, shifts, angle, inside) * (radius / reach)


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
