"""Reaction-diffusion: spots, worms and mazes that two chemicals draw."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.contours import contours_by_level
from drawscape.geometry.lines import Lines
from drawscape.geometry.noise import Noise
from drawscape.sketches import sketch
from drawscape.sketches.model import Steps
from drawscape.svg_builder import Frame, SVGBuilder

Kind = Literal["coral", "maze", "worms", "spots", "holes"]
Grid = NDArray[np.float32]

SPREAD: Final = 0.45
"""Diffusion of the first chemical in cells per step: a stripe then takes about sixteen cells."""

FEED_AND_KILL: dict[str, tuple[float, float]] = {
    "coral": (0.0545, 0.0620),
    "maze": (0.0290, 0.0570),
    "worms": (0.0460, 0.0630),
    "spots": (0.0367, 0.0645),
    "holes": (0.0390, 0.0594),
}


@sketch
def reaction_diffusion(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    kind: Annotated[Kind, doc("Which pattern the chemicals settle into")] = "coral",
    detail: Annotated[
        int, Interval(ge=60, le=180), doc("Cells along the shorter side; a stripe takes about 15")
    ] = 155,
    steps: Annotated[int, Interval(ge=500, le=3000), doc("How long it reacts")] = 2400,
    change: Annotated[
        float, Interval(ge=0.0, le=1.0), doc("How far conditions change across the page")
    ] = 0.45,
    outlines: Annotated[int, Interval(ge=1, le=6), doc("Outlines nested in each stripe")] = 4,
    core: Annotated[
        bool, doc("Draw the innermost outlines, of the stripes' full parts, in red")
    ] = True,
) -> Steps:
    """Contours of two chemicals that feed on and spread into each other.

    After P. Gray and S. K. Scott (1984) and J. E. Pearson, "Complex patterns in a simple system",
    Science 261 (1993).
    """
    frame = svg.frame
    shape = _shape(frame, detail)
    noise = Noise(rng)
    feed, kill = _conditions(noise, shape, kind, change)
    u, v = _start(noise, shape)
    for done in range(0, steps, 250):
        u, v = _react(u, v, feed, kill, min(250, steps - done))
        yield (
            0.95 * min(done + 250, steps) / steps,
            partial(_draw, v=v, outlines=outlines, core=core),
        )
    _draw(svg, v, outlines, core)


def _draw(svg: SVGBuilder, v: Grid, outlines: int, core: bool) -> None:
    lines = _nested(svg.frame, _enlarged(v), outlines)
    svg.polylines(Lines.join(lines[:-1] if core and outlines > 1 else lines))
    if core and outlines > 1:
        with svg.layer("pen 2", color="#b3402a", width=0.3):
            svg.polylines(lines[-1])


def _shape(frame: Frame, detail: int) -> tuple[int, int]:
    # At most 36,000 cells: three thousand steps then take about a second.
    across = frame.width / frame.short * detail
    down = frame.height / frame.short * detail
    shrink = min(1.0, np.sqrt(36_000 / (across * down)))
    return max(24, round(down * shrink)), max(24, round(across * shrink))


def _conditions(
    noise: Noise, shape: tuple[int, int], kind: Kind, change: float
) -> tuple[Grid, Grid]:
    """Return feed and kill rate of each cell: the kind's own, drifting slowly over the page."""
    feed, kill = FEED_AND_KILL[kind]
    rows, columns = np.mgrid[: shape[0], : shape[1]] / min(shape)
    drift = noise.fractal(columns * 1.1 + 3.7, rows * 1.1 + 9.2, octaves=2) * 2.0 * change
    return (
        np.full(shape, feed, dtype=np.float32),
        (kill + 0.0014 * np.clip(drift, -1, 1)).astype(np.float32),
    )


def _start(noise: Noise, shape: tuple[int, int]) -> tuple[Grid, Grid]:
    """Return both chemicals with round patches of the second all over the page."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] / 9.0
    patch = np.clip(noise.simplex(columns, rows) * 5 - 2.2, 0, 1).astype(np.float32)
    return 1 - 0.5 * patch, 0.25 * patch


def _react(u: Grid, v: Grid, feed: Grid, kill: Grid, steps: int) -> tuple[Grid, Grid]:
    """Return both chemicals after `steps` steps of unit time; nothing leaves over the edges."""
    u, v = np.pad(u, 1, mode="edge"), np.pad(v, 1, mode="edge")
    inner = (slice(1, -1), slice(1, -1))
    decay = feed + kill
    for _ in range(steps):
        for grid in (u, v):
            grid[0], grid[-1] = grid[1], grid[-2]
            grid[:, 0], grid[:, -1] = grid[:, 1], grid[:, -2]
        a, b = u[inner], v[inner]
        spread_u, spread_v = _laplacian(u), _laplacian(v)
        reaction = a * b
        reaction *= b
        spread_u *= SPREAD
        spread_u -= reaction
        spread_u += feed * (1 - a)
        spread_v *= SPREAD / 2
        spread_v += reaction
        spread_v -= decay * b
        a += spread_u
        b += spread_v
    return u[inner].copy(), v[inner].copy()


def _laplacian(grid: Grid) -> Grid:
    """Return the nine-point Laplacian inside a grid with a border of one cell."""
    sides = grid[:-2] + grid[2:]
    # Corners weigh a quarter of sides: the pattern then has no liking for the axes.
    total = sides[:, 1:-1] + grid[1:-1, :-2]
    total += grid[1:-1, 2:]
    total *= 0.2
    corners = sides[:, :-2] + sides[:, 2:]
    corners *= 0.05
    total += corners
    total -= grid[1:-1, 1:-1]
    return total


def _enlarged(v: Grid) -> NDArray[np.float64]:
    """Return the second chemical, smooth, at three times the cells."""
    from scipy.ndimage import zoom

    return np.asarray(zoom(v.astype(np.float64), 3, order=3))


def _nested(frame: Frame, fine: NDArray[np.float64], outlines: int) -> list[Lines]:
    top = float(np.quantile(fine, 0.97))
    if top < 0.02:  # the reaction died out, which no pattern above does at these rates
        top = max(float(np.max(fine)), 1e-6)
    share = np.linspace(0.35, 0.78, outlines) if outlines > 1 else np.array([0.5])
    lines = contours_by_level(fine, top * share, frame)
    return [found.take(found.lengths_mm > 6.0) for found in lines]
