"""From nodes that know their parents to the lines of a tree."""

import numpy as np

from drawscape.geometry import Flags, Ints, Lines, Points


def subtree_sizes(parents: Ints, counted: Flags | None = None) -> Ints:
    """Return for each node how many nodes, of those `counted`, hang on it, itself included.

    `parents` is (N,); a node's parent comes before it, roots have -1.
    """
    sizes = np.ones(len(parents), dtype=np.int64) if counted is None else counted.astype(np.int64)
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


def chains(parents: Ints, sizes: Ints) -> list[list[int]]:
    """Return the tree as chains of nodes, each from where it leaves its parent to a tip.

    At a fork the larger branch goes on and the smaller ones begin chains of their own.
    """
    heir = np.full(len(parents), -1)
    order = np.argsort(sizes, kind="stable")
    order = order[parents[order] >= 0]
    heir[parents[order]] = order  # the last one written, the largest, stays
    found = []
    for start in range(len(parents)):
        parent = int(parents[start])
        if parent >= 0 and heir[parent] == start:
            continue
        chain = [parent] if parent >= 0 else []
        node = start
        while node >= 0:
            chain.append(node)
            node = int(heir[node])
        found.append(chain)
    return found


def twig_lines(places: Points, chain_nodes: list[list[int]]) -> Lines:
    """Return the chains as lines; a chain of a single node is left out."""
    return Lines.of([places[chain] for chain in chain_nodes if len(chain) > 1])
