"""From nodes that know their parents to the lines of a tree."""

from itertools import pairwise

import numpy as np
import shapely

from drawscape.geometry import (
    Floats,
    Ints,
    Lines,
    OpaqueShape,
    Points,
    beside,
    beziers,
    catmull_rom,
    inset_rings,
    polar,
)

GRAIN_MM = 0.8
"""Between lines of the grain, at least; what is narrower is a single line."""


def subtree_sizes(parents: Ints) -> Ints:
    """Return for each node how many nodes hang on it, itself included.

    `parents` is (N,); a node's parent comes before it, roots have -1.
    """
    sizes = np.ones(len(parents), dtype=np.int64)
    for node in range(len(parents) - 1, -1, -1):
        if parents[node] >= 0:
            sizes[parents[node]] += sizes[node]
    return sizes


def relaxed(places: Points, parents: Ints, rounds: int) -> Points:
    """Return the nodes drawn towards their neighbours in the tree, which smooths its branches.

    Roots and tips stay. `places` is (N, 2).
    """
    child = np.flatnonzero(parents >= 0)
    parent = parents[child]
    children = np.bincount(parent, minlength=len(parents))
    moving = (parents >= 0) & (children > 0)
    for _ in range(rounds):
        total = np.zeros_like(places)
        np.add.at(total, parent, places[child])
        below = total[moving] / children[moving][:, None]
        smooth = places.copy()
        smooth[moving] = places[moving] / 2 + (places[parents[moving]] + below) / 4
        places = smooth
    return places


def chains(parents: Ints, sizes: Floats) -> list[list[int]]:
    """Return the tree as chains of nodes, each from where it leaves its parent to a tip.

    At a fork the larger branch goes on and the smaller ones begin new chains.
    """
    heir = np.full(len(parents), -1)
    order = np.argsort(sizes, kind="stable")
    order = order[parents[order] >= 0]
    heir[parents[order]] = order  # the last one written, the largest, stays
    found = []
    for start, parent in enumerate(parents.tolist()):
        if parent < 0 or heir[parent] != start:
            found.append([parent] * (parent >= 0))
            node = start
            while node >= 0:
                found[-1].append(node)
                node = int(heir[node])
    return found


def wood_lines(
    places: Points, parents: Ints, carried: Floats, trunk_mm: float, taper: float
) -> Lines:
    """Return the grain of all branches, outlines nested in them, and narrower twigs as lines.

    A branch carries the part `carried`, (N,), of the tree, and is as wide as that to the power of
    1 / `taper`. The foot is node 0.
    """
    places = relaxed(places, parents, 14)
    apart = max(GRAIN_MM, trunk_mm / 18)  # a broader trunk has a wider grain
    off = np.hypot(*(places - places[0]).T) / (30 * apart)
    width = trunk_mm * carried ** (1 / taper) * (1 + 0.7 * np.exp(-off))
    child = np.flatnonzero((width > apart) & (parents >= 0))
    parent = parents[child]
    # A limb is as broad as itself where it leaves a broader one, but for a collar.
    radii = np.stack([width[child], np.minimum(width[parent], 1.4 * width[child])], axis=1) / 2
    rims = radii[..., None, None] * polar(1.0, np.linspace(0, 2 * np.pi, 16, endpoint=False))
    rims += np.stack([places[child], places[parent]], axis=1)[:, :, None]
    limb = np.arange(len(child)).repeat(2 * 16)
    ends = shapely.multipoints(rims.reshape(-1, 2), indices=limb)
    wood = shapely.union_all(shapely.convex_hull(ends)).simplify(apart / 10)
    wood = wood.buffer(apart).buffer(-apart).simplify(apart / 10)
    grain = inset_rings(wood, apart, first_mm=0.0, join="round")
    thin = [
        [a for a, b in pairwise([*chain, chain[-1]]) if width[b] <= apart]
        for chain in chains(parents, carried)
    ]
    # A twig of a step or two would be a thorn; others begin at the rim of the wood.
    twigs = Lines.of([places[chain] for chain in thin if len(chain) > 4])
    of_twig = np.arange(len(twigs)).repeat(twigs.counts)
    outside = shapely.difference(shapely.linestrings(twigs.points, indices=of_twig), wood)
    parts, of_part = shapely.get_coordinates(shapely.get_parts(outside), return_index=True)
    bare = Lines.from_counts(parts, np.unique(of_part, return_counts=True)[1])
    return catmull_rom(Lines.join([grain, bare.longer_than(apart)]))


def bough(ends: Floats, angles: Floats, tips: int, flare: float) -> OpaqueShape:
    """Return a bough from the first of `ends` to the other, (2, 2), which leaves both at `angles`.

    It is as thick as Leonardo da Vinci's rule has it, by the root of the twigs it carries.
    """
    handle = 0.45 * np.hypot(*(ends[1] - ends[0])) * polar(1, angles - np.pi / 2)
    controls = [ends[0], ends[0] + handle[0], ends[1] - handle[1], ends[1]]
    way = beziers([controls], tolerance_mm=0.01).points
    strands = np.arange(1 + int(1.3 * np.sqrt(tips)))[:, None]
    wide = 1 + flare * np.linspace(1, 0, len(way)) ** 3
    lines = beside(way, 0.75 * (strands - strands.mean()) * wide)
    return OpaqueShape(Lines.of(lines), np.concatenate([lines[0], lines[-1][::-1]]))
