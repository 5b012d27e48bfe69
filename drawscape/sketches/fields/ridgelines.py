"""Ridgelines: the stacked pulses of a pulsar."""

from typing import Annotated

import numpy as np

from drawscape.geometry import cartesian, fit_count, grow_count, keep_positive, values_at
from drawscape.geometry.lines import Floats, Lines
from drawscape.parameters import InputFile
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import heights_of


@sketch
def ridgelines(
    svg: SVGBuilder,
    rng: Rng,
    *,
    data: Annotated[InputFile | None, "Heights (.csv, .asc, picture); none: pulses"] = None,
    rows: Annotated[int, Slider(8, 160, "Number of ridges")] = 104,
    peak: Annotated[float, Slider(0, 0.3, "Peaks, as part of the page")] = 0.11,
    bumps: Annotated[int, Slider(1, 60, "Peaks in each ridge")] = 26,
    spread: Annotated[float, Slider(0.05, 0.5, "How far the peaks wander")] = 0.13,
    likeness: Annotated[float, Slider(0, 0.98, "How much ridges are alike")] = 0.7,
    tremor: Annotated[float, Slider(0, 2, "Small noise on flat parts, in mm")] = 0.3,
    hide: Annotated[bool, "Leave out what lies behind a nearer ridge"] = True,
    palette: Palette = "as designed",
) -> None:
    """Stacked pulses with hidden lines, as Harold Craft plotted the pulsar CP 1919.

    After H. D. Craft, "Radio observations of the pulse profiles and dispersion measures of
    twelve pulsars" (1970), known from Peter Saville's sleeve for Joy Division (1979).
    """
    frame = svg.frame
    # Where ridges show through each other, high ones need room.
    apart = 0.9 if hide else 0.9 + 12 * peak
    rows = fit_count(grow_count(rows, frame), frame.height, apart, least=8)
    columns = max(200, min(900, round(frame.width / 0.45)))
    x = np.linspace(0.0, 1.0, columns)
    if data is None:
        shape = _pulses(rng, x, rows, bumps, spread, likeness)
    else:
        grid = heights_of(data)
        grid = (grid - np.min(grid)) / max(np.ptp(grid), 1e-9)
        shape = values_at(grid, (0, 0, 1, 1), cartesian(x, np.linspace(1, 0, rows)[:, None]))
    heights = shape * peak * frame.height
    noise = rng.standard_normal((rows, columns + 8))
    heights += np.abs(sum(noise[:, k : k + columns] for k in range(9)) / 3.0) * tremor
    rise = np.linspace(0.0, 1.0, rows)
    room = frame.height - heights.max(axis=1)
    step = np.min(room[1:] / rise[1:])  # so that the highest peak just reaches the frame
    y = frame.y1 - step * rise[:, None] - heights
    lines = Lines.of(cartesian(frame.x0 + x * frame.width, y))
    clear = np.ones_like(y)
    if hide:
        clear[1:] = np.minimum.accumulate(y, axis=0)[:-1] - y[1:]
    # The second pen draws what is high above its own ridge.
    low = 0.45 * max(peak, 1e-9) * frame.height - heights
    parts = [keep_positive(lines, np.minimum(clear, part)) for part in (low, -low)]
    in_pens(svg, palette, {"ridges": "#1b1b1b", "crests": "#b3402a"}, parts)


def _pulses(rng: Rng, x: Floats, rows: int, bumps: int, spread: float, likeness: float) -> Floats:
    """Return (rows, columns) heights, about 0 to 1: bumps that drift from row to row."""
    drift = np.sqrt(1.0 - likeness**2)
    peaks = rng.standard_normal((2, bumps))
    heights = np.empty((rows, len(x)))
    # Where the middle of the peaks is, row by row, and how many times their spread they have.
    down = np.linspace(0, 2 * np.pi, rows)
    sway, swell, phase = rng.uniform(0.03, 0.13), rng.uniform(0.2, 0.5), rng.uniform(0, 7, 2)
    turns = rng.uniform(0.5, 1.3, 2)
    middle = 0.5 + sway * np.sin(turns[0] * down + phase[0])
    breadth = 1.15 + swell * np.sin(turns[1] * down + phase[1])
    for row in range(rows):
        peaks = likeness * peaks + drift * rng.standard_normal((2, bumps))
        place, weight = peaks
        centre = middle[row] + breadth[row] * spread * np.tanh(place / 1.6) * 1.6
        # Peaks are tall in the middle and slight at the rim, as in a pulse's profile.
        size = np.exp(0.7 * weight) * np.exp(-0.6 * np.minimum(place**2, 6.0))
        width = 0.006 + 0.016 * rng.random(bumps) ** 2
        shape = np.exp(-(((x[:, None] - centre) / width) ** 2) / 2)
        heights[row] = shape @ size
    # The nearest ridges have nothing in front: low ones keep the foot of the page calm.
    heights *= np.minimum(1.0, 0.3 + np.arange(rows) / (0.12 * rows + 1.0))[:, None]
    heights /= max(np.quantile(heights.max(axis=1), 0.9), 1e-9)
    # A soft ceiling: a rare tall peak bends over instead of towering over the rest.
    return np.asarray(np.tanh(heights * 0.9) / np.tanh(0.9))
