"""From a sketch and its arguments to a drawn canvas, and from a drawn file to the same again."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from drawscape.errors import ProvenanceError, SignatureError
from drawscape.sketches.catalogue import SKETCHES
from drawscape.sketches.inputs import Inputs, watched
from drawscape.sketches.library_code import is_library
from drawscape.sketches.model import Draft, Sketch, as_sketch
from drawscape.sketches.provenance import Provenance
from drawscape.sketches.randomness import Randomness
from drawscape.sketches.recipe import Recipe, recipe_of
from drawscape.svg_builder import SVGBuilder

OnProgress = Callable[[float, SVGBuilder], None]

# A hint to the allocator of a process that draws: glibc returns memory to the system whenever an array of
# more than 128 kB is freed, and pays for fresh pages at the next, until it has seen a large block come and
# go. It does so here, untouched: noise on small arrays runs three times as fast.
np.empty(3_900_000)

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


def draw_recipe(
    recipe: Recipe, *, on_progress: OnProgress | None = None, parents: Sequence[str] = ()
) -> SVGBuilder:
    """Return the canvas that `recipe` describes, drawn; `parents` are recipes that it was bred from."""
    svg, inputs = recipe.page(), Inputs()
    for fraction in _steps(recipe, svg, inputs):
        if on_progress is not None:
            on_progress(fraction, svg)
    svg.provenance = recipe.provenance(inputs, parents).as_dict()
    return svg


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
        # The same code, whatever version of the library it came with, makes the same file.
        svg.provenance = replace(
            now, version=provenance.version, source=provenance.source
        ).as_dict()
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


def _steps(recipe: Recipe, svg: SVGBuilder, inputs: Inputs) -> Iterator[float]:
    """Yield the progress, 0 to 1, of drawing on `svg`; nothing for a sketch that reports none.

    What the sketch reads meanwhile is noted in `inputs`.
    """
    sketch = recipe.sketch
    svg.random_seed(recipe.seed)
    handed = {"rng": Randomness(recipe.seed, recipe.streams)} if sketch.takes_rng else {}
    with watched(inputs):
        outcome = sketch.function(svg, **handed, **recipe.arguments)
    if not inspect.isgenerator(outcome):
        return
    while True:
        with watched(inputs):
            step = next(outcome, _END)
        if step is _END:
            return
        fraction, svg.draft = _checked_step(sketch, step)
        try:
            yield min(max(fraction, 0.0), 1.0)
        finally:
            # What the draft shows changes once the sketch goes on.
            svg.draft = None


_END = object()


def _checked_step(sketch: Sketch, step: Any) -> tuple[float, Draft | None]:
    fraction, draft = step if isinstance(step, tuple) and len(step) == 2 else (step, None)
    real = isinstance(fraction, (int, float, np.number)) and not isinstance(fraction, bool)
    if not real or not (draft is None or callable(draft)):
        raise SignatureError(
            f"sketch {sketch.name!r} yielded {step!r}; yield the fraction done, 0 to 1, or that and "
            "a function that draws what there is to see"
        )
    return float(fraction), draft
