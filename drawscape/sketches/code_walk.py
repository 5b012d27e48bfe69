"""A walk through all that a function reaches, by value, from which comes one digest."""

import hashlib
import importlib.util
import inspect
import pickle
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, get_type_hints

import numpy as np

from drawscape.sketches import library_code
from drawscape.sketches.bytecode import Behaviour, behaviour_of
from drawscape.sketches.model import NOTE
from drawscape.sketches.volatile import volatile_builtin, volatile_in

_NOT_CODE = {
    *(
        "__dict__",
        "__weakref__",
        "__doc__",
        "__module__",
        "__qualname__",
        "__wrapped__",
        "_abc_impl",
    ),
    *("__firstlineno__", "__static_attributes__", "__classcell__", "__slotnames__"),
    *("__annotations__", "__annotations_cache__", "__annotate__", "__annotate_func__"),
    *("__abstractmethods__", "__sketch__", "__dataclass_fields__", "__dataclass_params__", NOTE),
}

_BY_NAME = {
    f"{library_code.PACKAGE}.sketches.{name}" for name in ("catalogue", "drawing", "overview")
}
"""Modules that draw a sketch by its name: who calls them may draw any of the library's."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Walk:
    """One walk through all that a function reaches; `seen` are the functions, classes and modules met."""

    def __init__(self) -> None:
        self.library: set[str] = set()
        self.packages: set[str] = set()
        self.volatile: set[str] = set()
        self.seen: dict[int, Any] = {}
        self._open: list[int] = []
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """The digest of all that was walked."""
        return self._hash.hexdigest()[:16]

    def annotations(self, function: Callable[..., Any]) -> None:
        """Count how the sketch's parameters are read from what they are given."""
        try:
            hints = get_type_hints(function, include_extras=True)
        except Exception:  # noqa: BLE001 - an annotation may be any expression
            hints = inspect.get_annotations(inspect.unwrap(function))
        for name, hint in hints.items():
            self._add("parameter", name, _ADDRESS.sub("", repr(getattr(hint, "__origin__", hint))))
            for item in getattr(hint, "__metadata__", ()):
                if not isinstance(item, str) and not hasattr(item, "documentation"):
                    self.value(item)

    def value(self, value: Any) -> None:
        """Count `value`, whatever it is."""
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes, type(...))):
            self._add(type(value).__name__, repr(value))
        elif isinstance(value, Enum):
            self.value(type(value))
            self._add("member", value.name)
        elif isinstance(value, (FunctionType, type, ModuleType)):
            self._once(value)
        elif id(value) in self._open:
            self._add("itself", str(len(self._open) - self._open.index(id(value))))
        else:
            self._open.append(id(value))
            self._composite(value)
            self._open.pop()

    def _add(self, *words: str) -> None:
        for word in words:
            coded = word.encode("utf-8", "surrogatepass")
            self._hash.update(b"%d:%b" % (len(coded), coded))

    def _once(self, value: Any) -> None:
        if id(value) in self.seen:
            self._add("seen", str(list(self.seen).index(id(value))))
        elif isinstance(value, ModuleType):
            self._module(value)
        elif not self._foreign(value, getattr(value, "__module__", None) or ""):
            self.seen[id(value)] = value
            self._function(value) if isinstance(value, FunctionType) else self._class(value)

    def _foreign(self, value: Any, module: str) -> bool:
        """Count what is not the user's own by its name and the version of its package."""
        top = module.partition(".")[0]
        if not library_code.is_foreign(module):
            return False
        self._add("from", module, getattr(value, "__qualname__", "") or type(value).__name__)
        if library_code.is_library(module):
            self.library.add(module)
            if module in _BY_NAME:
                self.library.update(library_code.sketch_modules())
        elif top not in {*sys.stdlib_module_names, *library_code.WORDS_ONLY}:
            self.packages.add(top)
        return True

    def _module(self, module: ModuleType) -> None:
        if self._foreign(module, module.__name__):
            return
        self.seen[id(module)] = module
        self._add("module", module.__name__)
        for name, value in sorted(vars(module).items()):
            if not (name.startswith("__") and name.endswith("__")):
                self._add(name)
                self.value(value)

    def _function(self, function: FunctionType) -> None:
        self._add("function")
        self._code(function.__code__, function.__globals__)
        self.value(function.__defaults__)
        self.value(function.__kwdefaults__)
        self._mapping({k: v for k, v in vars(function).items() if k not in _NOT_CODE})
        for cell in function.__closure__ or ():
            try:
                self.volatile |= volatile_in(cell.cell_contents, behaviour_of(function.__code__))
                self.value(cell.cell_contents)
            except ValueError:  # not bound yet
                self._add("empty")

    def _code(self, code: CodeType, names: Mapping[str, Any]) -> None:
        behaviour = behaviour_of(code)
        self._add(behaviour.text)
        for name in behaviour.globals:
            self._add(name)
            if name in names:
                self.volatile |= volatile_in(names[name], behaviour)
                self.value(names[name])
            elif name in ("input", "globals", "vars", "eval", "exec"):
                self.volatile.add(f"{name}()")
        for level, module, wanted in behaviour.imports:
            self._import(level, module, wanted, names, behaviour)

    def _import(
        self,
        level: int,
        module: str,
        wanted: Iterable[str],
        names: Mapping[str, Any],
        by: Behaviour,
    ) -> None:
        """Count what is imported when the function runs."""
        package = names.get("__package__") if level else None
        try:
            full = importlib.util.resolve_name("." * level + module, package) if level else module
            found = importlib.import_module(full)
        except (ImportError, ValueError):
            self._add("missing", module)
            return
        self.volatile |= volatile_in(found, by)
        for name in wanted:
            if not isinstance(getattr(found, name, None), ModuleType):
                self.volatile |= volatile_in(getattr(found, name, None), by)
        if library_code.is_foreign(found.__name__) and wanted:
            for name in wanted:
                self.value(getattr(found, name, None))
        self.value(found)

    def _class(self, cls: type) -> None:
        self._add("class", cls.__name__)
        for base in (*cls.__bases__, type(cls)):
            self.value(base)
        members = {name: value for name, value in vars(cls).items() if name not in _NOT_CODE}
        if issubclass(cls, Enum):
            members = {
                k: v for k, v in members.items() if not (k.startswith("_") or k in cls.__members__)
            }
            self._mapping({name: member.value for name, member in cls.__members__.items()})
        for name, value in members.items():
            if not _is_slot(value):
                self._add(name)
                self.value(value)

    def _composite(self, value: Any) -> None:
        if isinstance(value, (tuple, list)):
            self._add(type(value).__name__, str(len(value)))
            for item in list(value):
                self.value(item)
        elif isinstance(value, dict):
            self._mapping(value)
        elif isinstance(value, (set, frozenset)):
            self._set(value)
        elif isinstance(value, (np.ndarray, np.generic)):
            self._array(np.asarray(value))
        elif isinstance(value, (staticmethod, classmethod)):
            self._add(type(value).__name__)
            self.value(value.__func__)
        elif isinstance(value, property):
            self.value((value.fget, value.fset))
        elif isinstance(value, MethodType):
            if type(value.__self__).__module__ == "random":
                self.volatile.add(f"random.{value.__name__}")
            self.value((value.__func__, value.__self__))
        elif isinstance(value, partial):
            self.value((value.func, value.args, value.keywords))
        elif isinstance(value, np.random.Generator):
            self.value(value.bit_generator.state)
        elif callable(getattr(value, "cache_info", None)) and hasattr(value, "__wrapped__"):
            self._add("cached")
            self.value(value.__wrapped__)
        elif isinstance(value, (BuiltinFunctionType, np.ufunc)):
            self._builtin(value)
        else:
            self._object(value)

    def _mapping(self, values: Mapping[Any, Any]) -> None:
        self._add("mapping", str(len(values)))
        for key, value in list(values.items()):
            self.value(key)
            self.value(value)

    def _set(self, values: Iterable[Any]) -> None:
        digests = []
        for item in values:
            inner = Walk()
            inner.value(item)
            digests.append(inner.digest)
            self.library |= inner.library
            self.packages |= inner.packages
        self._add("set", *sorted(digests))

    def _array(self, array: np.ndarray[Any, Any]) -> None:
        self.packages.add("numpy")
        self._add("array", str(array.dtype), str(array.shape))
        if array.dtype.hasobject:
            self.value(array.tolist())
        else:
            self._hash.update(np.ascontiguousarray(array).data.tobytes())

    def _builtin(self, value: Any) -> None:
        module = getattr(value, "__module__", None) or type(value).__module__
        name = getattr(value, "__qualname__", None) or value.__name__
        if module.partition(".")[0] not in sys.stdlib_module_names:
            self.packages.add(module.partition(".")[0])
        self.volatile |= volatile_builtin(value, module)
        self._add("builtin", module, name)

    def _object(self, value: Any) -> None:
        """Count an instance by its class and what is in it, else by its pickle."""
        module = type(value).__module__
        self.value(type(value))
        slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
        if module in _BY_NAME:
            return
        # A pickle depends on which of its parts are one object; a record's values do not.
        if (
            not library_code.is_foreign(module)
            or library_code.is_library(module)
            or is_dataclass(value)
        ):
            inside = {**getattr(value, "__dict__", {})}
            inside |= {name: getattr(value, name) for name in slots if hasattr(value, name)}
            self._mapping({name: item for name, item in inside.items() if name != "__weakref__"})
            return
        try:
            self._hash.update(pickle.dumps(value, protocol=4))
        except Exception:  # noqa: BLE001 - whatever a pickler raises: a thing of this process alone
            self.volatile.add(f"a {type(value).__name__}, which cannot be compared")


def _is_slot(value: Any) -> bool:
    return inspect.ismemberdescriptor(value) or inspect.isgetsetdescriptor(value)
