"""Terrain: a look over mountains that hide what lies behind them."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Noise, circle, depth_in, fit_count, keep_positive, thinned
from drawscape.geometry.lines import Flags, Floats, Lines
from drawscape.geometry.resample import resample
from drawscape.sketches import AS_DESIGNED, Palette, in_pens, inks, sketch
from drawscape.svg_builder import Frame, SVGBuilder

Mesh = Literal["rows", "net"]

HORIZON = 0.36
"""Height of the horizon, as a part of the frame from its top."""

EYE = 1.0
"""Height of the eye above the sea; all else is in this unit."""


@dataclass(frozen=True, eq=False)
class View:
    """What the eye sees: rows of land from near to far over columns of the page.

    `x` (C,) and `y` (R, C) are mm on the page, `depth` (R,) the distance of each row. `wet` (R, C)
    is where there is water, `skyline` (R, C) the top of all that is nearer.
    """

    x: Floats
    y: Floats
    depth: Floats
    wet: Flags
    skyline: Floats


@sketch
def terrain(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    rows: Annotated[int, Interval(ge=20, le=260), doc("Lines from the shore to the horizon")] = 170,
    mesh: Annotated[Mesh, doc("Lines across only, or a net of lines across and along")] = "net",
    peaks: Annotated[float, Interval(ge=0.4, le=2.5), doc("Height in heights of the eye")] = 1.9,
    ranges: Annotated[float, Interval(ge=0.3, le=3), doc("How closely the mountains stand")] = 0.9,
    crags: Annotated[float, Interval(ge=0.1, le=0.7), doc("How rugged the mountains are")] = 0.42,
    sea: Annotated[float, Interval(ge=0, le=0.8), doc("How far the water reaches")] = 0.22,
    sun: Annotated[float, Interval(ge=0, le=0.3), doc("Sun, as part of the page")] = 0.17,
    palette: Palette = AS_DESIGNED,
) -> None:
    """Mountains over water in perspective, with hidden lines and a setting sun.

    Hidden lines by the floating horizon of T. J. Wright, "A two-space solution to the hidden line
    problem" (1973); the land is F. K. Musgrave's ridged fractal (1994).
    """
    ink = inks(svg, palette, "black", "#2a5b8c", "#b3402a")
    frame = svg.frame
    rows = fit_count(rows, (1 - HORIZON) * frame.height, 0.6, least=20)
    view = _view(Noise(rng), frame, rows, peaks, ranges, crags, sea)
    across = Lines.of(np.stack((np.broadcast_to(view.x, view.y.shape), view.y), axis=2))
    clear = (view.skyline - view.y).ravel()
    wet = view.wet.ravel()
    seen = np.where(view.wet, -1.0, view.skyline - view.y)
    land = [keep_positive(across.take([row]), seen[row]) for row in range(rows)]
    number = np.repeat(1 + np.arange(rows), [len(lines) for lines in land])
    if mesh == "net":
        land.append(_along(view, frame))
        number = np.append(number, 1 + np.arange(len(land[-1])))
    # Lines that crowd on a slope that faces away leave each other out.
    dry = thinned(Lines.join(land), number, most=0.65)
    water = _ripples(rng, keep_positive(across, np.where(wet, clear, -1.0)))
    disc = _sun(rng, frame, view, sun * frame.short) if sun else Lines.empty()
    in_pens(svg, ink, [dry, water, disc], names=("land", "pen 2", "pen 3"))


def _view(
    noise: Noise,
    frame: Frame,
    rows: int,
    peaks: float,
    ranges: float,
    crags: float,
    sea: float,
) -> View:
    columns = max(160, min(800, round(frame.width / 0.5)))
    x = np.linspace(frame.x0, frame.x1, columns)
    horizon = frame.y0 + HORIZON * frame.height
    below = frame.y1 - horizon
    # Evenly on the page rows would be ever farther apart on the land; so they crowd a little.
    level = np.linspace(1.0, 0.055 ** (1 / 1.6), rows) ** 1.6
    depth = EYE / level
    focus = below / EYE
    u = (x - frame.cx) / focus * depth[:, None]
    v = np.broadcast_to(depth[:, None], u.shape)
    land = _heights(noise, u, v, ranges, crags) * peaks
    # The shore is near at the bottom of the page and hills rise with distance.
    rise = np.clip((v - 1.0) / (2.0 + 10.0 * sea), 0, 1) ** 0.8
    land = land * (0.25 + 1.5 * rise) - 0.62 * sea * (1.15 - rise)
    wet = land <= 0.0
    y = horizon + (EYE - np.maximum(land, 0.0)) / v * focus
    y = np.clip(y, frame.y0, frame.y1)
    top = np.minimum.accumulate(y, axis=0)
    skyline = np.vstack((np.full((1, columns), frame.y1 + 1.0), top[:-1]))
    return View(x, y, depth, wet, skyline)


def _heights(noise: Noise, u: Floats, v: Floats, ranges: float, crags: float) -> Floats:
    scale = 0.33 * ranges
    fine = noise.ridged(u * scale + 40, v * scale + 40, octaves=6, gain=crags)
    broad = noise.perlin(u * scale * 0.35 + 7, v * scale * 0.35 + 7)
    return np.asarray(np.clip(fine * 1.5 - 0.45 + 0.5 * broad, 0.0, None))


def _along(view: View, frame: Frame) -> Lines:
    """Return the net's lines that run away from the eye."""
    horizon = frame.y0 + HORIZON * frame.height
    focus = (frame.y1 - horizon) / EYE
    half = frame.width / 2 / focus * view.depth[-1] * 0.4
    step = frame.width / focus / 44
    places = np.arange(-half, half, step)[:, None] * np.ones_like(view.depth)
    sx = frame.cx + places * focus / view.depth
    seen = (sx >= frame.x0) & (sx <= frame.x1)
    # Columns of the page on either side of each place.
    at = np.clip((sx - view.x[0]) / (view.x[1] - view.x[0]), 0, len(view.x) - 1.001)
    left, share = at.astype(int), at % 1.0
    row = np.broadcast_to(np.arange(len(view.depth)), at.shape)
    y = view.y[row, left] * (1 - share) + view.y[row, left + 1] * share
    sky = view.skyline[row, left] * (1 - share) + view.skyline[row, left + 1] * share
    dry = ~view.wet[row, left]
    lines = Lines.of(np.stack((np.clip(sx, frame.x0, frame.x1), y), axis=2))
    # Far away the net would close up: every second line ends where they come nearer than 0.9 mm.
    number = np.arange(1, len(places) + 1)
    apart = (number & -number)[:, None] * step * focus / view.depth
    open_ = (apart > 0.9) & seen & dry
    return keep_positive(lines, np.where(open_, sky - y + 0.05, -1.0).ravel())


def _ripples(rng: np.random.Generator, water: Lines) -> Lines:
    """Return the water's lines broken into glints."""
    fine = resample(water, 1.0)
    gust = np.repeat(rng.uniform(0, 2 * np.pi, len(fine)), fine.counts)
    x = fine.points[:, 0]
    wave = np.sin(x * 0.11 + gust) + 0.8 * np.sin(x * 0.043 + 2.1 * gust) + 0.35
    glints = keep_positive(fine, wave)
    return glints.take(glints.lengths_mm > 1.5)


def _sun(rng: np.random.Generator, frame: Frame, view: View, radius: float) -> Lines:
    """Return the sun's rings where no mountain hides them."""
    top = np.minimum(view.skyline[-1], view.y[-1])
    cx = frame.cx + rng.uniform(-0.22, 0.22) * frame.width
    ridge = float(np.interp(cx, view.x, top))
    cy = max(ridge - 0.35 * radius, frame.y0 + radius)
    # Rings close up towards the rim, as on an old engraving.
    radii = radius * np.sqrt(np.linspace(1.0, 0.02, max(3, int(radius / 1.15))))
    rings = resample(Lines.of([circle(cx, cy, float(r)) for r in radii]), 0.5)
    x, y = rings.points.T
    inside = depth_in(frame, rings.points)
    return keep_positive(rings, np.minimum(np.interp(x, view.x, top) - y - 0.3, inside))
