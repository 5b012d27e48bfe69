"""Squiggles: a picture in rows that tremble where it is dark."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, cartesian, fit_count, keep_positive, shortest_swing
from drawscape.geometry.thinning import van_der_corput
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose_inks
from drawscape.sketches.tone import (
    NO_FOCUS,
    Clarity,
    Contrast,
    Fit,
    Focus,
    PictureFile,
    Tone,
    finer_in_focus,
    printable,
    swing_of,
    tone_for,
)

A5_MM = 189.0
"""Height of A5 within its margin: a larger page has as many rows, a smaller one as dense ones."""

PEN_MM = 0.3

MOST = 0.68
"""Part of the paper that rows cover at most: with more, their swings touch."""


@sketch
def squiggles(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    rows: Annotated[int, Slider(12, 220, "Rows down the page")] = 155,
    swing: Annotated[float, Slider(0.2, 1.5, "Height of a swing at most, in rows")] = 1.05,
    waves: Annotated[float, Slider(0.2, 3, "Swings a row's height")] = 2.0,
    contrast: Contrast = 0.9,
    clarity: Clarity = 0.6,
    focus: Focus = NO_FOCUS,
    palette: Palette = "as designed",
) -> None:
    """A picture in rows whose swing and frequency follow its darkness.

    After Gregg Wygonik's "SquiggleDraw"; that one line's swelling can carry a whole picture goes
    back to Claude Mellan's engraving "Sudarium of Saint Veronica" (1649). Where it is light rows end.
    """
    palette = choose_inks(svg, palette, "as designed", "tide", "plum")
    tone = tone_for(svg, palette, picture, fit, contrast, clarity, focus)
    box = tone.area
    rows = fit_count(round(rows * min(1.0, box.height / A5_MM)), box.height, 0.7, least=4)
    swell = rng.uniform(1.5, 3), rng.uniform(1, 2.2) * np.pi, rng.uniform(0, 7)
    screen = partial(_rows, rng, tone, swell, swing, waves)
    lines = finer_in_focus(tone, screen, box.height / rows)
    in_pens(svg, palette, ["#1b1b1b"], [lines.longer_than(4.5)], width=PEN_MM)


def _rows(
    rng: Rng,
    tone: Tone,
    swell: tuple[float, float, float],
    swing: float,
    waves: float,
    pitch: float,
) -> Lines:
    """Return rows `pitch` apart that ride on a swell, gone at the first and at the last."""
    box = tone.area
    rows = round(box.height / pitch)
    waves = min(waves, pitch / shortest_swing(pitch, pitch * swing))
    # Twelve points a swing keep it round.
    step = np.clip(pitch / waves / 12, 0.12, 0.6)
    x = np.linspace(box.x0, box.x1, max(24, int(box.width / step)))
    number = np.arange(rows)[:, None]
    high, bends, start = swell
    rise = np.sin(np.pi * (number + 0.5) / rows) * high * pitch
    y = box.y0 + (number + 0.5) * pitch + rise * np.sin(bends * (x - box.x0) / box.width + start)
    lines = cartesian(x, y)
    cover = printable(tone.at(lines), MOST)
    speed = 2 * np.pi * waves / pitch * (0.5 + 0.5 * tone.at(lines))
    phase = np.cumsum(speed, axis=1) * (x[1] - x[0]) + rng.uniform(0, 2 * np.pi, (rows, 1))
    height = np.minimum(swing_of(cover, pitch, 2 * np.pi / speed, PEN_MM), swing * pitch / 2)
    lines[..., 1] = np.clip(lines[..., 1] + height * np.sin(phase), box.y0, box.y1)
    # A row alone is too dark for the lights: of four neighbours one, two or three are there.
    needed = (van_der_corput(number % 4) + 0.125) * PEN_MM / pitch
    return keep_positive(Lines.of(lines), (cover - needed).ravel())
