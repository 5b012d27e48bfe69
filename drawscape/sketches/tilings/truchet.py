"""Truchet tiles of several sizes, woven."""

from typing import Annotated

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from drawscape.geometry import as_on_a4, cartesian, fit_count, polar, squares_in
from drawscape.geometry.lines import Floats, Ints, Lines, Points
from drawscape.sketches import MOSS, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import focus

CLOSEST = 0.7
"""mm between the lines of the smallest tiles, whatever was asked: closer ones only blot."""


@sketch
def truchet(
    svg: SVGBuilder,
    rng: Rng,
    *,
    tiles: Annotated[int, Slider(2, 10, "Largest tiles across the shorter side")] = 3,
    levels: Annotated[int, Slider(1, 4, "Most sizes of tile, each half the last")] = 4,
    split: Annotated[Fraction, "Fraction of tiles that are cut into four smaller ones"] = 0.7,
    strands: Annotated[int, Slider(2, 12, "Lines of each tile, on A4")] = 7,
    palette: Palette = "as designed",
) -> None:
    """Wide calm arcs beside small dense knots, and colored strands that run from one into the other.

    Each tile holds two sets of quarter circles about opposite corners, one of them on top by lot
    (Sebastien Truchet, 1704; Cyril Stanley Smith, 1987). A slow field says where tiles are cut in
    four, after Christopher Carlson, Multi-Scale Truchet Patterns, 2018. All tiles have as many
    lines, so small ones are darker, and every second line of a small tile goes on in a larger one.
    A strand has the color of the largest tile that it passes.
    """
    side, columns, rows, corner = squares_in(svg.frame, tiles)
    # A tile smaller than 5 mm would be a grey square.
    levels = fit_count(levels, 1 + np.log2(side / 5), 1.0)
    lively = focus(svg, "small tiles")
    smallest = side / 2 ** (levels - 1)
    strands = fit_count(as_on_a4(strands, svg.frame, lines=True), smallest, CLOSEST, least=2)
    cells = cartesian(np.arange(columns), np.arange(rows)[:, None]).reshape(-1, 2) * side + corner
    arcs, feet, sizes = list[Points](), list[Points](), list[int]()
    for level in range(levels):
        u, v = ((cells + side / 2 - svg.frame[:2]) / svg.frame.size).T
        busy = lively(u, v) + rng.normal(0, 0.15, len(cells))
        cut = split * (busy + 0.3) > (level + 0.4) / levels
        cut &= level < levels - 1
        tile = _tile(strands, max(8, int(side * 1.6 / 0.35)))
        for cell, turn in zip(cells[~cut], rng.integers(0, 4, np.count_nonzero(~cut)), strict=True):
            axes = polar(side, np.pi / 2 * np.array([turn, turn + 1]))
            arcs += [(arc - 0.5) @ axes + cell + side / 2 for arc, _ in tile]
            feet += [(ends - 0.5) @ axes + cell + side / 2 for _, ends in tile]
            sizes += [level] * len(tile)
        side /= 2
        quarters = np.array([(0, 0), (1, 0), (0, 1), (1, 1)]) * side
        cells = (cells[cut][:, None, :] + quarters).reshape(-1, 2)
    # The finest strands and the widest share a pen.
    pen = (levels - 1 - _largest(np.array(feet), np.array(sizes), smallest / strands / 2)) % 3
    parts = [Lines.of(arcs).take(pen == number) for number in range(3)]
    in_pens(svg, palette, MOSS, parts)


def _largest(feet: Floats, sizes: Ints, near: float) -> Ints:
    """Return the least of `sizes` on each arc's strand; arcs are joined whose `feet`, (n, 2, 2), meet."""
    places = np.round(feet.reshape(-1, 2) / near).astype(int)
    _, node = np.unique(places, axis=0, return_inverse=True)
    one, other = node.reshape(-1, 2).T
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(len(node), len(node)))
    _, strand = connected_components(graph, directed=False)
    least = np.full(len(node), np.max(sizes))
    np.minimum.at(least, strand[one], sizes)
    return np.asarray(least[strand[one]])


def _tile(lines: int, steps: int) -> list[tuple[Points, Points]]:
    """Return the unit tile's arcs about (0, 0), and what they leave of those about (1, 1).

    With each are both ends of the whole arc: a strand that passes under another is still one.
    """
    arcs = []
    for radius in np.arange(1, lines + 1) / lines:
        count = max(4, int(steps * radius))
        ends = radius * np.eye(2)
        arcs.append((polar(radius, np.linspace(0, np.pi / 2, count)), ends))
        # From (1, 1), the unit circle about (0, 0) hides the arc within `hidden` of the diagonal.
        cosine = (1 + radius**2) / (2 * np.sqrt(2) * radius)
        hidden = np.arccos(cosine) if cosine < 1 else 0.0
        for low, high in ((0, np.pi / 4 - hidden), (np.pi / 4 + hidden, np.pi / 2)):
            if high - low > 0.01:
                arc = polar(radius, np.linspace(low, high, max(3, count // 2)))
                arcs.append((1 - arc, 1 - ends))
    return arcs
