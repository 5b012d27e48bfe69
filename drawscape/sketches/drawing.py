"""Drawings by a sketch's name, and drawings again from what a file says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from drawscape.errors import ProvenanceError
from drawscape.recipe import (
    Provenance,
    Recipe,
    Sketch,
    as_sketch,
    draw_recipe,
    is_library,
    recipe_of,
)
from drawscape.recipe.drawing import OnProgress
from drawscape.sketches.catalogue import SKETCHES
from drawscape.svg_builder import SVGBuilder

AnySketch = str | Sketch | Callable[..., Any]


def draw(
    sketch: AnySketch,
    width: float,
    height: float,
    *,
    seed: int = 0,
    margin: float | None = None,
    streams: Mapping[str, int] | None = None,
    on_progress: OnProgress | None = None,
    **values: Any,
) -> SVGBuilder:
    """Return a canvas of `width` x `height` mm with `sketch` drawn on it.

    `sketch` is a name, a Sketch or a function; `values` are its parameters. The same `seed`, a
    whole number from 0 on, gives the same bytes. `margin` in mm is kept free, by default 7 % of the
    shorter side. `streams` are seeds for some of the sketch's named streams: `{'colour': 5}` draws what
    comes from `rng.stream('colour')` anew and all else as before. `on_progress(fraction, svg)` is called at
    each step of a sketch that yields; `svg` then shows what there is so far, which is drawn when it is
    asked for. The canvas that is returned says in its `provenance` how to draw it again.
    Raises UnknownNameError, ParameterError and CanvasError for input that cannot be drawn.

    >>> draw("spiral", 100, 100, seed=7, turns=5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    recipe = recipe_of(
        chosen(sketch), width, height, seed=seed, margin=margin, streams=streams, values=values
    )
    return draw_recipe(recipe, on_progress=on_progress)


def redraw(
    provenance: Provenance,
    sketch: AnySketch | None = None,
    *,
    on_progress: OnProgress | None = None,
) -> SVGBuilder:
    """Return the drawing that `provenance` describes, drawn again.

    `sketch` stands in for one that is not in the library, such as a function of a notebook. Source that
    a file carries is not run here (see `SourceText.load`). Raises UnknownNameError when the sketch is not
    known, ProvenanceError when the library's sketch of that name is another one, ParameterError when it
    has changed too much.

    >>> svg = draw("spiral", 100, 100, seed=7)
    >>> redraw(read_provenance(svg.to_string())).to_bytes() == svg.to_bytes()
    True
    """
    recipe = recipe_again(provenance, sketch)
    svg = draw_recipe(recipe, on_progress=on_progress, parents=provenance.parents)
    now = Provenance.of(svg.provenance)
    if now.code == provenance.code:
        # The same code may be written down in another way.
        svg.provenance = replace(now, source=provenance.source).as_dict()
    return svg


def recipe_again(provenance: Provenance, sketch: AnySketch | None = None) -> Recipe:
    """Return the recipe of the drawing that `provenance` describes, with the sketch as it is now.

    Raises as `redraw` does.
    """
    known = chosen(provenance.sketch if sketch is None else sketch)
    if sketch is None and provenance.source and is_library(known.function.__module__):
        raise ProvenanceError(
            f"the drawing was made by a sketch {provenance.sketch!r} of a notebook, not by the library's"
        )
    if known.name != provenance.sketch:
        known = replace(known, name=provenance.sketch)
    return recipe_of(
        known,
        provenance.width,
        provenance.height,
        seed=provenance.seed,
        margin=provenance.margin,
        streams=provenance.streams,
        values=provenance.parameters,
    )


def chosen(sketch: AnySketch) -> Sketch:
    """Return the sketch of that name or function. Raises UnknownNameError."""
    return SKETCHES[sketch] if isinstance(sketch, str) else as_sketch(sketch)
