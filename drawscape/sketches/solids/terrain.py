"""Terrain: a view over mountains, without the lines that they hide."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Noise, cartesian, circle, depth_in, fit_count, grow_count
from drawscape.geometry.lines import Lines, resample
from drawscape.geometry.thinning import keep_positive, thinned
from drawscape.sketches import PLUM, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose

HORIZON = 0.36
"""Height of the horizon, as a part of the frame from its top."""


@sketch
def terrain(
    svg: SVGBuilder,
    rng: Rng,
    *,
    rows: Annotated[int, Slider(20, 260, "Lines from the shore to the horizon")] = 170,
    peaks: Annotated[float, Slider(0.4, 2.5, "Height in heights of the eye")] = 1.9,
    ranges: Annotated[float, Slider(0.3, 3, "How closely the mountains stand")] = 0.9,
    sea: Annotated[float, Slider(0, 0.8, "How far the water reaches")] = 0.22,
    sun: Annotated[float, Slider(0, 0.3, "Sun, as part of the page")] = 0.17,
    palette: Palette = "as designed",
) -> None:
    """Mountains over water in perspective, with hidden lines and a setting sun.

    Hidden lines by the floating horizon of T. J. Wright, "A two-space solution to the hidden line
    problem" (1973); the land is F. K. Musgrave's ridged fractal (1994).
    """
    frame = svg.frame
    peaks *= choose(svg, "mountains", {"low": 0.5, "high": 1.0, "steep": 1.5})
    sea = min(0.8, sea * choose(svg, "water", {"none": 0.0, "a shore": 1.0, "wide": 2.5}))
    sun *= choose(svg, "sun", {"large": 1.0, "small": 0.5})
    horizon = frame.y0 + HORIZON * frame.height
    focus = frame.y1 - horizon  # in mm: lengths on land are in heights of the eye above the sea
    rows = fit_count(grow_count(rows, frame), focus, 0.6, least=20)
    # Evenly on the page rows would be ever farther apart on the land; so they crowd a little.
    depth = np.linspace(1.0, 0.055 ** (1 / 1.6), rows)[:, None] ** -1.6
    x = np.linspace(frame.x0, frame.x1, max(160, min(800, round(frame.width / 0.5))))
    noise, scale = Noise(rng), 0.33 * ranges
    u = (x - frame.cx) / focus * depth * scale
    fine = noise.ridged(u + 40, depth * scale + 40, octaves=6, gain=0.42)
    broad = noise.perlin(u * 0.35 + 7, depth * scale * 0.35 + 7)
    # The shore is near at the bottom of the page and hills rise with distance.
    rise = np.clip((depth - 1.0) / (2.0 + 10.0 * sea), 0, 1) ** 0.8
    land = np.clip(fine * 1.5 - 0.45 + 0.5 * broad, 0.0, None) * peaks
    land = land * (0.25 + 1.5 * rise) - 0.62 * sea * (1.15 - rise)
    wet = land <= 0
    y, rise = horizon + focus / depth, np.maximum(land, 0) * focus / depth
    # The highest peak leaves room for the sky.
    rise *= min(1.0, np.min((y - frame.y0 - 0.06 * frame.height) / np.maximum(rise, 1e-9)))
    y = np.minimum(y - rise, frame.y1)
    # The top of all that is nearer than each row, and last of all that there is.
    top = np.minimum.accumulate(np.vstack((np.full((1, len(x)), frame.y1 + 1.0), y)), axis=0)
    # The sun's rings close up towards the rim, as on an old engraving, above the mountains.
    radius, cx = sun * frame.short, frame.cx + rng.uniform(-0.22, 0.22) * frame.width
    cy = max(np.interp(cx, x, top[-1]) - 0.35 * radius, frame.y0 + radius)
    radii = radius * np.sqrt(np.linspace(1.0, 0.02, int(radius / 1.15)))
    rings = resample(Lines.of([circle(cx, cy, float(r)) for r in radii]), 0.5)
    above = np.interp(rings.points[:, 0], x, top[-1]) - rings.points[:, 1] - 0.3
    disc = keep_positive(rings, np.minimum(above, depth_in(frame, rings.points)))
    across = Lines.of(cartesian(x, y))
    clear = top[:-1] - y
    # The water's lines are broken into glints.
    water = resample(keep_positive(across, np.where(wet, clear, -1.0)), 1.0)
    gust = np.repeat(rng.uniform(0, 2 * np.pi, len(water)), water.counts)
    along = water.points[:, 0]
    wave = np.sin(along * 0.11 + gust) + 0.8 * np.sin(along * 0.043 + 2.1 * gust)
    water = keep_positive(water, wave + 0.35).longer_than(1.5)
    dry = np.where(wet, -1.0, clear)
    parts = [keep_positive(across.take([row]), dry[row]) for row in range(rows)]
    number = np.repeat(1 + np.arange(rows), [len(part) for part in parts])
    # Lines that crowd on a slope that faces away leave each other out.
    slopes = thinned(Lines.join(parts), number, most=0.65)
    pens = PLUM[0], PLUM[3], PLUM[2]
    in_pens(svg, palette, pens, [slopes, water, disc])
