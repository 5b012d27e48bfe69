"""Reaction-diffusion: spots, worms and mazes that two chemicals draw."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, zoom

from drawscape.geometry import Lines, Noise
from drawscape.geometry.contours import contours
from drawscape.geometry.regions import polygons
from drawscape.sketches import (
    TIDE,
    Fraction,
    Palette,
    Rng,
    Slider,
    Steps,
    SVGBuilder,
    in_pens,
    sketch,
)
from drawscape.sketches.composition import choose, choose_unless

TuringPattern = Literal["coral", "maze", "worms", "spots", "holes"]
Amounts = NDArray[np.float32]

FEED_AND_KILL = {
    "coral": (0.0545, 0.0620),
    "maze": (0.0330, 0.0575),
    "worms": (0.0460, 0.0630),
    "spots": (0.0367, 0.0645),
    "holes": (0.0390, 0.0594),
}

SPREAD = np.array([0.45, 0.225], dtype=np.float32)[:, None, None]
"""Diffusion of each chemical in cells per step: a stripe then takes about sixteen cells."""


@sketch
def reaction_diffusion(
    svg: SVGBuilder,
    rng: Rng,
    *,
    kind: Annotated[TuringPattern | None, "What the chemicals settle into; none: any"] = None,
    detail: Annotated[int, Slider(60, 180, "Cells across; a stripe takes 15")] = 132,
    steps: Annotated[int, Slider(500, 3000, "How long it reacts")] = 2400,
    change: Annotated[Fraction, "How far conditions change across the page"] = 0.45,
    outlines: Annotated[int, Slider(1, 12, "Outlines nested in each stripe")] = 9,
    spacing: Annotated[float, Slider(0.6, 3, "In mm, between nested outlines")] = 0.8,
    core: Annotated[bool, "Fill the valleys between stripes in red"] = True,
    palette: Palette = "as designed",
) -> Steps:
    """Two chemicals that feed on and spread into each other, their stripes filled like fingerprints.

    After P. Gray and S. K. Scott (1984) and J. E. Pearson, "Complex patterns in a simple system",
    Science 261 (1993).
    """
    frame, noise = svg.frame, Noise(rng)
    detail = round(detail * choose(svg, "scale", {"large": 0.55, "fine": 1.0}))
    size = np.array([frame.height, frame.width])
    # At most 36,000 cells: three thousand steps then take about a second.
    per_mm = min(detail / frame.short, np.sqrt(36_000 / size.prod()))
    rows, columns = np.maximum(np.rint(size * per_mm).astype(int), 24)
    y, x = np.mgrid[:rows, :columns]
    scale = 1.1 / min(rows, columns)
    drift = noise.fractal(x * scale + 3.7, y * scale + 9.2, octaves=2) * 2.0 * change
    feed, kill = FEED_AND_KILL[choose_unless(svg, kind, "pattern", FEED_AND_KILL)]
    kills = (kill + 0.0014 * np.clip(drift, -1, 1)).astype(np.float32)
    # Round patches of the second chemical all over the page.
    patch = np.clip(noise.simplex(x / 9, y / 9) * 5 - 1.7, 0, 1).astype(np.float32)
    amounts = np.stack([1 - 0.5 * patch, 0.25 * patch])
    draw = partial(_draw, palette=palette, outlines=outlines, spacing=spacing, core=core)
    for done in range(0, steps, 250):
        amounts = _react(amounts, feed, kills, min(250, steps - done))
        yield 0.95 * min(done + 250, steps) / steps, partial(draw, v=amounts[1])
    draw(svg, v=amounts[1])


def _react(amounts: Amounts, feed: float, kill: Amounts, steps: int) -> Amounts:
    """Return both chemicals, (2, R, C), after `steps` of unit time; nothing leaves over the edges."""
    for _ in range(steps):
        u, v = amounts
        near = np.pad(amounts, ((0, 0), (1, 1), (1, 1)), mode="edge")
        near = near[:, :-2] + 4 * near[:, 1:-1] + near[:, 2:]
        near = near[..., :-2] + 4 * near[..., 1:-1] + near[..., 2:]
        # Sides weigh four times as much as corners: the pattern then has no liking for the axes.
        change = SPREAD * (near / 20 - 1.8 * amounts)
        reaction = u * v * v
        change[0] += feed * (1 - u) - reaction
        change[1] += reaction - (feed + kill) * v
        amounts = amounts + change
    return amounts


def _draw(
    svg: SVGBuilder, palette: str, v: Amounts, outlines: int, spacing: float, core: bool
) -> None:
    """Draw the stripes' outlines, each `spacing` inside the one before, and their valleys."""
    fine = zoom(v.astype(np.float64), 3, order=3)
    rise, frame = fine - 0.45 * max(np.quantile(fine, 0.97), 1e-6), svg.frame
    if np.max(rise) <= 0:
        return
    # How deep within a stripe each place lies, in mm; negative in a valley. Rims lie between cells.
    inside, outside = map(distance_transform_edt, (rise > 0, rise <= 0))
    depth = gaussian_filter(inside - outside - np.sign(rise) / 4, 2.4) * frame.height / len(rise)
    stripes = contours(depth, spacing * (1 + np.arange(outlines)), frame)
    # Half as dense as the stripes, and no more than three: they are the ground.
    floors = -spacing * (1.5 + 2.0 * np.arange(min(outlines, 3) if core else 0))
    valleys = contours(depth, floors, frame)
    rims = contours(depth, [0.0], frame)
    parts = [_broad(rims, spacing), _broad(stripes, spacing), _broad(valleys, 2 * spacing)]
    pens = [TIDE[0], TIDE[2], TIDE[1]]
    in_pens(svg, palette, pens, parts, width=(0.7, 0.25, 0.25))


def _broad(lines: Lines, spacing: float) -> Lines:
    """Return the lines without rings that hold nothing but the ridge of a stripe."""
    area = np.full(len(lines), np.inf)
    area[lines.closed] = shapely.area(polygons(lines.take(lines.closed)))
    length = lines.lengths_mm
    return lines.take((length > 5) & (area > np.maximum(0.45 * spacing * length, 40 * spacing**2)))
