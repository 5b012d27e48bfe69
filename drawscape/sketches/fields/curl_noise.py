"""Curl noise: a current that no stone can stop."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Noise, circle, fit_count, growing_streamlines, rectangle
from drawscape.geometry.lines import Floats, Lines
from drawscape.sketches import MOSS, Frame, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose

Stones = Floats
"""(N, 3): centre and radius of each stone in mm."""


@sketch
def curl_noise(
    svg: SVGBuilder,
    rng: Rng,
    *,
    spacing: Annotated[float, Slider(0.9, 4.5, "In mm, from line to line")] = 1.7,
    eddies: Annotated[float, Slider(0.3, 5, "Eddies along the shorter side")] = 1.3,
    current: Annotated[float, Slider(0, 3, "Steady current below the eddies")] = 1.1,
    stones: Annotated[int, Slider(0, 24, "Number of stones in the stream")] = 7,
    largest: Annotated[float, Slider(0.04, 0.25, "Largest, part of the page")] = 0.15,
    rings: Annotated[int, Slider(1, 30, "Most rings drawn in a stone")] = 9,
    palette: Palette = "as designed",
) -> Steps:
    """Stream lines of a divergence-free current that parts around stones.

    After R. Bridson and others, "Curl-noise for procedural fluid flow" (2007):
    the current is the curl of noise that is held still along each stone's rim.
    """
    frame = svg.frame
    stones = round(stones * choose(svg, "stones", {"one": 0.15, "some": 1.0, "many": 2.0}))
    current *= choose(svg, "stream", {"still": 0.1, "slow": 0.6, "strong": 2.0})
    placed = _stones(rng, frame, stones, largest)
    noise, scale = Noise(rng), eddies / frame.short

    def free(x: Floats, y: Floats) -> Floats:
        u, v = (x - frame.cx) * scale, (y - frame.cy) * scale
        across = v if frame.height >= frame.width else u
        return noise.fractal(u, v, octaves=2, gain=0.3) + current * 0.35 * across

    def potential(x: Floats, y: Floats) -> Floats:
        value = free(x, y)
        for cx, cy, radius in placed:
            middle = free(cx, cy)
            # Bridson's ramp: 0 at the rim, 1 and level a good radius away.
            t = np.clip((np.hypot(x - cx, y - cy) - radius) / (1.3 * radius), -1.0, 1.0)
            value = middle + (value - middle) * t * (1.875 - 1.25 * t**2 + 0.375 * t**4)
        return value

    def velocity(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        # The curl of a potential has neither sources nor sinks.
        h = 0.05
        by_x = potential(x + h, y) - potential(x - h, y)
        by_y = potential(x, y + h) - potential(x, y - h)
        return by_y / (2 * h), -by_x / (2 * h)

    pitch = max(spacing, frame.long / 280)
    outlines = [circle(x, y, r + 0.7 * pitch) for x, y, r in placed]
    water = Lines.of([rectangle(frame), *outlines])
    grown = growing_streamlines(
        velocity, frame, pitch, step_mm=0.4 * pitch, mask=water, min_length_mm=5 * pitch
    )
    draw = partial(in_pens, palette=palette, pens=MOSS)
    for done, lines in grown:
        yield 0.95 * done, partial(draw, parts=[lines])
    circles = []
    for x, y, radius in placed:
        # Its rim, and rings within, wider apart towards its light.
        for share in np.linspace(1, 0, fit_count(rings, radius, 1.3), endpoint=False):
            off = 0.22 * radius * (1 - share)
            circles.append(circle(x - off, y - off, radius * share))
    draw(svg, parts=[lines, circles])


def _stones(rng: Rng, frame: Frame, count: int, largest: float) -> Stones:
    """Return stones that keep apart from each other and from the frame, as many as fit."""
    placed = np.empty((0, 3))
    sizes = np.sort(largest * frame.short * rng.uniform(0.28, 1.0, count) ** 1.4)[::-1]
    for radius in sizes:
        room = frame.size / 2 - radius * 1.15
        if room.min() <= 0:
            continue
        tries = rng.uniform(-1, 1, (60, 2)) * room + frame.middle
        gaps = np.linalg.norm(tries[:, None] - placed[:, :2], axis=2) - placed[:, 2]
        free = (gaps > radius * 1.7).all(axis=1)
        if free.any():
            placed = np.vstack((placed, [*tries[np.argmax(free)], radius]))
    return placed
