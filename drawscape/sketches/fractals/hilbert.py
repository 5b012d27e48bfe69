"""A Hilbert curve that grows finer where the picture is darker."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Flags, Points, rounded
from drawscape.geometry.lines import simplify
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import Clarity, Fit, PictureFile, tone_over

CLOSEST_MM = 0.5
"""Slider lines where the picture is black, at depth 7."""


@sketch
def hilbert(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    depth: Annotated[int, Slider(3, 7, "Levels of the curve on A4")] = 7,
    contrast: Annotated[Fraction, "How much coarser the curve is in the light"] = 0.9,
    clarity: Clarity = 0.5,
    rounding: Annotated[Fraction, "0 keeps the corners sharp, 1 rounds them fully"] = 1.0,
    palette: Palette = "as designed",
) -> None:
    """One unbroken line over the whole page, dense in the shadows and wide in the light.

    The curve is David Hilbert's (Über die stetige Abbildung einer Linie auf ein Flächenstueck,
    1891). Its squares are cut into four, or not, by the darkness below them. Neighbours along the
    curve share a side at every depth, so the line never crosses itself.
    """
    frame = svg.frame
    # Two by so many squares as fit the page's proportions best.
    along = max(2, round(2 * frame.long / frame.short))
    grid = (along, 2) if frame.width > frame.height else (2, along)
    cells = _start(*grid)
    tone = tone_over(frame, picture, fit, 0.9, clarity=clarity)

    def centres() -> Points:
        middle = cells[:, 0] + (cells[:, 1] + cells[:, 2]) / 2
        return middle * frame.size / grid + frame[:2]

    side, closest = frame.short / 2, CLOSEST_MM * 2.0 ** (7 - depth)
    while side / 2 > 0.7 * closest:
        dark = tone.at(centres())
        wanted = side / closest * (1 - contrast * (1 - dark))
        # Squares of half the side hold twice the line: this share of them is cut, in even steps
        # along the curve that the seed moves.
        share = np.clip(wanted - 1, 0, 1)
        share += share * (1 - share) * rng.uniform(-1, 1, len(share))
        count = np.floor(rng.random() + np.cumsum(share))
        cells = _cut(cells, np.diff(count, prepend=0.0) > 0)
        side /= 2
    line = centres()
    line = rounded(np.concatenate([line[-1:], line, line[:1]]), rounding)[1:-1]
    line = simplify(np.append(line, line[:1], axis=0), 0.001)
    in_pens(svg, palette, {"line": "#1b1b1b"}, [[line]])


def _start(columns: int, rows: int) -> Points:
    """Return the squares of a ring through a grid of 2 by n: (2 n, 3, 2) with corner and two sides.

    The curve enters a square at its corner and leaves it at the far end of its second side.
    """
    steps = np.arange(max(columns, rows))
    ones, zeros = np.ones(len(steps)), np.zeros(len(steps))
    there = np.stack([(ones, steps), (-ones, zeros), (zeros, ones)])
    back = np.stack([(ones, steps[::-1] + 1), (ones, zeros), (zeros, -ones)])
    ring = np.concatenate([there, back], axis=2).transpose(2, 0, 1)
    return ring[:, :, ::-1].copy() if columns > rows else ring


def _cut(cells: Points, chosen: Flags) -> Points:
    """Return the cells, each chosen one replaced by its four quarters in the order of the curve."""
    corner, x, y = cells[:, 0], cells[:, 1] / 2, cells[:, 2] / 2
    far = corner + x + 2 * y
    quarters = np.array([(corner, y, x), (corner + x, x, y), (corner + x + y, x, y), (far, -y, -x)])
    parts = np.where(chosen[:, None, None, None], quarters.transpose(2, 0, 1, 3), cells[:, None])
    return np.asarray(parts[chosen[:, None] | (np.arange(4) == 0)])
