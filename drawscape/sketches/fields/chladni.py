"""Chladni figures: where the sand lies still on a plate that sings."""

from functools import partial
from math import gcd
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Floats, Points, polar, stippled
from drawscape.sketches import AS_DESIGNED, Palette, Steps, inks, sketch
from drawscape.svg_builder import SVGBuilder

GRAIN_MM = 0.28
"""Radius of the circle that the pen draws for a grain."""


@sketch
def chladni(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    columns: Annotated[int, Interval(ge=1, le=5), doc("Plates side by side")] = 1,
    pitch: Annotated[int, Interval(ge=3, le=16), doc("How high the plates sing")] = 9,
    grains: Annotated[int, Interval(ge=200, le=9000), doc("Grains of sand on all plates")] = 4600,
    sharpness: Annotated[
        float, Interval(ge=0.3, le=3), doc("How narrow the sand lies along the still lines")
    ] = 1.7,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A square plate that sings a chord of two notes, its sand come to rest on the still lines.

    After E. F. F. Chladni, "Entdeckungen über die Theorie des Klanges" (1787); the plate's waves
    are the usual cos(m x) cos(n y) ± cos(n x) cos(m y). Grains are spread as Adrian Secord's stipples
    (2002).
    """
    frame = svg.frame
    ink = inks(svg, palette, "#1b1b1b", "#b3402a")
    side = min(frame.width / (1.12 * columns - 0.12), frame.height)
    rows = max(1, int((frame.height + 0.12 * side) / (1.12 * side) + 1e-9))
    each = min(grains // (rows * columns), int(side**2 / 1.6))
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        x0 = frame.cx + ((column - (columns - 1) / 2) * 1.12 - 0.5) * side
        y0 = frame.cy + ((row - (rows - 1) / 2) * 1.12 - 0.5) * side
        # Grains lie inside of the plate's edge whole.
        inset = 0.03 * side + GRAIN_MM
        box = (x0 + inset, y0 + inset, x0 + side - inset, y0 + side - inset)
        sand = _sand(rng, pitch, sharpness * side / pitch)
        # Where few lines are still, there is room for fewer grains.
        count = min(each, int(float(np.mean(sand)) * side**2 / 0.9))
        points = np.empty((0, 2))
        for done, moved in stippled(rng, sand, box, count, 8):
            points = moved
            yield (number + done) / (rows * columns), partial(_draw, points=points, color=ink[0])
        _draw(svg, points, ink[0])
        with svg.layer("plates", color=ink[1], width=0.3):
            svg.rect(x0, y0, side, side)
        if columns == 1:
            # What holds the plate, in its middle.
            with svg.layer("plates"):
                svg.circle(frame.cx, y0 + side / 2, 0.006 * side)


def _sand(rng: np.random.Generator, pitch: int, steepness: float) -> Floats:
    """Return how much sand lies where, 0 to 1, on a plate of 260 x 260 samples."""
    modes = [
        (m, n)
        for n in range(2, pitch + 1)
        for m in range(1, n)
        if gcd(m, n) == 1 and m + n >= 1.2 * pitch
    ]
    t = np.linspace(0, np.pi, 260)
    wave, slope = np.zeros((260, 260)), np.zeros((260, 260))
    for weight in (1.0, rng.uniform(0.3, 0.9)):
        m, n = modes[int(rng.integers(len(modes)))]
        sign = rng.choice([-1, 1])
        wave += weight * (
            np.outer(np.cos(n * t), np.cos(m * t)) + sign * np.outer(np.cos(m * t), np.cos(n * t))
        )
    slope = np.hypot(*np.gradient(wave, t[1]))
    # Value over slope is the distance to the still line; where lines cross both vanish.
    off = wave / np.hypot(slope, 0.25 * pitch)
    return np.asarray(0.0015 + np.exp(-((off * steepness * 1.3) ** 2)))


def _draw(svg: SVGBuilder, points: Points, color: str) -> None:
    """Draw a small circle at each of the points."""
    ring = polar(GRAIN_MM, np.linspace(0, 2 * np.pi, 9))
    ring[-1] = ring[0]
    with svg.layer("sand", color=color, width=0.3):
        svg.polylines(points[:, None] + ring)
