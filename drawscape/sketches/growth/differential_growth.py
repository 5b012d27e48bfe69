"""Differential growth: one line that grows faster than its room."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Flags, Ints, Points, catmull_rom, fit_count, inset_rings
from drawscape.geometry.simplify import simplify
from drawscape.sketches import AS_DESIGNED, Palette, Steps, in_pens, inks, sketch
from drawscape.svg_builder import Frame, SVGBuilder

Dish = Literal["page", "disc"]


@sketch
def differential_growth(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    dish: Annotated[Dish, doc("What the line grows in")] = "page",
    nodes: Annotated[int, Interval(ge=300, le=5000), doc("Points that the line grows to")] = 3800,
    room: Annotated[float, Interval(ge=1.4, le=2.6), doc("Room of a strand, in steps")] = 2.0,
    stiffness: Annotated[float, Interval(ge=0.1, le=0.9), doc("How stiff the line is")] = 0.45,
    echoes: Annotated[int, Interval(ge=0, le=5), doc("Lines that follow it inside")] = 2,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A closed line that keeps growing and keeps apart from itself, as corals and brains fold.

    After A. Hoff's "Differential line" (2015) and Nervous System's "Floraform" (2014); that uneven
    growth makes form is D'Arcy Thompson's thought, "On growth and form" (1917).
    """
    frame = svg.frame
    ink = inks(svg, palette, "#1d2f4f", "#b3402a")
    wall = _wall(frame, dish)
    # As many steps as cover the dish with strands `room` steps apart.
    area = np.pi * wall[0] * wall[1] if dish != "page" else 4 * wall[0] * wall[1]
    nodes = fit_count(nodes, area / room, 0.6, least=300)
    step = float(np.sqrt(area / nodes / room / 0.66))
    line = _start(rng, step, wall)
    reach = room * step
    for round_ in range(900):
        line, crowd = _moved(line, step, reach, stiffness, wall, dish)
        line = _fed(rng, line, step, crowd < 2 * room + 2.5)
        if len(line) >= nodes:
            break
        if round_ % 10 == 0:
            yield 0.7 * len(line) / nodes, partial(_draw_line, line=line, color=ink[0])
    for round_ in range(60):  # growth has ceased: the line settles
        line, _ = _moved(line, step, reach, max(stiffness, 0.7), wall, dish)
        if round_ % 10 == 9:
            yield (
                0.7 + 0.25 * (round_ + 1) / 60,
                partial(_draw_line, line=line, color=ink[0]),
            )
    smooth = _draw_line(svg, line, ink[0])
    _draw_echoes(svg, smooth, step * room, echoes, ink[1])


def _wall(frame: Frame, dish: Dish) -> tuple[float, float]:
    """Return half width and half height of the dish about the origin, in mm."""
    if dish == "page":
        return frame.width / 2, frame.height / 2
    tall = min(1.3, frame.long / frame.short) * frame.short / 2
    return (tall, frame.short / 2) if frame.width > frame.height else (frame.short / 2, tall)


def _start(rng: np.random.Generator, step: float, wall: tuple[float, float]) -> Points:
    """Return a wavering oval in the middle of the dish, a node at every `step`."""
    a, b = 0.4 * wall[0], 0.4 * wall[1]
    count = max(24, round(np.pi * (a + b) / step))
    t = np.arange(count) * 2 * np.pi / count
    waver = 1 + sum(
        0.25 / k * np.sin(k * t + phase)
        for k, phase in zip((2, 3, 5), rng.uniform(0, 2 * np.pi, 3), strict=True)
    )
    return np.column_stack((a * waver * np.cos(t), b * waver * np.sin(t)))


def _moved(
    line: Points,
    step: float,
    reach: float,
    stiffness: float,
    wall: tuple[float, float],
    dish: Dish,
) -> tuple[Points, Ints]:
    """Return the line after pulling together along it and pushing apart across it, and the crowd.

    The crowd is the number of other nodes within `reach` of each.
    """
    before, after = np.roll(line, 1, axis=0), np.roll(line, -1, axis=0)
    push, crowd = _pushed_apart(line, reach)
    move = stiffness * ((before + after) / 2 - line) + push * step * 0.55
    # A node that jumps farther than a step could cross a strand.
    length = np.hypot(*move.T)
    move *= np.minimum(1.0, 0.35 * step / np.maximum(length, 1e-12))[:, None]
    return _kept_in(line + move, wall, dish), crowd


def _pushed_apart(line: Points, reach: float) -> tuple[Points, Ints]:
    """Return for each node the push away from those within `reach`, and how many they are."""
    from scipy.spatial import cKDTree

    i, j = cKDTree(line).query_pairs(reach, output_type="ndarray").T
    off = line[i] - line[j]
    gap = np.maximum(np.hypot(*off.T), 1e-9)
    off *= ((1 - gap / reach) / gap)[:, None]
    n = len(line)
    push = [np.bincount(i, off[:, k], n) - np.bincount(j, off[:, k], n) for k in (0, 1)]
    return np.column_stack(push), np.bincount(i, minlength=n) + np.bincount(j, minlength=n)


def _kept_in(line: Points, wall: tuple[float, float], dish: Dish) -> Points:
    if dish == "page":
        # A wall that yields: the nearer, the harder it pushes back, so that tips come to it round.
        half = np.array(wall)
        soft = 0.1 * half.min()
        over = np.maximum(np.abs(line) - (half - soft), 0.0) / soft
        return np.asarray(np.clip(line - np.sign(line) * 0.1 * soft * over**2, -half, half))
    out = np.hypot(line[:, 0] / wall[0], line[:, 1] / wall[1])
    return line / np.maximum(out, 1.0)[:, None]


def _fed(rng: np.random.Generator, line: Points, step: float, free: Flags) -> Points:
    """Return the line with a node in each edge that is too long, and in some that have room."""
    after = np.roll(line, -1, axis=0)
    long = np.hypot(*(after - line).T) > 1.3 * step
    chosen = np.flatnonzero(long | (free & (rng.random(len(line)) < 0.06)))
    return np.insert(line, chosen + 1, (line[chosen] + after[chosen]) / 2, axis=0)


def _draw_line(svg: SVGBuilder, line: Points, color: str) -> Points:
    """Draw the line, rounded and closed; return it."""
    frame = svg.frame
    ring = np.append(line, line[:1], axis=0)
    smooth = catmull_rom(ring + np.array([frame.cx, frame.cy]))
    smooth = np.clip(smooth, (frame.x0, frame.y0), (frame.x1, frame.y1))
    with svg.layer("line", color=color, width=0.3):
        svg.polyline(smooth)
    return np.asarray(smooth)


def _draw_echoes(svg: SVGBuilder, smooth: Points, room: float, echoes: int, color: str) -> None:
    gap = max(room * 0.8 / (2 * echoes + 1), 0.45)
    lines = simplify(inset_rings(smooth, gap, count=echoes, join="round"), 0.03)
    # What is left in a narrow arm is a sliver, not an echo.
    in_pens(svg, [color], [lines.take(lines.lengths_mm > 14 * gap)], names=["pen 2"])
