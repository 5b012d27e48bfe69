"""A sketch is a plain function `f(svg, rng, *, ...)`; a recipe is all that decides what it draws.

The recipe gives the drawing its address. Then it is drawn: random numbers, input files, progress.
"""

import contextlib
import copy
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import numpy as np
from annotated_types import Interval

from drawscape.errors import ParameterError, SignatureError
from drawscape.parameters import Parameter, check_arguments, read_parameters
from drawscape.recipe.provenance import (
    LAST_SEED,
    Provenance,
    SourceText,
    address_of,
    digest_of,
    is_library,
    plain,
)
from drawscape.settings import readable_path
from drawscape.svg_builder import Pen, SVGBuilder

# What is known of a sketch's code

NOTE = "__sketch_origin__"
"""The attribute by which a function that is sent to a worker carries what was known of it at home."""

_DICE = re.compile(r"\.(?:random|random_gauss|random_choice|noise|shuffle|rng)\b")
"""By these a canvas gives random numbers."""


@dataclass(frozen=True)
class Origin:
    """What is known of a sketch's code where it was written; it travels with a function to the worker.

    `code` is its digest. It has no `source` if an object only lives in this process, or the text of some
    code is not known. `is_random` says whether it asks the canvas for random numbers.
    """

    code: str
    source: SourceText | None = None
    is_random: bool = False


def origin_of(function: Callable[..., Any]) -> Origin:
    """Return what is known of a sketch's code: here, or if it was sent, where it came from."""
    noted = getattr(function, NOTE, None)
    if isinstance(noted, Origin):
        return noted
    seen = _seen.get({})
    if function not in seen:
        seen[function] = _origin_now(function)
    return seen[function]


@contextlib.contextmanager
def cached_hashes() -> Iterator[None]:
    """Let the code of a sketch be looked at once in the block, which asks for many drawings of it."""
    before = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(before)


_seen: ContextVar[dict[Callable[..., Any], Origin]] = ContextVar("seen")


def note_origin(function: Callable[..., Any]) -> None:
    """From now on let `function`, when it is sent to a process that cannot see its source, carry its origin.

    What it carries is what is true at that moment, for its helpers may change until then.
    """
    if not isinstance(getattr(function, NOTE, None), Origin):
        with contextlib.suppress(AttributeError):  # a partial or method takes no notes
            setattr(function, NOTE, _Departing(function))


class _Departing:
    """Stands at a function, and pickles as the function's origin."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __reduce__(self) -> tuple[Callable[[Origin], Origin], tuple[Origin]]:
        return copy.copy, (origin_of(self._function),)


def _origin_now(function: Callable[..., Any]) -> Origin:
    module = getattr(inspect.unwrap(function), "__module__", None) or ""
    if is_library(module):
        file = sys.modules[module].__file__ or ""
        return _library_origin(file, os.stat(file).st_mtime_ns)
    from drawscape.recipe.code import code_of  # the library's sketches need none of it

    digest, source, text = code_of(function)
    return Origin(f"sha256:{digest}", source, bool(_DICE.search(text)))


@cache
def _library_origin(file: str, _modified_ns: int) -> Origin:
    content = Path(file).read_bytes()
    return Origin(digest_of(content), None, bool(_DICE.search(content.decode())))


Draft: TypeAlias = Callable[[SVGBuilder], object]
"""Draws on a copy of the canvas what there is to see of a drawing under way."""

Steps: TypeAlias = Iterator[float | tuple[float, Draft]]
"""What a sketch that reports its progress yields."""

Fraction: TypeAlias = Annotated[float, Interval(ge=0, le=1)]
"""A parameter from 0 to 1."""


@dataclass(frozen=True)
class Sketch:
    """A drawing function with its name, family and parameters.

    `function(svg, rng, *, ...)` draws on `svg`, an SVGBuilder, with randomness from `rng` alone, a
    numpy Generator. It may be a generator: each `yield fraction` (0 to 1) reports progress. With
    `yield fraction, draft` it also says how to show what is not on `svg` yet: `draft(page)` draws it on a
    copy. A draft is called when someone looks, or not at all; so it may neither change anything nor draw
    random numbers.

    >>> SKETCHES["spiral"].family, [parameter.name for parameter in SKETCHES["hypercube"].parameters]
    ('curves', ['dimensions', 'columns', 'turning', 'ways', 'palette'])
    """

    name: str
    family: str
    function: Callable[..., Any]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The keyword parameters, without `svg` and `rng`."""
        names = list(inspect.signature(self.function).parameters)
        if not names or names[0] == "rng":
            raise SignatureError(
                f"sketch {self.name!r} must take the canvas first: def {self.name}(svg, rng, *, ...)"
            )
        return read_parameters(self.function, skip=(names[0], "rng"))

    @cached_property
    def takes_rng(self) -> bool:
        """Whether the function is handed random numbers."""
        return "rng" in inspect.signature(self.function).parameters

    @cached_property
    def is_random(self) -> bool:
        """Whether another seed may give another drawing: by `rng`, or by `svg.random()` and its kin."""
        return self.takes_rng or origin_of(self.function).is_random

    @property
    def doc(self) -> str:
        """The whole docstring."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return self.doc.partition("\n")[0]

    def arguments(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for each parameter: `values` checked, the defaults elsewhere.

        Raises UnknownNameError and ParameterError as `check_arguments` does.
        """
        checked = check_arguments(self.parameters, values)
        return {p.name: checked.get(p.name, p.default) for p in self.parameters}


def as_sketch(function: Sketch | Callable[..., Any]) -> Sketch:
    """Return `function` as a Sketch: one that is registered or any plain function of that form.

    >>> def rings(svg, rng, *, count=5):
    ...     svg.circle(svg.frame.cx, svg.frame.cy, count)
    >>> as_sketch(rings).parameters[0].default
    5
    """
    if isinstance(function, Sketch):
        return function
    described = getattr(function, "__sketch__", None)
    name, family = described or (getattr(function, "__name__", "sketch"), "yours")
    return Sketch(name, family, function)


def is_sketch(function: Callable[..., Any]) -> bool:
    """Return whether `function` has a sketch's form: it takes a canvas first.

    Raises SignatureError when it has no signature that can be read.
    """
    if hasattr(function, "__sketch__"):
        return True
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError as error:
        raise SignatureError(f"cannot read the parameters of {function!r}: {error}") from error
    return any(one.name == "rng" for one in parameters) or any(
        one.name in ("svg", "canvas") or "SVGBuilder" in str(one.annotation)
        for one in parameters[:1]
    )


@dataclass(frozen=True)
class Recipe:
    """A sketch with checked arguments on a page, and the digest of its code.

    `request` is the address of what is asked for; what the sketch reads while it draws is not known before.
    """

    sketch: Sketch
    arguments: Mapping[str, Any]
    seed: int
    width: float
    height: float
    margin: float
    origin: Origin

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments as JSON can hold them."""
        values = {}
        for p in self.sketch.parameters:
            value = plain(p.shown(self.arguments[p.name]))
            # 1 and 1.0 are the same to a sketch.
            is_whole = p.kind == "float" and isinstance(value, int)
            values[p.name] = float(value) if is_whole else value
        return values

    @cached_property
    def _asked(self) -> Provenance:
        return Provenance(
            self.sketch.name,
            self.seed,
            self.width,
            self.height,
            self.margin,
            self.parameters,
            code=self.origin.code,
            versions={"numpy": np.__version__},
        )

    @cached_property
    def request(self) -> str:
        """The address of what is asked for: 24 hexadecimal digits."""
        seed = self.seed if self.sketch.is_random else 0
        return address_of({**self._asked.as_dict(), "seed": seed})

    def provenance(
        self,
        reads: Mapping[str, str],
        parents: Sequence[str] = (),
        traits: Mapping[str, Any] | None = None,
    ) -> Provenance:
        """Return what the file says of itself; `reads` are digests of the files read while it was drawn."""
        reads = self._with_former(reads)
        source = self.origin.source
        return replace(
            self._asked,
            recipe=address_of({"request": self.request, "reads": reads}) if reads else self.request,
            request=self.request if reads else "",
            reads=reads,
            source="" if source is None else source.reference,
            parents=list(parents),
            traits=dict(traits or {}),
        )

    def _with_former(self, reads: Mapping[str, str]) -> dict[str, str]:
        """Return `reads` with what the same code has read for other drawings of this process.

        A helper that keeps what it has read opens its file for the first drawing alone. A file in whose name
        one of the arguments stands belongs to the drawings with that argument.
        """
        named = [str(v) for v in self.arguments.values() if isinstance(v, (str, int)) and str(v)]
        shared = {n: d for n, d in reads.items() if not any(value in n for value in named)}
        former = _former.setdefault(self.origin.code, {})
        former.update(shared)
        return dict(sorted({**former, **reads}.items()))


def recipe_of(
    sketch: Sketch,
    width: float,
    height: float,
    *,
    seed: int = 0,
    margin: float | None = None,
    values: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return the recipe of `sketch` with `values` on a page of mm, without drawing it.

    Raises UnknownNameError, ParameterError and CanvasError for what cannot be drawn.
    """
    arguments = sketch.arguments(values or {})
    page = SVGBuilder(width, height, margin=margin or 0.0)
    sides = float(page.width), float(page.height)
    own_margin = margin_for(*sides) if margin is None else float(page.margin)
    return Recipe(
        sketch, arguments, checked_seed(seed), *sides, own_margin, origin_of(sketch.function)
    )


def margin_for(width: float, height: float) -> float:
    """Return the margin in mm that a page has by itself: 15 on A4, where plotters' clamps need 10."""
    return round(0.07 * min(width, height), 6)


_former: dict[str, dict[str, str]] = {}


def checked_seed(seed: Any) -> int:
    """Return `seed` as an int. Raises ParameterError for none, or one of more than 63 bits."""
    is_whole = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    whole = int(seed) if is_whole else -1
    if not 0 <= whole <= LAST_SEED:
        raise ParameterError(
            "seed", seed, f"must be a whole number of at least 0 and at most {LAST_SEED}"
        )
    return whole


def code_hash(function: Callable[..., Any]) -> str:
    """Return `sha256:...` of all code that `function`, a sketch, reaches (see `code.py`).

    >>> code_hash(SKETCHES["spiral"].function)[:7]
    'sha256:'
    """
    return origin_of(function).code


OnStep = Callable[[float, SVGBuilder], None]

# A hint to glibc, which returns freed arrays of more than 128 kB to the system until a large block has come
# and gone. It does so here, untouched: noise on small arrays runs three times as fast.
np.empty(3_900_000)


def draw_recipe(
    recipe: Recipe, *, on_progress: OnStep | None = None, parents: Sequence[str] = ()
) -> SVGBuilder:
    """Return the canvas that `recipe` describes, drawn; `parents` are recipes that it was bred from."""
    sketch, reads = recipe.sketch, dict[str, str]()
    svg = SVGBuilder(recipe.width, recipe.height, margin=recipe.margin, pen=Pen())
    svg.random_seed(recipe.seed)
    handed = {"rng": np.random.default_rng(recipe.seed)} if sketch.takes_rng else {}
    before = _reading.set(reads)
    try:
        outcome = sketch.function(svg, **handed, **recipe.arguments)
        for step in outcome if inspect.isgenerator(outcome) else ():
            fraction, svg.draft = _checked_step(sketch, step)
            if on_progress is not None:
                on_progress(min(max(fraction, 0.0), 1.0), svg)
            svg.draft = None  # what it shows changes once the sketch goes on
    finally:
        _reading.reset(before)
    svg.provenance = recipe.provenance(reads, parents, svg.traits).as_dict()
    return svg


def _checked_step(sketch: Sketch, step: Any) -> tuple[float, Draft | None]:
    fraction, draft = step if isinstance(step, tuple) and len(step) == 2 else (step, None)
    real = isinstance(fraction, (int, float, np.number)) and not isinstance(fraction, bool)
    if not real or not (draft is None or callable(draft)):
        raise SignatureError(
            f"sketch {sketch.name!r} yielded {step!r}; yield the fraction done, 0 to 1, or that and "
            "a function that draws what there is to see"
        )
    return float(fraction), draft


_reading: ContextVar[dict[str, str]] = ContextVar("reading")
"""The digests of what the sketch that is being drawn has read by `read_input`."""


def read_input(name: str | os.PathLike[str]) -> bytes:
    """Return the content of a file that a task may read; the drawing's recipe remembers its digest.

    A sketch that reads its files so is drawn again when one of them has changed, and found again otherwise.
    Raises ForbiddenPathError, FileNotFoundError as `settings.readable_path` does.

    >>> from drawscape.settings import home
    >>> _ = (home() / "notes.txt").write_text("a line")
    >>> read_input("notes.txt")
    b'a line'
    """
    content = readable_path(name).read_bytes()
    _reading.get({})[os.fspath(name)] = digest_of(content)
    return content
