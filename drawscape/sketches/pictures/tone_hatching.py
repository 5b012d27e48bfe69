"""Tone hatching: a picture in crossing hatches, as engravers drew it."""

from itertools import pairwise
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Lines, keep_positive
from drawscape.parameters import InputFile
from drawscape.sketches import AS_DESIGNED, Palette, Share, in_pens, inks, sketch
from drawscape.sketches.tone import Fit, ranked_lines, shown, tone_over
from drawscape.svg_builder import SVGBuilder

TURNS = (0.0, 90.0, 45.0, 135.0, 22.5, 112.5)
"""Degrees of each layer against the first: the darker, the more directions cross."""


@sketch
def tone_hatching(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    picture: Annotated[InputFile | None, doc("Picture file; none draws an ammonite")] = None,
    fit: Annotated[Fit, doc("Fill the page or show the whole picture")] = "cover",
    layers: Annotated[int, Interval(ge=2, le=6), doc("Directions that may cross")] = 4,
    spacing: Annotated[float, Interval(ge=0.6, le=4), doc("In mm, between lines of a layer")] = 1.0,
    angle: Annotated[float, Interval(ge=-90, le=90), doc("Degrees of the first layer")] = 35.0,
    contrast: Annotated[Share, doc("0 as in the picture, 1 stretched to black and white")] = 0.8,
    fade: Annotated[Share, doc("How gradually a layer ends: line by line, or at once")] = 0.9,
    bow: Annotated[float, Interval(ge=-1, le=1), doc("How far a wrist bows the lines")] = 0.35,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A picture in layers of hatching: each darker step adds a direction.

    After G. Winkenbach and D. Salesin, "Computer-generated pen-and-ink illustration" (1994): where a
    tone fades, first every second line ends, then every fourth. The seed moves and turns the lines.
    """
    ink = inks(svg, palette, "#1b1b1b", "#7a3b22")
    frame = svg.frame
    tone = tone_over(frame, picture, fit, contrast)
    box = shown(tone, frame)
    # Large pages take wider lines: about 400 a layer is what a plotter draws in an evening.
    # And where all layers cross, a sixth of the paper stays white under a pen of 0.25 mm.
    pitch = max(spacing, frame.long / 420, 0.25 / (1 - (1 / 6) ** (1 / layers)))
    angle += rng.uniform(-14, 14)
    edges = np.linspace(0.14, 0.94, layers + 1)
    inked: dict[bool, list[Lines]] = {False: [], True: []}
    for layer, (low, high) in enumerate(pairwise(edges.tolist())):
        lines, rank = ranked_lines(box, pitch, angle + TURNS[layer], bow=bow, shift=rng.random())
        # The darkest lines of a layer begin where the next layer is well under way.
        needed = low + (high - low) * 1.15 * fade * rank
        over = tone.at(lines.points) - np.repeat(needed, lines.counts)
        strokes = keep_positive(lines, over)
        inked[layer == layers - 1].append(strokes.take(strokes.lengths_mm > 1.6))
    in_pens(svg, ink, map(Lines.join, inked.values()), width=0.25)
