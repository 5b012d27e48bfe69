"""Truchet tiles: ribbons that turn one way or the other in each, by the toss of a coin."""

from typing import Annotated

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from drawscape.geometry import fit_count, grow_count, polar, squares_in
from drawscape.geometry.lines import Flags, Floats, Ints, Points
from drawscape.sketches import MOSS, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks, focus

CLOSEST = 0.7
"""mm between the lines of a hatch, whatever was asked: closer ones only blot."""

GAP = 0.06
"""Of a tile: the white beside a ribbon that passes over another."""

FEWEST = 5
"""Strands of a ribbon that passes over another: fewer are stray arcs where it is cut."""

APART = 0.35
"""Of a tile: the broadest ribbon beside which another one passes."""


@sketch
def truchet(
    svg: SVGBuilder,
    rng: Rng,
    *,
    tiles: Annotated[int, Slider(2, 40, "Tiles across the shorter side")] = 8,
    strands: Annotated[int, Slider(1, 9, "Most lines of each ribbon")] = 8,
    drift: Annotated[Fraction, "0 tosses a fair coin; 1 lets one slant win in places"] = 0.9,
    ribbon: Annotated[float, Slider(0.2, 0.9, "Breadth of the ribbons")] = 0.5,
    loops: Annotated[bool, "Loops and the longest ribbon in inks of their own"] = True,
    palette: Palette = "as designed",
) -> None:
    """A maze of ribbons that bounce off one another in every tile, one way or the other.

    Sebastien Truchet's tiles (1704), with two quarter rings in each: ribbons run on from tile to tile
    (Cyril Stanley Smith, 1987). A coin turns each tile, as in 10 PRINT CHR$(205.5+RND(1)); : GOTO 10
    on the Commodore 64 (1982). Where ribbons are broad, one passes over the other.
    """
    side, columns, rows, corner = squares_in(svg.frame, tiles)
    ribbon = min(
        0.9, ribbon * choose(svg, "ribbons", {"narrow": 0.7, "middling": 1.1, "broad": 1.6})
    )
    strands = fit_count(grow_count(strands, svg.frame), side * ribbon, CLOSEST)
    if strands < FEWEST:
        ribbon = min(ribbon, APART)
    y, x = np.indices((rows, columns))
    slanting = focus(svg, "slant")
    chance = 0.5 + 0.5 * drift * (2 * slanting(x / columns, y / rows) - 1)
    rising = rng.random((rows, columns)) < chance
    first_above = rng.random((rows, columns)) < 0.5
    kind = _kinds(rising) if loops else np.zeros((rows, columns, 2), dtype=np.int64)
    shares = 0.5 + ribbon / 2 * (np.linspace(-1, 1, strands) if strands > 1 else np.zeros(1))
    parts = [list[Points]() for _ in range(3)]
    arcs = [_arcs(shares, ribbon, above) for above in (False, True)]
    for r, c, which in np.ndindex(rows, columns, 2):
        for arc in arcs[int(first_above[r, c] == (which == 0))]:
            # About another corner: the opposite one, or mirrored.
            arc = 1 - arc if which else arc
            arc = arc * (-1, 1) + (1, 0) if rising[r, c] else arc
            parts[kind[r, c, which]].append((arc + np.array([c, r])) * side + corner)
    palette = choose_inks(svg, palette, "moss", "tide", "plum")
    pens = {"ways": MOSS[0], "loops": MOSS[4], "longest": MOSS[1]}
    in_pens(svg, palette, pens, parts, width=0.4)


def _arcs(shares: Floats, ribbon: float, above: bool) -> list[Points]:
    """Return the quarter rings of the radii `shares` about the corner (0, 0) of a unit cell.

    Those of a ribbon that is not `above` stop short of the other one, about the corner (1, 1).
    """
    ring = polar(shares[:, None], np.linspace(0, np.pi / 2, 41))
    if above:
        return list(ring[:, ::4])
    free = np.linalg.norm(1 - ring, axis=2) > 0.5 + ribbon / 2 + GAP
    parts = []
    for arc, shown in zip(ring, free):
        ends = np.flatnonzero(np.diff(shown, prepend=False, append=False)).reshape(-1, 2)
        parts += [arc[a:b] for a, b in ends if b - a > 1]
    return parts


def _kinds(rising: Flags) -> Ints:
    """Return (rows, columns, 2): 1 if the ribbon about a cell's upper, lower corner is a loop, else 0.

    A ribbon runs through the middles of edges; it is a loop if none of them is the page's. The
    longest of the others is 2.
    """
    rows, columns = rising.shape
    level = np.arange((rows + 1) * columns).reshape(rows + 1, columns)
    upright = level.size + np.arange(rows * (columns + 1)).reshape(rows, columns + 1)
    left, right = upright[:, :-1], upright[:, 1:]
    upper = np.stack([level[:-1], np.where(rising, right, left)], axis=-1)
    lower = np.stack([level[1:], np.where(rising, left, right)], axis=-1)
    pairs = np.concatenate([upper, lower]).reshape(-1, 2)
    count = level.size + upright.size
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    _, ribbon = connected_components(graph, directed=False)
    outer = np.concatenate([level[0], level[-1], upright[:, 0], upright[:, -1]])
    kinds = np.where(np.isin(ribbon, ribbon[outer]), 0, 1)
    kinds[ribbon == np.argmax(np.bincount(ribbon[kinds == 0]))] = 2
    return np.stack([kinds[upper[..., 0]], kinds[lower[..., 0]]], axis=-1)
