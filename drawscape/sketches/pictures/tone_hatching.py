"""Tone hatching: a picture in crossing hatches, as engravers drew it."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Lines
from drawscape.geometry.resample import resample
from drawscape.sketches import sketch
from drawscape.sketches.fields._cut import keep_positive
from drawscape.sketches.pictures._tone import Fit, shown, tone_over
from drawscape.svg_builder import SVGBuilder

TURNS = (0.0, 90.0, 45.0, 135.0, 22.5, 112.5)
"""Degrees of each layer against the first: the darker, the more directions cross."""


@sketch
def tone_hatching(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    picture: Annotated[str | None, doc("Picture file; none draws an ammonite")] = None,
    fit: Annotated[Fit, doc("Fill the page or show the whole picture")] = "cover",
    layers: Annotated[int, Interval(ge=2, le=6), doc("Directions that may cross")] = 4,
    spacing: Annotated[
        float, Interval(ge=0.6, le=4.0), doc("Distance in mm between lines of a layer")
    ] = 1.2,
    angle: Annotated[
        float, Interval(ge=-90.0, le=90.0), doc("Degrees of the first layer's lines")
    ] = 38.0,
    contrast: Annotated[
        float, Interval(ge=0.0, le=1.0), doc("0 as in the picture, 1 stretched to black and white")
    ] = 0.8,
    hand: Annotated[
        float, Interval(ge=0.0, le=1.0), doc("How unevenly a hand would begin and end its lines")
    ] = 0.05,
) -> None:
    """A picture in layers of hatching: each darker step adds a direction.

    After G. Winkenbach and D. Salesin, "Computer-generated pen-and-ink illustration" (1994).
    """
    frame = svg.frame
    tone = tone_over(frame, picture, fit, contrast)
    box = shown(tone, frame)
    # Large pages take wider lines: about 400 a layer is what a plotter draws in an evening.
    pitch = max(spacing, frame.long / 420)
    steps = np.linspace(0.2, 0.84, layers)
    for layer, step in enumerate(steps):
        lines = _hatch(box, pitch, angle + TURNS[layer])
        # Strokes of one line end a little before or after the tone's edge, as a hand's do.
        edge = 0.09 * hand * rng.standard_normal(len(lines))
        over = tone.at(lines.points) - step - np.repeat(edge, lines.counts)
        strokes = keep_positive(lines, over)
        strokes = strokes.take(strokes.lengths_mm > 2.0)
        last = layer == layers - 1
        with svg.layer("pen 2" if last else "pen 1", color="#7a3b22" if last else "#1b1b1b"):
            svg.polylines(strokes)


def _hatch(box: tuple[float, float, float, float], pitch: float, angle: float) -> Lines:
    """Return parallel lines across `box`, with a point every 0.7 mm or so."""
    centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    reach = float(np.hypot(box[2] - box[0], box[3] - box[1])) / 2
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    aside = np.array([-along[1], along[0]])
    offsets = np.arange(-reach, reach, pitch)[:, None] * aside + centre
    ends = np.stack((offsets - reach * along, offsets + reach * along), axis=1)
    return resample(clip_to_rectangle(ends, *box), 0.7)
