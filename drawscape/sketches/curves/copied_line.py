"""A line, copied by a hand that cannot quite."""

from typing import Annotated

import numpy as np
from scipy.ndimage import gaussian_filter1d

from drawscape.geometry import cartesian, fit_count
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

NEAREST, NEAREST_MM = 0.42, 0.4
"""Of the distance that lines should have, and square to them: however the hand errs, they do not touch."""


@sketch
def copied_line(
    svg: SVGBuilder,
    rng: Rng,
    *,
    lines: Annotated[int, Slider(60, 400, "Copies on A4")] = 190,
    tremor: Annotated[Fraction, "How far the hand trembles"] = 0.35,
    slips: Annotated[float, Slider(0, 3, "Slips of the hand in a copy")] = 0.5,
    palette: Palette = "as designed",
) -> None:
    """A straight line, and below it its copy, and the copy's copy: errors add up to folds of cloth.

    In homage to John Franzen's Each Line One Breath (from 2011) and Anders Hoff's traced lines (2016).
    The seed is the hand.
    """
    frame = svg.frame
    tremor = min(1.0, tremor * choose(svg, "hand", {"calm": 0.3, "human": 1.0, "shaking": 2.2}))
    slips *= choose(svg, "slips", {"rare": 0.2, "some": 1.0, "many": 2.5})
    palette = choose_inks(svg, palette, "tide", "kiln")
    # As far apart as on A4, where the frame is 267.6 mm high.
    lines = fit_count(round(lines * frame.height / 267.6), frame.height, 0.95)
    columns = max(60, int(frame.width / 0.6))
    x = np.linspace(frame.x0, frame.x1, columns)
    pitch, drawn = 1.0 / lines, []
    depth, error = np.zeros((2, columns))
    for _ in range(3 * lines):
        drawn.append(depth)
        fresh = gaussian_filter1d(rng.normal(size=columns), 7 / frame.width * columns)
        error = 0.9 * error + 0.12 * tremor * fresh / max(fresh.std(), 1e-9)
        for _ in range(rng.poisson(slips)):  # a bow down, or up, at one place of the line
            at, width = rng.uniform(0, columns), columns * rng.uniform(0.006, 0.05)
            deep = rng.uniform(0.2, 1.1) * rng.choice([-0.6, 1])
            error = error + deep * np.exp(-(((np.arange(columns) - at) / width) ** 2))
        # A hand rounds what it follows.
        error = gaussian_filter1d(error, 1.5)
        depth = gaussian_filter1d(depth, 0.8, mode="nearest")
        slope = np.gradient(depth * frame.height, x)
        nearest = np.maximum(NEAREST * pitch, NEAREST_MM * np.hypot(1, slope) / frame.height)
        depth = depth + np.maximum(pitch * np.minimum(1 + error, 4), nearest)
        if np.min(depth) > 1:
            break
    sheet = np.stack(drawn)
    # The last copies that are whole end the page.
    sheet = sheet[np.max(sheet, axis=1) <= 1.0]
    y = frame.y0 + frame.height * sheet / max(np.max(sheet), 1e-9)
    points = cartesian(x, y)
    # There and back, as a hand would with a pen that does not dry.
    points[1::2] = points[1::2, ::-1]
    second = np.arange(len(points)) % 19 == 18
    parts = [points[~second], points[second]]
    in_pens(svg, palette, TIDE, parts)
