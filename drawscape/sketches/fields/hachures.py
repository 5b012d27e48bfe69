"""Hachures: a map whose slopes are drawn the way water runs."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from scipy.ndimage import gaussian_filter, map_coordinates

from drawscape.geometry import Noise, clamped, clip_to_rectangle, contours_by_level, thinned
from drawscape.geometry.contours import contours
from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.geometry.resample import resample
from drawscape.parameters import InputFile
from drawscape.sketches import AS_DESIGNED, Palette, Share, inks, sketch
from drawscape.sketches.tone import heights_of, laid
from drawscape.svg_builder import Frame, SVGBuilder

Sampler = Callable[[Floats | None, Points], Floats]

STEPS = 24
"""Of a stroke on its way down."""


@sketch
def hachures(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    heights: Annotated[InputFile | None, doc("Heights (.csv, .asc, picture)")] = None,
    levels: Annotated[int, Interval(ge=6, le=60), doc("Steps from the sea to the top")] = 18,
    spacing: Annotated[float, Interval(ge=0.5, le=3), doc("In mm, in the shade")] = 1.15,
    light: Annotated[float, Interval(ge=0, le=360), doc("Degrees of the light")] = 315.0,
    shading: Annotated[Share, doc("How much fewer strokes lie in the light")] = 0.75,
    sea: Annotated[float, Interval(ge=0, le=0.9), doc("Part of the map under water")] = 0.3,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A map in shadow hachures: strokes down the slope from level to level, more of them in the shade.

    Johann Georg Lehmann's rule (1799) with the oblique light of the Dufour map (1845), as Eduard
    Imhof tells it (Cartographic Relief Presentation, 1965). Heights may come from a file.
    """
    frame = svg.frame
    ink = inks(svg, palette, "#4a3526", "#2a5b8c")
    land = _land(rng, frame) if heights is None else heights_of(heights)
    tone = laid(frame, (land - np.min(land)) / max(float(np.ptp(land)), 1e-9))
    grid = gaussian_filter(tone.dark, max(0.7 / tone.pitch, 0.5))
    x0, y0, x1, y1 = tone.box
    box = (x0 + tone.pitch / 2, y0 + tone.pitch / 2, x1 - tone.pitch / 2, y1 - tone.pitch / 2)
    shore = float(np.quantile(grid, sea)) if sea else float(np.min(grid)) - 1e-9
    steps = np.linspace(shore, float(np.max(grid)), levels + 1)[:-1]
    slope_y, slope_x = np.gradient(grid, tone.pitch)

    def at(field: Floats | None, places: Points) -> Floats:
        row, column = (places[..., 1] - box[1]) / tone.pitch, (places[..., 0] - box[0]) / tone.pitch
        return np.asarray(
            map_coordinates(
                grid if field is None else field, (row, column), order=1, mode="nearest"
            )
        )

    starts = resample(contours(grid, (steps + (steps[1] - steps[0])).tolist(), box), spacing).points
    across = np.stack([at(slope_x, starts), at(slope_y, starts)], axis=-1)
    steep = np.hypot(*across.T)
    sun = np.array([np.sin(np.radians(light)), -np.cos(np.radians(light))])
    # Slopes that rise towards the light lie in the shade.
    shade = 0.5 + 0.5 * (across @ sun) / np.maximum(steep, 1e-9)
    gentle = (
        np.clip(steep / max(float(np.quantile(steep, 0.6)), 1e-9), 0.15, 1) if len(steep) else steep
    )
    wanted = (1 - shading * (1 - shade)) * gentle
    # As evenly as the share allows: a stroke each time that the shares add up to one.
    whole = np.floor(np.cumsum(wanted) + rng.random())
    chosen = np.flatnonzero(np.diff(whole, prepend=whole[:1] - 1 if len(whole) else 0) > 0)
    starts = starts[chosen]
    lowest = np.maximum(at(None, starts) - 0.85 * (steps[1] - steps[0]), shore)
    strokes = _down(starts, at, (slope_x, slope_y), lowest)
    # Of those that run together in a valley one goes on.
    apart = np.unique(np.round(strokes.ends / 0.5), axis=0, return_index=True)[1]
    strokes = strokes.take(np.sort(apart))
    strokes = thinned(strokes, pen_mm=0.25)
    strokes = clip_to_rectangle(strokes, frame.x0, frame.y0, frame.x1, frame.y1)
    with svg.layer("hachures", color=ink[0], width=0.25):
        svg.polylines(strokes.take(strokes.lengths_mm > 1.0))
    if sea:
        with svg.layer("water", color=ink[1], width=0.3):
            svg.polylines(_water(frame, grid, tone.pitch, shore, box))


def _land(rng: np.random.Generator, frame: Frame) -> Floats:
    """Return heights of a country with ridges and islands, some 0.7 mm a sample."""
    pitch = max(0.7, frame.long / 420)
    y, x = np.mgrid[: int(frame.height / pitch) + 2, : int(frame.width / pitch) + 2]
    x, y = x * pitch / frame.short, y * pitch / frame.short
    noise = Noise(rng)
    bent = noise.perlin(x * 1.5 + 9, y * 1.5), noise.perlin(x * 1.5, y * 1.5 + 31)
    u, v = x * 1.5 + 0.4 * bent[0], y * 1.5 + 0.4 * bent[1]
    broad = noise.fractal(u * 0.8 + 20, v * 0.8, octaves=2)
    return np.asarray(0.62 * noise.ridged(u, v, octaves=5, gain=0.42) + 0.75 * broad)


def _down(starts: Points, sample: Sampler, slopes: tuple[Floats, Floats], lowest: Floats) -> Lines:
    """Return a line down the slope from each of `starts`, until it is as low as `lowest`, (N,), there.

    `sample(None, points)` returns heights, `slopes` are how they change to the right and downward.
    """
    place, line, level = starts, [starts], sample(None, starts)
    moving = np.ones(len(starts), dtype=bool)
    fall = (level - lowest) / STEPS
    for _ in range(STEPS):
        down = np.stack([sample(slope, place) for slope in slopes], axis=-1)
        size = np.maximum(np.hypot(*down.T), 1e-9)
        # A step that lowers by a part of the fall, on flat land no more than half a millimetre.
        ahead = place - down * (np.minimum(fall / size, 0.5) / size)[:, None]
        lower = sample(None, ahead)
        moving &= lower < level  # a pit ends a line
        place, level = np.where(moving[:, None], ahead, place), np.where(moving, lower, level)
        moving &= level > lowest
        line.append(place)
    return Lines.of(np.stack(line, axis=1)) if len(starts) else Lines.empty()


def _water(frame: Frame, grid: Floats, pitch: float, shore: float, box: tuple[float, ...]) -> Lines:
    """Return the coast and lines in the water that follow it, ever farther apart."""
    from scipy.ndimage import distance_transform_edt

    off = gaussian_filter(distance_transform_edt(grid < shore) * pitch, 1.2)
    steps = max(0.9, frame.short / 200) * np.cumsum(1.3 ** np.arange(7))
    area = (box[0], box[1], box[2], box[3])
    lines = Lines.join([contours(grid, shore, area), *contours_by_level(off, steps.tolist(), area)])
    return clamped(frame, lines.take(lines.lengths_mm > frame.short / 40))
