"""The source of a sketch from a notebook, its helpers included, as text that draws it elsewhere."""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, partial
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Annotated, Any, Literal

import numpy as np

from drawscape.errors import ProvenanceError
from drawscape.sketches.bytecode import behaviour_of
from drawscape.sketches.code_walk import Walk
from drawscape.sketches.library_code import INSTALLED, is_foreign
from drawscape.sketches.source_text import SourceText

_FUTURE_ANNOTATIONS = 0x1000000
_MOST_ELEMENTS = 20_000
"""Of an array among the constants; a larger one is data, and no source."""

_OBJECT = """\
def _instance(cls, values):
    made = cls.__new__(cls)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made
"""


def source_of(function: Callable[..., Any]) -> SourceText:
    """Return the source of `function`, a sketch that is not the library's, with all that it reaches.

    Raises ProvenanceError, which says why, where it cannot be written down: an object that only lives in
    this process, code whose text is not known or has changed since it was loaded.
    """
    walk = Walk()
    walk.value(function)
    own = [one for one in walk.seen.values() if not _in_notebook(one)]
    modules = _module_sources({_module_name(one) for one in own})
    script = _Script()
    entry = script.name_of(function, getattr(function, "__name__", "sketch"))
    main = script.text(
        future=bool(getattr(function, "__code__", _no_code).co_flags & _FUTURE_ANNOTATIONS)
    )
    _check_loaded(walk.seen.values(), [main, *modules.values()])
    return SourceText(entry, main, modules)


_no_code = (lambda: None).__code__


class _Script:
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
            module = _module_name(value)
            if is_foreign(module) or not _in_notebook(value):
                return _import(name, value, module)
            return (
                self._class(name, value) if isinstance(value, type) else self._function(name, value)
            )
        if type(value).__module__ == "typing" and getattr(value, "__origin__", None) is None:
            return _import(name, value, "typing")
        return f"{name} = {self._expression(value)}"

    def _function(self, name: str, function: Any) -> str:
        tree, text = _definition(function)
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
            [*behaviour_of(original.__code__).globals, *_names(header)], original.__globals__
        )
        if original is function:
            text = _stripped(text, tree)
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
        tree, text = _definition(cls)
        space = vars(sys.modules.get(cls.__module__, sys.modules["__main__"]))
        members = [getattr(m, "__func__", getattr(m, "fget", m)) for m in vars(cls).values()]
        functions = [f for f in members if isinstance(f, FunctionType)]
        space = functions[0].__globals__ if functions else space
        self._need((n for n in _names([tree]) if n != tree.name), space)
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


_nothing = object()


def _import(name: str, value: Any, module: str) -> str:
    known = str(
        getattr(value, "__qualname__", None) or getattr(value, "_name", None) or value.__name__
    )
    if "." in known or not hasattr(sys.modules.get(module), known):
        raise ProvenanceError(f"{module}.{known} cannot be imported by name")
    if module == "builtins":
        return f"{name} = {known}"
    return f"from {module} import {known}" + ("" if name == known else f" as {name}")


def _definition(thing: Any) -> tuple[Any, str]:
    """Return the statement that defines a function or class, parsed, and its text."""
    try:
        thing = inspect.unwrap(thing)
        in_cell = isinstance(thing, type) and _in_notebook(thing)
        text = _class_text(thing) if in_cell else textwrap.dedent(inspect.getsource(thing))
        tree = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError) as error:
        raise ProvenanceError(f"the source of {thing!r} is not known: {error}") from None
    if isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return tree, text.rstrip()
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    if isinstance(tree, ast.Assign) and len(lambdas) == 1 and tree.value is lambdas[0]:
        return tree, text.rstrip()
    raise ProvenanceError(f"the source of {thing!r} is part of another line")


def _class_text(cls: type) -> str:
    """Return the text of a class of a cell: Python looks for it in a file, and a notebook has none."""
    lines = getattr(cls, "__firstlineno__", None)
    entries: list[tuple[str, Any]] = list(linecache.cache.items())
    for name, entry in reversed(entries):
        held = entry[2] if entry[1:2] == (None,) else []
        if f"class {cls.__name__}" not in "".join(held):
            continue
        for node in ast.parse("".join(held), name).body:
            first = min(n.lineno for n in (node, *getattr(node, "decorator_list", ())))
            if (
                isinstance(node, ast.ClassDef)
                and node.name == cls.__name__
                and lines in (None, first)
            ):
                return "".join(held[first - 1 : node.end_lineno])
    raise OSError("no cell holds it")


def _stripped(text: str, tree: Any) -> str:
    """Return a definition without its decorators: those that left their mark are in the values."""
    return textwrap.dedent("\n".join(text.splitlines()[tree.lineno - 1 :]))


def _names(nodes: Iterable[ast.AST]) -> list[str]:
    return [
        node.id for top in nodes for node in ast.walk(top)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]  # fmt: skip


def _module_name(thing: Any) -> str:
    if isinstance(thing, ModuleType):
        return thing.__name__
    if isinstance(thing, np.ufunc):
        return "numpy"
    return getattr(thing, "__module__", None) or "builtins"


def _in_notebook(thing: Any) -> bool:
    return _module_name(thing) in ("__main__", "__mp_main__")


def _module_sources(names: set[str]) -> dict[str, str]:
    """Return the sources of the user's modules `names`, of their packages, and of what those import."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        if name in found or module is None or is_foreign(name):
            continue
        try:
            found[name] = inspect.getsource(module)
        except (OSError, TypeError):
            found[name] = ""  # an empty file, or a folder without __init__.py
        waiting += filter(None, [name.rpartition(".")[0]])
        for node in ast.walk(ast.parse(found[name])):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                full = _resolved(base, module)
                waiting += [full, *(f"{full}.{alias.name}" for alias in node.names)]
    return dict(sorted(found.items()))


def _resolved(name: str, module: ModuleType) -> str:
    import importlib.util

    return importlib.util.resolve_name(name, module.__package__) if name.startswith(".") else name


def _check_loaded(things: Iterable[Any], texts: Iterable[str]) -> None:
    """Raise ProvenanceError where what runs is not what the texts say: a file edited since its import."""
    known: set[str] = set()
    waiting = [compile(text, "<source>", "exec", dont_inherit=True) for text in texts]
    while waiting:
        code = waiting.pop()
        known.add(behaviour_of(code).text)
        waiting += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    for thing in things:
        loaded = not isinstance(thing, FunctionType) or behaviour_of(thing.__code__).text in known
        if not loaded and not thing.__code__.co_filename.startswith(_GENERATED):
            raise ProvenanceError(
                f"the source of {thing.__name__!r} has changed since it was loaded"
            )


_GENERATED = ("<string>", *INSTALLED)
"""Where the methods come from that a dataclass makes."""
