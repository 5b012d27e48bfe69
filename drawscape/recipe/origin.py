"""The origin of a sketch: the digest and the source of its code, where it was written."""

import contextlib
import copy
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from drawscape.recipe.provenance import SketchFunction, SourceText, digest_of, is_library

NOTE = "__sketch_origin__"
"""The attribute with the origin of a function that is sent to a worker."""

_DICE = re.compile(
    r"\.(?:random|random_gauss|random_choice|deal|noise|shuffle|rng)\b|\b(?:choose|choose_unless|focus)\("
)
"""The methods of a canvas or composition that depend on the seed."""


@dataclass(frozen=True)
class Origin:
    """The digest and source of a sketch's code. It is sent to the worker with the function.

    `code` is the digest. `source` is None if an object exists in this process only, or some code has
    no text. `is_random` says whether it uses the canvas's random numbers.
    """

    code: str
    source: SourceText | None = None
    is_random: bool = False


def origin_of(function: SketchFunction) -> Origin:
    """Return the origin of a sketch's code. A function that was sent carries the sender's origin."""
    noted = getattr(function, NOTE, None)
    if isinstance(noted, Origin):
        return noted
    seen = _seen.get({})
    if function not in seen:
        seen[function] = _origin_now(function)
    return seen[function]


@contextlib.contextmanager
def cached_hashes() -> Iterator[None]:
    """Hash the code of each sketch once in the block, for many drawings."""
    before = _seen.set({})
    try:
        yield
    finally:
        _seen.reset(before)


_seen: ContextVar[dict[SketchFunction, Origin]] = ContextVar("seen")


def note_origin(function: SketchFunction) -> None:
    """Make `function` carry its origin when it is sent to a process that cannot see its source.

    The origin is computed when it is sent, because helpers of the function may change before.
    """
    if not isinstance(getattr(function, NOTE, None), Origin):
        with contextlib.suppress(AttributeError):  # a partial or method takes no notes
            setattr(function, NOTE, _Departing(function))


class _Departing:
    """Marks a function, and pickles as the function's origin."""

    def __init__(self, function: SketchFunction) -> None:
        self._function = function

    def __reduce__(self) -> tuple[Callable[[Origin], Origin], tuple[Origin]]:
        return copy.copy, (origin_of(self._function),)


def _origin_now(function: SketchFunction) -> Origin:
    module = getattr(inspect.unwrap(function), "__module__", None) or ""
    if is_library(module):
        file = sys.modules[module].__file__ or ""
        return _library_origin(file, os.stat(file).st_mtime_ns)
    from drawscape.recipe.code import code_of  # the library's sketches need none of it

    known = code_of(function)
    is_random = bool(_DICE.search(known.text))
    return Origin(f"sha256:{known.digest}", known.source, is_random)


@cache
def _library_origin(file: str, _modified_ns: int) -> Origin:
    content = Path(file).read_bytes()
    return Origin(digest_of(content), None, bool(_DICE.search(content.decode())))


def code_hash(function: SketchFunction) -> str:
    """Return `sha256:...` of all code that `function`, a sketch, reaches (see `code.py`).

    >>> code_hash(SKETCHES["spiral"].function)[:7]
    'sha256:'
    """
    return origin_of(function).code
