"""Stippling: light and shadow in nothing but dots."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Floats, Points
from drawscape.geometry.noise import Noise
from drawscape.geometry.regions import Bounds
from drawscape.geometry.voronoi import stippled
from drawscape.sketches import Steps, sketch
from drawscape.svg_builder import Frame, SVGBuilder

Mark = Literal["dot", "ring", "stroke"]
Grid = Floats


@sketch
def stippling(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    pebbles: Annotated[int, Interval(ge=1, le=9), doc("Number of pebbles")] = 4,
    dots: Annotated[int, Interval(ge=300, le=9000), doc("Number of dots")] = 8000,
    mark: Annotated[Mark, doc("What stands at each point")] = "dot",
    largest: Annotated[float, Interval(ge=0.3, le=3.0), doc("Largest mark's size in mm")] = 0.6,
    light: Annotated[
        float, Interval(ge=0.0, le=360.0), doc("Light's direction: degrees from the left")
    ] = 52.0,
    rounds: Annotated[int, Interval(ge=1, le=6), doc("Rounds of spreading the dots evenly")] = 3,
) -> Steps:
    """Pebbles on sand, their light and shadow stippled.

    After A. Secord, "Weighted Voronoi stippling" (2002).
    """
    frame = svg.frame
    # A dot and its room take about half a square millimetre.
    count = min(dots, int(frame.width * frame.height / 0.55))
    dark = _pebbles(rng, frame, pebbles, np.radians(light), min(9 * count, 100_000))
    box = (frame.x0 + 0.5, frame.y0 + 0.5, frame.x1 - 0.5, frame.y1 - 0.5)
    draw = partial(_draw, dark=dark, box=box, mark=mark, largest=largest, light=np.radians(light))
    points = np.empty((0, 2))
    for done, moved in stippled(rng, dark, box, count, rounds):
        points = moved
        yield 0.95 * done, partial(draw, points=points)
    draw(svg, points=points)


def _draw(
    svg: SVGBuilder,
    points: Points,
    dark: Grid,
    box: Bounds,
    mark: Mark,
    largest: float,
    light: float,
) -> None:
    """Draw a mark at each of the points, as large as it is dark there."""
    rows, columns = dark.shape
    row = ((points[:, 1] - box[1]) / (box[3] - box[1]) * rows).astype(int).clip(0, rows - 1)
    column = (
        ((points[:, 0] - box[0]) / (box[2] - box[0]) * columns).astype(int).clip(0, columns - 1)
    )
    tone = dark[row, column]
    # Each dot stands for the same weight, so that its room is the larger the lighter it is there.
    room = np.sqrt(dark.mean() / tone * (box[2] - box[0]) * (box[3] - box[1]) / len(points))
    marks = _marks(points, tone, room, mark, largest, light)
    frame = svg.frame
    svg.polylines(np.clip(marks, (frame.x0, frame.y0), (frame.x1, frame.y1)))


def _pebbles(rng: np.random.Generator, frame: Frame, count: int, light: float, pixels: int) -> Grid:
    """Return how dark pebbles on sand are, (R, C), on a grid of about `pixels` over the frame."""
    unit = np.sqrt(pixels / (frame.width * frame.height)) * frame.short
    rows, columns = (
        round(frame.height / frame.short * unit),
        round(frame.width / frame.short * unit),
    )
    y, x = np.mgrid[:rows, :columns] / unit
    noise = Noise(rng)
    dark = 0.17 + 0.16 * noise.fractal(x * 2.2, y * 2.2 + 0.4 * x, octaves=3)
    toward = np.array([-np.cos(light), -np.sin(light)])
    for cx, cy, radius, turn, flat in _laid(rng, columns / unit, rows / unit, count):
        dark = _with_pebble(dark, noise, x - cx, y - cy, radius, turn, flat, toward)
    return np.clip(dark, 0.003, 1.0)


def _laid(
    rng: np.random.Generator, wide: float, tall: float, count: int
) -> list[tuple[float, float, float, float, float]]:
    """Return centre, radius, turn and flatness of pebbles that lie apart, farther ones first."""
    laid: list[tuple[float, float, float, float, float]] = []
    radius = 0.36 * np.sqrt(wide * tall / (count + 1.2))
    for _ in range(400):
        if len(laid) == count:
            break
        r = radius * rng.uniform(0.65, 1.25)
        r = min(r, 0.42 * min(wide, tall))
        cx, cy = rng.uniform(r * 1.15, wide - r * 1.15), rng.uniform(r * 1.1, tall - r * 1.1)
        if all(np.hypot(cx - p[0], cy - p[1]) > 0.93 * (r + p[2]) for p in laid):
            laid.append((cx, cy, r, rng.uniform(0, np.pi), rng.uniform(0.72, 0.95)))
    return sorted(laid, key=lambda pebble: pebble[1])


def _with_pebble(
    dark: Grid,
    noise: Noise,
    x: Grid,
    y: Grid,
    radius: float,
    turn: float,
    flat: float,
    toward: Floats,
) -> Grid:
    """Return the picture with a pebble at the origin, its shadow and its light."""
    along = (x * np.cos(turn) + y * np.sin(turn)) / radius
    across = (-x * np.sin(turn) + y * np.cos(turn)) / (radius * flat)
    out = np.hypot(along, across)
    # The shadow is the pebble's outline, moved away from the light and blurred with distance.
    sx, sy = x + toward[0] * 0.36 * radius, y + toward[1] * 0.36 * radius
    s_along = (sx * np.cos(turn) + sy * np.sin(turn)) / radius
    s_across = (-sx * np.sin(turn) + sy * np.cos(turn)) / (radius * flat)
    beyond = np.minimum(np.hypot(s_along, s_across), 3.0) - 0.97
    shade = 1 / (1 + np.exp(beyond / 0.045))
    result = np.maximum(dark, 0.85 * shade)
    z = np.sqrt(np.clip(1 - out**2, 0, 1))
    facing = np.clip((x * toward[0] + y * toward[1]) / radius * 0.7 + z * 0.7, 0, 1)
    veins = noise.fractal(along * 1.2 + radius * 90, across * 4.5, octaves=3)
    body = 0.62 - 0.72 * facing**0.9 + 0.35 * np.abs(veins) * (0.3 + 0.7 * facing)
    # Light that the sand throws back parts the pebble from its shadow.
    body -= 0.5 * np.clip((out - 0.72) / 0.28, 0, 1) ** 1.5 * np.clip(1 - 2 * facing, 0, 1)
    body += 0.35 * np.clip((out - 0.93) / 0.07, 0, 1) * np.clip(2 * facing - 0.6, 0, 1)
    return np.asarray(np.where(out < 1, np.clip(body, 0.004, 1), result))


def _marks(
    points: Points,
    dark: Floats,
    room: Floats,
    mark: Mark,
    largest: float,
    light: float,
) -> Points:
    """Return (N, K, 2) marks, larger in the dark, none beyond its room of `room` mm."""
    share = np.clip(dark / max(float(np.quantile(dark, 0.98)), 1e-9), 0, 1) ** 0.5
    size = np.minimum(largest * (0.35 + 0.65 * share), 0.75 * room)
    if mark == "stroke":
        turn = light + np.pi / 2
        half = np.array([np.cos(turn), np.sin(turn)])
        shape = np.stack((-half, half))
        return np.asarray(points[:, None] + shape * size[:, None, None])
    if mark == "ring":
        # Their ink, 2 pi r times a pen of 0.3 mm, has to leave paper in the room of each.
        size = np.minimum(size, 0.42 * room**2)
    t = np.linspace(0, 2 * np.pi, 9 if mark == "dot" else 15)
    shape = np.column_stack((np.cos(t), np.sin(t)))
    shape[-1] = shape[0]
    scale = size / 2 if mark == "dot" else size
    return np.asarray(points[:, None] + shape * scale[:, None, None])
