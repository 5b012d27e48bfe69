"""Hachures: a map whose slopes are drawn the way water runs."""

from typing import Annotated

import numpy as np
from annotated_types import MaxLen
from scipy.ndimage import gaussian_filter, maximum_filter

from drawscape.geometry import Noise, clamped, clip_to_rectangle, depth_in, polar
from drawscape.geometry.contours import contours, distance_contours, downhill, slopes_at, values_at
from drawscape.geometry.lines import Floats, Lines, resample
from drawscape.geometry.thinning import keep_positive, thinned
from drawscape.lettering import TextStyle, set_labels
from drawscape.parameters import InputFile
from drawscape.sketches import Fraction, Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import heights_of, laid

FACE = TextStyle("futural", 2.2, missing="?")
NAMES = "Grauhorn, Wildspitz, Alpeck, Fuchsjoch, Rossegg, Sandkopf"
"""Of the tops of a country that is not there."""


@sketch
def hachures(
    svg: SVGBuilder,
    rng: Rng,
    *,
    heights: Annotated[InputFile | None, "Heights (.csv, .asc, picture)"] = None,
    names: Annotated[str, MaxLen(400), "Of the tops, highest first, with commas"] = "",
    levels: Annotated[int, Slider(6, 60, "Steps from the sea to the top")] = 13,
    spacing: Annotated[float, Slider(0.5, 3, "In mm, in the shade")] = 0.9,
    light: Annotated[float, Slider(0, 360, "Degrees of the light")] = 315.0,
    shading: Annotated[Fraction, "How much fewer strokes lie in the light"] = 0.75,
    sea: Annotated[float, Slider(0, 0.9, "Part of the map under water")] = 0.3,
    palette: Palette = "as designed",
) -> None:
    """A map in shadow hachures: strokes down the slope from level to level, more of them in the shade.

    Johann Georg Lehmann's rule (1799) with the oblique light of the Dufour map (1845), as Eduard
    Imhof tells it (Cartographic Relief Presentation, 1965). Heights and names may be your own.
    """
    frame = svg.frame
    land = _land(rng, frame) if heights is None else heights_of(heights)
    tone = laid(frame, (land - np.min(land)) / max(np.ptp(land), 1e-9))
    grid = gaussian_filter(tone.dark, max(0.7 / tone.pitch, 0.5))
    box = tone.nodes
    shore = np.quantile(grid, sea) - 1e-9
    steps = np.linspace(shore, np.max(grid), levels + 1)
    # Finer on a small page, where a slope has less room.
    spacing = max(0.5, spacing * min(1.0, frame.short / 180))
    starts = resample(contours(grid, steps[1:], box), spacing).points
    rise = slopes_at(grid, box, starts)
    steep = np.hypot(*rise.T)
    sun = polar(1, np.radians(light - 90))
    # Slopes that rise towards the light lie in the shade.
    shade = 0.5 + 0.5 * (rise @ sun) / np.maximum(steep, 1e-9)
    gentle = np.clip(steep / max(np.quantile([*steep, 0], 0.6), 1e-9), 0.15, 1)
    # Strokes are spread evenly: one each time that the sum of the densities passes a whole number.
    whole = np.floor(np.cumsum((1 - shading * (1 - shade)) * gentle) + rng.random())
    starts = starts[np.diff(whole, prepend=-1) > 0]
    lowest = np.maximum(values_at(grid, box, starts) - 0.85 * (steps[1] - steps[0]), shore)
    strokes = downhill(grid, box, starts, lowest)
    # Of those that run together in a valley one goes on.
    apart = np.unique(np.round(strokes.ends / 0.5), axis=0, return_index=True)[1]
    strokes = strokes.take(np.sort(apart))
    # Names of the tops, 40 mm apart at least; strokes leave room for them.
    wide = int(40 / tone.pitch)
    tops = np.argwhere((maximum_filter(grid, wide) == grid) & (grid > np.quantile(grid, 0.6)))
    tops = tops[np.argsort(-grid[tuple(tops.T)], kind="stable")]
    called = (names or NAMES * (heights is None)).split(",")
    labels, boxes = set_labels(called, tops[:, ::-1] * tone.pitch + box[:2], frame, FACE)
    for area in boxes:
        strokes = keep_positive(strokes, -depth_in(area, strokes.points))
    strokes = thinned(strokes, pen_mm=0.25)
    strokes = clip_to_rectangle(strokes, *frame)
    # The coast, and lines in the water that follow it, ever farther apart.
    off = max(0.9, frame.short / 200) * np.cumsum(1.3 ** np.arange(7))
    water = Lines.join([contours(grid, shore, box), distance_contours(grid < shore, off, box)])
    water = clamped(frame, water.longer_than(frame.short / 40))
    for area in boxes:
        water = keep_positive(water, -depth_in(area, water.points))
    parts = [strokes.longer_than(1.0), water, labels]
    pens = {"hachures": "#4a3526", "water": "#2a5b8c", "names": "#1b1b1b"}
    in_pens(svg, palette, pens, parts, width=(0.25, 0.3, 0.3))


def _land(rng: Rng, frame: Frame) -> Floats:
    """Return heights of a country with ridges and islands, some 0.7 mm a sample."""
    pitch = max(0.7, frame.long / 420)
    y, x = np.mgrid[: int(frame.height / pitch) + 2, : int(frame.width / pitch) + 2]
    x, y = x * pitch / frame.short, y * pitch / frame.short
    noise = Noise(rng)
    bent = noise.perlin(x * 1.5 + 9, y * 1.5), noise.perlin(x * 1.5, y * 1.5 + 31)
    u, v = x * 1.5 + 0.4 * bent[0], y * 1.5 + 0.4 * bent[1]
    broad = noise.fractal(u * 0.8 + 20, v * 0.8, octaves=2)
    return 0.62 * noise.ridged(u, v, octaves=5, gain=0.42) + 0.75 * broad
