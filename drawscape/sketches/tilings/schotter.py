"""Squares that fall into disorder."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import fitted, polar
from drawscape.sketches import Palette, Rng, Share, SVGBuilder, in_pens, inks, sketch


@sketch
def schotter(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Interval(ge=3, le=30), doc("Squares across the shorter side")] = 12,
    turning: Annotated[float, Interval(ge=0, le=2), doc("How far the last squares turn")] = 1.0,
    drifting: Annotated[float, Interval(ge=0, le=2), doc("How far the last squares drift")] = 1.0,
    calm: Annotated[float, Interval(ge=0, le=0.8), doc("Part of the page left in order")] = 0.08,
    accent: Annotated[Share, doc("Part of the last squares in the second pen")] = 0.12,
    palette: Palette = "as designed",
) -> None:
    """Squares in order at one end of the page that turn and tumble like gravel toward the other.

    After Georg Nees, Schotter (Gravel), Stuttgart 1968: twelve squares across, twenty-two down,
    each turned and moved by chance that grows with every row.
    """
    rows = max(columns, round(columns * svg.frame.long / svg.frame.short))
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(columns), np.arange(rows)))
    disorder = np.maximum(0.0, (y + 0.5) / rows - calm) / (1 - calm)
    angle = rng.uniform(-np.pi / 4, np.pi / 4, len(x)) * disorder * turning
    shift = rng.uniform(-0.45, 0.45, (len(x), 2)) * (disorder * drifting)[:, None]
    corners = np.pi / 4 + np.pi / 2 * np.arange(5) + angle[:, None]
    squares = polar(np.sqrt(0.5), corners) + (np.stack([x, y], axis=-1) + shift)[:, None]
    squares[:, 4] = squares[:, 0]  # closed to the bit
    if svg.frame.width > svg.frame.height:
        squares = squares[:, :, ::-1]
    ink, placed = inks(svg, palette, "#1b1b1b", "#b3402a"), fitted(svg.frame, squares)
    # A few stones catch the eye, the more the further the order is gone.
    marked = rng.random(len(x)) < accent * disorder
    in_pens(svg, ink, [placed[~marked], placed[marked]], width=0.4, names=("gravel", "marked"))
