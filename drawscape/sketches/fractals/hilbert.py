"""A Hilbert curve that grows finer where the picture is darker."""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Flags, Floats, Points
from drawscape.sketches import Share, sketch
from drawscape.svg_builder import SVGBuilder

Tone = Callable[[Points], Floats]
Subject = Literal["moon", "clouds", "plain"]


@sketch
def hilbert(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    subject: Annotated[Subject, doc("What the density of the curve shows")] = "moon",
    depth: Annotated[int, Interval(ge=3, le=7), doc("Levels of the curve where it is finest")] = 7,
    contrast: Annotated[Share, doc("How much coarser the curve is in the light")] = 0.75,
    rounding: Annotated[Share, doc("0 keeps the corners sharp, 1 rounds them fully")] = 1.0,
) -> None:
    """One unbroken line over the whole page, dense in the shadows and wide in the light.

    The curve is David Hilbert's (Über die stetige Abbildung einer Linie auf ein Flächenstueck,
    1891), laid through squares that are cut into four, or not, by the darkness below them; squares
    that are neighbours along the curve share a side at every depth, so the line through their
    centres never crosses itself.
    """
    depth = min(depth, int(np.log2(svg.frame.short / 2 / 0.5)))
    columns, rows = _squares(svg.frame.width, svg.frame.height)
    cells = _start(columns, rows)
    size = np.array([svg.frame.width, svg.frame.height])
    tone = _tone(subject, rng, size / svg.frame.short)
    for level in range(1, depth + 1):
        centre = cells[:, 0] + cells[:, 1] / 2 + cells[:, 2] / 2
        wanted = depth - contrast * 4 * (1 - tone(centre / (columns, rows)))
        cells = _cut(cells, wanted + rng.uniform(-0.5, 0.5, len(cells)) >= level - 0.5)
    centre = cells[:, 0] + cells[:, 1] / 2 + cells[:, 2] / 2
    line = _rounded(centre, rounding)
    svg.polyline(line * size / (columns, rows) + (svg.frame.x0, svg.frame.y0))


def _squares(width: float, height: float) -> tuple[int, int]:
    """Return columns and rows, one of them 2, that fit the page's proportions best."""
    along = max(2, round(2 * max(width, height) / min(width, height)))
    return (along, 2) if width > height else (2, along)


def _start(columns: int, rows: int) -> Points:
    """Return the squares of a ring through a grid of 2 by n: (2 n, 3, 2) with corner and two sides.

    The curve enters a square at its corner and leaves it at the far end of its second side.
    """
    steps = np.arange(max(columns, rows))
    ones, zeros = np.ones(len(steps)), np.zeros(len(steps))
    there = np.stack([(ones, steps), (-ones, zeros), (zeros, ones)])
    back = np.stack([(ones, steps[::-1] + 1), (ones, zeros), (zeros, -ones)])
    ring = np.concatenate([there, back], axis=2).transpose(2, 0, 1)
    return ring[:, :, ::-1].copy() if columns > rows else ring


def _cut(cells: Points, chosen: Flags) -> Points:
    """Return the cells, each chosen one replaced by its four quarters in the order of the curve."""
    corner, x, y = cells[:, 0], cells[:, 1] / 2, cells[:, 2] / 2
    quarters = np.stack(
        [
            np.stack([corner, y, x], axis=1),
            np.stack([corner + x, x, y], axis=1),
            np.stack([corner + x + y, x, y], axis=1),
            np.stack([corner + x + 2 * y, -y, -x], axis=1),
        ],
        axis=1,
    )
    parts = np.where(chosen[:, None, None, None], quarters, cells[:, None])
    first = np.arange(4) == 0
    return np.asarray(parts[chosen[:, None] | first])


def _tone(subject: Subject, rng: np.random.Generator, size: Points) -> Tone:
    """Return the darkness, 0 to 1, of points of the unit square on a page of `size` short sides."""
    if subject == "plain":
        return lambda at: np.ones(len(at))
    clouds = _clouds(rng)
    if subject == "clouds":
        return lambda at: clouds(at * size)
    light = _direction(rng)
    centre, radius = size * (0.5, 0.44), 0.36

    def moon(at: Points) -> Floats:
        away = (at * size - centre) / radius
        depth = np.sqrt(np.maximum(0.0, 1 - np.sum(away**2, axis=1)))
        lit = np.maximum(0.0, np.column_stack([away, depth]) @ light)
        craters = 0.25 * (clouds(at * size * 2.5) - 0.5)
        sky = 0.7 + 0.25 * (clouds(at * size) - 0.5)
        return np.where(depth > 0, np.clip(1 - lit**0.7 + craters, 0, 1), sky)

    return moon


def _direction(rng: np.random.Generator) -> Points:
    """Return a unit vector to a light above, left or right, in front of the page."""
    turn = rng.uniform(0.15, 0.35) * np.pi * rng.choice([-1, 1])
    light = np.array([np.sin(turn) * 1.2, -np.cos(turn), 0.55])
    return np.asarray(light / np.linalg.norm(light))


def _clouds(rng: np.random.Generator) -> Tone:
    """Return soft noise, 0 to 1: random waves in three octaves."""
    heading, phase = rng.uniform(0, 2 * np.pi, (2, 18))
    number = np.repeat([4.0, 8.0, 16.0], 6) * rng.uniform(0.7, 1.4, 18)
    vectors = number * np.stack([np.cos(heading), np.sin(heading)])
    weights = 1 / number / np.sqrt(np.sum(1 / number**2))
    return lambda at: 0.5 + 0.5 * np.tanh(1.1 * np.sin(at @ vectors + phase) @ weights)


def _rounded(points: Points, rounding: float) -> Points:
    """Return the closed line through `points` with its corners cut by parabolas."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    entry = points + (before - points) * (rounding / 2)
    leave = points + (after - points) * (rounding / 2)
    t = np.linspace(0, 1, 6 if rounding else 1)[None, :, None]
    curve = (
        (1 - t) ** 2 * entry[:, None] + 2 * t * (1 - t) * points[:, None] + t**2 * leave[:, None]
    )
    a, b = points - before, after - points
    straight = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) < 1e-12
    line = curve[~straight[:, None] | (np.arange(t.shape[1]) == 0)]
    return np.concatenate([line, line[:1]])
