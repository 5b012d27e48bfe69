"""Globes in a chequerboard."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Lines, polar
from drawscape.geometry.thinning import keep_positive
from drawscape.sketches import INK, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

RADII = {
    "one": (0.46,),
    "two": (0.4, 0.24),
    "three": (0.34, 0.28, 0.2),
    "five": (0.3, 0.24, 0.2, 0.17, 0.14),
}
"""Of the globes, in parts of the page's shorter side."""

CLOSEST = 0.38
"""mm between two lines."""


@sketch
def vega(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(8, 40, "Cells across the page")] = 24,
    swelling: Annotated[float, Slider(0.4, 1, "How far globes stand out")] = 0.9,
    spacing: Annotated[float, Slider(0.6, 1.6, "In mm, from line to line")] = 0.7,
    palette: Palette = "as designed",
) -> None:
    """A board of dark and light cells, which globes push out and hollows draw in.

    After Victor Vasarely, Vega (1957). Cells are hatched along the board; where it turns away, its
    lines draw together and shade the globe.
    """
    radii = choose(svg, "globes", RADII)
    turn = choose(svg, "board", {"upright": 0.0, "on its corner": np.pi / 4, "askew": 0.35})
    cell = svg.frame.short / columns * choose(svg, "cells", {"small": 1.0, "large": 1.3})
    pens = set_pens(svg, choose_inks(svg, palette, "ink", "tide", "plum"), INK[:3])
    # The board reaches beyond the corners of the page, however it is turned.
    half = cell * np.ceil(svg.frame.long / cell)
    x, y = np.meshgrid(
        np.arange(-half, half, cell / 12), np.arange(-half, half, min(spacing, cell / 6))
    )
    outside = dark = np.sin(np.pi * x / cell) * np.sin(np.pi * y / cell) - 1e-6
    board = svg.frame.middle + polar(np.hypot(x, y), np.arctan2(y, x) + turn)
    places = svg.frame[:2] + rng.uniform(0.12, 0.88, (999, 2)) * svg.frame.size
    gaps = np.full(999, np.inf)

    def fill(values: Floats, pen: str) -> None:
        along, down = np.gradient(board, axis=1), np.gradient(board, axis=0)
        area = np.linalg.det(np.stack([along, down], axis=-1))
        gap = np.abs(area) / np.linalg.norm(along, axis=-1)
        # Where lines draw together, every second goes on, and then every fourth.
        room = gap * np.resize([4, 1, 2, 1], len(gap))[:, None] - CLOSEST
        svg.polylines(keep_positive(Lines.of(board), np.minimum(values, room).ravel()), pen=pen)

    with svg.clip(svg.frame):
        for number, radius in enumerate(np.multiply(radii, svg.frame.short)):
            # A globe of fewer than nine cells has no form.
            radius = max(radius, min(4.5 * cell, 0.46 * svg.frame.short))
            if np.max(gaps) < radius:
                break
            # The first place where the globe is clear of the others, or the one with most room.
            middle = places[np.argmax(np.minimum(gaps, radius))]
            gaps = np.minimum(gaps, np.hypot(*(places - middle).T) - radius)
            part = np.linalg.norm(board - middle, axis=-1) / radius
            near = np.clip(part, 1e-9, 1)
            globe = 0.88 * (np.sin(np.pi / 2 * near) - near)
            hollow = -0.12 * np.sin(2 * np.pi * near)
            moved = 1 + swelling * (hollow if number % 2 else globe) / near
            board = middle + (board - middle) * moved[..., None]
            fill(np.minimum(dark, 9 * (1 - part)), pens[1 + number % 2])
            svg.circle(middle[0], middle[1], radius, pen=pens[1 + number % 2])
            outside = np.minimum(outside, 9 * (part - 1))
        fill(outside, pens[0])
