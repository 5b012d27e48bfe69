"""Diffusion-limited aggregation: dust that sticks where it first touches."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Annotated

import numpy as np
from scipy.spatial import cKDTree

from drawscape.geometry import Ints, Points, as_on_a4, filled, fit_count, polar
from drawscape.sketches import Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.growth._twigs import chains, relaxed, subtree_sizes

MOST_PARTICLES = 16_000
"""More take longer than five seconds to arrive."""

WALKERS = 200
"""Particles that wander at once; they do not see each other until they stick."""

LOOSE = 24
"""Particles compared one by one before the search tree is built again."""


@sketch
def dla(
    svg: SVGBuilder,
    rng: Rng,
    *,
    particles: Annotated[int, Slider(200, 9000, "Number of particles on A4")] = 6500,
    stickiness: Annotated[float, Slider(0.1, 1, "Chance to stick")] = 1.0,
    palette: Palette = "as designed",
) -> Steps:
    """A frost flower grown from particles that wander until they touch it.

    After T. A. Witten and L. M. Sander, "Diffusion-limited aggregation, a kinetic critical
    phenomenon", Physical Review Letters 47 (1981). A branch is as broad as it carries much.
    """
    particles = min(as_on_a4(particles, svg.frame), MOST_PARTICLES)
    particles = fit_count(particles, svg.frame.width * svg.frame.height, 0.8, least=200)
    for done, places, parents in _grown(rng, particles, stickiness):
        edges = np.stack([places[parents[1:]], places[1:]], axis=1)
        yield 0.95 * done, partial(SVGBuilder.polylines, lines=filled(svg.frame, edges))
    wide, tall = np.ptp(places, axis=0)
    if (wide > tall) != (svg.frame.width > svg.frame.height):  # turned, it fits the page better
        places = places[:, ::-1]
    places = filled(svg.frame, relaxed(places, parents, 3))
    sizes = subtree_sizes(parents)
    nodes, parts = chains(parents, sizes), []
    for least, most in ((1, 12), (12, 120), (120, particles + 2)):
        # From the last node of the broader pen on, so that no branch has a gap.
        lines = [
            [a for a, b in pairwise([*chain, chain[-1]]) if sizes[a] >= least and sizes[b] < most]
            for chain in nodes
        ]
        parts.append([places[line] for line in lines if len(line) > 1])
    in_pens(svg, palette, ["#5c7f7a", "#27406e", "#1b1b1b"], parts, width=(0.25, 0.5, 0.75))


def _grown(rng: Rng, particles: int, stickiness: float) -> Iterator[tuple[float, Points, Ints]]:
    """Yield the share done, the particles that have stuck, in diameters, and whom each touched."""
    places, parents = np.zeros((particles + 1, 2)), np.full(particles + 1, -1)
    count = known = 1
    tree = cKDTree(places[:1])
    walkers = polar(4.0, rng.uniform(0, 2 * np.pi, WALKERS))
    while count <= particles:
        if count - known > LOOSE:
            tree, known = cKDTree(places[:count]), count
            yield count / (particles + 1), places[:count], parents[:count]
        gap, nearest = tree.query(walkers)
        if count > known:
            # Those not in the tree yet, one by one.
            gaps = np.hypot(*(walkers[:, None] - places[None, known:count]).transpose(2, 0, 1))
            closest = gaps.min(axis=1) < gap
            nearest = np.where(closest, known + gaps.argmin(axis=1), nearest)
            gap = np.minimum(gap, gaps.min(axis=1))
        touching = gap < 1.05
        stuck = touching & (rng.random(WALKERS) < stickiness)
        chosen = np.flatnonzero(stuck)[: particles + 1 - count]
        away = walkers[chosen] - places[nearest[chosen]]
        away /= np.maximum(np.hypot(*away.T), 1e-9)[:, None]
        new = slice(count, count + len(chosen))
        places[new], parents[new] = places[nearest[chosen]] + away, nearest[chosen]
        count += len(chosen)
        # A walker may go as far as the way is free in one step.
        step = np.where(touching, 1.0, np.maximum(gap - 1.0, 0.05))
        walkers = walkers + polar(step, rng.uniform(0, 2 * np.pi, WALKERS))
        reach = np.hypot(*places[:count].T).max()
        gone = stuck | (np.hypot(*walkers.T) > 3.0 * reach + 40)
        walkers[gone] = polar(reach + 4.0, rng.uniform(0, 2 * np.pi, gone.sum()))
    yield 1.0, places, parents
