"""What a sketch's code is: a script for all that it reaches by name, and the digest of that script.

A sketch of the library counts by its file and the library's version. Any other is followed from the function
on: the text of what it calls, and the values that it names, as they are now. Those are closures, defaults,
globals and members of classes. Installed packages count by name. Comments, docstrings, places, and the order
in which cells ran do not count.
"""

import ast
import contextlib
import copy
import copyreg
import hashlib
import importlib
import inspect
import keyword
import linecache
import os
import re
import sys
import textwrap
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib.util import resolve_name
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from drawscape.recipe.provenance import SourceText

NOTE = "__sketch_origin__"
"""The attribute by which a function that is sent to a worker carries what was known of it at home."""

_PACKAGE = __name__.partition(".")[0]
_MAIN = ("__main__", "__mp_main__")
_FUTURES = 0x1FF0000  # the bits of co_flags that stand for `from __future__ import`
_MOST_ELEMENTS = 20_000
"""Of an array among the constants; what is larger is data, and no source."""

_MADE_BY_PYTHON = {
    "__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__wrapped__", "__hash__",
    "__firstlineno__", "__static_attributes__", "__classcell__", "__slotnames__", "_abc_impl",
    "__annotations__", "__annotations_cache__", "__annotate__", "__annotate_func__",
    "__abstractmethods__", "__dataclass_fields__", "__dataclass_params__", "__match_args__", NOTE,
}  # fmt: skip
_MADE = """\
def _made(make, parts, state=None, items=(), pairs=()):
    made = make(*parts)
    if state and hasattr(made, "__setstate__"):
        made.__setstate__(state)
        state = None
    for part in state if isinstance(state, tuple) else (state,):
        for name, value in (part or {}).items():
            object.__setattr__(made, name, value)
    for item in items:
        made.append(item)
    for key, value in pairs:
        made[key] = value
    return made"""

_STREAM = re.compile(r"""\.stream\((['"])([^'"\\]+)\1[,)]""")
_DICE = re.compile(r"\.(?:random|random_gauss|random_choice|noise|shuffle|rng)\b")
"""By these a canvas gives random numbers."""

_SIMPLE = (bool, int, complex, str, bytes, range, type(...), type(None))
_BRACKETS: dict[type, str] = {
    list: "[{}]", tuple: "({},)", set: "set([{}])", frozenset: "frozenset([{}])",
}  # fmt: skip
_Def = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Origin:
    """What is known of a sketch's code where it was written; it travels with a function to the worker.

    `code` is its digest. It has no `source` if an object only lives in this process, or the text of some
    code is not known. `streams` and `is_random` say what random numbers it takes.
    """

    code: str
    source: SourceText | None = None
    streams: tuple[str, ...] = ()
    is_random: bool = False


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
        return copy.copy, (origin_of(self._function),)


def _origin_now(function: Callable[..., Any]) -> Origin:
    module = getattr(inspect.unwrap(function), "__module__", None) or ""
    if is_library(module):
        file = sys.modules[module].__file__ or ""
        return _library_origin(file, os.stat(file).st_mtime_ns)
    walk = _Walk()
    space = getattr(function, "__globals__", {"__name__": "__main__"})
    main = space if _module_name(space) == "__main__" else {"__name__": "__main__"}
    entry = walk.name_of(function, _own_name(function, main), main)
    scripts = walk.scripts()
    source = SourceText(entry, scripts.pop("__main__"), scripts) if walk.is_source else None
    return Origin(f"sha256:{walk.digest}", source, *_dice_in(walk.text))


@cache
def _library_origin(file: str, _modified_ns: int) -> Origin:
    content = Path(file).read_bytes()
    return Origin(
        f"sha256:{hashlib.sha256(content).hexdigest()}", None, *_dice_in(content.decode())
    )


def _dice_in(text: str) -> tuple[tuple[str, ...], bool]:
    """Return the names in `rng.stream('name')`, and whether a canvas is asked for random numbers.

    A name that is put together while it draws, such as `rng.stream(f'row {i}')`, is not found.
    """
    names = dict.fromkeys(name for _, name in _STREAM.findall(text))
    return tuple(names), bool(_DICE.search(text))


def is_library(module: str) -> bool:
    """Return whether a module belongs to this library."""
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")


@cache
def _installed_folders() -> tuple[str, ...]:
    import sysconfig

    paths = sysconfig.get_paths()
    return tuple({f"{Path(paths[name])}{os.sep}" for name in ("purelib", "platlib", "stdlib")})


def _is_foreign(module: str) -> bool:
    """Return whether a module comes from Python, an installed package or this library."""
    top = module.partition(".")[0]
    if top in (*_MAIN, ""):
        return False
    if top in sys.stdlib_module_names or top == "builtins" or is_library(module):
        return True
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    return file.startswith(_installed_folders())


def _is_own_module(value: Any) -> bool:
    return isinstance(value, ModuleType) and not _is_foreign(value.__name__)


def _module_name(space: Mapping[str, Any]) -> str:
    name = space.get("__name__") or "__main__"
    return "__main__" if name in _MAIN else name


def _home_of(thing: Any) -> str:
    """Return the name of the module in which a function or class was defined."""
    thing = inspect.unwrap(thing)
    if isinstance(thing, FunctionType):
        return _module_name(thing.__globals__)
    if isinstance(thing, np.ufunc):
        return "numpy"
    return _module_name({"__name__": getattr(thing, "__module__", None) or "builtins"})


def _own_name(value: Any, space: Mapping[str, Any]) -> str:
    """Return the name of a function or class as its module has it, else one that is free there."""
    own = str(getattr(value, "__name__", "value")).strip("<>").rpartition(".")[2]
    is_free = own.isidentifier() and not keyword.iskeyword(own)
    return own if is_free and space.get(own, value) is value else f"_{own}"


def _definition_of(code: CodeType) -> Any:
    """Return the definition from which `code` was compiled, parsed; None where its text is not known.

    The text is compiled and compared: a file may have been edited since it was loaded.
    """
    for _ in ("as it was first read", "as it is now"):
        known = _definitions(_lines(code.co_filename), code.co_flags & _FUTURES).get(code)
        if known is not None:
            return known
        linecache.checkcache(code.co_filename)
    return None


def _lines(file: str) -> str:
    return "".join(linecache.getlines(file))


@lru_cache(maxsize=256)
def _definitions(text: str, flags: int = 0) -> dict[Any, Any]:
    """Return the definitions in a text: functions by what each is compiled to, and classes by name."""
    try:
        waiting = [compile(text, "<definitions>", "exec", flags, dont_inherit=True)]
    except (SyntaxError, ValueError):
        return {}
    found: dict[Any, Any] = {}
    nodes: dict[tuple[str, int], list[Any]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, (*_Def, ast.Lambda)):
            key = (getattr(node, "name", "<lambda>"), _first_line(node))
            nodes.setdefault(key, []).append(node)
    while waiting:
        code = waiting.pop()
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
        named = nodes.get((code.co_name, code.co_firstlineno), [])
        if len(named) == 1:  # which of several in a line it is, nobody can say
            found[code] = named[0]
    return found


def _first_line(node: Any) -> int:
    return min(int(one.lineno) for one in (node, *getattr(node, "decorator_list", ())))


def _class_definition(cls: type) -> Any:
    """Return the definition of a class, parsed; None where it is not found in its file or a cell."""
    makers = [one.default_factory for one in getattr(cls, "__dataclass_fields__", {}).values()]
    codes = [getattr(_function_in(one), "__code__", None) for one in (*vars(cls).values(), *makers)]
    files = [one.co_filename for one in codes if one and not _is_generated(one)]
    if not files and hasattr(cls, "_fields"):
        return None  # a named tuple says all by its fields
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if not files and file and cls.__module__ not in _MAIN:
        files = [file]
    held: list[tuple[str, Any]] = [*linecache.cache.items()]  # a notebook's cells, the newest last
    for file in files[:1] or [file for file, entry in reversed(held) if entry[1:2] == (None,)]:
        text = _lines(file)
        may_have = f"class {cls.__name__}" in text
        for node in _definitions(text).get(cls.__name__, ()) if may_have else ():
            if getattr(cls, "__firstlineno__", _first_line(node)) == _first_line(node):
                return copy.deepcopy(node)
    return None


def _function_in(member: Any) -> Any:
    """Return the function in a member of a class: of a method of any kind, a property, a wrapper."""
    return inspect.unwrap(getattr(member, "__func__", getattr(member, "fget", member)))


def _is_generated(code: CodeType) -> bool:
    """Return whether a method's code is of an installed package, such as those of dataclasses."""
    return code.co_filename.startswith(("<string>", *_installed_folders()))


def _instructions(code: CodeType) -> str:
    """Return what `code` does, where its text is not known."""
    consts = [_instructions(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return repr((code.co_code, code.co_names, code.co_varnames, consts))


def _names_in(code: CodeType) -> list[str]:
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return [*code.co_names, *(name for one in inner for name in _names_in(one))]


def _names_read(node: ast.AST) -> list[str]:
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    return [*dict.fromkeys(one.id for one in names if isinstance(one.ctx, ast.Load))]


@lru_cache(maxsize=4096)
def _normal(text: str) -> str:
    """Return a statement without its docstrings, which change nothing."""
    tree = ast.parse(text)
    node: Any
    for node in ast.walk(tree):
        has_body = isinstance(node, (*_Def, ast.ClassDef))
        if has_body and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def statements_of(source: SourceText | None) -> set[tuple[str, str]]:
    """Return what counts of a source: its statements by module, without docstrings and order."""
    scripts = {"": source.main, **source.modules} if source else {}
    nodes = ((module, node) for module, text in scripts.items() for node in ast.parse(text).body)
    found = {(module, _normal(ast.unparse(node))) for module, node in nodes}
    return {one for one in found if not one[1].startswith("from __future__ ")}


class _Walk:
    """All that a function reaches: for each module a script that makes it, statement by statement.

    Where not all can be written down, the scripts count and are no source.
    """

    def __init__(self) -> None:
        self.is_source = True
        self._statements: dict[tuple[str, str], str] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self._whole: set[str] = set()
        self._open: list[Any] = []
        self._space: Mapping[str, Any] = {}

    @property
    def digest(self) -> str:
        """The digest of all that was reached."""
        counted = sorted((*key, _normal(text)) for key, text in self._statements.items())
        return hashlib.sha256(repr(counted).encode()).hexdigest()

    @property
    def text(self) -> str:
        """All that was reached, without its docstrings."""
        return "\n".join(map(_normal, self._statements.values()))

    def scripts(self) -> dict[str, str]:
        """Return the script of each module: imports first. An empty one stands for a package."""
        found: dict[str, str] = {}
        for module in sorted({module for module, _ in self._statements}):
            parts = [text for (home, _), text in self._statements.items() if home == module]
            imports = sorted(part for part in parts if part.startswith(("import ", "from ")))
            others = [part for part in parts if part not in imports]
            head = "\n".join(["from __future__ import annotations", *imports])
            found[module] = "\n\n".join([head, *others]) + "\n"
            while module := module.rpartition(".")[0]:
                found.setdefault(module, "")
        return found

    def name_of(self, value: Any, wanted: str, space: Mapping[str, Any]) -> str:
        """Return the name of `value` in the module of `space`: `wanted`, if that is not another's."""
        module, name = _module_name(space), wanted
        while (module, name) in self._values and self._values[module, name] is not value:
            name += "_"
        if (module, name) not in self._values:
            self._values[module, name] = value
            before, self._space = self._space, space
            later: dict[str, Any] = {}
            self._statements[module, name] = self._statement(name, value, later)
            for place, held in later.items():
                self._statements[module, place] = f"{place} = {self._value(held)}"
            self._space = before
        return name

    def _cannot(self, *counted: object) -> str:
        """Note that there is no source, and return an expression of what counts all the same."""
        self.is_source = False
        return repr(counted)

    def _follow(self, node: ast.AST, names: Iterable[str]) -> None:
        """Write down the globals that a piece of code reads, and what it imports when it runs."""
        space = self._space
        for name in [one for one in names if one in space]:
            if _is_own_module(space[name]):
                self._members(space[name], node, name)
            if self.name_of(space[name], name, space) != name:
                self._cannot()
        for one in ast.walk(node):
            if isinstance(one, ast.Import):
                for alias in one.names:
                    self._members(_imported(alias.name), node, alias.asname or alias.name)
            elif isinstance(one, ast.ImportFrom):
                base = "." * one.level + (one.module or "")
                found = _imported(base, space.get("__package__"))
                for alias in one.names:
                    if hasattr(found, alias.name):
                        self.name_of(getattr(found, alias.name), alias.name, vars(found))

    def _members(self, module: ModuleType | None, node: ast.AST, name: str) -> None:
        """Write down what a piece of code takes of a module of the user's: `name.member`, else all of it."""
        if module is None:
            return
        nodes, space = [*ast.walk(node)], vars(module)
        taken = [
            one.attr for one in nodes
            if isinstance(one, ast.Attribute) and getattr(one.value, "id", "") == name
        ]  # fmt: skip
        if not 0 < len(taken) == sum(getattr(one, "id", "") == name for one in nodes):
            if module.__name__ in self._whole:
                return
            self._whole.add(module.__name__)
            taken = sorted(one for one in space if not one.startswith("__"))
        for one in [one for one in dict.fromkeys(taken) if one in space]:
            if _is_own_module(space[one]):
                self._members(space[one], ast.Pass(), one)
            self.name_of(space[one], one, space)

    def _statement(self, name: str, value: Any, later: dict[str, Any]) -> str:
        """Return what makes `value`; in `later` what is put at its places once it is there."""
        if isinstance(value, ModuleType):
            return f"import {_as(value.__name__, name)}"
        is_named = _is_named(value)
        if not is_named and not isinstance(_reduced(value), str):
            return f"{name} = {self._value(value)}"
        home = _home_of(value)
        if not is_named or _is_foreign(home):
            return self._import(name, value, home)
        if home == _module_name(self._space):
            make = self._class if isinstance(value, type) else self._function
            self._open.append(value)
            text = make(name, value, later)
            self._open.pop()
            return text
        members = [value, *(vars(value).values() if isinstance(value, type) else ())]
        spaces = [getattr(_function_in(one), "__globals__", {}) for one in members]
        own = (one for one in spaces if _module_name(one) == home)  # the module may be a newer one
        space = next(own, vars(sys.modules[home]))
        known = self.name_of(value, _own_name(value, space), space)
        return f"from {home} import {_as(known, name)}"

    def _import(self, name: str, value: Any, module: str) -> str:
        known = getattr(value, "__qualname__", None) or getattr(value, "_name", None)
        known = str(known or getattr(value, "__name__", ""))
        if not hasattr(sys.modules.get(module), known):
            return f"{name} = {self._cannot(module, known)}"
        if module == "builtins":
            return f"{name} = {known}"
        return f"from {module} import {_as(known, name)}"

    def _function(self, name: str, function: Any, later: dict[str, Any]) -> str:
        """Return the definition of a function with the values of its defaults and closure.

        A decorator that left a wrapper is written with it; one that returned the function has left its mark.
        """
        original = inspect.unwrap(function)
        code, held = original.__code__, self._held(original)
        node = _definition_of(code)
        if node is None:
            self._follow(ast.Pass(), _names_in(code))
            defaults = self._value([original.__defaults__, original.__kwdefaults__])
            counted = self._cannot(_instructions(code), defaults, *held.values())
            return f"{name} = {counted}"
        node, node.args = copy.copy(node), copy.copy(node.args)  # the body is shared, and stays
        self._set_defaults(node, original)
        if not isinstance(node, ast.Lambda):
            node.decorator_list = node.decorator_list if original is not function else []
            held.pop(node.name, None)
            node.name = node.name if held else name
        head = copy.copy(node)
        head.body = []
        known = {*_names_in(code), *_names_read(head)}
        self._follow(node, [one for one in _names_read(node) if one in known])
        if original is function:  # else the decorators do it again
            own = vars(function).keys() - _MADE_BY_PYTHON
            later |= {f"{name}.{key}": vars(function)[key] for key in own}
        text = ast.unparse(node)
        if isinstance(node, ast.Lambda):
            text = f"{'_made' if held else name} = {text}"
        return _within_maker(name, getattr(node, "name", "_made"), text, held)

    def _set_defaults(self, node: Any, function: Any) -> None:
        """Put the values of defaults into a definition, which may name what has changed since then."""
        node.args.defaults = [self._node(value) for value in function.__defaults__ or ()]
        given = function.__kwdefaults__ or {}
        node.args.kw_defaults = [
            self._node(given[one.arg]) if one.arg in given else None for one in node.args.kwonlyargs
        ]

    def _node(self, value: Any) -> ast.expr:
        return ast.parse(self._value(value), mode="eval").body

    def _held(self, function: Any) -> dict[str, str]:
        """Return expressions for what a function's closure holds, by name."""
        held: dict[str, str] = {}
        for key, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            with contextlib.suppress(ValueError):  # not bound yet
                value = cell.cell_contents
                if key != "__class__" and value is not function:
                    held[key] = self._value(value)
        return held

    def _class(self, name: str, cls: Any, later: dict[str, Any]) -> str:
        """Return the definition of a class with the values that its members have now."""
        node = _class_definition(cls)
        if node is None and hasattr(cls, "_field_defaults"):
            make = self.name_of(namedtuple, "namedtuple", self._space)
            defaults = self._value([*cls._field_defaults.values()])
            return f"{name} = {make}({cls.__name__!r}, {cls._fields!r}, defaults={defaults})"
        if node is None:
            found = [f"{key} {self._value(value)}" for key, value in _members_of(cls).items()]
            found += [self._value(base) for base in cls.__bases__]
            return f"{name} = {self._cannot(*found)}"
        held: dict[str, str] = {}
        self._renew(node, cls, name, held, later)
        self._follow(node, [one for one in _names_read(node) if one != node.name])
        node.name = node.name if held else name
        return _within_maker(name, node.name, ast.unparse(node), held)

    def _renew(
        self, node: Any, cls: Any, name: str, held: dict[str, str], later: dict[str, Any]
    ) -> None:
        """Put the present values into a definition; what was put into the class from outside comes later."""
        members = _members_of(cls)
        if not hasattr(cls, "_field_defaults"):  # whose base is a function
            node.bases = [self._node(base) for base in cls.__bases__ if base is not object]
        for statement in node.body:
            targets = getattr(statement, "targets", [getattr(statement, "target", None)])
            key = getattr(targets[0], "id", getattr(statement, "name", ""))
            value = members.pop(key, None)
            value = value.value if isinstance(value, Enum) else value
            function = _function_in(value)
            if isinstance(statement, ast.ClassDef) and isinstance(value, type):
                self._renew(statement, value, f"{name}.{key}", held, later)
            elif isinstance(statement, _Def) and isinstance(function, FunctionType):
                held |= self._held(function)
                known = _definition_of(function.__code__)
                if known and ast.dump(known) == ast.dump(statement):
                    self._set_defaults(statement, function)
                else:
                    later[f"{name}.{key}"] = value
            elif getattr(statement, "value", None) is not None and value is not None:
                is_field = is_dataclass(cls) and isinstance(statement.value, ast.Call)
                statement.value = statement.value if is_field else self._node(value)
        if not issubclass(cls, Enum):
            later |= {f"{name}.{key}": value for key, value in members.items()}

    def _value(self, value: Any) -> str:
        """Return an expression for any value."""
        if type(value) is float:
            return repr(value) if np.isfinite(value) else f"float('{value}')"
        if type(value) in _SIMPLE:
            return repr(value)
        if value is type(None):
            return "type(None)"
        if isinstance(value, (np.ndarray, np.generic)) and not value.dtype.hasobject:
            return self._array(value)
        if any(value is one for one in self._open):
            return self._cannot(getattr(value, "__name__", "itself"))
        if _is_named(value):
            if _is_own_module(value):
                self._members(value, ast.Pass(), "")
            return self.name_of(value, _own_name(value, self._space), self._space)
        self._open.append(value)
        text = self._container(value) or self._object(value)
        self._open.pop()
        return text

    def _container(self, value: Any) -> str:
        kind = type(value)
        if kind is dict:
            items = [f"{self._value(k)}: {self._value(v)}" for k, v in value.items()]
            return "{" + ", ".join(items) + "}"
        if kind in (list, tuple) and {*map(type, value)} <= {int, bool, str}:
            return repr(value)  # many are written at once
        if kind in _BRACKETS:
            parts = [*map(self._value, value)]
            ordered = parts if kind in (list, tuple) else sorted(parts)
            return _BRACKETS[kind].format(", ".join(ordered))
        return ""

    def _array(self, value: Any) -> str:
        array = np.asarray(value)
        if array.size > _MOST_ELEMENTS:
            return self._cannot(hashlib.sha256(array.tobytes()).hexdigest(), array.shape)
        made = f"{self._value(np)}.array({self._value(array.tolist())}, dtype={array.dtype.str!r})"
        if isinstance(value, np.generic):
            return f"{made}[()]"
        return made if 0 not in array.shape else f"{made}.reshape({array.shape})"

    def _object(self, value: Any) -> str:
        """Return how to make an object again, as it says itself to a pickler."""
        reduced = _reduced(value)
        if reduced is None:
            return self._cannot(type(value).__module__, type(value).__qualname__)
        if isinstance(reduced, str):
            return self.name_of(value, reduced, self._space)
        make, parts, state, items, pairs = (*reduced, None, None, None)[:5]
        held = {"state": state, "items": [*(items or ())], "pairs": [*(pairs or ())]}
        more = [f"{key}={self._value(part)}" for key, part in held.items() if part]
        if not more:
            return f"{self._value(make)}(*{self._value(parts)})"
        self._statements[_module_name(self._space), "_made"] = _MADE
        return f"_made({', '.join([self._value(make), self._value(parts), *more])})"


def _imported(name: str, package: str | None = None) -> Any:
    """Return a module of the user's that code imports when it runs; None for others, or if it fails then."""
    with contextlib.suppress(Exception):
        full = resolve_name(name, package)
        return None if _is_foreign(full) else importlib.import_module(full)
    return None


def _is_named(value: Any) -> bool:
    """Return whether a value is written by its name: a function, a class, a module."""
    if isinstance(value, BuiltinFunctionType):
        return isinstance(value.__self__, ModuleType)
    wrapped = isinstance(getattr(value, "__wrapped__", None), FunctionType)
    return wrapped or isinstance(value, (FunctionType, type, ModuleType, np.ufunc))


def _as(known: str, name: str) -> str:
    return known if known == name else f"{known} as {name}"


def _reduced(value: Any) -> Any:
    """Return what an object says of itself to a pickler; None for a thing of this process alone."""
    reduce = copyreg.dispatch_table.get(type(value))
    with contextlib.suppress(Exception):
        return reduce(value) if reduce else value.__reduce_ex__(2)
    return None


def _within_maker(name: str, inner: str, text: str, held: Mapping[str, str]) -> str:
    """Return statements that define `name`, in a function which holds what its closure held."""
    if not held:
        return text
    body = textwrap.indent(f"{text}\nreturn {inner}", "    ")
    given = ", ".join(f"{key}={value}" for key, value in held.items())
    return f"def _make_{name}({', '.join(held)}):\n{body}\n{name} = _make_{name}({given})"


def _members_of(cls: Any) -> dict[str, Any]:
    """Return the members of a class without those that Python has made."""
    fields_of = getattr(cls, "_field_defaults", None)  # of a named tuple
    found = {}
    for key, value in vars(cls).items():
        code = getattr(_function_in(value), "__code__", None)
        made = inspect.ismemberdescriptor(value) or inspect.isgetsetdescriptor(value)
        made = made or bool(code and _is_generated(code)) or (fields_of is not None and not code)
        if not made and key not in _MADE_BY_PYTHON:
            found[key] = value
    return found | (fields_of or {})
