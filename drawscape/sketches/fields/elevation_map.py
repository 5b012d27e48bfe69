"""A map of heights: contours that the light falls on, of any elevation data or of a country of the seed's."""

from typing import Annotated

import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter

from drawscape.geometry import (
    Floats,
    Lines,
    Noise,
    Points,
    cartesian,
    clip_to_rectangle,
    distance_contours,
    keep_positive,
    polar,
    rectangle,
    values_at,
)
from drawscape.geometry.contours import contours
from drawscape.geometry.lines import resample
from drawscape.geometry.regions import Bounds
from drawscape.lettering import TextStyle, set_labels
from drawscape.parameters import InputFile
from drawscape.sketches import INK, Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose
from drawscape.sketches.tone import heights_of, laid

NAMES = (
    ("Al", "Bren", "Cal", "Dorn", "Esk", "Fal", "Gar", "Hel", "Lor", "Mor", "Ras", "Tor", "Val"),
    ("berg", "dale", "fell", "grat", "horn", "ness", "stein", "tind", "top", "varde"),
)
"""Beginnings and ends of the names of mountains that are not there."""

SWELL_MM = 0.22
"""Between the strokes of a contour that lies in the shade."""


@sketch
def elevation_map(
    svg: SVGBuilder,
    rng: Rng,
    *,
    data: Annotated[InputFile | None, "Heights: an .asc, .csv or picture; none: the seed's"] = None,
    levels: Annotated[int, Slider(4, 80, "Most heights")] = 26,
    sea: Annotated[float, Slider(0, 0.8, "Part of a country of the seed's under water")] = 0.3,
    palette: Palette = "as designed",
) -> None:
    """Contours that swell in the shade and are light towards the sun, so that hills stand out.

    Kitiro Tanaka's relief contours (1950), with lines along the shore as copperplate maps have them. Heights
    of 0 and less in a file are water. The seed moves the sun, names the mountains, and makes the country.
    """
    frame = svg.frame.inset(0.02 * svg.frame.short)
    sun = choose(
        svg, "light", {"north-west": 225, "north-east": 315, "west": 180, "south-west": 135}
    )
    counts = np.maximum(40, frame.size / max(0.7, frame.long / 420)).astype(int)
    places = cartesian(*np.meshgrid(*map(np.linspace, frame[:2], frame[2:], counts)))
    if data is None:
        z = _country(svg, rng, (places - frame[:2]) / frame.short, sea)
    else:
        z = gaussian_filter(laid(frame, heights_of(data)).at(places), 1.0)
    down, right = np.gradient(z, frame.height / len(z), frame.width / z.shape[1])
    land, low, high = z > 0, max(0.0, np.min(z)), np.max(z)
    # On all but the steepest slopes there is room for two strokes between two lines.
    steep = np.quantile(np.hypot(down, right)[land], 0.93) if land.any() else 1.0
    count = int(np.clip((high - low) / (1.05 * steep + 1e-9), 3, levels))
    step = max(high - low, 1e-6) / count
    found = resample(contours(z, low + step * (np.arange(count) + 1e-3), frame), 0.7)
    slope = np.stack([values_at(part, frame, found.points) for part in (right, down)], axis=1)
    size = np.maximum(np.hypot(*slope.T), 1e-9)
    uphill = slope / size[:, None]
    shade, room = uphill @ polar(-1, np.radians(sun)), step / size
    lit = keep_positive(found, np.minimum(-shade, room - 0.4))
    strokes = []
    for k, (least, needed) in enumerate(((0.0, 0.4), (0.3, 0.55), (0.65, 0.9))):
        moved = found.with_points(found.points + k * SWELL_MM * uphill)
        strokes.append(keep_positive(moved, np.minimum(shade - least, room - needed)))
    shaded = Lines.join(strokes)
    off = max(1.1, frame.short / 165) * np.cumsum(1.22 ** np.arange(8))
    water = Lines.empty() if land.all() else distance_contours(~land, off, frame).longer_than(3)
    parts = [clip_to_rectangle(part, *frame).longer_than(2.0) for part in (shaded, lit, water)]
    names, boxes = _names(rng, frame, z)
    for box in boxes:
        parts = [clip_to_rectangle(part, *box, outside=True) for part in parts]
    border = Lines.of([rectangle(frame), rectangle(svg.frame)])
    pens = {"shade": INK[0], "light": INK[3], "water": INK[2], "names": INK[1]}
    in_pens(svg, palette, pens, [*parts, Lines.join([names, border])], width=0.25)


def _country(svg: SVGBuilder, rng: Rng, places: Points, sea: float) -> Floats:
    """Return heights in metres at each of `places`, (R, C, 2) in shorter sides of the page."""
    hills = choose(svg, "hills", {"broad": 1.0, "middling": 1.7, "close": 2.8})
    sea = min(0.85, sea * choose(svg, "sea", {"bays": 1.0, "islands": 1.8, "lakes": 0.5}))
    noise, (u, v) = Noise(rng), np.moveaxis(places * hills, -1, 0)
    # Pushed sideways, hills have folds (Inigo Quilez, 2002); ridges are sharp (F. K. Musgrave, 1994).
    x, y = 0.8 * u + 31.4, 0.8 * v + 47.1
    u, v = u + 0.4 * noise.perlin(x, 0.8 * v), v + 0.4 * noise.perlin(0.8 * u, y)
    ridges = noise.ridged(u + 9, v + 9, octaves=5, gain=0.4)
    z = gaussian_filter(noise.fractal(u, v, octaves=4, gain=0.3) + 0.7 * ridges, 1.5)
    z -= np.quantile(z, sea) if sea else np.min(z) - 0.1
    return z * 2400 / np.max(z)


def _names(rng: Rng, frame: Frame, z: Floats) -> tuple[Lines, list[Bounds]]:
    """Return the names and heights of the highest tops, and the room that each takes."""
    near = max(3, int(0.16 * min(z.shape)))
    tops = np.argwhere((z == maximum_filter(z, near)) & (z > 0.3 * np.max(z)))
    heights = z[tuple(tops.T)]
    highest = np.argsort(-heights)[:7]
    named = zip(*map(rng.permutation, NAMES), heights[highest])
    texts = [f"{first}{last} {height:.0f}" for first, last, height in named]
    shares = tops[highest, ::-1] / np.subtract(z.shape[::-1], 1)
    style = TextStyle("rowmans", max(1.6, frame.short / 75))
    return set_labels(texts, frame[:2] + frame.size * shares, frame, style)
