"""Two swings at right angles."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import at_most, fitted
from drawscape.svg_builder import SVGBuilder


@sketch
def lissajous(
    svg: SVGBuilder,
    *,
    across: Annotated[int, Interval(ge=1, le=7), doc("Swings from left to right")] = 3,
    down: Annotated[int, Interval(ge=1, le=7), doc("Swings from top to bottom")] = 4,
    lines: Annotated[int, Interval(ge=8, le=30), doc("Curves, each a little out of phase")] = 17,
    drift: Annotated[float, Interval(ge=0, le=1), doc("Phase from the first to the last")] = 0.44,
    phase: Annotated[float, Interval(ge=0, le=1), doc("Phase of the first curve")] = 0.57,
) -> None:
    """A ribbon that folds over itself: many Lissajous curves, each a little out of phase.

    x = sin(across t + phase), y = sin(down t) (Nathaniel Bowditch, 1815; Jules Antoine Lissajous,
    Mémoire sur l'étude optique des mouvements vibratoires, 1857).
    """
    lines = at_most(lines, svg.frame.short, 3.0, least=4)
    t = np.linspace(0, 2 * np.pi, 240 * max(across, down) + 1)
    phases = np.pi * (phase + drift * np.linspace(0, 1, lines))[:, None]
    shrink = np.linspace(1, 0.45, lines)[:, None]
    x, y = np.sin(across * t + phases) * shrink, np.sin(down * t) * shrink
    svg.polylines(fitted(svg, np.stack([x, y], axis=-1), stretched=True))
