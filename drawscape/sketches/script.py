"""Statements that make a value again: the text of a sketch and of what it reaches."""

import ast
import inspect
import math
import sys
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, partial
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Annotated, Any, Literal

import numpy as np

from drawscape.errors import ProvenanceError
from drawscape.sketches.bytecode import behaviour_of
from drawscape.sketches.definition import (
    definition_of,
    in_notebook,
    module_name,
    names_in,
    without_decorators,
)
from drawscape.sketches.library_code import is_foreign

_MOST_ELEMENTS = 20_000
"""Of an array among the constants; a larger one is data, and no source."""

_OBJECT = """\
def _instance(cls, values):
    made = cls.__new__(cls)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made
"""

_nothing = object()


class Script:
    """Statements that make the names which a function needs, each after those that it needs itself."""

    def __init__(self) -> None:
        self._statements: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def text(self, *, future: bool) -> str:
        """Return all statements: imports first."""
        parts = list(self._statements.values())
        imports = [part for part in parts if part.startswith(("import ", "from "))]
        others = [part for part in parts if part not in imports]
        head = ["from __future__ import annotations"] if future else []
        return "\n".join([*head, *sorted(imports), "", *others]).strip() + "\n"

    def name_of(self, value: Any, wanted: str) -> str:
        """Return the name under which the script knows `value`: `wanted`, if that is not another's."""
        name = wanted
        while name in self._values and self._values[name] is not value:
            name += "_"
        if name not in self._values:
            self._values[name] = value
            text = self._statement(name, value)
            self._statements[name] = text
        return name

    def _statement(self, name: str, value: Any) -> str:
        if isinstance(value, ModuleType):
            whole = f"import {value.__name__}"
            return whole if name == value.__name__ else f"{whole} as {name}"
        if isinstance(value, (FunctionType, type, BuiltinFunctionType, np.ufunc)):
            module = module_name(value)
            if is_foreign(module) or not in_notebook(value):
                return _import(name, value, module)
            return (
                self._class(name, value) if isinstance(value, type) else self._function(name, value)
            )
        if type(value).__module__ == "typing" and getattr(value, "__origin__", None) is None:
            return _import(name, value, "typing")
        return f"{name} = {self._expression(value)}"

    def _function(self, name: str, function: Any) -> str:
        tree, text = definition_of(function)
        original = inspect.unwrap(function)
        if isinstance(tree, ast.Assign):
            self._need(behaviour_of(function.__code__).globals, function.__globals__)
            return f"{name} = {ast.unparse(tree.value)}"
        if original is function:
            tree.decorator_list = []
        if tree.name != original.__name__:
            raise ProvenanceError(f"the source of {original.__name__!r} is not found")
        header: list[ast.AST] = [*tree.decorator_list, tree.args, *filter(None, [tree.returns])]
        self._need(
            [*behaviour_of(original.__code__).globals, *names_in(header)], original.__globals__
        )
        if original is function:
            text = without_decorators(text, tree)
        free = dict(zip(original.__code__.co_freevars, original.__closure__ or (), strict=True))
        free.pop(tree.name, None)
        if not free:
            return text if name == tree.name else f"{text}\n{name} = {tree.name}"
        held = [f"{key} = {self._held(key, cell.cell_contents)}" for key, cell in free.items()]
        body = "\n".join([*(line for line in held if line), text, f"return {tree.name}"])
        maker = f"_make_{name}"
        return f"def {maker}():\n{textwrap.indent(body, '    ')}\n{name} = {maker}()"

    def _held(self, name: str, value: Any) -> str:
        """Return what stands for a value that a closure holds."""
        if isinstance(value, (FunctionType, type, ModuleType)):
            return self.name_of(value, f"_{name}")
        return self._expression(value)

    def _class(self, name: str, cls: type) -> str:
        tree, text = definition_of(cls)
        space = vars(sys.modules.get(cls.__module__, sys.modules["__main__"]))
        members = [getattr(m, "__func__", getattr(m, "fget", m)) for m in vars(cls).values()]
        functions = [f for f in members if isinstance(f, FunctionType)]
        space = functions[0].__globals__ if functions else space
        self._need((n for n in names_in([tree]) if n != tree.name), space)
        return text if name == tree.name else f"{text}\n{name} = {tree.name}"

    def _need(self, names: Iterable[str], space: Mapping[str, Any]) -> None:
        for name in dict.fromkeys(names):
            new = name in space and self._values.get(name, _nothing) is not space[name]
            if new and self.name_of(space[name], name) != name:
                raise ProvenanceError(f"two things are called {name!r}")

    def _expression(self, value: Any) -> str:
        if isinstance(value, float) and not math.isfinite(value):
            return f"float('{value}')"
        if isinstance(value, Enum):
            return f"{self.name_of(type(value), type(value).__name__)}[{value.name!r}]"
        if value is None or type(value) in (
            bool,
            int,
            float,
            complex,
            str,
            bytes,
            range,
            type(...),
        ):
            return repr(value)
        if type(value) in (list, tuple, set, frozenset, dict):
            return self._container(value)
        if isinstance(value, (np.ndarray, np.generic)):
            return self._array(value)
        if isinstance(value, type) and value.__module__ == "builtins":
            return value.__name__
        if isinstance(value, (FunctionType, type, ModuleType, BuiltinFunctionType, np.ufunc)):
            return self.name_of(value, getattr(value, "__name__", "value").rpartition(".")[2])
        if type(value).__module__ == "typing":
            return self._annotation(value)
        if isinstance(value, partial):
            parts = [value.func, *value.args]
            given = [f"{k}={self._expression(v)}" for k, v in value.keywords.items()]
            return f"{self.name_of(partial, 'partial')}({', '.join([*map(self._expression, parts), *given])})"
        return self._object(value)

    def _annotation(self, value: Any) -> str:
        """Return an annotation such as `Annotated[int, Interval(ge=1)]`, which cells give names to."""
        origin, arguments = getattr(value, "__origin__", None), getattr(value, "__args__", ())
        if origin is None:
            return self.name_of(value, value._name)
        if hasattr(value, "__metadata__"):
            notes = [getattr(one, "documentation", one) for one in value.__metadata__]
            origin, arguments = Annotated, (origin, *notes)
        if origin not in (Annotated, Literal):
            raise ProvenanceError(f"{value!r} cannot be written down as source")
        inside = ", ".join(map(self._expression, arguments))
        return (
            f"{self.name_of(origin, 'Annotated' if origin is Annotated else 'Literal')}[{inside}]"
        )

    def _container(self, value: Any) -> str:
        if isinstance(value, dict):
            items = [f"{self._expression(k)}: {self._expression(v)}" for k, v in value.items()]
            return "{" + ", ".join(items) + "}"
        ordered = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        inside = ", ".join(map(self._expression, ordered))
        if isinstance(value, list):
            return f"[{inside}]"
        if isinstance(value, tuple):
            return f"({inside}{',' if len(value) == 1 else ''})"
        return f"{type(value).__name__}([{inside}])"

    def _array(self, value: Any) -> str:
        numpy = self.name_of(np, "numpy")
        array = np.asarray(value)
        if array.size > _MOST_ELEMENTS or array.dtype.hasobject:
            raise ProvenanceError(
                f"an array of {array.size} elements is data, which no source holds"
            )
        made = f"{numpy}.array({self._expression(array.tolist())}, dtype={array.dtype.str!r})"
        if isinstance(value, np.generic):
            return f"{made}[()]"
        return made if 0 not in array.shape else f"{made}.reshape({array.shape})"

    def _object(self, value: Any) -> str:
        cls = type(value)
        wrapped = getattr(value, "__wrapped__", None)
        if callable(getattr(value, "cache_info", None)) and isinstance(wrapped, FunctionType):
            return f"{self.name_of(cache, 'cache')}({self._held('cached', wrapped)})"
        if is_dataclass(value) and all(one.init for one in fields(value)):
            given = [f"{f.name}={self._expression(getattr(value, f.name))}" for f in fields(value)]
            return f"{self.name_of(cls, cls.__name__)}({', '.join(given)})"
        if is_foreign(cls.__module__) and not cls.__module__.startswith("drawscape."):
            raise ProvenanceError(
                f"a {cls.__module__}.{cls.__name__} cannot be written down as source"
            )
        slots = [name for one in cls.__mro__ for name in getattr(one, "__slots__", ())]
        inside = {**getattr(value, "__dict__", {})}
        inside |= {name: getattr(value, name) for name in slots if hasattr(value, name)}
        self._statements["_instance"] = _OBJECT
        return f"_instance({self.name_of(cls, cls.__name__)}, {self._expression(inside)})"


def _import(name: str, value: Any, module: str) -> str:
    known = str(
        getattr(value, "__qualname__", None) or getattr(value, "_name", None) or value.__name__
    )
    if "." in known or not hasattr(sys.modules.get(module), known):
        raise ProvenanceError(f"{module}.{known} cannot be imported by name")
    if module == "builtins":
        return f"{name} = {known}"
    return f"from {module} import {known}" + ("" if name == known else f" as {name}")
