"""Truchet tiles of several sizes, woven."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Ints, Lines, Points, fit_count, grow_count, polar, squares_in
from drawscape.sketches import AS_DESIGNED, Palette, Share, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder


@sketch
def truchet(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    tiles: Annotated[int, Interval(ge=3, le=16), doc("Largest tiles across the shorter side")] = 5,
    levels: Annotated[int, Interval(ge=1, le=4), doc("Sizes of tile, each half the last")] = 3,
    split: Annotated[Share, doc("Chance that a tile is cut into four smaller ones")] = 0.45,
    strands: Annotated[int, Interval(ge=2, le=6), doc("Lines in a band of the smallest tiles")] = 4,
    palette: Palette = AS_DESIGNED,
) -> None:
    """Bands of parallel lines that meander over and under each other.

    Each tile holds two sets of quarter circles about opposite corners, one of them on top by lot
    (Sebastien Truchet, 1704; Cyril Stanley Smith, 1987). Tiles are cut in four by lot, after
    Christopher Carlson, Multi-Scale Truchet Patterns, 2018. Lines are as far apart in all sizes, so
    that each goes on in the next tile.
    """
    side, columns, rows, corner = squares_in(svg.frame, tiles)
    strands = fit_count(grow_count(strands, svg.frame), side / 2 ** (levels - 1), 0.6)
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    cells = np.stack([x.ravel(), y.ravel()], axis=-1) * side
    arcs = []
    for level in range(levels):
        cut = rng.random(len(cells)) < (split if level < levels - 1 else 0)
        whole = cells[~cut] + corner
        lines = strands * 2 ** (levels - 1 - level)
        arcs.append(_tiled(whole, rng.integers(0, 4, len(whole)), side, lines))
        side /= 2
        quarters = np.array([(0, 0), (1, 0), (0, 1), (1, 1)]) * side
        cells = (cells[cut][:, None, :] + quarters).reshape(-1, 2)
    in_pens(svg, inks(svg, palette, "#1b1b1b"), [Lines.join(arcs)])


def _tiled(cells: Points, turns: Ints, side: float, lines: int) -> Lines:
    """Return the arcs of all `cells` (upper left corners), each tile with its quarter turns."""
    pieces = []
    for turn in range(4):
        here = cells[turns == turn]
        for arc in _tile(lines, max(8, int(side * 1.6 / 0.35))):
            x, y = (arc - 0.5).T
            for _ in range(turn):
                x, y = -y, x
            shape = (np.column_stack([x, y]) + 0.5) * side
            pieces.append(Lines.of(here[:, None, :] + shape[None, :, :]))
    return Lines.join(pieces)


def _tile(lines: int, steps: int) -> list[Points]:
    """Return the unit tile's arcs about (0, 0), and what they leave of those about (1, 1)."""
    arcs = []
    for radius in (np.arange(lines) + 0.5) / lines:
        count = max(4, int(steps * radius))
        arcs.append(_arc(radius, 0, np.pi / 2, count))
        # From (1, 1), the unit circle about (0, 0) hides the arc within `hidden` of the diagonal.
        cosine = (1 + radius**2) / (2 * np.sqrt(2) * radius)
        hidden = np.arccos(cosine) if cosine < 1 else 0.0
        if hidden == 0:
            arcs.append(1 - _arc(radius, 0, np.pi / 2, count))
        elif hidden < np.pi / 4:
            ends = (np.pi / 4 - hidden, np.pi / 4 + hidden)
            arcs.append(1 - _arc(radius, 0, ends[0], max(3, count // 3)))
            arcs.append(1 - _arc(radius, ends[1], np.pi / 2, max(3, count // 3)))
    return arcs


def _arc(radius: float, start: float, end: float, count: int) -> Points:
    return polar(radius, np.linspace(start, end, count))
