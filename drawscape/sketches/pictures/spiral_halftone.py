"""Spiral halftone: a picture in a single turn of the wrist."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Points, clip_to_rectangle, depth_in, fit_count, polar
from drawscape.geometry.lines import Lines, distances_along
from drawscape.geometry.thinning import shortest_swing
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks
from drawscape.sketches.tone import (
    NO_FOCUS,
    Clarity,
    Contrast,
    Fit,
    Focus,
    PictureFile,
    Tone,
    finer_in_focus,
    printable,
    swing_of,
    tone_for,
)

A5_MM = 63.0
"""Half the width of A5 within its margin: a larger page has as many turns, a smaller one as dense ones."""

PEN_MM = 0.22
"""On A5; a larger page has a broader one."""

MOST = 0.72
"""Part of the paper that the spiral covers at most: with more, its swings touch."""


@sketch
def spiral_halftone(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    turns: Annotated[int, Slider(30, 90, "Turns to the near edge")] = 56,
    contrast: Contrast = 0.85,
    clarity: Clarity = 0.5,
    focus: Focus = NO_FOCUS,
    palette: Palette = "as designed",
) -> None:
    """A picture in one spiral that swings where it is dark.

    The spiral is Archimedes' (225 BC); a picture given by its line alone is Claude Mellan's idea
    (1649).
    """
    frame = svg.frame
    palette = choose_inks(svg, palette, "as designed", "tide", "plum")
    tone = tone_for(svg, palette, picture, fit, contrast, clarity, focus)
    box = tone.area
    near, half = box.short / 2, box.size / 2
    pitch = near / fit_count(round(turns * min(1.0, near / A5_MM)), near, 0.7, least=4)
    eye = choose(svg, "eye", {"within": 0.25, "at the rim": 1.0})
    off = half * polar(eye, rng.uniform(0, 2 * np.pi))
    reach = np.hypot(*(np.abs(off) + half))
    start = off + frame.middle, rng.uniform(0, 2 * np.pi)
    pen_mm = PEN_MM * max(1.0, near / A5_MM)
    screen = partial(_swinging, tone, start, reach, pen_mm)
    in_pens(svg, palette, ["#1b1b1b"], [finer_in_focus(tone, screen, pitch)], width=pen_mm)


def _swinging(
    tone: Tone, start: tuple[Points, float], reach: float, pen_mm: float, pitch: float
) -> Lines:
    """Return a spiral with turns `pitch` apart that swings where it is dark, no higher than that."""
    middle, phase = start
    # At most 1,500,000 points; large pages with many turns then take longer swings.
    length = pitch * max(0.6, 7 * np.pi * (reach / pitch) ** 2 / 1_500_000)
    length = max(length, shortest_swing(pitch, pitch))
    path, outward = _spiral(pitch, reach, length / 8)
    path = path + middle
    phases = phase + 2 * np.pi * distances_along(Lines.of(path)) / length
    # The swing dies where it would leave the picture, so that the line is cut there once and clean.
    room = np.clip(depth_in(tone.area, path) / pitch, 0, 1)
    height = swing_of(printable(tone.at(path), MOST), pitch, length, pen_mm)
    height = np.minimum(height, pitch / 2) * room
    path = path + outward * (height * np.sin(phases))[:, None]
    return clip_to_rectangle([path], *tone.area).longer_than(2.0)


def _spiral(pitch: float, reach: float, step: float) -> tuple[Points, Floats]:
    """Return points `step` apart on a spiral about the origin, and the unit vectors outward."""
    # Along r = pitch * t / 2 pi the length is nearly pitch * t^2 / 4 pi: solve that for t.
    length = np.arange(0.0, np.pi * reach**2 / pitch, step)
    t = np.sqrt(4 * np.pi * length / pitch)
    outward = polar(1.0, t)
    return outward * (pitch * t / (2 * np.pi))[:, None], outward
