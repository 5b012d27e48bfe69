"""From a recipe to a drawn canvas: random numbers, input files, progress."""

import contextlib
import functools
import inspect
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FrameType, GeneratorType
from typing import Any

import numpy as np

from drawscape.errors import SignatureError
from drawscape.recipe.provenance import digest_of
from drawscape.recipe.recipe import Recipe
from drawscape.recipe.sketch import Draft, Sketch
from drawscape.settings import StrPath, readable_path
from drawscape.svg_builder import Pen, SVGBuilder

OnSketchStep = Callable[[float, SVGBuilder], None]
"""Called with the fraction done and the canvas at each step of a sketch that yields."""

# A hint to glibc, which returns freed arrays of more than 128 kB to the system until a large block was freed.
# That happens here, without using it: noise on small arrays runs three times as fast.
np.empty(3_900_000)


def draw_recipe(
    recipe: Recipe, *, on_progress: OnSketchStep | None = None, parents: Sequence[str] = ()
) -> SVGBuilder:
    """Return the canvas that `recipe` describes, drawn; `parents` are recipes that it was bred from.

    `rng` gives the numbers of `numpy.random.default_rng(seed)`; the canvas has other random numbers.
    """
    sketch = recipe.sketch
    svg = SVGBuilder(recipe.width, recipe.height, margin=recipe.margin, pen=Pen())
    svg.random_seed(recipe.seed)
    handed = {"rng": np.random.default_rng(recipe.seed)} if sketch.takes_rng else {}
    with _noted_reads() as reads:
        outcome = sketch.function(svg, **handed, **recipe.arguments)
        if inspect.isgenerator(outcome):
            for step in outcome:
                _take_step(sketch, outcome, step, svg, on_progress)
    svg.provenance = recipe.provenance(reads, parents, svg.traits).as_dict()
    return svg


# Progress


def _take_step(
    sketch: Sketch,
    steps: "GeneratorType[Any, Any, Any]",
    step: Any,
    svg: SVGBuilder,
    on_progress: OnSketchStep | None,
) -> None:
    """Report a step of a sketch; its draft is shown until the sketch continues."""
    fraction, draft = _checked_step(sketch, step)
    if on_progress is None:
        return
    svg.draft = draft
    try:
        with _unchanged_randomness(steps, svg) if draft else contextlib.nullcontext():
            on_progress(min(max(fraction, 0.0), 1.0), svg)
    finally:
        svg.draft = None


@contextlib.contextmanager
def _unchanged_randomness(steps: "GeneratorType[Any, Any, Any]", svg: SVGBuilder) -> Iterator[None]:
    """Restore all random generators of the sketch after the block, in which a draft may use them.

    A draft is only drawn when somebody watches: that must not change the final drawing.
    """
    generators = [svg.rng, *_generators_of(steps)]
    states = [one.bit_generator.state for one in generators]
    try:
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.bit_generator.state = state


def _generators_of(steps: Any) -> Iterator[np.random.Generator]:
    """Yield the random generators that a sketch has in its variables, also in those of `yield from`."""
    while inspect.isgenerator(steps):
        for value in inspect.getgeneratorlocals(steps).values():
            several = value if isinstance(value, (list, tuple)) else [value]
            yield from (one for one in several if isinstance(one, np.random.Generator))
        steps = steps.gi_yieldfrom


def _checked_step(sketch: Sketch, step: Any) -> tuple[float, Draft | None]:
    fraction, draft = step if isinstance(step, tuple) and len(step) == 2 else (step, None)
    real = isinstance(fraction, (int, float, np.number)) and not isinstance(fraction, bool)
    if not real or not (draft is None or callable(draft)):
        raise SignatureError(
            f"sketch {sketch.name!r} yielded {step!r}; yield the fraction done, 0 to 1, or that and "
            "a function that draws a preview"
        )
    return float(fraction), draft


# Input files


@dataclass
class _Reading:
    """Digests of the files that a sketch has read so far, by name, and caches that hold some of them."""

    digests: dict[str, str] = field(default_factory=dict)
    caches: list[Any] = field(default_factory=list)


_reading: ContextVar[_Reading] = ContextVar("reading")


@contextlib.contextmanager
def _noted_reads() -> Iterator[dict[str, str]]:
    """Yield the digests of the files that a sketch reads in the block.

    A helper with a cache reads its file only for the first drawing. So its cache is emptied after the block:
    each drawing reads everything that it needs, no matter what its process drew before.
    """
    reading = _Reading()
    token = _reading.set(reading)
    try:
        yield reading.digests
    finally:
        _reading.reset(token)
        for cached in reading.caches:
            cached.cache_clear()


def read_input(name: StrPath) -> bytes:
    """Return the content of a file that a task may read; the drawing's recipe remembers its digest.

    A sketch that reads its files this way is drawn again when one has changed; else its drawing is reused.
    Raises ForbiddenPathError, FileNotFoundError as `settings.readable_path` does.

    >>> from drawscape.settings import home
    >>> _ = (home() / "notes.txt").write_text("a line")
    >>> read_input("notes.txt")
    b'a line'
    """
    content = readable_path(name).read_bytes()
    reading = _reading.get(None)
    if reading is not None:
        reading.digests[os.fspath(name)] = digest_of(content)
        reading.caches += _caches_above(sys._getframe(1))
    return content


def _caches_above(frame: FrameType | None) -> Iterator[Any]:
    """Yield the caches of `functools` around the functions of modules that are running now."""
    while frame is not None:
        for value in frame.f_globals.values():
            if isinstance(value, functools._lru_cache_wrapper):
                function = inspect.unwrap(value)
                if getattr(function, "__code__", None) is frame.f_code:
                    yield value
        frame = frame.f_back
