"""Reaction-diffusion: spots, worms and mazes that two chemicals draw."""

from functools import partial
from typing import Annotated, Final, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry import Floats, Lines, Noise, contours_by_level
from drawscape.sketches import AS_DESIGNED, Palette, Share, Steps, inks, sketch
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
    detail: Annotated[int, Interval(ge=60, le=180), doc("Cells across; a stripe takes 15")] = 132,
    steps: Annotated[int, Interval(ge=500, le=3000), doc("How long it reacts")] = 2400,
    change: Annotated[Share, doc("How far conditions change across the page")] = 0.45,
    outlines: Annotated[int, Interval(ge=1, le=12), doc("Outlines nested in each stripe")] = 9,
    spacing: Annotated[float, Interval(ge=0.6, le=3), doc("In mm, between nested outlines")] = 0.8,
    core: Annotated[bool, doc("Fill the valleys between stripes in red")] = True,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """Two chemicals that feed on and spread into each other, their stripes filled like fingerprints.

    After P. Gray and S. K. Scott (1984) and J. E. Pearson, "Complex patterns in a simple system",
    Science 261 (1993).
    """
    ink = inks(svg, palette, "black", "#b3402a")
    frame = svg.frame
    shape = _shape(frame, detail)
    noise = Noise(rng)
    feed, kill = _conditions(noise, shape, kind, change)
    u, v = _start(noise, shape)
    for done in range(0, steps, 250):
        u, v = _react(u, v, feed, kill, min(250, steps - done))
        yield (
            0.95 * min(done + 250, steps) / steps,
            partial(_draw, ink=ink, v=v, outlines=outlines, spacing=spacing, core=core),
        )
    _draw(svg, ink, v, outlines, spacing, core)


def _draw(
    svg: SVGBuilder, ink: list[str], v: Grid, outlines: int, spacing: float, core: bool
) -> None:
    """Draw the stripes' outlines, each `spacing` inside the one before, and their valleys."""
    depth = _depth(svg.frame, v)
    levels = spacing * np.arange(outlines)
    stripes = contours_by_level(depth, levels, svg.frame)
    with svg.layer("pen 1", color=ink[0], width=0.3):
        svg.polylines(_broad(Lines.join(stripes), spacing))
    # Half as dense as the stripes, and no more than three: they are the ground.
    floors = -spacing * (1.5 + 2.0 * np.arange(min(outlines, 3)))
    valleys = _broad(Lines.join(contours_by_level(depth, floors[::-1], svg.frame)), 2 * spacing)
    if core and len(valleys):
        with svg.layer("pen 2", color=ink[1], width=0.3):
            svg.polylines(valleys)


def _depth(frame: Frame, v: Grid) -> Floats:
    """Return how deep within a stripe each place lies, in mm; negative in a valley."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter

    fine = _enlarged(v)
    top = float(np.quantile(fine, 0.97))
    if top < 0.02:  # the reaction died out, which no pattern above does at these rates
        top = max(float(np.max(fine)), 1e-6)
    rise = fine - 0.45 * top
    cell = frame.width / (fine.shape[1] - 1), frame.height / (fine.shape[0] - 1)
    pitch = (cell[1], cell[0])
    inside, outside = (
        distance_transform_edt(part, sampling=pitch) for part in (rise > 0, rise <= 0)
    )
    # Near the shore the chemical itself says to a part of a cell where it lies.
    slope = np.maximum(np.hypot(*np.gradient(rise, *pitch)), 1e-9)
    near, far = rise / slope, inside - outside
    share = np.clip(np.abs(far) / (2.5 * max(pitch)) - 0.5, 0, 1)
    far -= 0.5 * max(pitch) * np.sign(far)
    close = np.clip(near, -4 * max(pitch), 4 * max(pitch))
    return np.asarray(gaussian_filter(share * far + (1 - share) * close, 2.0))


def _broad(lines: Lines, spacing: float) -> Lines:
    """Return the lines without rings that hold nothing but the ridge of a stripe."""
    first = np.repeat(lines.starts, lines.counts, axis=0)
    x, y = (lines.points - first).T
    # Shoelace: each point with the next; a line's last point with its first, which is the origin.
    cross = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    cross[lines.offsets[1:] - 1] = 0.0
    area = np.abs(np.add.reduceat(cross, lines.offsets[:-1])) / 2 if len(lines) else np.empty(0)
    closed = np.hypot(*(lines.ends - lines.starts).T) < 1e-6
    thin = (area < 0.45 * spacing * lines.lengths_mm) | (area < 32 * spacing**2)
    return lines.take(~(closed & thin) & (lines.lengths_mm > 5.0))


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
    patch = np.clip(noise.simplex(columns, rows) * 5 - 1.7, 0, 1).astype(np.float32)
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


def _enlarged(v: Grid) -> Floats:
    """Return the second chemical, smooth, at three times the cells."""
    from scipy.ndimage import zoom

    return np.asarray(zoom(v.astype(np.float64), 3, order=3))
