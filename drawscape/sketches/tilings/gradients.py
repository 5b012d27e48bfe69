"""Gradients: two inks that pass into each other, stripe by stripe."""

from itertools import pairwise
from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Points, cartesian, fit_count
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch


@sketch
def gradients(
    svg: SVGBuilder,
    rng: Rng,
    *,
    columns: Annotated[int, Slider(1, 16, "Columns of stripes")] = 6,
    fields: Annotated[int, Slider(1, 9, "Most fields of one ink in a column")] = 4,
    closest: Annotated[float, Slider(0.45, 1.5, "Closest stripes, in mm")] = 0.7,
    farthest: Annotated[float, Slider(2, 12, "Farthest stripes, in mm")] = 4.5,
    overlap: Annotated[Fraction, "How far a column reaches over its neighbours"] = 0.3,
    palette: Palette = "as designed",
) -> None:
    """Columns of stripes that thicken and thin, ink against ink, and mix where they overlap.

    After Licia He's plotted watercolors (from 2019), where stripes of two inks make a third between
    them. Try `palette="gel on black"`.
    """
    frame = svg.frame
    columns = fit_count(columns, frame.width, 10.0)
    closest = max(closest, 0.45 + 0.25 * overlap)  # an ink may lie over itself there
    farthest *= min(1.0, frame.short / 180)  # a small page has room for fewer stripes
    widths = rng.uniform(0.6, 1.6, columns)
    x = frame.x0 + frame.width * np.append(0, np.cumsum(widths) / widths.sum())
    inked = [list[Points]() for _ in range(3)]
    for column in range(columns):
        # Two of the inks in each column, the second one broader than it.
        first, second = rng.permutation(3)[:2]
        reach = overlap * (x[column + 1] - x[column])
        for pen, over in ((first, 0.0), (second, reach)):
            x0, x1 = max(x[column] - over, frame.x0), min(x[column + 1] + over, frame.x1)
            # The cuts of the two inks are not the same: an edge of one lies in the middle of the other.
            count = int(rng.integers(1, fields + 1))
            cuts = np.sort(rng.uniform(0.1, 0.9, count - 1))
            edges = frame.y0 + frame.height * np.array([0, *cuts, 1])
            for y0, y1 in pairwise(edges):
                y = _stripes(y0, y1, closest, farthest, bool(rng.integers(2)))
                inked[pen] += list(cartesian([x0, x1], y[:, None]))
    in_pens(svg, palette, ["#1f5fae", "#d9472b", "#e0a12b"], inked)


def _stripes(y0: float, y1: float, closest: float, farthest: float, dense_first: bool) -> Floats:
    """Return heights from `y0` to `y1`, their distance growing from `closest` to `farthest`."""
    # So many steps of a geometric row fill the height.
    count = max(2, round((y1 - y0) * np.log(farthest / closest) / (farthest - closest)))
    at = np.concatenate([[0], np.cumsum(np.geomspace(closest, farthest, count))])[:-1]
    at *= (y1 - y0 - closest) / max(at[-1], 1e-9)
    return y0 + closest / 2 + at if dense_first else y1 - closest / 2 - at[::-1]
