"""Curl noise: a current that no stone can stop."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.contours import contours_by_level
from drawscape.geometry.lines import Lines
from drawscape.geometry.noise import Noise
from drawscape.sketches import sketch
from drawscape.svg_builder import Frame, SVGBuilder

Stones = NDArray[np.float64]
"""(N, 3): centre and radius of each stone in mm."""


@sketch
def curl_noise(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    streams: Annotated[int, Interval(ge=10, le=160), doc("Number of stream lines")] = 92,
    eddies: Annotated[
        float, Interval(ge=0.3, le=5.0), doc("Eddies along the shorter side of the page")
    ] = 1.3,
    current: Annotated[
        float, Interval(ge=0.0, le=3.0), doc("Strength of the steady current below the eddies")
    ] = 1.1,
    stones: Annotated[int, Interval(ge=0, le=24), doc("Number of stones in the stream")] = 7,
    largest: Annotated[
        float, Interval(ge=0.04, le=0.25), doc("Largest stone's radius, as a part of the page")
    ] = 0.15,
    rings: Annotated[int, Interval(ge=1, le=30), doc("Most rings drawn in a stone")] = 9,
) -> None:
    """Stream lines of a divergence-free current that parts around stones.

    After R. Bridson, J. Hourihan and M. Nordenstam, "Curl-noise for procedural fluid flow" (2007):
    the lines are those on which the noise, held still at each stone's rim, keeps its value.
    """
    frame = svg.frame
    placed = _stones(rng, frame, stones, largest)
    pitch = max(0.6, frame.long / 480)
    x = np.linspace(frame.x0, frame.x1, max(60, int(frame.width / pitch)))
    y = np.linspace(frame.y0, frame.y1, max(60, int(frame.height / pitch)))
    potential, outside = _potential(Noise(rng), frame, x, y, placed, eddies, current)
    low, high = potential[outside].min(), potential[outside].max()
    levels = low + (high - low) * (np.arange(streams) + 0.5) / streams
    lines = Lines.join(contours_by_level(potential, levels, frame))
    svg.polylines(lines.take(lines.lengths_mm > frame.short / 25))
    if len(placed):
        with svg.layer("pen 2", color="#b3402a", width=0.3):
            svg.polylines(_drawn(placed, rings))


def _stones(rng: np.random.Generator, frame: Frame, count: int, largest: float) -> Stones:
    """Return stones that keep apart from each other and from the frame, as many as fit."""
    placed = np.empty((0, 3))
    sizes = np.sort(largest * frame.short * rng.uniform(0.28, 1.0, count) ** 1.4)[::-1]
    for radius in sizes:
        room = np.array([frame.width, frame.height]) / 2 - radius * 1.15
        if room.min() <= 0:
            continue
        tries = rng.uniform(-1, 1, (60, 2)) * room + (frame.cx, frame.cy)
        gaps = (
            np.hypot(*(tries[:, None, :] - placed[None, :, :2]).transpose(2, 0, 1)) - placed[:, 2]
        )
        free = (gaps > radius * 1.7).all(axis=1)
        if free.any():
            placed = np.vstack((placed, [*tries[np.argmax(free)], radius]))
    return placed


def _potential(
    noise: Noise,
    frame: Frame,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    stones: Stones,
    eddies: float,
    current: float,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the stream function on the grid, constant along each rim, and where there is water."""
    gx, gy = np.meshgrid(x, y)
    scale = eddies / frame.short
    flow = noise.fractal((gx - frame.cx) * scale, (gy - frame.cy) * scale, octaves=2, gain=0.3)
    across = gy if frame.height >= frame.width else gx
    flow = flow + current * (across - across.mean()) * scale * 0.35
    water = np.ones(flow.shape, dtype=bool)
    for cx, cy, radius in stones:
        distance = np.hypot(gx - cx, gy - cy) - radius
        middle = flow[np.abs(y - cy).argmin(), np.abs(x - cx).argmin()]
        # Bridson's ramp: 0 at the rim, 1 with no slope a radius away.
        t = np.clip(distance / radius, 0.0, 1.0)
        flow = middle + (flow - middle) * t * (1.875 - 1.25 * t**2 + 0.375 * t**4)
        water &= distance > 0
    return flow, water


def _drawn(stones: Stones, rings: int) -> list[NDArray[np.float64]]:
    """Return each stone as circles that crowd at its lower right, as if lit from the upper left."""
    t = np.linspace(0, 2 * np.pi, 121)
    unit = np.column_stack((np.cos(t), np.sin(t)))
    unit[-1] = unit[0]
    circles = []
    for cx, cy, radius in stones:
        count = max(1, min(rings, int(radius / 1.1)))
        for ring in range(count):
            share = 1 - ring / count
            lean = radius * (1 - share) * 0.45
            circles.append(unit * radius * share + (cx + lean * 0.7, cy + lean * 0.7))
    return circles
