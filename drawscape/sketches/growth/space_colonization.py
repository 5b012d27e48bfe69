"""Space colonisation: branches that compete for light."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

import numpy as np
from scipy.spatial import cKDTree

from drawscape.geometry import Noise, as_on_a4, cartesian, clip_to_polygon, contains, fitted, polar
from drawscape.geometry.lines import Ints, Points
from drawscape.sketches import KILN, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks
from drawscape.sketches.growth._twigs import subtree_sizes, wood_lines

CROWNS = {"broad": (1.0, 0.0), "slim": (0.6, 0.0), "blown to one side": (0.75, 0.125)}
"""Of the crown its width, and how far it and the foot lie aside, in parts of the page."""


SIGHT = 6.0
"""How far buds pull, in steps."""

TAPER = 1.9
"""How slowly branches thin out: about 2 in trees (Leonardo da Vinci, about 1500)."""


@sketch
def space_colonization(
    svg: SVGBuilder,
    rng: Rng,
    *,
    buds: Annotated[int, Slider(100, 6000, "Points of light on A4")] = 3000,
    reach: Annotated[float, Slider(1.2, 6, "How near twigs come to buds")] = 1.4,
    trunk: Annotated[float, Slider(0, 0.12, "Trunk, part of the page")] = 0.075,
    palette: Palette = "as designed",
) -> Steps:
    """A bare tree whose branches grow towards free light, its wood drawn by the grain, on its roots.

    After A. Runions, B. Lane and P. Prusinkiewicz, "Modeling trees with a space colonization
    algorithm" (2007). A branch's width follows from the branches it carries (Cecil D. Murray's law, 1926).
    """
    palette = choose_inks(svg, palette, "kiln", "tide")
    draw = partial(in_pens, palette=palette, pens=KILN)
    frame, noise = svg.frame, Noise(rng)
    share, aside = choose(svg, "crown", CROWNS)
    reach *= choose(svg, "twigs", {"close": 1.0, "wide": 1.8})
    # Fewer leave the roots without light, more take longer than five seconds.
    buds = min(max(as_on_a4(buds, frame), 120), 3000)
    deep = 0.15 * frame.height  # what the roots take
    half, lean = 0.5 * share * frame.width, aside * rng.choice([-1, 1]) * frame.width
    foot = np.array([frame.cx - lean, frame.y1 - deep])
    t = np.linspace(0, 2 * np.pi, 240)
    cloud = 1.0 + 0.2 * noise.fractal(np.cos(t) * 1.4 + 7, np.sin(t) * 1.4 + 7, octaves=3)
    low = frame.y0 + 0.69 * frame.height
    top = max(frame.y0, low - 1.5 * frame.width)
    box = (frame.cx + lean - half, top, frame.cx + lean + half, low)
    crown = fitted(box, polar(cloud, t), stretched=True)
    for done, nodes, parents in _grown(rng, crown, foot, buds, SIGHT, reach):
        twigs = np.stack([nodes[parents[1:]], nodes[1:]], axis=1)
        yield 0.7 * done, partial(draw, parts=[twigs])
    bowl = np.array([0.46 * frame.width - abs(lean), 0.97 * deep])
    outline = foot + polar(1.0, np.linspace(0, np.pi, 60)) * bowl
    *_, (_, below, others) = _grown(rng, outline, foot, buds // 6, 14, 2)
    # Roots grow on from the foot: the same grain runs through trunk and roots.
    above, deeper = (subtree_sizes(tree) / len(tree) for tree in (parents, others))
    nodes = np.concatenate([nodes, below[1:]])
    parents = np.concatenate([parents, np.where(others[1:] > 0, others[1:] + len(parents) - 1, 0)])
    carried = np.append(above, deeper[1:])
    wood = wood_lines(nodes, parents, carried, trunk * frame.short, TAPER)
    # The ground rises at the trunk.
    x = np.linspace(frame.x0, frame.x1, 200)
    swell = 0.3 * deep * np.exp(-(((x - foot[0]) / (0.1 * frame.width)) ** 2))
    ground = cartesian(x, foot[1] - swell)
    soil = np.concatenate([ground, [(frame.x1, frame.y1), (frame.x0, frame.y1)]])
    draw(svg, parts=[clip_to_polygon(wood, soil, outside=True), clip_to_polygon(wood, soil)])


def _grown(
    rng: Rng, outline: Points, foot: Points, buds: int, sight: float, reach: float
) -> Iterator[tuple[float, Points, Ints]]:
    """Yield the part of the light used up, and nodes, (N, 2), with the parent of each, -1 at the foot.

    They grow from a stem at `foot` to the light within `sight` steps, used up within `reach`.
    """
    low, high = outline.min(axis=0), outline.max(axis=0)
    rise = -0.12 if outline[0, 1] < foot[1] else 0.15  # a crown, or roots
    step = 0.34 * np.sqrt((high - low).prod() / buds)
    light = rng.uniform(low, high, (3 * buds, 2))
    # Gaps in the light make the boughs part; even light gives a comb of parallel twigs.
    u, v = (light - low).T / np.min(high - low) * 3.2
    lit = Noise(rng).perlin(u, v) > rng.uniform(-0.8, 0.1, len(light))
    light = light[lit & contains(outline, light)][:buds]
    bare = max(2, 1 + np.ceil((foot[1] - high[1]) / step))
    nodes = foot + np.arange(bare)[:, None] * (0, step * np.sign(rise))
    # The trunk leans towards its crown.
    nodes[:, 0] += 0.5 * ((low + high)[0] / 2 - foot[0]) * np.linspace(0, 1, len(nodes)) ** 2
    parents, whole = np.arange(-1, len(nodes) - 1), len(light)
    gap, nearest = cKDTree(nodes).query(light)
    while len(light) > 0.01 * whole:  # far buds would pull lone twigs across the crown
        pulling = gap < max(sight * step, np.min(gap) + 1e-9)
        owner = nearest[pulling]
        growing, index = np.unique(owner, return_inverse=True)
        pull = np.zeros((len(growing), 2))
        np.add.at(pull, index, (light[pulling] - nodes[owner]) / gap[pulling, None])
        pull = pull / np.bincount(index)[:, None] + (0.0, rise)
        tips = nodes[growing] + step * pull / np.maximum(np.hypot(*pull.T), 1e-9)[:, None]
        free = cKDTree(nodes).query(tips)[0] > 0.4 * step
        if not free.any():
            return  # two buds pull nodes back and forth
        near, closest = cKDTree(tips[free]).query(light)
        nearest = np.where(near < gap, len(nodes) + closest, nearest)
        nodes, parents = np.concatenate([nodes, tips[free]]), np.append(parents, growing[free])
        gap = np.minimum(near, gap)
        left = gap > reach * step
        light, gap, nearest = light[left], gap[left], nearest[left]
        yield 1 - len(light) / whole, nodes, parents
