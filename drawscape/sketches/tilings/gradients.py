"""Gradients: inks that pass into each other, stripe by stripe."""

from itertools import pairwise
from typing import Annotated

import numpy as np

from drawscape.geometry import fit_count
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks


@sketch
def gradients(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(1, 16, "Most columns of stripes")] = 6,
    fields: Annotated[int, Slider(1, 6, "Most fields of one ink in a column")] = 3,
    closest: Annotated[float, Slider(0.65, 1.5, "Closest stripes, in mm")] = 0.75,
    farthest: Annotated[float, Slider(2, 12, "Farthest stripes, in mm")] = 5.0,
    overlap: Annotated[Fraction, "How far a column reaches over its neighbours"] = 0.25,
    palette: Palette = "as designed",
) -> None:
    """Columns of stripes that thicken and thin, ink against ink, and mix where they overlap.

    After Licia He's plotted watercolors (from 2019), where stripes of two inks make a third between
    them. Try `palette="gel on black"`.
    """
    palette = choose_inks(svg, palette, "as designed", "moss")
    pens = set_pens(svg, palette, [TIDE[2], TIDE[1], TIDE[3]])
    share = choose(svg, "columns", {"many": 1.0, "some": 0.67, "few": 0.5})
    light = choose(svg, "light", {"above": 0, "below": 1, "to and fro": 2})
    frame = svg.frame
    count = fit_count(max(1, round(share * columns)), frame.width, 10.0)
    widths = rng.uniform(0.5, 1.7, count)
    x = frame.x0 + frame.width * np.append(0, np.cumsum(widths) / widths.sum())
    closest = max(closest, 0.5 + 0.25 * overlap)  # an ink may lie over itself there
    for column in range(count):
        reach = overlap * (x[column + 1] - x[column])
        for pen, over in zip(rng.permutation(3)[:2], (0, reach)):
            left, right = max(x[column] - over, frame.x0), min(x[column + 1] + over, frame.x1)
            cuts = np.sort(rng.uniform(0.15, 0.85, rng.integers(fields)))
            edges = frame.y0 + frame.height * np.array([0, *cuts, 1])
            for y0, y1 in pairwise(edges):
                turned = light if light < 2 else rng.integers(2)
                y, step = 0.0, closest
                while y < y1 - y0:
                    at = y0 + y if turned else y1 - y
                    svg.line(left, at, right, at, pen=pens[pen])
                    y += step
                    # The steps of a geometric row, the last of which is the farthest.
                    step *= (farthest / closest) ** (step / (y1 - y0))
