"""Space colonisation: branches that share out the light."""

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Lines, Noise, Points, clip_to_rectangle, contains, polar
from drawscape.sketches import AS_DESIGNED, Palette, Steps, inks, sketch
from drawscape.sketches.growth._branches import drawn_tree
from drawscape.sketches.growth._colony import Colony
from drawscape.sketches.growth._twigs import chains, relaxed, subtree_sizes, twig_lines
from drawscape.svg_builder import Frame, SVGBuilder

DEEP = 0.15
"""Part of the page's height that the roots take."""


@sketch
def space_colonization(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
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
    roots: Annotated[bool, doc("Roots in the second pen")] = True,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A tree whose branches grow towards free light.

    After A. Runions, B. Lane and P. Prusinkiewicz, "Modeling trees with a space colonization
    algorithm" (2007); widths by Cecil D. Murray's law (1926) with an exponent of one's choice.
    """
    ink = inks(svg, palette, "#1b1b1b", "#8a4b2a")
    frame = svg.frame
    crown, foot = _crown(frame, Noise(rng)), frame.y1 - DEEP * frame.height
    step = float(np.sqrt(np.ptp(crown[:, 0]) * np.ptp(crown[:, 1]) / buds) * 0.42)
    # A straight trunk up to the crown, from which the limbs part.
    height = np.arange(foot, float(np.max(crown[:, 1])) - 4 * step, -step)
    tree = Colony(
        _light(rng, crown, max(60, buds // 10)),
        np.column_stack([np.full(len(height), frame.cx), height]),
        step=step,
        influence=2.5 * sight * step,
        reach=max(limbs, reach) * step,
        heading=np.array([0.0, -0.12]),
    )
    tree.parents = np.arange(-1, len(height) - 1)
    # Limbs first, that leave each other room; then, as light falls between them, branches and twigs.
    for stage, (share, room, far) in enumerate(((1 / 3, limbs / 2, 1.8), (1.0, 1.0, 1.0))):
        for done in tree.grow(600, 3 * buds):
            yield 0.2 * (stage + done), partial(_so_far, tree=tree)
        tree.light_again(_light(rng, crown, int(share * buds)), max(room, reach) * step)
        tree.influence = far * sight * step
    for done in tree.grow(600, 3 * buds):
        yield 0.4 + 0.3 * done, partial(_so_far, tree=tree)
    nodes = _swayed(Noise(rng), relaxed(tree.nodes, tree.parents, 3), frame, foot)
    width = trunk * frame.short
    with svg.layer("pen 1", color=ink[0], width=0.3):
        window = frame.x0, frame.y0, frame.x1, foot
        svg.polylines(drawn_tree(nodes, tree.parents, width, taper, window))
    yield 0.85
    if roots:
        with svg.layer("pen 2", color=ink[1], width=0.3):
            svg.polylines(_roots(rng, frame, width, taper))


def _so_far(page: SVGBuilder, tree: Colony) -> None:
    """Draw each branch as a stroke: thick ones take longer than a glance is worth."""
    nodes = chains(tree.parents, subtree_sizes(tree.parents))
    frame = page.frame
    twigs = twig_lines(relaxed(tree.nodes, tree.parents, 3), nodes)
    page.polylines(clip_to_rectangle(twigs, frame.x0, frame.y0, frame.x1, frame.y1))


def _swayed(noise: Noise, nodes: Points, frame: Frame, foot: float) -> Points:
    """Return the nodes moved as boughs that have grown in the wind, the trunk's foot not at all."""
    size = foot - frame.y0
    u, v = nodes.T / size * 7
    away = np.column_stack((noise.perlin(u, v), noise.perlin(u + 31.4, v + 27.1)))
    hold = np.clip(np.hypot(*(nodes - (frame.cx, foot)).T) / (0.6 * size) - 0.3, 0, 1)[:, None]
    moved = nodes + 0.03 * size * hold * away
    return np.asarray(np.clip(moved, (frame.x0, frame.y0), (frame.x1, foot)))


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


def _roots(rng: np.random.Generator, frame: Frame, width: float, taper: float) -> Lines:
    """Return the roots and the ground that they hold on to."""
    ground = frame.y1 - DEEP * frame.height
    across, down = 0.46 * frame.width, 0.97 * DEEP * frame.height
    bowl = polar(1.0, np.linspace(0, np.pi, 60)) * (across, down) + (frame.cx, ground)
    step = float(np.sqrt(across * 2 * down / 900) * 0.45)
    growing = Colony(
        _light(rng, bowl, 130),
        np.array([[frame.cx, ground]]),
        step=step,
        influence=40 * step,
        reach=6 * step,
        heading=np.array([0.0, 0.05]),
    )
    for count, near, far in ((900, 1.4, 5), (0, 1.4, 5)):
        for _ in growing.grow(300, 2500):
            pass
        growing.light_again(_light(rng, bowl, count), near * step)
        growing.influence = far * step
    nodes = relaxed(growing.nodes, growing.parents, 3)
    window = frame.x0, ground, frame.x1, frame.y1
    return drawn_tree(nodes, growing.parents, 0.75 * width, taper, window)
