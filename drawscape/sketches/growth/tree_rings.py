"""Tree rings: the years of a tree, fat and lean, read from its stump."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Floats, Lines, Noise, fit_count, keep_positive
from drawscape.geometry.thinning import WHOLE, room_for
from drawscape.sketches import AS_DESIGNED, Palette, Share, inks, sketch
from drawscape.svg_builder import SVGBuilder

ANGLES = 900
"""Points around a ring: 0.6 mm apart at the bark of a stump that fills A4."""

Polar = Floats
"""(rings, ANGLES) radii, 1 at the bark."""


@sketch
def tree_rings(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    years: Annotated[int, Interval(ge=8, le=140), doc("Age of the tree")] = 62,
    moods: Annotated[Share, doc("How much good and bad years differ")] = 0.5,
    wobble: Annotated[Share, doc("How far rings stray from round")] = 0.45,
    lean: Annotated[float, Interval(ge=0, le=0.5), doc("How far off the pith lies")] = 0.22,
    knots: Annotated[int, Interval(ge=0, le=6), doc("Branches that grew out of the trunk")] = 2,
    cracks: Annotated[int, Interval(ge=0, le=12), doc("Cracks from drying")] = 4,
    bark: Annotated[int, Interval(ge=0, le=12), doc("Layers of bark, in the second pen")] = 6,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A stump: rings of good and bad years, bent around knots, cracked and barked.

    The growth follows A. E. Douglass, "Climatic cycles and tree-growth" (1919): each year's ring
    repeats some of the last one's fortune.
    """
    ink = inks(svg, palette, "black", "#8a4b2a")
    frame = svg.frame
    noise = Noise(rng)
    theta = np.linspace(0, 2 * np.pi, ANGLES)
    bulges = _knots(rng, knots)
    core = 1.0 - 0.011 * bark
    years = fit_count(years, frame.short / 2, 0.7, least=8)
    bark = fit_count(bark, 0.09 * frame.short / 2, 0.4, least=0)
    rings = _rings(rng, noise, theta, years, moods, wobble) * core
    rings += _bulge(rings, theta, bulges)
    middle = lean * rng.uniform(0.6, 1.0) * np.exp(1j * rng.uniform(0, 2 * np.pi))
    splits = _cracks(rng, cracks)
    grown = _placed(svg, rings, theta, middle)
    # Years that crowd leave each other out; the youngest, beside the bark, goes all round.
    room = room_for(grown, np.append(1 + np.arange(len(rings) - 1), WHOLE))
    wood = keep_positive(grown, np.minimum(_unsplit(rings, theta, splits).ravel(), room))
    with svg.layer("wood", color=ink[0], width=0.3):
        svg.polylines(wood.take(wood.lengths_mm > 1.5))
        svg.polylines(_placed(svg, *_gaps(splits, theta, rings), middle))
    if bark:
        with svg.layer("pen 2", color=ink[1], width=0.4):
            svg.polylines(_bark(svg, rng, noise, theta, rings[-1], bark, middle))


def _rings(
    rng: np.random.Generator,
    noise: Noise,
    theta: Floats,
    years: int,
    moods: float,
    wobble: float,
) -> Polar:
    """Return the outer edge of each year's wood."""
    fortune = np.zeros(years)
    for year in range(1, years):
        fortune[year] = 0.6 * fortune[year - 1] + 0.8 * rng.standard_normal()
    # Trees grow fast when young; the exponent keeps the last rings half as wide as the first.
    width = np.exp(moods * 0.55 * fortune) * (1.0 + np.linspace(1.0, 0.0, years))
    radius = np.cumsum(width) / width.sum()
    r = radius[:, None]
    turn = np.cos(theta) * 1.3 + 5.0, np.sin(theta) * 1.3 + 5.0
    # Slow wander along the radius keeps neighbours alike; the fine part makes each year its own.
    slow = noise.perlin(turn[0], turn[1], r * 1.2)
    fine = noise.perlin(turn[0] * 3.2, turn[1] * 3.2, r * 6.0)
    own = noise.perlin(turn[0] * 9.0, turn[1] * 9.0, r * 25.0)
    shape = 1.0 + wobble * (0.30 * slow + 0.06 * fine + 0.012 * own)
    # Noise must not let a ring cross the next one.
    rings: Polar = np.maximum.accumulate(r * shape + 1e-4 * np.arange(years)[:, None], axis=0)
    return np.asarray(rings / np.max(rings[-1]))


def _knots(rng: np.random.Generator, count: int) -> Floats:
    """Return (count, 3): direction, half width in radians, height of each branch's bulge."""
    direction = rng.uniform(0, 2 * np.pi) + np.arange(count) * 2.4
    width, height = rng.uniform(0.08, 0.16, count), rng.uniform(0.1, 0.2, count)
    return np.column_stack((direction, width, height))


def _bulge(rings: Polar, theta: Floats, knots: Floats) -> Polar:
    """Return how far each ring is pushed outward where a branch leaves the trunk."""
    total = np.zeros_like(rings)
    for direction, width, height in knots:
        off = np.angle(np.exp(1j * (theta - direction)))
        # The branch starts at a third of the radius and is overgrown near the bark.
        along = np.clip((rings - 0.3) / 0.35, 0, 1) * np.clip((1.0 - rings) / 0.25, 0, 1)
        total += height * along * np.exp(-((off / width) ** 2))
    return total


def _cracks(rng: np.random.Generator, count: int) -> Floats:
    """Return (count, 3): direction, depth from the bark and opening of each crack."""
    direction = rng.uniform(0, 2 * np.pi) + np.arange(count) * 2 * np.pi / max(count, 1)
    direction = direction + rng.normal(0, 0.35, count)
    depth = rng.uniform(0.25, 0.75, count)
    return np.column_stack((direction, depth, 0.012 + 0.05 * depth * rng.random(count)))


def _unsplit(rings: Polar, theta: Floats, cracks: Floats) -> Floats:
    """Return a value for each point of the rings that is positive outside the cracks."""
    value = np.ones_like(rings)
    for direction, depth, opening in cracks:
        off = np.abs(np.angle(np.exp(1j * (theta - direction)))) * rings
        half = opening * np.clip((rings - (1 - depth)) / depth, -1, 1)
        value = np.minimum(value, np.where(off < 0.5, off - half, 1.0))
    return value


def _gaps(cracks: Floats, theta: Floats, rings: Polar) -> tuple[Polar, Polar]:
    """Return radii and angles of the two edges of each crack, as one line each."""
    r, angles = [], []
    for direction, depth, opening in cracks:
        rim = float(np.interp(direction % (2 * np.pi), theta, rings[-1]))
        out = np.linspace(1 - depth, rim, 40)
        half = opening * np.clip((out - (1 - depth)) / depth, 0, 1) / out
        r.append(np.concatenate((out[::-1], out)))
        angles.append(direction + np.concatenate((half[::-1], -half)))
    return np.array(r).reshape(-1, 80), np.array(angles).reshape(-1, 80)


def _placed(svg: SVGBuilder, radii: Polar, theta: Polar, middle: complex) -> Lines:
    """Return polar lines on the page, the pith at `middle`, the bark against the frame."""
    frame = svg.frame
    # The bark is an oval about the page's middle; inner rings shift towards the pith.
    z = radii * np.exp(1j * theta) + middle * np.clip(1.0 - radii, 0, 1)
    wide, tall = (min(side, 1.28 * frame.short) / 2 for side in (frame.width, frame.height))
    points = np.stack((frame.cx + z.real * wide, frame.cy + z.imag * tall), axis=-1)
    return Lines.of(points) if len(points) else Lines.empty()


def _bark(
    svg: SVGBuilder,
    rng: np.random.Generator,
    noise: Noise,
    theta: Floats,
    rim: Floats,
    layers: int,
    middle: complex,
) -> Lines:
    """Return rough layers of bark outside the last ring, broken into plates."""
    levels = np.arange(1, layers + 1)[:, None]
    turn = np.cos(theta) * 2 + 9.0, np.sin(theta) * 2 + 9.0
    rough = noise.fractal(turn[0] * 4, turn[1] * 4, levels * 0.35, octaves=3)
    radii = rim + 0.011 * levels * (1 + 0.5 * rough)
    radii = np.minimum(radii, 1.0)
    plates = noise.perlin(turn[0] * 9, turn[1] * 9, levels * 0.6) + 0.25
    plates[(radii >= 1.0) & (levels < layers)] = -1.0  # no layer lies on the outermost
    plates[-1] += 0.3  # the outermost layer holds together as an outline
    return keep_positive(_placed(svg, radii, theta, middle), plates)
