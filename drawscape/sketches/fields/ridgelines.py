"""Ridgelines: a land of stacked profiles."""

from typing import Annotated

import numpy as np

from drawscape.geometry import (
    Noise,
    cartesian,
    fit_count,
    grow_count,
    keep_positive,
    thinned,
    values_at,
)
from drawscape.geometry.lines import Lines
from drawscape.parameters import InputFile
from drawscape.sketches import TIDE, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, focus
from drawscape.sketches.tone import heights_of


@sketch
def ridgelines(
    svg: SVGBuilder,
    rng: Rng,
    *,
    data: Annotated[InputFile | None, "Heights (.csv, .asc, picture); none: a land"] = None,
    rows: Annotated[int, Slider(8, 160, "Number of ridges")] = 96,
    peak: Annotated[float, Slider(0.02, 0.4, "Peaks, as part of the page")] = 0.2,
    hide: Annotated[bool, "Leave out what lies behind a nearer ridge"] = True,
    palette: Palette = "as designed",
) -> None:
    """Stacked profiles with hidden lines: mountains, cones or swells where the seed raises them.

    After H. D. Craft, "Radio observations of the pulse profiles and dispersion measures of
    twelve pulsars" (1970); hidden lines by T. J. Wright's floating horizon (1973).
    """
    frame, noise = svg.frame, Noise(rng)
    land = choose(svg, "land", {"crags": 0, "cones": 1, "swells": 2})
    raised = focus(svg, "raised")
    rows = fit_count(grow_count(rows, frame), frame.height, 0.9 if hide else 2.5, least=8)
    x = np.linspace(0.0, 1.0, int(np.clip(frame.width / 0.45, 200, 900)))
    v = np.linspace(1, 0, rows)[:, None]  # from the nearest row, which lies below
    if data is None:
        u, w = x * frame.width / frame.short * 3, v * frame.height / frame.short * 3
        shape = (
            noise.ridged(u, w, octaves=5, gain=0.5),
            np.maximum(noise.perlin(1.7 * u, 1.7 * w), 0) ** 0.7 * 1.6,
            0.5 + 0.5 * np.sin(9 * noise.fractal(u / 4, w / 2, octaves=2)),
        )[land] * (0.04 + raised(x, v))
    else:
        grid = heights_of(data)
        shape = values_at(grid - np.min(grid), (0, 0, 1, 1), cartesian(x, v))
    heights = shape / max(np.max(shape), 1e-9) * peak * frame.height
    rise = np.linspace(0.0, 1.0, rows)
    room = frame.height - heights.max(axis=1)
    step = np.min(room[1:] / rise[1:])  # so that the highest peak just reaches the frame
    y = frame.y1 - step * rise[:, None] - heights
    lines = Lines.of(cartesian(frame.x0 + x * frame.width, y))
    clear = np.ones_like(y)
    if hide:
        clear[1:] = np.minimum.accumulate(y, axis=0)[:-1] - y[1:]
    # The second pen draws what is high above its own ridge.
    low = 0.4 * peak * frame.height - heights
    parts = [keep_positive(lines, np.minimum(clear, part)) for part in (low, -low)]
    in_pens(svg, palette, TIDE, [thinned(part.longer_than(1), most=0.75) for part in parts])
