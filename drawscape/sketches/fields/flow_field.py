"""Flow field: evenly spaced lines along a wind that noise blows."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Lines, Noise, Points, circle, growing_streamlines, rectangle
from drawscape.sketches import Between, Frame, Palette, Rng, Steps, SVGBuilder, in_pens, sketch


@sketch
def flow_field(
    svg: SVGBuilder,
    rng: Rng,
    *,
    spacing: Annotated[float, Between(0.8, 4.5, "In mm, from line to line")] = 1.6,
    gusts: Annotated[float, Between(0.2, 4, "Gusts along the shorter side")] = 1.1,
    turn: Annotated[float, Between(0, 4, "How far the wind turns, in turns")] = 1.2,
    roughness: Annotated[float, Between(0, 0.8, "How much finer gusts")] = 0.22,
    facets: Annotated[int, Between(0, 24, "Directions of the wind; 0: all")] = 0,
    longest: Annotated[float, Between(0.05, 4, "Longest line, in shorter sides")] = 1.6,
    moon: Annotated[float, Between(0, 0.45, "Moon, as part of the page")] = 0.27,
    palette: Palette = "as designed",
) -> Steps:
    """Evenly spaced lines in a noise wind, and a moon in which the wind blows across.

    Lines after B. Jobard and W. Lefer, "Creating evenly-spaced streamlines of arbitrary density"
    (1997), in a field of K. Perlin's noise (1985), as Tyler Hobbs' "Fidenza" (2021) made popular.
    """
    frame = svg.frame
    noise, heading = Noise(rng), rng.uniform(0, 2 * np.pi)

    def along(turned: float, x: Floats, y: Floats) -> Floats:
        u, v = (x - frame.cx) * gusts / frame.short, (y - frame.cy) * gusts / frame.short
        gusty = noise.fractal(u, v, gain=max(roughness, 0.01))
        angle, part = heading + turned + 2 * np.pi * turn * gusty, 2 * np.pi / max(facets, 1)
        return np.round(angle / part) * part if facets else angle

    # No page takes more than about 300 lines side by side.
    pitch = max(spacing, frame.long / 300)
    disc = _moon(rng, frame, moon)
    fields = [(0.0, frame, Lines.of([rectangle(frame), disc]), pitch)]
    if len(disc):
        # In the moon the wind blows across.
        around = Frame(*disc.min(axis=0), *disc.max(axis=0))
        fields.append((np.pi / 2, around, Lines.of(disc), 0.85 * pitch))
    draw = partial(in_pens, palette=palette, pens={"wind": "black", "moon": "#b3402a"})
    for number, (turned, area, mask, apart) in enumerate(fields):
        grown = growing_streamlines(
            partial(along, turned),
            area,
            apart,
            step_mm=0.4 * apart,
            mask=mask,
            min_length_mm=2 * pitch / (1 + number),
            max_length_mm=longest * frame.short,
        )
        for done, lines in grown:
            yield (number + done) / len(fields), partial(draw, parts=[[]] * number + [lines])
        draw(svg, parts=[[]] * number + [lines])


def _moon(rng: Rng, frame: Frame, radius: float) -> Points:
    """Return the moon's outline, off the middle by the rule of thirds; nothing for a new moon."""
    r = radius * frame.short
    if r < 2.0:
        return np.empty((0, 2))
    off = rng.choice([-1.0, 1.0], 2) * np.minimum(frame.size / 2 - r, frame.size / 6)
    x, y = frame.middle + off
    return circle(x, y, r)
