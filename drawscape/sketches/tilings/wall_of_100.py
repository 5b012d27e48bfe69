"""A wall of a hundred sheets that goes from order to disorder, one gene at a time."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Lines, fit_count, thinned
from drawscape.geometry.lines import Complexes, as_floats
from drawscape.sketches import PLUM, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

SIDE = 10
"""Sheets along a side of the wall."""

RINGS = 60
"""Most outlines of a sheet."""


@sketch
def wall_of_100(
    svg: SVGBuilder,
    rng: Rng,
    *,
    number: Annotated[int, Slider(0, 100, "Sheet of the wall, 1 to 100; 0: all, small")] = 0,
    disorder: Annotated[float, Slider(0.2, 2, "How far the last sheets go")] = 1.0,
    spacing: Annotated[float, Slider(0.7, 3, "In mm, between outlines")] = 1.0,
    palette: Palette = "as designed",
) -> None:
    """A hundred sheets for one wall: neighbours differ by one gene, and disorder grows with each step.

    After Vera Molnár's series, such as 1 % de désordre (1974). `variations("wall_of_100",
    number=range(1, 101))` draws all sheets. Each has its number, its neighbours' numbers at its sides, and
    a bar for each gene: crowd, drift, turn, wave, tremble and loss. The seed makes another wall.
    """
    palette = choose_inks(svg, palette, "plum", "tide", "kiln")
    pens = set_pens(svg, palette, PLUM[:2], width=(0.3, 0.4))
    corners = choose(svg, "figure", {"squares": 4, "hexagons": 6, "circles": 48})
    across = choose(svg, "order", {"from the left": 1, "from the right": -1})
    genes = _wall(rng, across, choose(svg, "rows", {"downwards": 1, "upwards": -1}))
    # Each sheet has its own chance, drawn for all of them: any sheet alone is the one on the wall.
    chance = rng.normal(0, 1, (2, SIDE * SIDE, RINGS, corners))
    lost, heading = rng.random(RINGS), np.exp(2j * np.pi * rng.random())
    sheets = [number - 1] if number else range(SIDE * SIDE)
    cells = svg.grid(1, 1) if number else svg.grid(SIDE, SIDE)
    room = 0.38 if number else 0.45
    for sheet, cell in zip(sheets, cells):
        count = fit_count(RINGS, cell.size / 2.4, spacing, least=4)
        rings = _rings(corners, count, genes[sheet] * disorder, chance[:, sheet], heading)
        # All of a figure stays in its room, whatever its disorder.
        size = cell.frame.size * room / max(1.0, np.max(np.abs(as_floats(rings))))
        place = cell.frame.middle + as_floats(rings) * size
        is_lost = lost[:count] < 0.35 * genes[sheet, 5] * disorder
        for pen, chosen in zip(pens, (~is_lost, is_lost)):
            # Where outlines crowd into a blot, only some go on.
            lines = thinned(Lines.of(place[chosen]), 1 + np.flatnonzero(chosen), most=0.55)
            svg.polylines(lines, pen=pen)
    if number:
        _label(svg, number, genes[number - 1], pens[0])


def _wall(rng: Rng, across: int, down: int) -> Floats:
    """Return the genes of each sheet, (100, 6), 0 to 1: three change along rows, three down columns."""
    order = np.repeat([0, 1, 2], 3)
    steps = [np.eye(3)[rng.permutation(order)].cumsum(axis=0) / 3 for _ in range(2)]
    row, column = (np.concatenate([np.zeros((1, 3)), step]) for step in steps)
    first = np.tile(row[::across], (SIDE, 1))
    return np.concatenate([first, np.repeat(column[::down], SIDE, axis=0)], axis=1)


def _rings(corners: int, count: int, genes: Floats, chance: Floats, heading: complex) -> Complexes:
    """Return `count` outlines, the innermost first, about 0 with a half width and height of 1."""
    crowd, drift, turn, wave, tremble, _ = genes
    size = ((np.arange(count) + 1)[:, None] / count) ** (1 / (1 + 0.7 * crowd))
    corner = np.exp(2j * np.pi * (np.arange(corners) + 0.5) / corners - 0.5j * np.pi)
    corner = corner / max(np.max(corner.real), np.max(corner.imag))
    off = chance[0, :count] + 1j * chance[1, :count]
    ends = size * (corner + 0.45 * tremble * off / np.sqrt(corners))
    t = np.arange(0, 1, min(1.0, corners / 192))
    sides = ends[..., None] * (1 - t) + np.roll(ends, -1, axis=1)[..., None] * t
    outline = sides.reshape(count, -1)
    outline = np.concatenate([outline, outline[:, :1]], axis=1)
    outline = outline * np.exp(1j * turn * 1.6 * (1 - size))
    swell = 1 + 0.16 * wave * np.sin(5 * np.angle(outline) + 9 * size)
    return outline * swell + 0.5 * drift * heading * (1 - size)


def _label(svg: SVGBuilder, number: int, genes: Floats, pen: str) -> None:
    """Write the number, bars for the genes, and the neighbours' numbers at the sides."""
    size = svg.frame.short / 60
    frame = svg.frame.inset(size)
    svg.lettering(f"{number}/100", frame.x0, frame.y1, size=size, pen=pen)
    for place, gene in enumerate(genes):
        x = frame.x1 - size * (len(genes) - place)
        svg.line(x, frame.y1, x, frame.y1 - size * (0.2 + gene), pen=pen)
    column = (number - 1) % SIDE
    near = {
        number - SIDE: (frame.cx, frame.y0 + size),
        number + SIDE: (frame.cx, frame.y1),
        number - (column > 0): (frame.x0 + size, frame.cy),
        number + (column < SIDE - 1): (frame.x1 - size, frame.cy),
    }
    for other, (x, y) in near.items():
        if 1 <= other <= 100 and other != number:
            svg.lettering(str(other), x, y, size=0.7 * size, align="center", pen=pen)
