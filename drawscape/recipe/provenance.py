"""Provenance, written into each SVG: everything needed to draw it again, with the source of its sketch."""

import base64
import builtins
import hashlib
import json
import linecache
import re
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from importlib.machinery import ModuleSpec
from pathlib import PurePath
from types import ModuleType
from typing import Any, get_origin

import numpy as np

from drawscape import __version__
from drawscape.errors import ProvenanceError

_METADATA = re.compile(r'<metadata\b[^>]*?\bid="drawscape"[^>]*>(.*?)</metadata>', re.DOTALL)

_PACKAGE = __name__.partition(".")[0]

LAST_SEED = 2**63 - 1  # the largest that the catalogue can hold

SketchFunction = Callable[..., Any]
"""A function that draws on a canvas: `f(svg, rng, *, ...)`."""

_ALWAYS = ("sketch", "seed", "width", "height", "margin", "parameters", "version", "code")
"""The fields of every file."""


@dataclass(frozen=True)
class Provenance:
    """Sketch, parameters, seed, page and code of one drawing; no date, so that bytes repeat.

    `width`, `height` and `margin` are in mm. `version` is that of Drawscape, `code` the digest of the
    sketch's code, `versions` holds numpy's. `recipe` is the address of the drawing: the same for the same
    drawing. `reads` are digests of files that were read, `request` the address without them. `source` holds
    the source of a sketch that is not the library's, `parents` the recipes of drawings that it was bred from.
    `traits` are reported by the sketch. `ordered` says that the lines were merged and ordered.
    `derived_from` is the recipe of the drawing that was exported. `body` is the digest of the file without
    its metadata; an edited file has another.
    """

    sketch: str
    seed: int
    width: float
    height: float
    margin: float
    parameters: dict[str, Any] = field(default_factory=dict)
    version: str = __version__
    code: str = ""
    recipe: str = ""
    request: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)
    source: str = ""
    parents: list[str] = field(default_factory=list)
    traits: dict[str, Any] = field(default_factory=dict)
    ordered: bool = False
    derived_from: str = ""
    body: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON, without optional fields that are empty."""
        return {name: value for name, value in vars(self).items() if value or name in _ALWAYS}

    @classmethod
    def of(cls, values: object) -> "Provenance":
        """Return the provenance in `values`, an object read from JSON; unknown keys are ignored.

        Raises ProvenanceError when a field is missing or of the wrong kind.
        """
        if not isinstance(values, Mapping):
            raise ProvenanceError(f"the drawing's metadata is {values!r}, not an object")
        given = {one.name: one for one in fields(cls) if one.name in values or one.name in _ALWAYS}
        for name, one in given.items():
            value = values.get(name)
            if not _fits(value, get_origin(one.type) or one.type):
                raise ProvenanceError(f"the drawing's metadata has {name}: {value!r}")
        return cls(**{name: values[name] for name in given})

    @property
    def address(self) -> str:
        """The recipe; a file with ordered lines is another drawing than one with lines as drawn."""
        if self.ordered:
            return address_of({"recipe": self.recipe, "ordered": True})
        return self.recipe

    @property
    def mark_key(self) -> str:
        """The key of its marks: see `mark_key`."""
        page = (self.width, self.height, self.margin)
        return mark_key(self.sketch, self.parameters, self.seed, *page)


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value is of a kind, and fits into the catalogue."""
    if isinstance(value, bool) and kind is not bool:
        return False
    if kind is float:
        return isinstance(value, (int, float)) and abs(value) < 1e9
    if kind is int:
        return isinstance(value, int) and 0 <= value <= LAST_SEED
    has_surrogates = isinstance(value, str) and value.encode(errors="replace").decode() != value
    return isinstance(value, kind) and not has_surrogates


def mark_key(
    sketch: str,
    parameters: Mapping[str, Any],
    seed: int,
    width: float,
    height: float,
    margin: float,
) -> str:
    """Return the key of a drawing's marks: 24 hexadecimal digits.

    Versions and code are not part of it, so stars survive changes of both. 1 and 1.0 count as equal.
    """
    values = {"sketch": sketch, "parameters": parameters, "seed": seed}
    page = {"width": width, "height": height, "margin": margin}
    return address_of(json.loads(_json({**values, **page}), parse_float=_number))


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def address_of(values: Mapping[str, Any]) -> str:
    """Return 24 hexadecimal digits for JSON-like `values`, the same on any machine."""
    return hashlib.sha256(_json(values).encode()).hexdigest()[:24]


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def digest_of(content: bytes) -> str:
    """Return `sha256:...` of a file's content, as stored in recipes."""
    return f"{_ADDRESS}{hashlib.sha256(content).hexdigest()}"


def read_provenance(svg_text: str) -> Provenance:
    """Return the provenance in the metadata of an SVG file.

    Raises ProvenanceError when the file has none, or it is unreadable.

    >>> text = draw("spiral", 100, 100, seed=7).to_string()
    >>> read_provenance(text).sketch, read_provenance(text).seed
    ('spiral', 7)
    """
    import html

    found = _METADATA.search(svg_text)
    if found is None:
        raise ProvenanceError(
            "the file does not say how it was drawn; only what Drawscape drew can be redrawn"
        )
    try:
        values = json.loads(html.unescape(found.group(1)))
    except (ValueError, RecursionError) as error:
        raise ProvenanceError(f"the drawing's metadata is damaged: {error}") from None
    return Provenance.of(values)


def plain(value: Any) -> Any:
    """Return `value` for JSON: numpy's numbers and arrays as plain ones, enums by name, paths as text."""
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


def is_library(module: str) -> bool:
    """Return whether a module belongs to this library."""
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")


# The source of a notebook's sketch

LARGEST = 4096
"""Most characters of packed source in a drawing; for a longer source, the drawing has its address."""

_LARGEST_UNPACKED = 2_000_000
"""Bytes; a file from elsewhere may hold a decompression bomb."""

_PACKED, _ADDRESS = "zlib:", "sha256:"


@dataclass(frozen=True)
class SourceText:
    """The script `main`, which makes the sketch under the name `entry`, and `modules` that it imports."""

    entry: str
    main: str
    modules: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> str:
        """The whole as JSON, equal for equal sources."""
        return _json(vars(self))

    @property
    def address(self) -> str:
        """`sha256:...` of the whole."""
        return digest_of(self.json.encode())

    @property
    def reference(self) -> str:
        """The packed source for a drawing's metadata, or only its address if that is too long."""
        packed = _PACKED + base64.b64encode(zlib.compress(self.json.encode(), 9)).decode()
        return packed if len(packed) <= LARGEST else self.address

    @property
    def shown(self) -> str:
        """The source as a person reads it before it runs."""
        modules = [f"# {name}.py\n{text.rstrip()}\n" for name, text in self.modules.items() if text]
        return "\n\n".join([*modules, self.main])

    @classmethod
    def of_json(cls, text: str | bytes) -> "SourceText":
        """Return the source from its `json`. Raises ProvenanceError for anything else."""
        try:
            one = cls(**json.loads(text))
            "".join((one.entry, one.main, *one.modules, *one.modules.values()))  # all are text
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise ProvenanceError(f"the source of the sketch is damaged: {error}") from None
        return one

    @classmethod
    def of_reference(cls, reference: str) -> "SourceText":
        """Return the source that is packed in `reference`. Raises ProvenanceError for anything else."""
        try:
            packed = base64.b64decode(reference.partition(_PACKED)[2], validate=True)
            text = zlib.decompressobj().decompress(
                packed, _LARGEST_UNPACKED
            )  # otherwise truncated, and so damaged
        except (ValueError, zlib.error) as error:
            raise ProvenanceError(f"the source of the sketch is damaged: {error}") from None
        return cls.of_json(text)

    def load(self) -> SketchFunction:
        """Run the source and return the sketch that it makes.

        This runs any code in the source. Callers have seen the source, or trust its origin.
        Raises ProvenanceError when it fails or makes no such function.
        """
        modules = _Modules({**self.modules, "__main__": self.main})
        try:
            return getattr(modules.bring("__main__"), self.entry)
        except Exception as error:
            raise ProvenanceError(
                f"the source of {self.entry!r} does not run here: {type(error).__name__}: {error}"
            ) from error


class _Modules:
    """Imports the modules of a source from their texts. (The base class of finders takes 2 ms to import.)"""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._made: dict[str, ModuleType] = {}

    def bring(self, *asked: Any) -> ModuleType:
        """Import a module for a script: the source's, even if another has the same name.

        This is the `__import__` of the scripts, since a function may import a module when it runs.
        """
        former = {name: sys.modules.pop(name) for name in self._texts if name in sys.modules}
        sys.modules.update(self._made)
        sys.meta_path.insert(0, self)
        try:
            return __import__(*asked)
        finally:
            sys.meta_path.remove(self)
            sys.modules.update(former)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name not in self._texts:
            return None
        is_package = any(other.startswith(f"{name}.") for other in self._texts)
        return ModuleSpec(name, self, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave that to Python."""

    def exec_module(self, module: ModuleType) -> None:
        self._made[module.__name__] = module
        space, text = vars(module), self._texts[module.__name__]
        space["__builtins__"] = {**vars(builtins), "__import__": self.bring}
        name = f"<source {hashlib.sha256(text.encode()).hexdigest()[:12]}>"
        # Tracebacks and inspect find the lines by this name.
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec", dont_inherit=True), space)  # noqa: S102 - asked for, see `load`
