"""Tone hatching: a picture in crossing hatches, as engravers drew it."""

from functools import partial
from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, keep_positive
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose_inks
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
    ranked_lines,
    tone_for,
)

PEN_MM = 0.25

TURNS = (0.0, 90.0, 45.0, 135.0, 22.5, 112.5)
"""Degrees of each layer against the first: the darker, the more directions cross."""


@sketch
def tone_hatching(
    svg: SVGBuilder,
    rng: Rng,
    *,
    picture: PictureFile = None,
    fit: Fit = "cover",
    layers: Annotated[int, Slider(2, 6, "Directions that may cross")] = 4,
    spacing: Annotated[float, Slider(0.6, 4, "In mm, between lines of a layer")] = 1.0,
    angle: Annotated[float, Slider(-90, 90, "Degrees of the first layer")] = 35.0,
    contrast: Contrast = 0.8,
    clarity: Clarity = 0.5,
    focus: Focus = NO_FOCUS,
    fade: Annotated[Fraction, "How gradually a layer ends: line by line, or at once"] = 0.9,
    bow: Annotated[float, Slider(-1, 1, "How far a wrist bows the lines")] = 0.35,
    palette: Palette = "as designed",
) -> None:
    """A picture in layers of hatching: each darker step adds a direction.

    After G. Winkenbach and D. Salesin, "Computer-generated pen-and-ink illustration" (1994): where a
    tone fades, first every second line ends, then every fourth. The seed moves and turns the lines.
    """
    frame = svg.frame
    palette = choose_inks(svg, palette, "as designed", "tide", "plum")
    tone = tone_for(svg, palette, picture, fit, contrast, clarity, focus)
    # Large pages take wider lines: about 260 a layer is what a plotter draws in an evening.
    # And where all layers cross, a sixth of the paper stays white under a pen of 0.25 mm.
    pitch = max(spacing, frame.long / 260, PEN_MM / (1 - (1 / 6) ** (1 / layers)))
    angle += rng.uniform(-14, 14)
    shifts = rng.random(layers)
    inked: list[list[Lines]] = [[], []]
    for layer, shift in enumerate(shifts):
        screen = partial(_layer, tone, layer, layers, angle + TURNS[layer], bow, fade, shift)
        inked[layer == layers - 1].append(finer_in_focus(tone, screen, pitch))
    in_pens(svg, palette, ["#1b1b1b", "#7a3b22"], map(Lines.join, inked), width=PEN_MM)


def _layer(
    tone: Tone,
    layer: int,
    layers: int,
    angle: float,
    bow: float,
    fade: float,
    shift: float,
    pitch: float,
) -> Lines:
    """Return the lines of a layer where their ink is needed beside that of the layers before it."""
    lines, rank = ranked_lines(tone.area, pitch, angle, bow=bow, shift=shift, cycle=16)
    open_ = 1 - PEN_MM / pitch
    # What is covered by all layers before, and by the lines of this one that have a lower rank.
    needed = 1 - open_**layer * (1 - (0.03 + fade * rank) * PEN_MM / pitch)
    cover = printable(tone.at(lines.points), 1 - open_**layers)
    return keep_positive(lines, cover - np.repeat(needed, lines.counts)).longer_than(2.5)
