"""From a sketch and its arguments to a drawn canvas, and from a drawn file to the same again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from drawscape.errors import ParameterError, SignatureError
from drawscape.sketches.catalogue import SKETCHES
from drawscape.sketches.model import Draft, Sketch, as_sketch
from drawscape.sketches.provenance import Provenance, describe
from drawscape.svg_builder import Pen, SVGBuilder

OnProgress = Callable[[float, SVGBuilder], None]

MARGIN = 0.07
"""Of the page's shorter side: 15 mm on A4, where pens and clamps of plotters need 10."""


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

    `sketch` is a name, a Sketch or a function; `values` are its parameters. The same `seed`, a
    whole number from 0 on, gives the same bytes. `margin` in mm is kept free, by default 7 % of the
    shorter side. `on_progress(fraction, svg)` is called at each step of a sketch that yields; `svg`
    then shows what there is so far, which is drawn when it is asked for. The canvas that is returned
    says in its `provenance` how to draw it again. Raises UnknownNameError, ParameterError
    and CanvasError for input that cannot be drawn.
    """
    chosen = _chosen(sketch)
    arguments = chosen.arguments(values)
    svg = _page(width, height, margin)
    for fraction in _steps(chosen, svg, _checked_seed(seed), arguments):
        if on_progress is not None:
            on_progress(fraction, svg)
    svg.provenance = describe(
        chosen, arguments, seed=seed, width=svg.width, height=svg.height, margin=svg.margin
    ).as_dict()
    return svg


def redraw(
    provenance: Provenance,
    sketch: str | Sketch | Callable[..., Any] | None = None,
    *,
    on_progress: OnProgress | None = None,
) -> SVGBuilder:
    """Return the drawing that `provenance` describes, drawn again.

    `sketch` stands in for one that is not in the library, such as a function of a notebook. Raises
    UnknownNameError when the sketch is not known, ParameterError when it has changed too much.
    """
    return draw(
        provenance.sketch if sketch is None else sketch,
        provenance.width,
        provenance.height,
        seed=provenance.seed,
        margin=provenance.margin,
        on_progress=on_progress,
        **provenance.parameters,
    )


def _chosen(sketch: str | Sketch | Callable[..., Any]) -> Sketch:
    return SKETCHES[sketch] if isinstance(sketch, str) else as_sketch(sketch)


def _page(width: float, height: float, margin: float | None) -> SVGBuilder:
    if margin is None:
        bare = SVGBuilder(width, height)
        margin = round(MARGIN * min(bare.width, bare.height), 6)
    return SVGBuilder(width, height, margin=margin, pen=Pen())


def _checked_seed(seed: Any) -> int:
    whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if not whole or seed < 0:
        raise ParameterError("seed", seed, "must be a whole number of at least 0")
    return int(seed)


def _steps(
    sketch: Sketch, svg: SVGBuilder, seed: int, arguments: dict[str, Any]
) -> Iterator[float]:
    """Yield the progress, 0 to 1, of drawing `sketch` on `svg`; nothing for one that does not
    tell.
    """
    handed = {"rng": np.random.default_rng(seed)} if sketch.takes_rng else {}
    outcome = sketch.function(svg, **handed, **arguments)
    if not inspect.isgenerator(outcome):
        return
    for step in outcome:
        fraction, svg.draft = _checked_step(sketch, step)
        try:
            yield min(max(fraction, 0.0), 1.0)
        finally:
            # What the draft shows changes once the sketch goes on.
            svg.draft = None


def _checked_step(sketch: Sketch, step: Any) -> tuple[float, Draft | None]:
    fraction, draft = step if isinstance(step, tuple) and len(step) == 2 else (step, None)
    real = isinstance(fraction, (int, float, np.number)) and not isinstance(fraction, bool)
    if not real or not (draft is None or callable(draft)):
        raise SignatureError(
            f"sketch {sketch.name!r} yielded {step!r}; yield the fraction done, 0 to 1, or that and "
            "a function that draws what there is to see"
        )
    return float(fraction), draft
