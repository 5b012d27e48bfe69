"""Plane graphs about 0: their edges, from node to node as complex numbers, and their order around a node."""

import numpy as np

from drawscape.geometry import Floats, Ints
from drawscape.geometry.lines import Complexes


def panel(loops: int, ratio: float) -> tuple[Complexes, int]:
    """Return the edges, (E, 2), of a grid about 0, and how often it is alike around 0."""
    x, y = (np.arange(count + 1) - count / 2 for count in (loops, max(2, round(loops * ratio))))
    nodes = x + 1j * y[:, None]
    return _edges(nodes, nodes), 2


def roundel(loops: int, ratio: float) -> tuple[Complexes, int]:
    """Return the edges of rings and spokes about 0, the rings farther apart outwards."""
    spokes, rings = 4 * max(5, round(0.8 * loops)), max(3, loops // 3)
    radii = (1 + 2 * np.pi / spokes) ** np.arange(rings + 1)
    turns = np.exp(2j * np.pi * np.arange(spokes) / spokes).astype(np.complex128)
    nodes = radii[:, None] * turns
    return _edges(np.column_stack([nodes, nodes[:, 0]]), nodes), spokes // 2


def _edges(across: Complexes, down: Complexes) -> Complexes:
    """Return the edges, (E, 2), between neighbours in a row of `across` or a column of `down`."""
    level = np.stack([across[:, :-1], across[:, 1:]], axis=-1).reshape(-1, 2)
    return np.concatenate([level, np.stack([down[:-1], down[1:]], axis=-1).reshape(-1, 2)])


def neighbours(node: Complexes, angle: Floats) -> tuple[Ints, Floats]:
    """Return for each half edge the next around its node, and the angle between them, (2E,)."""
    order = np.lexsort([angle, np.unique(np.round(node, 4), return_inverse=True)[1]])
    ends = np.flatnonzero(np.append(np.diff(np.round(node[order], 4)) != 0, True))
    # The last of a node's half edges is followed by the first of them.
    after = np.arange(1, len(order) + 1)
    after[ends] = np.append(0, ends[:-1] + 1)
    follower = np.empty_like(order)
    follower[order] = order[after]
    gap = (angle[follower] - angle) % (2 * np.pi)
    return follower, np.where(gap < 1e-6, 2 * np.pi, gap)
