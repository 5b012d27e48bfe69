"""Space colonisation: branches that share out the light."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Lines, Points
from drawscape.geometry.noise import Noise
from drawscape.geometry.regions import contains
from drawscape.sketches import Steps, sketch
from drawscape.sketches.growth._branches import drawn_tree
from drawscape.sketches.growth._colony import Colony
from drawscape.sketches.growth._twigs import chains, relaxed, subtree_sizes, twig_lines
from drawscape.sketches.palette import AS_DESIGNED, Palette, inks
from drawscape.svg_builder import Frame, SVGBuilder

Form = Literal["tree", "leaf", "thicket"]


DEEP = 0.15
"""Part of the page's height that the roots of a tree take."""


@dataclass(frozen=True)
class Plan:
    """Where to grow: the outline (N, 2) that holds the light, and the roots (R, 2), in mm."""

    outline: Points
    roots: Points
    up: float


@sketch
def space_colonization(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    form: Annotated[Form, doc("What grows")] = "tree",
    buds: Annotated[int, Interval(ge=100, le=6000), doc("Points of light to grow to")] = 4200,
    limbs: Annotated[
        float, Interval(ge=2.0, le=16.0), doc("How far limbs keep from each other, in steps")
    ] = 6.0,
    reach: Annotated[
        float, Interval(ge=1.2, le=6.0), doc("How near a twig comes to a bud, in steps")
    ] = 1.4,
    sight: Annotated[
        float, Interval(ge=4.0, le=40.0), doc("From how far a bud pulls, in steps")
    ] = 5.0,
    trunk: Annotated[
        float, Interval(ge=0.0, le=0.09), doc("Width of the trunk, as a part of the page")
    ] = 0.05,
    taper: Annotated[
        float, Interval(ge=1.6, le=3.5), doc("How slowly branches thin out; 2 keeps their area")
    ] = 2.4,
    roots: Annotated[
        bool, doc("Roots below a tree, the outline of a leaf, in the second pen")
    ] = True,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A tree, a leaf or a thicket whose branches grow towards free light.

    After A. Runions, B. Lane and P. Prusinkiewicz, "Modeling trees with a space colonization
    algorithm" (2007); widths by the pipe model of Shinozaki (1964).
    """
    frame = svg.frame
    ink = inks(svg, palette, "#1b1b1b", "#8a4b2a")
    plan = _PLANS[form](frame, Noise(rng))
    step = float(np.sqrt(np.ptp(plan.outline[:, 0]) * np.ptp(plan.outline[:, 1]) / buds) * 0.42)
    tree = Colony(
        _light(rng, plan.outline, max(60, buds // 10)),
        plan.roots,
        step=step,
        influence=2.5 * sight * step,
        reach=max(limbs, reach) * step,
        heading=np.array([0.0, -plan.up]),
    )
    # Limbs first, that leave each other room; then, as light falls between them, branches and twigs.
    for stage, (share, room, far) in enumerate(((1 / 3, limbs / 2, 1.8), (1.0, 1.0, 1.0))):
        for done in tree.grow(600, 3 * buds):
            yield 0.2 * (stage + done), partial(_so_far, tree=tree)
        tree.light_anew(_light(rng, plan.outline, int(share * buds)), max(room, reach) * step)
        tree.influence = far * sight * step
    for done in tree.grow(600, 3 * buds):
        yield 0.4 + 0.3 * done, partial(_so_far, tree=tree)
    nodes = _swayed(Noise(rng), relaxed(tree.nodes, tree.parents, 3), plan)
    width = trunk * frame.short
    foot = float(np.max(plan.roots[:, 1]))
    window = frame.x0, frame.y0, frame.x1, foot
    with svg.layer("pen 1", color=ink[0], width=0.3):
        svg.polylines(drawn_tree(nodes, tree.parents, width, taper, window))
    yield 0.85
    if roots and form != "thicket":
        with svg.layer("pen 2", color=ink[1], width=0.3):
            below = _roots(rng, frame, width, taper) if form == "tree" else plan.outline
            svg.polylines(below)


def _swayed(noise: Noise, nodes: Points, plan: Plan) -> Points:
    """Return the nodes moved as boughs that have grown in the wind, the roots not at all."""
    low, high = plan.outline.min(axis=0), plan.outline.max(axis=0)
    size = float(np.max(high - low))
    u, v = nodes.T / size * 7
    away = np.column_stack((noise.perlin(u, v), noise.perlin(u + 31.4, v + 27.1)))
    foot = plan.roots[np.argmin(np.abs(plan.roots[:, 0] - nodes[:, :1]), axis=1)]
    hold = np.clip(np.hypot(*(nodes - foot).T) / (0.45 * size), 0, 1)[:, None]
    most = np.maximum(high, np.max(plan.roots, axis=0))
    return np.asarray(np.clip(nodes + 0.022 * size * hold * away, low, most))


def _so_far(page: SVGBuilder, tree: Colony) -> None:
    """Draw each branch as a stroke: thick ones take longer than a glance is worth."""
    nodes = chains(tree.parents, subtree_sizes(tree.parents))
    twigs = twig_lines(relaxed(tree.nodes, tree.parents, 3), nodes)
    frame = page.frame
    page.polylines(clip_to_rectangle(twigs, frame.x0, frame.y0, frame.x1, frame.y1))


def _light(rng: np.random.Generator, outline: Points, count: int) -> Points:
    """Return about `count` points strewn over the outline's inside, in drifts of its own."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    points = rng.uniform(low, high, (3 * count, 2))
    # Gaps in the light make the boughs part; even light gives a comb of parallel twigs.
    u, v = (points - low).T / np.min(high - low) * 3.2
    lit = Noise(rng).perlin(u, v) > rng.uniform(-0.65, 0.15, len(points))
    points = points[lit & contains(outline, points)]
    return points[:count]


def _roots(rng: np.random.Generator, frame: Frame, width: float, taper: float) -> Lines:
    """Return the roots of a tree and the ground that they hold on to."""
    ground = frame.y1 - DEEP * frame.height
    t = np.linspace(0, np.pi, 60)
    across, down = 0.46 * frame.width, 0.97 * DEEP * frame.height
    bowl = np.column_stack((frame.cx + across * np.cos(t), ground + down * np.sin(t)))
    step = float(np.sqrt(across * 2 * down / 900) * 0.45)
    growing = Colony(
        _light(rng, bowl, 130),
        np.array([[frame.cx, ground]]),
        step=step,
        influence=40 * step,
        reach=6 * step,
        heading=np.array([0.0, 0.05]),
    )
    for _ in growing.grow(300, 2500):
        pass
    growing.light_anew(_light(rng, bowl, 900), 1.4 * step)
    growing.influence = 5 * step
    for _ in growing.grow(300, 2500):
        pass
    nodes = relaxed(growing.nodes, growing.parents, 3)
    window = frame.x0, ground, frame.x1, frame.y1
    return drawn_tree(nodes, growing.parents, 0.75 * width, taper, window)


def _tree(frame: Frame, noise: Noise) -> Plan:
    """A crown like a cloud over a bare trunk."""
    t = np.linspace(0, 2 * np.pi, 240)
    bumps = 1.0 + 0.2 * noise.fractal(np.cos(t) * 1.4 + 7, np.sin(t) * 1.4 + 7, octaves=3)
    crown = np.column_stack((np.cos(t), np.sin(t) * (1 + 0.08 * np.cos(t)))) * bumps[:, None]
    low, high = crown.min(axis=0), crown.max(axis=0)
    tall = (0.94 - DEEP - 0.1) * frame.height
    size = np.array([frame.width, min(tall, 1.5 * frame.width)])
    crown = (crown - low) / (high - low) * size + (frame.x0, frame.y0 + tall - size[1])
    foot = frame.y1 - DEEP * frame.height
    return Plan(crown, np.array([[frame.cx, foot]]), 0.12)


def _leaf(frame: Frame, noise: Noise) -> Plan:
    """A pointed leaf, its stalk at the foot of the page."""
    s = np.linspace(0, 1, 160)
    half = np.sin(np.pi * s**0.8) ** 0.9 * (1 - 0.25 * s)
    bend = 0.08 * noise.perlin(s * 1.5 + 3.3, np.full_like(s, 8.7)) * np.sin(np.pi * s)
    tall = 0.9 * min(frame.height, 1.7 * frame.width)
    wide = min(0.48 * frame.width, 0.42 * tall) / float(np.max(half))
    foot = frame.cy + tall * 0.5 / 0.9 - 0.1 * tall
    left = np.column_stack((frame.cx + (bend * wide - half * wide), foot - s * tall))
    right = np.column_stack((frame.cx + (bend * wide + half * wide), foot - s * tall))
    outline = np.concatenate((left, right[::-1]))
    outline[:, 0] = np.clip(outline[:, 0], frame.x0, frame.x1)
    stalk = np.array([[frame.cx, min(foot + 0.1 * tall, frame.y1)]])
    return Plan(outline, stalk, 0.25)


def _thicket(frame: Frame, noise: Noise) -> Plan:
    """Many stems along the foot of the page, competing for all of it."""
    corners = [
        (frame.x0, frame.y0),
        (frame.x1, frame.y0),
        (frame.x1, frame.y1),
        (frame.x0, frame.y1),
    ]
    outline = np.array([*corners, corners[0]])
    stems = max(3, round(frame.width / frame.height * 9))
    x = frame.x0 + (np.arange(stems) + 0.5) / stems * frame.width
    x = x + noise.perlin(np.arange(stems) * 0.7 + 0.3, 4.4) * frame.width / stems
    return Plan(outline, np.column_stack((x, np.full(stems, frame.y1))), 0.1)


_PLANS = {"tree": _tree, "leaf": _leaf, "thicket": _thicket}
