"""A recipe: all that decides what a drawing looks like, and the address that it gives the drawing."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from drawscape.errors import ProvenanceError
from drawscape.parameters import Parameter
from drawscape.sketches.code_identity import Identity, identity_of
from drawscape.sketches.inputs import Inputs, with_former
from drawscape.sketches.library_code import is_library
from drawscape.sketches.model import NOTE, Sketch
from drawscape.sketches.provenance import Provenance, address_of, plain
from drawscape.sketches.streams import checked_seed, checked_streams, streams_of
from drawscape.svg_builder import Pen, SVGBuilder

if TYPE_CHECKING:
    from drawscape.sketches.source_text import SourceText

MARGIN = 0.07
"""Of the page's shorter side: 15 mm on A4, where pens and clamps of plotters need 10."""


@dataclass(frozen=True)
class Origin:
    """What is known of a sketch's code where it was written; it travels with a function to the worker.

    `why` says why there is no source.
    """

    identity: Identity
    source: "SourceText | None" = None
    why: str = ""


@dataclass(frozen=True)
class Recipe:
    """A sketch with checked arguments on a page, and the identity of its code.

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
                "seed": self.seed if self.sketch.takes_rng else 0,
                "page": [self.width, self.height, self.margin],
                "parameters": self.parameters,
                "code": self.origin.identity.code,
                **({"streams": dict(self.streams)} if self.streams else {}),
            }
        )

    def provenance(self, inputs: Inputs, parents: Sequence[str] = ()) -> Provenance:
        """Return what the file says of itself, `inputs` being what was read while it was drawn."""
        identity, source = self.origin.identity, self.origin.source
        inputs = with_former(inputs, identity.code, self.arguments.values())
        return Provenance(
            self.sketch.name,
            self.seed,
            self.width,
            self.height,
            self.margin,
            self.parameters,
            code=identity.code,
            recipe=with_reads(self.request, inputs.files),
            request=self.request if inputs.files else "",
            digests={"sketch": identity.sketch, "library": identity.library},
            versions=dict(identity.versions),
            reads=dict(sorted(inputs.files.items())),
            volatile=sorted({*identity.volatile, *inputs.volatile}),
            source="" if source is None else source.reference,
            parents=list(parents),
            streams=dict(self.streams),
        )

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
        margin = round(MARGIN * min(page.width, page.height), 6)
        page = SVGBuilder(width, height, margin=margin)
    sides = (float(page.width), float(page.height), float(page.margin))
    root = checked_seed(seed)
    own = checked_streams(streams, streams_of(sketch), root) if streams else {}
    return Recipe(sketch, arguments, root, *sides, origin_of(sketch.function), own)


def with_reads(request: str, reads: Mapping[str, str]) -> str:
    """Return the address of a drawing that read files with these digests."""
    return address_of({"request": request, "reads": dict(reads)}) if reads else request


def origin_of(function: Callable[..., Any]) -> Origin:
    """Return what is known of a sketch's code: here, or if it was sent, where it came from."""
    noted = getattr(function, NOTE, None)
    if isinstance(noted, Origin):
        return noted
    seen = _seen.get()
    if seen is None:
        return _origin_now(function)
    if function not in seen:
        seen[function] = _origin_now(function)
    return seen[function]


@contextlib.contextmanager
def one_look() -> Iterator[None]:
    """Let the code of a sketch be looked at once in the block, which asks for many drawings of it."""
    before = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(before)


_seen: ContextVar[dict[Callable[..., Any], Origin] | None] = ContextVar("seen", default=None)


def _origin_now(function: Callable[..., Any]) -> Origin:
    identity = identity_of(function)
    if is_library(getattr(function, "__module__", None) or ""):
        return Origin(identity)
    known = _known.get(identity.code)
    if known is None:
        known = _known[identity.code] = _with_source(function, identity)
        if len(_known) > _MOST_KNOWN:
            del _known[next(iter(_known))]
    return known


_known: dict[str, Origin] = {}
_MOST_KNOWN = 200


def _with_source(function: Callable[..., Any], identity: Identity) -> Origin:
    from drawscape.sketches.source import source_of  # the library's sketches need none

    try:
        return Origin(identity, source_of(function))
    except ProvenanceError as error:
        return Origin(identity, why=str(error))


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
        return _arrived, (origin_of(self._function),)


def _arrived(origin: Origin) -> Origin:
    return origin


def _shown(parameter: Parameter, value: Any) -> Any:
    """Return `value` for JSON; 1 and 1.0 are the same to a sketch and the same here."""
    if parameter.kind == "float" and isinstance(value, (int, float)):
        return float(value)
    return plain(parameter.shown(value))
