"""A sketch: a plain function `f(svg, rng, *, ...)` with its name, family and parameters."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

from annotated_types import Interval

from drawscape.errors import SignatureError
from drawscape.parameters import Parameter, check_arguments, read_parameters
from drawscape.recipe.origin import origin_of
from drawscape.recipe.provenance import SketchFunction
from drawscape.svg_builder import SVGBuilder

Draft = Callable[[SVGBuilder], object]
"""Draws the preview of an unfinished drawing on a copy of the canvas."""

Steps = Iterator[float | tuple[float, Draft]]
"""The values that a sketch yields to report its progress."""

Fraction = Annotated[float, Interval(ge=0, le=1)]
"""A parameter from 0 to 1."""


@dataclass(frozen=True)
class Sketch:
    """A drawing function with its name, family and parameters.

    `function(svg, rng, *, ...)` draws on `svg`, an SVGBuilder, with randomness only from `rng`, a
    numpy Generator. It may be a generator: each `yield fraction` (0 to 1) reports progress. With
    `yield fraction, draft` it also shows lines that are not on `svg` yet: `draft(page)` draws them on a copy.
    A draft is called only when someone watches, so it must change nothing. The random generator is reset
    after it.

    >>> SKETCHES["spiral"].family, [parameter.name for parameter in SKETCHES["schotter"].parameters]
    ('curves', ['columns', 'turning', 'drifting', 'calm', 'accent', 'palette'])
    """

    name: str
    family: str
    function: SketchFunction

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
        """Whether the function has an `rng` argument."""
        return "rng" in inspect.signature(self.function).parameters

    @cached_property
    def is_random(self) -> bool:
        """Whether the seed may change the drawing: by `rng`, or by `svg.random()` and similar methods."""
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
        """Return a value for each parameter: `values`, checked, else the defaults.

        Raises UnknownNameError and ParameterError as `check_arguments` does.
        """
        checked = check_arguments(self.parameters, values)
        return {p.name: checked.get(p.name, p.default) for p in self.parameters}


def as_sketch(function: Sketch | SketchFunction) -> Sketch:
    """Return `function` as a Sketch, either registered or any plain function of that form.

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


def is_sketch(function: SketchFunction) -> bool:
    """Return whether `function` has a sketch's form: it takes a canvas first.

    Raises SignatureError when its signature cannot be read.
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
