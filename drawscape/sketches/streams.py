"""The named streams of random numbers that a sketch draws from, and the seeds of their own that they get."""

import dis
import inspect
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from types import CodeType, FunctionType
from typing import Any

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.sketches.library_code import is_foreign, is_library
from drawscape.sketches.model import Sketch

_CALLS = frozenset({"LOAD_ATTR", "LOAD_METHOD"})


def streams_of(sketch: Sketch) -> tuple[str, ...]:
    """Return the names of the streams that a sketch may get seeds of their own for."""
    return stream_names(sketch.function) if sketch.takes_rng else ()


def stream_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names in `rng.stream('name')` in the code of a sketch and its helpers, as they come.

    A name that is put together while it draws, such as `rng.stream(f'row {i}')`, is not found.
    """
    names: dict[str, None] = {}
    for code in _codes(inspect.unwrap(function), set()):
        if "stream" not in code.co_names:
            continue
        found = list(dis.get_instructions(code))
        for call, word in pairwise(found):
            named = call.opname in _CALLS and call.argval == "stream"
            if named and word.opname == "LOAD_CONST" and isinstance(word.argval, str):
                names[word.argval] = None
    return tuple(names)


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


def _codes(value: Any, seen: set[int]) -> Iterator[CodeType]:
    """Yield the code of a function, of what is defined in it, and of the helpers and classes it names."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, type):
        for member in vars(value).values():
            yield from _codes(inspect.unwrap(getattr(member, "__func__", member)), seen)
    if not isinstance(value, FunctionType):
        return
    pending = [value.__code__]
    while pending:
        code = pending.pop(0)
        yield code
        pending += [one for one in code.co_consts if isinstance(one, CodeType)]
        for name in code.co_names:
            helper = value.__globals__.get(name)
            if helper is not None and _is_own(helper, value.__module__ or ""):
                yield from _codes(inspect.unwrap(helper), seen)
    for cell in value.__closure__ or ():
        yield from _codes(_content(cell), seen)


def _is_own(helper: Any, module: str) -> bool:
    """Return whether `helper` is the sketch's: beside it, or in another module that is nobody's package."""
    home = getattr(helper, "__module__", None) or ""
    own = home == module if is_library(module) else not is_foreign(home)
    return isinstance(helper, (FunctionType, type)) and own


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty until its function has run
        return None
