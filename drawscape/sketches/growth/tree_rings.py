"""Tree rings: the years of a tree, fat and lean, read from its stump."""

from typing import Annotated

import numpy as np

from drawscape.geometry import (
    Floats,
    Lines,
    Noise,
    as_on_a4,
    clip_to_rectangle,
    fit_count,
    keep_positive,
    polar,
)
from drawscape.geometry.thinning import WHOLE, room_for
from drawscape.sketches import KILN, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose

THETA = np.linspace(0, 2 * np.pi, 900)
"""Around a ring: points are 0.6 mm apart at the bark of a stump that fills A4."""


@sketch
def tree_rings(
    svg: SVGBuilder,
    rng: Rng,
    *,
    years: Annotated[int, Slider(8, 140, "Age on A4; larger stumps are older")] = 62,
    moods: Annotated[Fraction, "How much good and bad years differ"] = 0.5,
    wobble: Annotated[Fraction, "How far rings stray from round"] = 0.45,
    lean: Annotated[float, Slider(0, 0.5, "How far off the pith lies")] = 0.22,
    knots: Annotated[int, Slider(0, 6, "Most branches that grew out of the trunk")] = 3,
    cracks: Annotated[int, Slider(0, 12, "Most cracks from drying")] = 6,
    bark: Annotated[int, Slider(0, 12, "Layers of bark, in the second pen")] = 6,
    palette: Palette = "as designed",
) -> None:
    """A stump: rings of good and bad years, bent around knots, cracked and barked.

    The growth follows A. E. Douglass, "Climatic cycles and tree-growth" (1919): each year's ring
    repeats some of the last one's fortune.
    """
    frame, noise = svg.frame, Noise(rng)
    knots = round(knots * choose(svg, "knots", {"none": 0.0, "one": 0.34, "many": 1.0}))
    cracks = round(cracks * choose(svg, "cracks", {"one": 0.17, "some": 0.5, "many": 1.0}))
    lean *= choose(svg, "pith", {"in the middle": 0.2, "aside": 1.0, "at the bark": 2.0})
    branches = rng.uniform(0, 2 * np.pi) + np.arange(knots) * 2.4
    broad, high = rng.uniform(0.08, 0.16, knots), rng.uniform(0.1, 0.2, knots)
    years = fit_count(as_on_a4(years, frame, lines=True), frame.short / 2, 0.7, least=8)
    even = (1.0 - 0.011 * bark) * _rings(rng, noise, years, moods, wobble)
    # A branch starts at a third of the radius and is overgrown near the bark.
    along = np.clip((even - 0.3) / 0.35, 0, 1) * np.clip((1.0 - even) / 0.25, 0, 1)
    rings = even.copy()
    for branch, width, height in zip(branches, broad, high, strict=True):
        rings += height * along * np.exp(-((_off(branch) / width) ** 2))
    pith = polar(lean * rng.uniform(0.6, 1.0), rng.uniform(0, 2 * np.pi))
    wood, edges = _cracks(rng, rings, cracks)
    zoom, aside = choose(svg, "view", {"whole": (1.0, 0.0), "near": (1.7, 0.3), "edge": (1.5, 0.6)})
    half = zoom * np.minimum(frame.size, 1.28 * frame.short) / 2
    middle = frame.middle + polar(aside, rng.uniform(0, 2 * np.pi)) * half

    def placed(points: Floats) -> Lines:
        # The bark is an oval about the page's middle; inner rings shift towards the pith.
        inward = np.clip(1.0 - np.linalg.norm(points, axis=-1), 0, 1)
        return Lines.of((points + inward[..., None] * pith) * half + middle)

    grown = placed(polar(rings, THETA))
    # Years that crowd leave each other out; the youngest, beside the bark, goes all round.
    room = room_for(grown, np.append(1 + np.arange(years - 1), WHOLE))
    lines = keep_positive(grown, np.minimum(wood.ravel(), room))
    lines = Lines.join([lines.longer_than(1.5), placed(edges)])
    bark = fit_count(bark, 0.045 * frame.short, 0.4, least=0)
    skin, plates = _bark(noise, rings[-1], bark)
    parts = [lines, keep_positive(placed(skin), plates).longer_than(1.5)]
    parts = [clip_to_rectangle(part, *frame) for part in parts]
    in_pens(svg, palette, KILN[:2], parts, width=(0.3, 0.4))


def _off(angle: float) -> Floats:
    """Return how far each of THETA lies off `angle`, in radians, from -pi to pi."""
    return np.angle(np.exp(1j * (THETA - angle)))


def _rings(rng: Rng, noise: Noise, years: int, moods: float, wobble: float) -> Floats:
    """Return the outer edge of each year's wood, (years, angles), 1 at the bark."""
    fortune = np.zeros(years)
    for year in range(1, years):
        fortune[year] = 0.6 * fortune[year - 1] + 0.8 * rng.standard_normal()
    # Trees grow fast when young; the last rings are half as wide as the first.
    width = np.exp(moods * 0.55 * fortune) * np.linspace(2.0, 1.0, years)
    r = (np.cumsum(width) / width.sum())[:, None]
    x, y = np.cos(THETA) * 1.3 + 5.0, np.sin(THETA) * 1.3 + 5.0
    # Slow wander along the radius keeps neighbours alike; finer parts make each year its own.
    shape = 0.30 * noise.perlin(x, y, r * 1.2) + 0.06 * noise.perlin(x * 3.2, y * 3.2, r * 6)
    shape += 0.012 * noise.perlin(x * 9, y * 9, r * 25)
    # No ring may cross the one before.
    step = 1e-4 * np.arange(years)[:, None]
    rings = np.maximum.accumulate(r * (1.0 + wobble * shape) + step, axis=0)
    return np.asarray(rings / np.max(rings[-1]))


def _cracks(rng: Rng, rings: Floats, count: int) -> tuple[Floats, Floats]:
    """Return values that are negative within cracks of the rings, and each crack's edge, (N, 80, 2)."""
    heading = rng.uniform(0, 2 * np.pi) + np.arange(count) * 2 * np.pi / max(count, 1)
    heading += rng.normal(0, 0.35, count)
    depth = rng.uniform(0.25, 0.75, count)
    opening = 0.012 + 0.05 * depth * rng.random(count)
    wood, edges = np.ones_like(rings), np.empty((count, 80, 2))
    for crack, (at, deep, wide) in enumerate(zip(heading, depth, opening, strict=True)):
        off = np.abs(_off(at)) * rings
        gap = wide * np.clip((rings - (1 - deep)) / deep, -1, 1)
        wood = np.minimum(wood, np.where(off < 0.5, off - gap, 1.0))
        out = np.linspace(1 - deep, np.interp(at % (2 * np.pi), THETA, rings[-1]), 40)
        half = wide * np.clip((out - (1 - deep)) / deep, 0, 1) / out
        edges[crack] = polar(np.append(out[::-1], out), at + np.append(half[::-1], -half))
    return wood, edges


def _bark(noise: Noise, rim: Floats, layers: int) -> tuple[Floats, Floats]:
    """Return rough layers outside the last ring, and values that are positive within their plates."""
    level = np.arange(1, layers + 1)[:, None]
    x, y = np.cos(THETA) * 2 + 9.0, np.sin(THETA) * 2 + 9.0
    rough = noise.fractal(x * 4, y * 4, level * 0.35, octaves=3)
    radii = np.minimum(rim + 0.011 * level * (1 + 0.5 * rough), 1.0)
    plates = noise.perlin(x * 9, y * 9, level * 0.6) + 0.25
    plates[(radii >= 1.0) & (level < layers)] = -1.0  # no layer lies on the outermost
    plates[level[:, 0] == layers] += 0.3  # the outermost holds together as an outline
    return polar(radii, THETA), plates
