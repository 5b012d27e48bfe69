"""The engraving of banknotes."""

from itertools import pairwise
from typing import Annotated

import numpy as np
import shapely

from drawscape.geometry import as_on_a4, beside, filled, fit_count, polar, thinned
from drawscape.geometry.lines import Lines, Points, distances_along, resample
from drawscape.sketches import Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

PEN_MM = 0.25


@sketch
def guilloche(
    svg: SVGBuilder,
    rng: Rng,
    *,
    bands: Annotated[int, Slider(2, 6, "Woven bands of the medallion")] = 4,
    strands: Annotated[int, Slider(4, 20, "Waves of the outermost band on A4")] = 13,
    lobes: Annotated[int, Slider(3, 24, "Lobes of the bands' edges")] = 12,
    border: Annotated[float, Slider(0, 0.12, "Border, part of the page")] = 0.075,
    palette: Palette = "as designed",
) -> None:
    """A medallion of woven bands within a woven border, as engraved on banknotes and watches.

    Each band is one wave between two lobed ovals, repeated out of phase. Rose engine lathes turn
    such bands (Perkins and Spencer, banknotes, about 1820).
    """
    frame = svg.frame
    wide = border * frame.short
    strands = fit_count(as_on_a4(strands, frame, lines=True), frame.short, 6.0, least=4)
    widths = rng.uniform(0.6, 1.4, bands) * np.linspace(1.2, 0.8, bands)
    edges = 0.2 + 0.8 * np.append(0, np.cumsum(widths) / widths.sum())
    woven = [
        _band(rng, inner, outer, max(3, round(strands * outer)), lobes)
        for inner, outer in pairwise(edges)
    ]
    medallion = filled(frame.inset(1.45 * wide), Lines.of(np.concatenate(woven)), most=1.5)
    band = np.repeat(np.arange(bands), [len(waves) for waves in woven])
    strand = np.concatenate([1 + np.arange(len(waves)) for waves in woven])
    parts = [
        thinned(medallion.take(mine), strand[mine], most=0.65, pen_mm=PEN_MM)
        for mine in (band % 2 == 0, band % 2 == 1)
    ]
    if wide > 3:
        parts.append(_border(rng, frame, wide))
    pens = {"medallion 1": "#1f4d3a", "medallion 2": "#8a2f24", "border": "#27406e"}
    in_pens(svg, palette, pens, parts, width=PEN_MM)


def _band(rng: Rng, inner: float, outer: float, strands: int, lobes: int) -> Points:
    """Return (strands, steps, 2): waves between the lobed circles of radius `inner` and `outer`."""
    angle = np.linspace(0, 2 * np.pi, 2881)
    half = (outer - inner) / 2
    lobe = rng.uniform(0.25, 0.65) * half * np.cos(lobes * angle) * rng.choice([-1, 1])
    waves = lobes * rng.integers(1, 4) + rng.choice([-1, 1])
    phase = 2 * np.pi * np.arange(strands)[:, None] / strands
    reach = 0.5 + 0.45 * np.cos(lobes * angle / 2) ** 2
    radius = (inner + outer) / 2 + 0.5 * lobe + half * reach * np.cos(waves * angle + phase)
    return polar(radius, angle)


def _border(rng: Rng, frame: Frame, wide: float) -> Lines:
    """Return waves along a rounded frame, `wide` mm across at its swells, between two fine rules."""
    middle = shapely.box(*frame).buffer(-1.35 * wide)
    ways = [
        np.array(middle.buffer(out * wide, quad_segs=24).exterior.coords)
        for out in (0.85, 0.2, 1.3, 1.35)
    ]
    path = resample(Lines.of([ways[0]]), 0.4)
    along = distances_along(path) / path.lengths_mm[0] * 2 * np.pi
    waves = round(path.lengths_mm[0] / wide / rng.uniform(1.6, 2.4))
    swells = 4 * round(path.lengths_mm[0] / wide / 16)
    count = fit_count(as_on_a4(9, frame, lines=True), wide, 0.9, least=3)
    phase = 2 * np.pi * np.arange(count)[:, None] / count
    swell = 0.5 + 0.45 * np.cos(swells * along) ** 2
    off = -0.5 * wide * swell * np.cos(waves * along + phase)
    woven = Lines.of(beside(path.points, off))
    return Lines.join([thinned(woven, most=0.8, pen_mm=PEN_MM), Lines.of(ways[1:])])
