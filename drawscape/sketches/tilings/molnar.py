"""One rule, and a disturbance that rises."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import fit_count, grow_count, rectangle
from drawscape.sketches import PLUM, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, focus
from drawscape.svg.grid import Cell

Rule = Literal["squares", "interruptions"]


@sketch
def molnar(
    svg: SVGBuilder,
    rng: Rng,
    *,
    rule: Annotated[Rule, "What is disturbed"] = "squares",
    columns: Annotated[int, Slider(3, 40, "Figures across the page")] = 8,
    disturbance: Annotated[Fraction, "How far the figures leave the rule"] = 0.5,
    nested: Annotated[int, Slider(3, 12, "Most figures in one another")] = 8,
    palette: Palette = "as designed",
) -> None:
    """A sheet of a series: one rule for all, and one per cent of disorder, or twenty.

    In homage to Vera Molnár: (Dés)Ordres (1974), Interruptions (1968). Draw the
    series with `variations("molnar", disturbance=[0, 0.1, 0.2, 0.4])`. The seed says where the
    disturbance rises, and how many figures are left out.
    """
    pens = set_pens(svg, palette, PLUM[:3], width=0.4)
    rises = focus(svg, "disturbance")
    kept = choose(svg, "density", {"full": 1.0, "open": 0.7, "sparse": 0.45})
    columns = fit_count(columns, svg.frame.width, 5.0, least=2)
    with svg.clip(svg.frame):
        for cell in svg.grid(columns):
            off = disturbance * float(rises(cell.u, cell.v))
            nest = fit_count(grow_count(nested, svg.frame), cell.size / 2, 0.9)
            pen = pens[0] if rng.random() > 0.7 * off else pens[rng.integers(1, 3)]
            with cell:
                if rule == "interruptions":
                    _strokes(svg, rng, cell, off, kept, pen)
                else:
                    _nested(svg, rng, cell, off, nest, kept, pen)


def _nested(
    svg: SVGBuilder, rng: Rng, cell: Cell, off: float, count: int, kept: float, pen: str
) -> None:
    """Draw squares in one another, their corners moved by `off` of their size."""
    for number in range(count):
        half = 0.46 * cell.size * (1 - number / (count + 0.5))
        corners = rectangle((-half, -half, half, half))[:4]
        moved = corners + rng.uniform(-1, 1, (4, 2)) * 1.1 * off * half
        if number == 0 or rng.random() < kept:
            svg.polygon(np.clip(moved, -0.49 * cell.size, 0.49 * cell.size), pen=pen)


def _strokes(svg: SVGBuilder, rng: Rng, cell: Cell, off: float, kept: float, pen: str) -> None:
    """Draw six by six strokes that turn by `off`, with holes where some are gone."""
    step = cell.size / 6
    if rng.random() < 0.8 * off * (1.3 - kept):
        return
    middles = (np.array(list(np.ndindex(6, 6))) - 2.5) * step
    turns = np.radians(rng.normal(0, 70 * off, len(middles)))
    half = 0.6 * step * np.column_stack([-np.sin(turns), np.cos(turns)])
    svg.polylines(np.stack([middles - half, middles + half], axis=1), pen=pen)
