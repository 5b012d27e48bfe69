"""From a sketch and its arguments to a drawn canvas."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from drawscape.errors import SignatureError
from drawscape.sketches.catalogue import SKETCHES
from drawscape.sketches.model import Sketch, as_sketch
from drawscape.svg_builder import Pen, SVGBuilder

OnProgress = Callable[[float, SVGBuilder], None]


def draw(
    sketch: str | Sketch | Callable[..., Any],
    width: float,
    height: float,
    *,
    seed: int = 0,
    margin: float | None = None,
    on_progress: OnProgress | None = None,
    **values: Any,
) -> SVGBuilder:
    """Return a canvas of `width` x `height` mm with `sketch` drawn on it.

    `sketch` is a name, a Sketch or a function; `values` are its parameters. The same `seed` gives the same
    bytes. `margin` in mm is kept free, by default 7 % of the shorter side. `on_progress(fraction, svg)` is
    called at each step of a sketch that yields.
    Raises UnknownNameError, ParameterError and CanvasError for input that cannot be drawn.
    """
    chosen = SKETCHES[sketch] if isinstance(sketch, str) else as_sketch(sketch)
    arguments = chosen.arguments(values)
    svg = SVGBuilder(
        width, height, margin=0.07 * min(width, height) if margin is None else margin, pen=Pen()
    )
    handed = {"rng": np.random.default_rng(seed)} if chosen.takes_rng else {}
    outcome = chosen.function(svg, **handed, **arguments)
    if inspect.isgenerator(outcome):
        for fraction in outcome:
            if not isinstance(fraction, (int, float)):
                raise SignatureError(
                    f"sketch {chosen.name!r} yielded {fraction!r}; yield the fraction done, 0 to 1"
                )
            if on_progress is not None:
                on_progress(min(max(float(fraction), 0.0), 1.0), svg)
    return svg
