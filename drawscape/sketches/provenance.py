"""What a drawing came from: written into the SVG, enough to draw it again."""

from __future__ import annotations

import hashlib
import html
import inspect
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import PurePath
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from drawscape import __version__
from drawscape.errors import ProvenanceError
from drawscape.parameters import Parameter
from drawscape.sketches.model import Sketch

_METADATA = re.compile(r'<metadata\b[^>]*?\bid="drawscape"[^>]*>(.*?)</metadata>', re.DOTALL)


@dataclass(frozen=True)
class Provenance:
    """Sketch, parameters, seed, page and code of one drawing; no date, so that bytes repeat.

    `width`, `height` and `margin` are in mm. `code` is the hash of the sketch's source.
    """

    sketch: str
    seed: int
    width: float
    height: float
    margin: float
    parameters: dict[str, Any] = field(default_factory=dict)
    version: str = __version__
    code: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, told: object) -> Provenance:
        """Return what `told`, an object read from JSON, says; keys that are not known are left out.

        Raises ProvenanceError when something is missing or of the wrong kind.
        """
        if not isinstance(told, Mapping):
            raise ProvenanceError(f"the drawing's metadata is {told!r}, not an object")
        kinds: dict[str, Any] = {
            "sketch": str,
            "seed": int,
            "width": (int, float),
            "height": (int, float),
            "margin": (int, float),
            "parameters": Mapping,
            "version": str,
            "code": str,
        }
        for name, kind in kinds.items():
            value = told.get(name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise ProvenanceError(f"the drawing's metadata says {name}: {value!r}")
        return cls(**{name: told[name] for name in kinds})


def describe(
    sketch: Sketch,
    arguments: Mapping[str, Any],
    *,
    seed: int,
    width: float,
    height: float,
    margin: float,
) -> Provenance:
    """Return the provenance of `sketch` drawn with these `arguments` on this page."""
    return Provenance(
        sketch.name,
        int(seed),
        float(width),
        float(height),
        float(margin),
        {p.name: _told(p, arguments[p.name]) for p in sketch.parameters},
        code=code_hash(sketch.function),
    )


def _told(parameter: Parameter, value: Any) -> Any:
    """Return `value` for JSON; 1 and 1.0 are the same to a sketch and the same here."""
    if parameter.kind == "float" and isinstance(value, (int, float)):
        return float(value)
    return plain(parameter.shown(value))


def read_provenance(svg_text: str) -> Provenance:
    """Return what the metadata of an SVG file says about its making.

    Raises ProvenanceError when the file says nothing, or nothing that can be read.
    """
    found = _METADATA.search(svg_text)
    if found is None:
        raise ProvenanceError(
            "the file does not say how it was drawn; only what Drawscape drew can be redrawn"
        )
    try:
        told = json.loads(html.unescape(found.group(1)))
    except (ValueError, RecursionError) as error:
        raise ProvenanceError(f"the drawing's metadata is damaged: {error}") from None
    return Provenance.of(told)


def code_hash(function: Callable[..., Any]) -> str:
    """Return `sha256:...` of the source that draws.

    That is the whole module of a sketch in a file, with the private modules beside it that it uses,
    and the function alone for one from a notebook's cell. Where there is no source, as in a process
    that a function was sent to, the hash that `@sketch` left on the function at home counts, else
    that of its byte code.
    """
    function = inspect.unwrap(function)
    known = getattr(function, "__sketch_code__", None)
    if isinstance(known, str):
        return known
    return f"sha256:{hashlib.sha256(_source(function).encode()).hexdigest()}"


def _source(function: Callable[..., Any]) -> str:
    module = sys.modules.get(function.__module__ or "")
    try:
        if module is None or module.__name__ == "__main__":
            return inspect.getsource(function)
        return "\n".join(map(inspect.getsource, [module, *_private_modules(module)]))
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return _byte_code(code) if isinstance(code, CodeType) else repr(type(function))


def _private_modules(module: ModuleType) -> list[ModuleType]:
    """Return the modules named `_...` beside `module` that it or they import from, by name."""
    beside = f"{module.__name__.rpartition('.')[0]}._"
    found: dict[str, ModuleType] = {}
    waiting = [module]
    while waiting:
        for value in vars(waiting.pop()).values():
            is_module = isinstance(value, ModuleType)
            name = value.__name__ if is_module else getattr(value, "__module__", None)
            if not isinstance(name, str) or name in found or name not in sys.modules:
                continue
            if name.startswith(beside):
                found[name] = sys.modules[name]
                waiting.append(found[name])
    return [found[name] for name in sorted(found)]


def _byte_code(code: CodeType) -> str:
    """Return what the code does without where it stood."""
    constants = [_byte_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return repr((code.co_code.hex(), code.co_names, code.co_varnames, constants))


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy's numbers and arrays, names of enums, text of
    paths.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, PurePath) else repr(value)
