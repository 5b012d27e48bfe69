"""Tone hatching: a picture in crossing hatches, as engravers drew it."""

from itertools import pairwise
from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, keep_positive
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.tone import Contrast, Fit, PictureFile, ranked_lines, tone_over

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
    fade: Annotated[Fraction, "How gradually a layer ends: line by line, or at once"] = 0.9,
    bow: Annotated[float, Slider(-1, 1, "How far a wrist bows the lines")] = 0.35,
    palette: Palette = "as designed",
) -> None:
    """A picture in layers of hatching: each darker step adds a direction.

    After G. Winkenbach and D. Salesin, "Computer-generated pen-and-ink illustration" (1994): where a
    tone fades, first every second line ends, then every fourth. The seed moves and turns the lines.
    """
    frame = svg.frame
    tone = tone_over(frame, picture, fit, contrast)
    box = tone.area
    # Large pages take wider lines: about 400 a layer is what a plotter draws in an evening.
    # And where all layers cross, a sixth of the paper stays white under a pen of 0.25 mm.
    pitch = max(spacing, frame.long / 420, 0.25 / (1 - (1 / 6) ** (1 / layers)))
    angle += rng.uniform(-14, 14)
    edges = np.linspace(0.14, 0.94, layers + 1)
    inked: list[list[Lines]] = [[], []]
    for layer, (low, high) in enumerate(pairwise(edges)):
        lines, rank = ranked_lines(box, pitch, angle + TURNS[layer], bow=bow, shift=rng.random())
        # The darkest lines of a layer begin where the next layer is well under way.
        needed = low + (high - low) * 1.15 * fade * rank
        strokes = keep_positive(lines, tone.at(lines.points) - np.repeat(needed, lines.counts))
        inked[layer == layers - 1].append(strokes.longer_than(1.6))
    in_pens(svg, palette, ["#1b1b1b", "#7a3b22"], map(Lines.join, inked), width=0.25)
