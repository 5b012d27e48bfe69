"""What a piece of byte code does, without where it stood: the same for the same code in another cell."""

import dis
import sys
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

# PUSH_NULL: whether `math.sin(x)` is compiled as a method's call depends on where `import math` stood.
_PLACES = frozenset(
    "NOP RESUME CACHE EXTENDED_ARG COPY_FREE_VARS MAKE_CELL PUSH_NULL PRECALL".split()  # noqa: SIM905
)
_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"})


@dataclass(frozen=True)
class Behaviour:
    """What `text` says of the instructions; the names of globals read, attributes read, modules imported.

    `imports` holds (level, module, names); `bare_calls` the globals and attributes called without arguments.
    """

    text: str
    globals: tuple[str, ...]
    attributes: frozenset[str]
    imports: tuple[tuple[int, str, tuple[str, ...]], ...]
    bare_calls: frozenset[str]


@lru_cache(maxsize=4096)
def _behaviour(_key: int, code: CodeType) -> Behaviour:
    texts: list[str] = [
        repr(
            (
                code.co_argcount,
                code.co_kwonlyargcount,
                code.co_posonlyargcount,
                code.co_flags & 0x2F,
            )
        ),
        repr((code.co_varnames, code.co_cellvars, code.co_freevars)),
    ]
    names: dict[str, None] = {}
    attributes: set[str] = set()
    imports: list[tuple[int, str, tuple[str, ...]]] = []
    bare: set[str] = set()
    inner: list[Behaviour] = []
    last: list[dis.Instruction] = []
    kept = [one for one in dis.get_instructions(code) if one.opname not in _PLACES]
    ends = [one.offset for one in kept]
    for instruction in kept:
        name = instruction.opname.replace("LOAD_METHOD", "LOAD_ATTR")
        value = instruction.argval
        if isinstance(value, CodeType):
            inner.append(behaviour_of(value))
            texts.append(f"{name} code {inner[-1].text}")
        elif instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs:
            # Jumps go to instructions, not to places: what is dropped between them moves no target.
            texts.append(f"{name} to {bisect_left(ends, value)}")
        elif name == "RETURN_GENERATOR":
            texts.append(name)
        else:
            texts.append(f"{name} {_constant(value)}")
        if name in _GLOBAL:
            names[value] = None
        elif name in _ATTRIBUTE:
            attributes.add(value)
        elif name == "IMPORT_NAME":
            imports.append((last[-2].argval if len(last) > 1 else 0, value, last[-1].argval or ()))
        elif name == "CALL" and instruction.arg == 0:
            bare.update(i.argval for i in last[-2:] if i.opname in _ATTRIBUTE | _GLOBAL)
        last = [*last[-2:], instruction]
    texts.append(repr(_exceptions(code, ends)))
    for one in inner:
        names.update(dict.fromkeys(one.globals))
        attributes |= one.attributes
        imports += one.imports
        bare |= one.bare_calls
    return Behaviour(
        "\n".join(texts), tuple(names), frozenset(attributes), tuple(imports), frozenset(bare)
    )


def behaviour_of(code: CodeType) -> Behaviour:
    """Return what `code` does and reads; it costs a millisecond once for each code object."""
    # Code objects compare equal across line numbers alone, so the identity is part of the key; the
    # cache holds the object, which keeps its identity from being given to another.
    return _behaviour(id(code), code)


def _exceptions(code: CodeType, ends: list[int]) -> list[tuple[int, ...]]:
    """Return which instructions, by number, are guarded by which handler."""
    entries = dis._parse_exception_table(code)  # type: ignore[attr-defined]
    return [tuple(bisect_left(ends, at) for at in (e.start, e.end, e.target)) for e in entries]


def _constant(value: Any) -> str:
    """Return a constant as text: the kind counts (1, 1.0 and True differ), the order of a set does not."""
    if isinstance(value, frozenset):
        return f"frozenset({sorted(map(_constant, value))})"
    if isinstance(value, tuple):
        return f"({','.join(_constant(item) for item in value)})"
    if isinstance(value, CodeType):
        return behaviour_of(value).text
    return f"{type(value).__name__} {value!r}"


PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""Byte code is another in each version of Python: a cell's sketch is drawn anew after such an upgrade."""
