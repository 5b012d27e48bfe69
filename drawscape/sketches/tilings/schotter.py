"""Squares that fall into disorder."""

from typing import Annotated

import numpy as np

from drawscape.geometry import cartesian, fitted, polar
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch


@sketch
def schotter(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(3, 30, "Squares across the shorter side")] = 12,
    turning: Annotated[float, Slider(0, 2, "How far the last squares turn")] = 1.0,
    drifting: Annotated[float, Slider(0, 2, "How far the last squares drift")] = 1.0,
    calm: Annotated[float, Slider(0, 0.8, "Part of the page left in order")] = 0.08,
    accent: Annotated[Fraction, "Part of the last squares in the second pen"] = 0.12,
    palette: Palette = "as designed",
) -> None:
    """Squares in order at one end of the page that turn and tumble like gravel toward the other.

    After Georg Nees, Schotter (Gravel), Stuttgart 1968: twelve squares across, twenty-two down,
    each turned and moved by chance that grows with every row.
    """
    rows = max(columns, round(columns * svg.frame.long / svg.frame.short))
    places = cartesian(np.arange(columns), np.arange(rows)[:, None]).reshape(-1, 2)
    disorder = np.maximum(0.0, (places[:, 1] + 0.5) / rows - calm) / (1 - calm)
    angle = rng.uniform(-np.pi / 4, np.pi / 4, len(places)) * disorder * turning
    shift = rng.uniform(-0.45, 0.45, places.shape) * (disorder * drifting)[:, None]
    corners = np.pi / 4 + np.pi / 2 * np.arange(5) + angle[:, None]
    squares = polar(np.sqrt(0.5), corners) + (places + shift)[:, None]
    squares[:, 4] = squares[:, 0]  # closed to the bit
    if svg.frame.width > svg.frame.height:
        squares = squares[:, :, ::-1]
    placed = fitted(svg.frame, squares)
    # A few stones catch the eye, the more the further the order is gone.
    marked = rng.random(len(places)) < accent * disorder
    parts = [placed[~marked], placed[marked]]
    in_pens(svg, palette, {"gravel": "#1b1b1b", "marked": "#b3402a"}, parts, width=0.4)
