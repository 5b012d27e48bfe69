"""Flow field: evenly spaced lines along a wind that noise blows."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Lines, Noise, circle, growing_streamlines, rectangle
from drawscape.sketches import TIDE, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks


@sketch
def flow_field(
    svg: SVGBuilder,
    rng: Rng,
    *,
    spacing: Annotated[float, Slider(0.8, 4.5, "In mm, from line to line")] = 1.6,
    gusts: Annotated[float, Slider(0.2, 4, "Gusts along the shorter side")] = 1.1,
    turn: Annotated[float, Slider(0, 4, "How far the wind turns, in turns")] = 1.2,
    roughness: Annotated[float, Slider(0, 0.8, "How much finer gusts")] = 0.22,
    facets: Annotated[int, Slider(0, 24, "Directions of the wind; 0: all")] = 0,
    longest: Annotated[float, Slider(0.05, 4, "Longest line, in shorter sides")] = 1.6,
    moon: Annotated[float, Slider(0, 0.45, "Moon, as part of the page")] = 0.27,
    palette: Palette = "as designed",
) -> Steps:
    """Evenly spaced lines in a noise wind, and a moon in which the wind blows across.

    Lines after B. Jobard and W. Lefer, "Creating evenly-spaced streamlines of arbitrary density"
    (1997), in a field of K. Perlin's noise (1985), as Tyler Hobbs' "Fidenza" (2021) made popular.
    """
    frame = svg.frame
    noise, heading = Noise(rng), rng.uniform(0, 2 * np.pi)
    turn *= choose(svg, "wind", {"steady": 0.35, "gusty": 1.0, "whirling": 1.7})
    moon = min(0.45, moon * choose(svg, "moon", {"large": 1.2, "small": 0.5, "middling": 0.85}))
    palette = choose_inks(svg, palette, "tide", "plum", "kiln")

    def along(turned: float, x: Floats, y: Floats) -> Floats:
        u, v = (x - frame.cx) * gusts / frame.short, (y - frame.cy) * gusts / frame.short
        gusty = noise.fractal(u, v, gain=max(roughness, 0.01))
        angle, part = heading + turned + 2 * np.pi * turn * gusty, 2 * np.pi / max(facets, 1)
        return np.round(angle / part) * part if facets else angle

    # No page takes more than about 300 lines side by side.
    pitch = max(spacing, frame.long / 300)
    # Lines side by side turn together, or no wind can be seen.
    turn = min(turn, 0.1 * frame.short / (gusts * pitch))
    r = moon * frame.short
    # The moon is clear of the edges by a tenth of the page.
    off = np.clip(0.4 * frame.size - r, 0, frame.size / 6)
    x, y = frame.middle + rng.choice([-1, 1], 2) * off
    outlines = [rectangle(frame), circle(x, y, r)][: 1 + (r >= 2)]
    draw = partial(in_pens, palette=palette, pens=TIDE)
    for number, outline in enumerate(outlines):
        apart = pitch * (1 - 0.15 * number)
        grown = growing_streamlines(
            partial(along, number * np.pi / 2),
            (*outline.min(axis=0), *outline.max(axis=0)),
            apart,
            step_mm=0.4 * apart,
            mask=Lines.of(outlines[number:]),  # there is no wind in the moon, but its own
            min_length_mm=2 * pitch / (1 + number),
            max_length_mm=longest * frame.short,
        )
        for done, lines in grown:
            yield (number + done) / len(outlines), partial(draw, parts=[[]] * number + [lines])
        draw(svg, parts=[[]] * number + [lines])
