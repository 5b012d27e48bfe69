"""A sketch's source as a file's metadata holds it: packed, or by its address in the home."""

import base64
import binascii
import hashlib
import importlib
import json
import linecache
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from drawscape.errors import ProvenanceError

LARGEST = 4096
"""Characters of packed source that a drawing carries along; of a longer one it carries the address."""

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
        """The whole as JSON, the same for the same."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @property
    def address(self) -> str:
        """`sha256:...` of the whole."""
        return f"{_ADDRESS}{hashlib.sha256(self.json.encode()).hexdigest()}"

    @property
    def reference(self) -> str:
        """What a drawing's metadata holds: the packed source, or its address where that is long."""
        packed = _PACKED + base64.b64encode(zlib.compress(self.json.encode(), 9)).decode()
        return packed if len(packed) <= LARGEST else self.address

    @property
    def shown(self) -> str:
        """The source as a person reads it before it runs."""
        modules = [f"# {name}.py\n{text.rstrip()}\n" for name, text in self.modules.items() if text]
        return "\n\n".join([*modules, self.main])

    @classmethod
    def of_json(cls, text: str) -> "SourceText":
        """Return the source that `json` was made of. Raises ProvenanceError for anything else."""
        try:
            held = json.loads(text)
            entry, main, modules = held["entry"], held["main"], held["modules"]
            if not all(isinstance(t, str) for t in (entry, main, *modules, *modules.values())):
                raise TypeError("not text")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ProvenanceError(f"the source of the sketch is damaged: {error}") from None
        return cls(entry, main, modules)

    @classmethod
    def of_reference(cls, reference: str) -> "SourceText | None":
        """Return the source that is packed in `reference`, None for an address.

        Raises ProvenanceError for what is neither.
        """
        if is_address(reference):
            return None
        try:
            if not reference.startswith(_PACKED):
                raise ValueError("no packed source")
            unpacker = zlib.decompressobj()
            packed = base64.b64decode(reference[len(_PACKED) :], validate=True)
            text = unpacker.decompress(packed, _LARGEST_UNPACKED)
            if not unpacker.eof:
                raise ValueError(f"more than {_LARGEST_UNPACKED:,} bytes")
            return cls.of_json(text.decode())
        except (ValueError, zlib.error, binascii.Error) as error:
            raise ProvenanceError(f"the source of the sketch is damaged: {error}") from None

    def load(self) -> Callable[..., Any]:
        """Run the source and return the sketch that it makes.

        This runs whatever the source says. Who calls it has seen the source, or trusts where it came from.
        Raises ProvenanceError when it fails or makes no such function.
        """
        former = {name: sys.modules.pop(name) for name in self.modules if name in sys.modules}
        finder = _Modules(self.modules)
        sys.meta_path.insert(0, finder)
        try:
            for name in self.modules:  # a function may import one when it runs
                importlib.import_module(name)
            space: dict[str, Any] = {"__name__": "__main__"}
            _run(self.main, space)
            return space[self.entry]  # type: ignore[no-any-return]
        except Exception as error:
            raise ProvenanceError(
                f"the source of {self.entry!r} does not run here: {type(error).__name__}: {error}"
            ) from error
        finally:
            sys.meta_path.remove(finder)
            sys.modules.update(former)


class _Modules:
    """Imports the modules of a source from their texts. (The base class of finders takes 2 ms to import.)"""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name not in self._texts:
            return None
        is_package = any(other.startswith(f"{name}.") for other in self._texts)
        return ModuleSpec(name, self, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave that to Python."""

    def exec_module(self, module: ModuleType) -> None:
        _run(self._texts[module.__name__], vars(module))


def is_address(reference: str) -> bool:
    """Return whether a reference names a source that lies in the home."""
    return reference.startswith(_ADDRESS)


def _run(text: str, space: dict[str, Any]) -> None:
    name = f"<source {hashlib.sha256(text.encode()).hexdigest()[:12]}>"
    # Tracebacks and inspect find the lines by this name.
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec", dont_inherit=True), space)  # noqa: S102 - asked for, see `load`
