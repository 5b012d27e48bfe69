"""A recipe: all that decides what a drawing looks like, and the address that it gives the drawing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from drawscape import __version__
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.parameters import Parameter
from drawscape.recipe.code import Origin, origin_of
from drawscape.recipe.provenance import Provenance, address_of, plain
from drawscape.recipe.sketch import Sketch
from drawscape.svg_builder import Pen, SVGBuilder

MARGIN = 0.07
"""Of the page's shorter side: 15 mm on A4, where pens and clamps of plotters need 10."""


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
    streams: Mapping[str, int] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments as JSON can hold them."""
        return {p.name: _shown(p, self.arguments[p.name]) for p in self.sketch.parameters}

    @cached_property
    def request(self) -> str:
        """The address of what is asked for: 24 hexadecimal digits."""
        return address_of(
            {
                "sketch": self.sketch.name,
                "seed": self.seed if self.sketch.is_random else 0,
                "page": [self.width, self.height, self.margin],
                "parameters": self.parameters,
                "code": self.origin.code,
                "versions": [__version__, np.__version__],
                **({"streams": dict(self.streams)} if self.streams else {}),
            }
        )

    def provenance(
        self,
        reads: Mapping[str, str],
        parents: Sequence[str] = (),
        traits: Mapping[str, Any] | None = None,
    ) -> Provenance:
        """Return what the file says of itself; `reads` are digests of the files read while it was drawn."""
        reads = self._with_former(reads)
        source = self.origin.source
        return Provenance(
            self.sketch.name,
            self.seed,
            self.width,
            self.height,
            self.margin,
            self.parameters,
            code=self.origin.code,
            recipe=address_of({"request": self.request, "reads": reads}) if reads else self.request,
            request=self.request if reads else "",
            versions={"numpy": np.__version__},
            reads=reads,
            source="" if source is None else source.reference,
            parents=list(parents),
            streams=dict(self.streams),
            traits=dict(traits or {}),
        )

    def _with_former(self, reads: Mapping[str, str]) -> dict[str, str]:
        """Return `reads` with what the same code has read for other drawings of this process.

        A helper that keeps what it has read opens its file for the first drawing alone. A file in whose name
        one of the arguments stands belongs to the drawings with that argument.
        """
        named = [str(v) for v in self.arguments.values() if isinstance(v, (str, int)) and str(v)]
        shared = {n: d for n, d in reads.items() if not any(value in n for value in named)}
        if shared:
            _former.setdefault(self.origin.code, {}).update(shared)
        return dict(sorted({**_former.get(self.origin.code, {}), **reads}.items()))

    def page(self) -> SVGBuilder:
        """Return the empty canvas."""
        return SVGBuilder(self.width, self.height, margin=self.margin, pen=Pen())


def recipe_of(
    sketch: Sketch,
    width: float,
    height: float,
    *,
    seed: int = 0,
    margin: float | None = None,
    streams: Mapping[str, int] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Recipe:
    """Return the recipe of `sketch` with `values` on a page of mm, without drawing it.

    `streams` are seeds of some of its named streams, where they differ from `seed`.
    Raises UnknownNameError, ParameterError and CanvasError for what cannot be drawn.
    """
    arguments = sketch.arguments(values or {})
    page = SVGBuilder(width, height, margin=margin or 0.0)
    if margin is None:
        page = SVGBuilder(width, height, margin=margin_for(page.width, page.height))
    sides = (float(page.width), float(page.height), float(page.margin))
    root = checked_seed(seed)
    own = checked_streams(streams, streams_of(sketch), root) if streams else {}
    return Recipe(sketch, arguments, root, *sides, origin_of(sketch.function), own)


def margin_for(width: float, height: float) -> float:
    """Return the margin in mm that a page has by itself."""
    return round(MARGIN * min(width, height), 6)


_former: dict[str, dict[str, str]] = {}


def streams_of(sketch: Sketch) -> tuple[str, ...]:
    """Return the names of the streams that a sketch may get seeds of their own for."""
    return origin_of(sketch.function).streams if sketch.takes_rng else ()


def checked_streams(streams: object, known: tuple[str, ...], seed: int) -> dict[str, int]:
    """Return the seeds of streams that differ from `seed`, by name; `known` are the sketch's.

    Raises ParameterError for what is no mapping of seeds, UnknownNameError for a stream that is not known.
    """
    if not isinstance(streams, Mapping):
        raise ParameterError("streams", streams, "must be seeds by name, such as {'colour': 5}")
    for name in streams:
        if name not in known:
            raise UnknownNameError("stream", name, known)
    seeds = {name: checked_seed(streams[name], f"streams[{name!r}]") for name in sorted(streams)}
    return {name: own for name, own in seeds.items() if own != seed}


def checked_seed(seed: Any, name: str = "seed") -> int:
    """Return `seed` as an int. Raises ParameterError, with `name`, where it is no whole number from 0 on."""
    try:
        whole = -1 if isinstance(seed, bool) else int(seed.__index__())
    except AttributeError:
        whole = -1
    if whole < 0:
        raise ParameterError(name, seed, "must be a whole number of at least 0")
    return whole


def code_hash(function: Callable[..., Any]) -> str:
    """Return `sha256:...` of all code that `function`, a sketch, reaches (see `code.py`).

    >>> code_hash(SKETCHES["spiral"].function)[:7]
    'sha256:'
    """
    return origin_of(function).code


def _shown(parameter: Parameter, value: Any) -> Any:
    """Return `value` for JSON; 1 and 1.0 are the same to a sketch and the same here."""
    if parameter.kind == "float" and isinstance(value, (int, float)):
        return float(value)
    return plain(parameter.shown(value))
