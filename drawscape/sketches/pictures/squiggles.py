"""Squiggles: a picture in rows that tremble where it is dark."""

from typing import Annotated

import numpy as np

from drawscape.geometry import cartesian, fit_count, shortest_swing
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import Contrast, Fit, PictureFile, tone_over

A4_MM = 267.0
"""Height of A4 within its margin: on other pages rows lie as densely as there."""


@sketch
def squiggles(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    rows: Annotated[int, Slider(12, 220, "Rows down an A4 page")] = 120,
    swing: Annotated[float, Slider(0.2, 1.5, "Height of a swing, in rows")] = 1.05,
    waves: Annotated[float, Slider(0.2, 3, "Swings a row's height")] = 1.8,
    contrast: Contrast = 1.0,
    joined: Annotated[bool, "Join the rows into one line that runs to and fro"] = False,
    palette: Palette = "as designed",
) -> None:
    """A picture in rows whose swing and frequency follow its darkness.

    After Gregg Wygonik's "SquiggleDraw"; that one line's swelling can carry a whole picture goes
    back to Claude Mellan's engraving "Sudarium of Saint Veronica" (1649).
    """
    frame = svg.frame
    tone = tone_over(frame, picture, fit, contrast)
    box = tone.area
    rows = fit_count(round(rows * box.height / A4_MM), box.height, 0.7, least=4)
    pitch = box.height / rows
    waves = min(waves, pitch / shortest_swing(pitch, pitch * swing))
    # Twelve points a swing keep it round.
    step = np.clip(pitch / waves / 12, 0.12, 0.6)
    x = np.linspace(box.x0, box.x1, max(24, int(box.width / step)))
    y = box.y0 + (np.arange(rows) + 0.5) * pitch
    # The rows ride on a swell of the seed's own, which is gone at the first and the last.
    high = rng.uniform(1.5, 3) * pitch
    swell = high * np.sin(
        rng.uniform(1, 2.2) * np.pi * (x - box.x0) / box.width + rng.uniform(0, 7)
    )
    y = y[:, None] + np.sin(np.pi * (np.arange(rows)[:, None] + 0.5) / rows) * swell
    lines = cartesian(x, y)
    dark = tone.at(lines)
    speed = 2 * np.pi * waves / pitch * (0.2 + 0.8 * dark)
    phase = np.cumsum(speed, axis=1) * (x[1] - x[0]) + rng.uniform(0, 2 * np.pi, (rows, 1))
    height = dark**1.1 * swing * pitch / 2 * np.sin(phase)
    lines[..., 1] = np.clip(y + height, frame.y0, frame.y1)
    if joined:
        lines[1::2] = lines[1::2, ::-1]
        lines = lines.reshape(1, -1, 2)
    in_pens(svg, palette, ["#1b1b1b"], [lines])
