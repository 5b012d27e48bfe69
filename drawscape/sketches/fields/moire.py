"""Moiré: two fine patterns, a little apart, that make a third."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import Floats, Lines, Points, cartesian, circle, clip_to_rectangle, polar
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch

MoirePattern = Literal["circles", "lines", "waves", "rays"]


@sketch
def moire(
    svg: SVGBuilder,
    rng: Rng,
    *,
    pattern: Annotated[MoirePattern, "What is laid over itself"] = "rays",
    sheets: Annotated[int, Slider(2, 3, "How many copies, each with its own pen")] = 2,
    spacing: Annotated[float, Slider(0.8, 6, "In mm, from line to line")] = 1.6,
    shift: Annotated[float, Slider(0, 0.5, "Shift, about, part of the page")] = 0.16,
    turn: Annotated[float, Slider(0, 30, "Degrees from one copy to the next")] = 4.0,
    stretch: Annotated[float, Slider(0.8, 1.25, "Spacing of the next copy")] = 1.0,
    palette: Palette = "as designed",
) -> None:
    """Interference of two or three line patterns, each in its own pen. The seed moves them.

    After G. Oster and Y. Nishijima, "Moiré patterns", Scientific American 208 (1963).
    """
    frame = svg.frame
    # Large sheets take wider lines, so that no page costs more than about 400 lines a copy.
    # Three copies need more room than two.
    pitch = max(spacing, frame.long / 400, 0.38 * sheets * max(stretch, 1 / stretch))
    reach = np.hypot(frame.width, frame.height)
    heading = rng.uniform(0, 2 * np.pi)
    aside = polar(rng.uniform(0.06, 0.16), rng.uniform(0, 2 * np.pi)) * frame.size
    shift, turn = shift * rng.uniform(0.5, 1.5), turn * rng.choice([-1, 1])
    nearest = 0.35 * sheets * rng.uniform(1, 1.5)
    parts = []
    for off in np.arange(sheets) - (sheets - 1) / 2:
        step = pitch * stretch**off
        angle = np.radians(turn) * off
        centre = polar(shift * frame.short * off, heading) + aside + frame.middle
        turned = polar(1, np.array([angle, angle + np.pi / 2]))
        lines = Lines.of(_pattern(pattern, step, reach, nearest))
        lines = lines.with_points(lines.points @ turned + centre)
        parts.append(clip_to_rectangle(lines, *frame))
    in_pens(svg, palette, ["#1b1b1b", "#b3402a", "#2a5b8c"], parts)


def _pattern(
    pattern: MoirePattern, step: float, reach: float, nearest: float
) -> list[Points] | Floats:
    """Return the pattern about the origin, `step` mm between lines, rays `nearest` mm at least."""
    if pattern == "circles":
        return [circle(0.0, 0.0, r) for r in np.arange(step / 2, reach, step)]
    if pattern == "rays":
        # Rays are `step` apart two thirds of the way out, and stop where they would close up.
        count = round(2 * np.pi * reach * 0.32 / step)
        along = np.array([count * nearest / (2 * np.pi), reach])
        return polar(along, np.arange(count)[:, None] * 2 * np.pi / count)
    offset = np.arange(-reach, reach, step) + step / 2
    x = np.linspace(-reach, reach, 400 if pattern == "waves" else 2)
    y = 0.06 * reach * np.sin(x / reach * 7.0) * (pattern == "waves")
    return cartesian(x, y + offset[:, None])
