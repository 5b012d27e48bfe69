"""Skyline: a city of towers, near ones before far ones, under a moon."""

from itertools import pairwise
from typing import Annotated

import numpy as np

from drawscape.geometry import (
    Lines,
    Noise,
    OpaqueShape,
    circle,
    clip_to_rectangle,
    fit_count,
    occlude,
)
from drawscape.sketches import (
    INK,
    Fraction,
    Frame,
    Palette,
    Rng,
    Slider,
    SVGBuilder,
    in_pens,
    sketch,
)
from drawscape.sketches.composition import choose
from drawscape.sketches.solids._towers import box

FACADES = ("windows", "floors", "columns")

Lot = tuple[float, float, float, float]
"""Middle of the foot of its tower, half the width and the height, in mm."""


@sketch
def skyline(
    svg: SVGBuilder,
    rng: Rng,
    *,
    lots: Annotated[int, Slider(3, 16, "Lots on the shorter side")] = 9,
    tallest: Annotated[float, Slider(0.05, 0.6, "Tallest, part of the page")] = 0.42,
    density: Annotated[float, Slider(0.2, 1, "Part of the lots built on")] = 0.93,
    lean: Annotated[float, Slider(14, 40, "Degrees that streets run down")] = 27.0,
    setbacks: Annotated[Fraction, "Part of the towers that step back as they rise"] = 0.55,
    spacing: Annotated[float, Slider(0.7, 3, "In mm, on facades")] = 1.1,
    moon: Annotated[float, Slider(0, 0.3, "Moon, as part of the page")] = 0.16,
    palette: Palette = "as designed",
) -> None:
    """A city in parallel projection with hidden lines, and a moon behind it.

    Farther towers are painted before nearer ones and covered by them: the painter's algorithm of
    M. E. Newell, R. G. Newell and T. L. Sancha (1972).
    """
    frame = svg.frame
    density *= choose(svg, "city", {"dense": 1.0, "loose": 0.6})
    tallest *= choose(svg, "towers", {"tall": 1.0, "spires": 1.3, "low": 0.6})
    lots = fit_count(lots, frame.short, 5.0, least=3)
    # The moon's rings, high in the sky.
    radius = moon * frame.short * choose(svg, "moon", {"large": 1.6, "small": 0.6, "none": 0.01})
    cx = frame.cx + rng.uniform(-1, 1) * max(frame.width / 2 - radius, 0)
    cy, count = frame.y0 + radius + rng.uniform(0.02, 0.2) * frame.height, int(radius / 1.2)
    disc = [circle(cx, cy, radius * (k + 1) / count) for k in range(count)]
    shapes = [OpaqueShape(Lines.of(disc))]
    slope = np.tan(np.radians(lean))
    for lot in _lots(rng, frame, lots, slope, tallest):
        if rng.random() < density:
            shapes += _tower(rng, lot, slope, setbacks, spacing)
    visible = occlude(shapes)
    city = clip_to_rectangle(Lines.join(visible[1:]), *frame)
    parts = [city.longer_than(0.15), visible[0]]
    in_pens(svg, palette, INK, parts)


def _lots(rng: Rng, frame: Frame, across: int, slope: float, tallest: float) -> list[Lot]:
    """Return the lots, far ones first."""
    noise = Noise(rng)
    half = frame.short / across / 2
    columns = round(frame.width / half / 2)
    first, highest = frame.y0 + 0.54 * frame.height, tallest * frame.height
    rows, found = int((frame.y1 + highest - first) / (half * slope)) + 1, []
    for row in range(min(rows, 110)):
        y = first + row * (half * slope)
        # Near towers are lower, so that the eye looks over them at the far ones.
        near = np.clip((y - first) / (frame.y1 + 0.2 * highest - first), 0, 1)
        for column in range(-1, columns + 1):
            x = frame.cx + (2 * column + 1 + row % 2 - columns) * half
            centre = 1 - 0.55 * abs(x - frame.cx) / (frame.width / 2)
            u, v = 3 * x / frame.short + 5, 3 * y / frame.short + 5
            block = 0.5 + 1.1 * noise.perlin(u, v)
            height = highest * (1 - 0.72 * near) * centre * np.clip(block, 0.1, 1.0)
            height *= 0.45 + 0.55 * rng.random()
            if y - height < frame.y1 + half:
                found.append((x, y, half * 0.8, max(float(height), 0.5 * half)))
    return found


def _tower(rng: Rng, lot: Lot, slope: float, setbacks: float, spacing: float) -> list[OpaqueShape]:
    """Return the boxes of the tower on a lot, lower ones first."""
    x, y, half, height = lot
    floors = 1 + int(rng.integers(1, 3)) if rng.random() < setbacks and height > 2 * half else 1
    cuts = np.concatenate(([0.0], np.sort(rng.uniform(0.45, 0.9, floors - 1)), [1.0])) * height
    widths = half * np.concatenate(([1.0], np.cumprod(rng.uniform(0.55, 0.82, floors - 1))))
    # The right faces lie in the shade: close lines, whatever the left ones look like.
    facades = FACADES[rng.integers(3)], FACADES[int(rng.integers(1, 3))]
    shapes = [
        box((x, y), width, slope, low, high, facades, (1.5 * spacing, 0.8 * spacing))
        for (low, high), width in zip(pairwise(cuts), widths)
    ]
    if rng.random() < 0.35:
        mast = np.array([[x, y - height], [x, y - height - rng.uniform(0.3, 1.0) * half * 1.4]])
        shapes.append(OpaqueShape(Lines.of([mast])))
    return shapes
