"""Space colonisation: branches that share out the light."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from scipy.ndimage import gaussian_filter1d

from drawscape.geometry import Ints, Lines, Noise, Points, clamped, contains, polar, thinned
from drawscape.sketches import AS_DESIGNED, Palette, Steps, in_pens, inks, sketch
from drawscape.sketches.growth._twigs import relaxed, subtree_sizes
from drawscape.svg_builder import Frame, SVGBuilder

DEEP = 0.15
"""Part of the page's height that the roots take."""


@sketch
def space_colonization(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    buds: Annotated[int, Interval(ge=100, le=6000), doc("Points of light to grow to")] = 4500,
    reach: Annotated[float, Interval(ge=1.2, le=6), doc("How near twigs come to buds")] = 2.0,
    sight: Annotated[float, Interval(ge=4, le=40), doc("From how far a bud pulls, in steps")] = 8.0,
    trunk: Annotated[float, Interval(ge=0, le=0.12), doc("Trunk, part of the page")] = 0.085,
    taper: Annotated[float, Interval(ge=1.2, le=3.5), doc("How slowly branches thin out")] = 1.9,
    roots: Annotated[bool, doc("Roots in the second pen")] = True,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A tree whose branches grow towards free light, each twig a line from its tip to the ground.

    After A. Runions, B. Lane and P. Prusinkiewicz, "Modeling trees with a space colonization
    algorithm" (2007). A trunk is the pipes of all its tips (Shinozaki's pipe model, 1964), as wide as
    Cecil D. Murray's law (1926) has it with an exponent of one's choice.
    """
    ink = inks(svg, palette, "#1b1b1b", "#8a4b2a")
    frame, noise = svg.frame, Noise(rng)
    foot = frame.y1 - DEEP * frame.height
    crown = _crown(frame, noise)
    step = float(np.sqrt(np.ptp(crown[:, 0]) * np.ptp(crown[:, 1]) / buds) * 0.5)
    height = np.arange(foot, float(np.max(crown[:, 1])), -step)
    stem = np.column_stack([np.full(len(height), frame.cx), height])
    nodes, parents = stem, np.arange(-1, len(stem) - 1)
    light = _light(rng, crown, buds)
    for done, nodes, parents in _colonized(light, stem, step, sight * step, reach * step, -0.12):
        yield 0.7 * done, partial(_so_far, nodes=nodes, parents=parents)
    parts = [_pipes(nodes, parents, trunk * frame.short, taper)]
    if roots:
        bowl = polar(1.0, np.linspace(0, np.pi, 60)) * (
            0.46 * frame.width,
            0.97 * (frame.y1 - foot),
        )
        bowl += (frame.cx, foot)
        fine = float(np.sqrt(np.ptp(bowl[:, 0]) * np.ptp(bowl[:, 1]) / 700) * 0.5)
        start = np.array([[frame.cx, foot], [frame.cx, foot + fine]])
        *_, (_, nodes, parents) = _colonized(
            _light(rng, bowl, 700), start, fine, 14 * fine, 2 * fine, 0.15
        )
        parts.append(_pipes(nodes, parents, 0.9 * trunk * frame.short, taper))
    in_pens(svg, ink, [clamped(frame, lines) for lines in parts])


def _so_far(page: SVGBuilder, nodes: Points, parents: Ints) -> None:
    page.polylines(np.stack([nodes[parents[1:]], nodes[1:]], axis=1))


def _colonized(
    light: Points, stem: Points, step: float, sight: float, reach: float, rise: float
) -> Iterator[tuple[float, Points, Ints]]:
    """Yield the share of `light` used up, and the nodes, (N, 2), with the parent of each, -1 at the foot.

    They grow from `stem`, a `step` at a time, towards the light nearest to them within `sight`.
    Light is used up within `reach`; `rise` is added to each direction.
    """
    from scipy.spatial import cKDTree

    nodes, parents, whole = stem, np.arange(-1, len(stem) - 1), len(light)
    gap, nearest = cKDTree(nodes).query(light)
    while len(light):
        pulling = gap < max(sight, float(np.min(gap)) + 1e-9)
        owner = nearest[pulling]
        grown, index = np.unique(owner, return_inverse=True)
        pull = np.zeros((len(grown), 2))
        np.add.at(pull, index, (light[pulling] - nodes[owner]) / gap[pulling, None])
        pull = pull / np.bincount(index)[:, None] + (0.0, rise)
        tips = nodes[grown] + step * pull / np.maximum(np.hypot(*pull.T), 1e-9)[:, None]
        # Two buds can pull a node back and forth for ever.
        free = cKDTree(nodes).query(tips)[0] > 0.4 * step
        if not free.any():
            return
        near, closest = cKDTree(tips[free]).query(light)
        nearest = np.where(near < gap, len(nodes) + closest, nearest)
        nodes, parents = np.concatenate([nodes, tips[free]]), np.append(parents, grown[free])
        gap = np.minimum(near, gap)
        left = gap > reach
        light, gap, nearest = light[left], gap[left], nearest[left]
        yield 1 - len(light) / whole, nodes, parents


def _pipes(nodes: Points, parents: Ints, trunk_mm: float, taper: float) -> Lines:
    """Return a line from the foot to each tip, side by side where they share a branch."""
    nodes = relaxed(nodes, parents, 6)
    leaf = ~np.isin(np.arange(len(nodes)), parents)
    tips = subtree_sizes(parents, leaf)
    ahead = nodes - nodes[np.maximum(parents, 0)]
    ahead[0] = ahead[1]
    ahead = ahead / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    # Tips are numbered from left to right, so that no two pipes cross.
    before = ahead[np.maximum(parents, 0)]
    turn = before[:, 0] * ahead[:, 1] - before[:, 1] * ahead[:, 0]
    first = np.zeros(len(nodes), dtype=np.int64)
    taken = np.zeros(len(nodes), dtype=np.int64)
    for node in np.lexsort((turn, parents)).tolist():
        if (parent := parents[node]) >= 0:
            first[node] = first[parent] + taken[parent]
            taken[parent] += tips[node]
    width = trunk_mm * (tips / tips[0]) ** (1 / taper)
    normal = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    lines = []
    for tip in np.flatnonzero(leaf)[np.argsort(first[leaf])].tolist():
        way = [tip]
        while parents[way[-1]] >= 0:
            way.append(int(parents[way[-1]]))
        share = (first[tip] - first[way] + 0.5) / tips[way] - 0.5
        # They crowd on the side away from the light, and part gently where branches fork.
        off = (share + 0.3 * (0.25 - share**2)) * width[way]
        line = nodes[way] + off[:, None] * normal[way]
        lines.append(gaussian_filter1d(line, 2.5, axis=0, mode="nearest"))
        lines[-1][-1] = line[-1]  # at the ground
    return thinned(Lines.of(lines), 1 + np.arange(len(lines)), most=0.42)


def _light(rng: np.random.Generator, outline: Points, count: int) -> Points:
    """Return about `count` points strewn over the outline's inside, in drifts of its own."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    points = rng.uniform(low, high, (3 * count, 2))
    # Gaps in the light make the boughs part; even light gives a comb of parallel twigs.
    u, v = (points - low).T / np.min(high - low) * 3.2
    lit = Noise(rng).perlin(u, v) > rng.uniform(-0.65, 0.15, len(points))
    return points[lit & contains(outline, points)][:count]


def _crown(frame: Frame, noise: Noise) -> Points:
    """Return the outline of a crown like a cloud over a bare trunk."""
    t = np.linspace(0, 2 * np.pi, 240)
    bumps = 1.0 + 0.2 * noise.fractal(np.cos(t) * 1.4 + 7, np.sin(t) * 1.4 + 7, octaves=3)
    crown = polar(bumps, t)
    low, high = crown.min(axis=0), crown.max(axis=0)
    tall = (0.84 - DEEP) * frame.height
    size = np.array([frame.width, min(tall, 1.5 * frame.width)])
    return np.asarray((crown - low) / (high - low) * size + (frame.x0, frame.y0 + tall - size[1]))
