"""Everything that a user's sketch reaches by name, as scripts that recreate it, and their digest.

It begins with the function. Everything that its text names is written out: functions and classes as they were
defined, other values as they are now. Those are closures, defaults, globals and members of classes. Installed
packages count by name. Comments, docstrings, places, and the order in which cells ran do not count.
"""

import ast
import contextlib
import copy
import copyreg
import dis
import functools
import hashlib
import inspect
import keyword
import linecache
import math
import os
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass
from enum import Enum
from functools import cache, cached_property, lru_cache
from importlib.util import resolve_name
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from drawscape.recipe.provenance import SketchFunction, SourceText, is_library

_MAIN = ("__main__", "__mp_main__")
_FUTURES = 0x1FF0000  # the bits of co_flags for `from __future__ import`
_MOST_ELEMENTS = 20_000
"""The largest array among the constants; a larger one is data, not source."""

_OBJECT = """\
class _Object:
    def __init__(self, *parts):
        self.parts = parts

    def __reduce_ex__(self, protocol):
        return (*self.parts[:3], *map(iter, self.parts[3:]))"""
"""`copy(_Object(...))` builds an object from the parts returned by its own `__reduce_ex__`."""

_CONSTANT = (bool, int, float, str, bytes, range, type(None), type(...))
_MOST_BITS = 10_000  # Python refuses to write longer numbers in decimal digits
_BRACKETS: dict[type, str] = {
    dict: "{{{}}}", list: "[{}]", tuple: "({},)", set: "set([{}])", frozenset: "frozenset([{}])",
}  # fmt: skip
_PARTS: dict[type, tuple[str, ...]] = {
    property: ("fget", "fset", "fdel"), staticmethod: ("__func__",), classmethod: ("__func__",),
    cached_property: ("func",),
}  # fmt: skip
"""Members of classes that wrap functions, and that cannot be pickled."""

_INSTALLED = re.compile(
    r"<attrs generated|<string>(__create_fn__|<lambda>)|.*[/\\](site|dist)-packages[/\\]|"
    + re.escape(os.path.dirname(os.__file__))
)
"""Files of Python and of packages, and code that dataclasses, named tuples and attrs make."""

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_NO_NAME = re.compile(r"\W|^(?=\d)")
_Def = (ast.FunctionDef, ast.AsyncFunctionDef)
_Statements = Iterator[tuple[str, str]]


@dataclass(frozen=True)
class Code:
    """Everything that a function reaches: its digest, its source, its text without docstrings.

    There is no source if an object only exists in this process, or the text of some code is unknown.
    """

    digest: str
    source: SourceText | None
    text: str


def code_of(function: SketchFunction) -> Code:
    """Return everything that `function` reaches."""
    walk = _CodeWalk()
    space = getattr(function, "__globals__", {})
    main = space if _module_name(space) == "__main__" else {}
    source = walk.source(walk.name_of(function, main))
    counted = [
        (module, part)
        for (module, _), text in walk.statements.items()
        for part in _statements_in(text)
    ]
    digest = hashlib.sha256(repr((sorted(counted), sorted(walk.annotations))).encode()).hexdigest()
    text = "\n".join(part for _, part in counted)
    return Code(digest, source if walk.is_source else None, text)


@lru_cache(maxsize=4096)
def _statements_in(text: str) -> list[str]:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(body := getattr(node, "body", None), list):
            body[:] = [
                one for one in body
                if not isinstance(one, ast.Expr) or not isinstance(one.value, ast.Constant)
            ]  # fmt: skip
    return [ast.unparse(one) for one in tree.body if getattr(one, "module", "") != "__future__"]


# Where things come from


def _is_foreign(module: str) -> bool:
    """Return whether a module comes from Python, an installed package or this library."""
    top = module.partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    known = top in sys.stdlib_module_names or is_library(module) or bool(_INSTALLED.match(file))
    return known and top not in (*_MAIN, "")


def _module_name(space: Mapping[str, Any]) -> str:
    name = space.get("__name__") or "__main__"
    return "__main__" if name in _MAIN else name


def _home_of(thing: Any) -> str:
    """Return the name of the module in which a function or class was defined."""
    if isinstance(thing, FunctionType):
        return _module_name(thing.__globals__)
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return _module_name({"__name__": module})


def _is_named(value: Any) -> bool:
    """Return whether a value is written by its name: a function, a class, a module."""
    if type(value) in (*_CONSTANT, *_BRACKETS, np.ndarray):
        return False
    return isinstance(value, (FunctionType, type, ModuleType)) or isinstance(_reduced(value), str)


def _reduced(value: Any) -> Any:
    """Return an object's parts for a pickler; None if it only exists in this process."""
    if type(value) in _PARTS:
        return type(value), tuple(getattr(value, name) for name in _PARTS[type(value)])
    reduce = copyreg.dispatch_table.get(type(value))
    with contextlib.suppress(Exception):
        found = reduce(value) if reduce else value.__reduce_ex__(2)
        if isinstance(found, str) or len(found) > 1:
            return found
    return None


# The text of functions and classes


def _texts(file: str) -> Iterator[str]:
    """Yield the text of a file or a cell: as it was first read, then as it is now."""
    yield "".join(linecache.getlines(file))
    linecache.checkcache(file)
    yield "".join(linecache.getlines(file))


@lru_cache(maxsize=256)
def _definitions(text: str, flags: int) -> dict[CodeType, Any]:
    """Return the definitions of functions and classes in a text, by their code objects."""
    try:
        script = compile(text, "<definitions>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        return {}
    nodes: dict[tuple[str, int], list[Any]] = {}
    node: Any
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (*_Def, ast.ClassDef, ast.Lambda)):
            line = min(one.lineno for one in (node, *getattr(node, "decorator_list", ())))
            nodes.setdefault((getattr(node, "name", "<lambda>"), line), []).append(node)
    found = {}
    for code in _codes_in(script):
        named = nodes.get((code.co_name, code.co_firstlineno), [])
        if len(named) > 1:  # lambdas in one line
            places = {(line, column) for line, _, column, _ in code.co_positions()}
            named = [one for one in named if (one.body.lineno, one.body.col_offset) in places]
        if len(named) == 1:
            found[code] = named[0]
    return found


def _definition_of(code: CodeType) -> Any:
    """Return the definition from which `code` was compiled, parsed; None if its text is unknown.

    The text is compiled and compared: a file may have been edited since it was loaded.
    """
    found = (_definitions(text, code.co_flags & _FUTURES) for text in _texts(code.co_filename))
    return next((known[code] for known in found if code in known), None)


def _class_definition(cls: Any) -> tuple[CodeType, Any] | None:
    """Return the body of a class, compiled, and its definition, parsed; None if it is not found."""
    within = f"{cls.__qualname__}."
    inside = [one.__code__ for member in vars(cls).values() for one in _functions_in(member)]
    codes = [c for c in inside if c.co_qualname.startswith(within)][:1]
    files, flags = [c.co_filename for c in codes], sum(c.co_flags & _FUTURES for c in codes)
    if "_fields" not in vars(cls):  # else namedtuple() made it
        held = {**linecache.cache}  # cells, the newest last
        files.append(getattr(sys.modules.get(cls.__module__), "__file__", ""))
        files += [name for name in reversed(held) if held[name][1:2] == (None,)]
    texts = (text for file in files for text in _texts(file) if f"class {cls.__name__}" in text)
    for code, node in (one for text in texts for one in _definitions(text, flags).items()):
        line = vars(cls).get("__firstlineno__", code.co_firstlineno)
        is_it = (code.co_qualname, code.co_firstlineno) == (cls.__qualname__, line)
        if is_it and isinstance(node, ast.ClassDef) and {*codes} <= {*_codes_in(code)}:
            return code, node
    return None


def _annotations_of(function: Any) -> str:
    """Return the annotations of a function as text: they decide how a parameter's value is read.

    They are not part of its code, so an edited file's text might otherwise pass for it.
    """
    with contextlib.suppress(Exception):
        found = inspect.get_annotations(function, eval_str=True)
        return _ADDRESS.sub("", repr(found))
    return ""


def _codes_in(code: CodeType) -> list[CodeType]:
    """Return `code` and all code inside it."""
    found = [code]
    for one in found:
        found += [inner for inner in one.co_consts if isinstance(inner, CodeType)]
    return found


@lru_cache(maxsize=4096)
def _globals_in(*codes: CodeType) -> frozenset[str]:
    """Return the names of the globals that code reads."""
    reads = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
    found = (one for code in codes for one in dis.get_instructions(code))
    return frozenset(one.argval for one in found if one.opname in reads)


def _instructions(code: CodeType) -> str:
    """Return the instructions of `code`, if its text is unknown."""
    does = [(c.co_code, c.co_names, c.co_varnames, c.co_freevars) for c in _codes_in(code)]
    consts = [_ADDRESS.sub("", repr(c.co_consts)) for c in _codes_in(code)]
    return repr((does, consts))


def _is_wrapper(value: Any) -> bool:
    """Return whether `value` is a package's wrapper of a function, as from `cache` and `contextmanager`."""
    if isinstance(value, FunctionType):
        return "__wrapped__" in vars(value) and _is_foreign(_home_of(value))
    return isinstance(value, functools._lru_cache_wrapper)


def _within(value: Any) -> Any:
    """Return the function inside the wrappers that packages made."""
    while _is_wrapper(value):
        value = value.__wrapped__
    return value


def _functions_in(member: Any) -> list[Any]:
    """Return the functions in a member of a class: a method of any kind, a property, a cache."""
    parts = [getattr(member, name) for name in _PARTS.get(type(member), ())] or [member]
    return [one for one in map(_within, parts) if isinstance(one, FunctionType)]


def _cells(function: Any) -> dict[str, Any]:
    """Return the values in a function's closure, by name, without unbound variables."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    cells = zip(names, getattr(function, "__closure__", None) or (), strict=True)
    return {key: cell.cell_contents for key, cell in cells if cell != CellType()}


def _is_counted(key: str, value: Any) -> bool:
    """Return whether a member of a module, class or function was written by the user, not added by Python."""
    if key in ("_abc_impl", "cache_parameters", "__wrapped__"):
        return False
    return not key[:2] == "__" == key[-2:] or bool(_functions_in(value))


def _members_of(cls: Any) -> dict[str, Any]:
    """Return the members of a class without those that Python has made."""
    others = vars(cls).get("_field_defaults")  # of a named tuple
    if issubclass(cls, Enum):
        others = {key: one.value for key, one in cls.__members__.items()}
    found = {}
    for key, value in vars(cls).items():
        functions = _functions_in(value)
        # Of an installed package, or made by one, as dataclasses do.
        codes = (one.__code__ for one in functions)
        made = any(_INSTALLED.match(f"{c.co_filename}{c.co_qualname}") for c in codes)
        made = made or inspect.ismemberdescriptor(value) or not _is_counted(key, value)
        if not made and (functions or others is None):
            found[key] = value
    return found | (others or {})


def _key_of(statement: Any, cls: type) -> str:
    """Return the name, in the class, of the member that a statement makes."""
    target = getattr(statement, "targets", [getattr(statement, "target", None)])[0]
    key = str(getattr(target, "id", getattr(statement, "name", "")))
    is_private = key.startswith("__") and not key.endswith("__")
    return f"_{cls.__name__.lstrip('_')}{key}" if is_private else key


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _as(known: str, name: str) -> str:
    return known if known == name else f"{known} as {name}"


def _within_maker(name: str, node: Any, held: Mapping[str, str]) -> str:
    """Return statements that define `name`, in a function that holds its closure's values."""
    is_lambda, text = isinstance(node, ast.Lambda), ast.unparse(node)
    if not held:
        return f"{name} = {text}" if is_lambda else text
    body = f"return {text}" if is_lambda else f"{text}\nreturn {node.name}"
    given = {key: value for key, value in held.items() if value}
    makes = f"def _make_{name}({', '.join(given)}):\n{textwrap.indent(body, '    ')}"
    return f"{makes}\n{name} = _make_{name}({', '.join(given.values())})"


class _CodeWalk:
    """Everything that a function reaches: a script for each module, statement by statement.

    If not everything can be written out, the scripts only count for the digest.
    """

    def __init__(self) -> None:
        self.is_source = True
        self.annotations: set[str] = set()
        self.statements: dict[tuple[str, str], str] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self._whole: set[str] = set()
        self._open: list[int] = []
        self._space: Mapping[str, Any] = {}

    def source(self, entry: str) -> SourceText:
        """Return the scripts of all modules: imports first. An empty one stands for a package."""
        found = {}
        modules = {module for module, _ in self.statements}
        for module in sorted(modules):
            parts = [text for (home, _), text in self.statements.items() if home == module]
            # A user's module may use names from here that must precede its import.
            imports = sorted(
                part for part in parts
                if part.startswith(("import ", "from ")) and part.split(maxsplit=2)[1] not in modules
            )  # fmt: skip
            others = [part for part in parts if part not in imports]
            head = "\n".join(["from __future__ import annotations", *imports])
            found[module] = "\n\n".join([head, *others]) + "\n"
            while module := module.rpartition(".")[0]:
                found.setdefault(module, "")
        return SourceText(entry, found.pop("__main__"), found)

    def name_of(self, value: Any, space: Mapping[str, Any], wanted: str = "") -> str:
        """Return the name of `value` in the module of `space`: `wanted` or its own, if not another's."""
        module, name = _module_name(space), wanted
        if not wanted:
            name = _NO_NAME.sub("_", str(getattr(value, "__name__", "value")))
            while keyword.iskeyword(name) or space.get(name, value) is not value:
                name += "_"
        while self._values.get((module, name), value) is not value:
            name += "_"
        if (module, name) not in self._values:
            self._values[module, name] = value
            before, self._space = self._space, space
            for place, text in self._statements_of(name, value):
                self.statements[module, place] = text
            self._space = before
        return name

    def _cannot(self, *counted: object) -> str:
        """Note that there is no source, and return an expression of the values that count."""
        self.is_source = False
        return repr(counted)

    # What code reads

    def _follow(self, node: Any, names: frozenset[str]) -> None:
        """Add the globals that a definition reads, and its imports at run time."""
        nodes, head = [*ast.walk(node)], copy.copy(node)
        head.body = []
        kept = [one.annotation for one in nodes if isinstance(one, ast.AnnAssign)]
        others = [one for part in (head, *kept) for one in ast.walk(part)]  # which may be text
        read = {*names, *(getattr(one, "id", "") for one in others)}
        for one in nodes:
            if isinstance(one, ast.Name) and one.id in read:
                read.remove(one.id)
                if self._take(self._space, one.id, node, one.id) != one.id:
                    self._cannot()
            elif isinstance(one, ast.Import):
                for alias in one.names:
                    self._members(self._imported(alias.name), node, alias.asname or alias.name)
            elif isinstance(one, ast.ImportFrom):
                base = "." * one.level + (one.module or "")
                for alias in one.names:
                    space = vars(self._imported(base, alias.name) or ast.Pass())
                    self._take(space, alias.name, node, alias.asname or alias.name)

    def _imported(self, name: str, *taken: str) -> Any:
        """Return a module of the user's that code imports when it runs; None for others."""
        with contextlib.suppress(Exception):
            full = resolve_name(name, self._space.get("__package__"))
            bring = eval("__import__", {**self._space})  # noqa: S307 - a file's source has its own
            return None if _is_foreign(full) else bring(full, None, None, (*taken, "__name__"))
        return None

    def _take(self, space: Mapping[str, Any], key: str, node: Any = None, name: str = "") -> str:
        """Add a module's `key`, which the code calls `name`, and return its name in the source."""
        if key not in space:
            return key
        self._members(space[key], node, name)
        return self.name_of(space[key], space, key)

    def _members(self, module: Any, node: Any = None, name: str = "") -> None:
        """Add the members of a user's module that the code reads as `name.member`, else all members."""
        if not isinstance(module, ModuleType) or _is_foreign(module.__name__):
            return
        nodes, space = [*ast.walk(node or ast.Pass())], vars(module)
        taken = [
            one.attr for one in nodes
            if isinstance(one, ast.Attribute) and getattr(one.value, "id", "") == name
        ]  # fmt: skip
        used = [one for one in nodes if getattr(one, "id", "") == name]
        if not 0 < len(taken) == len(used) or not {*taken} <= space.keys():
            if module.__name__ in self._whole:
                return
            self._whole.add(module.__name__)
            taken = [k for k, v in space.items() if k != "annotations" and _is_counted(k, v)]
        for one in taken:
            self._take(space, one)

    # Statements: the one that makes a value comes first, then those needed before the value is used.

    def _statements_of(self, name: str, value: Any) -> _Statements:
        inner = _within(value)
        home = _home_of(inner)
        if isinstance(value, ModuleType):
            yield name, f"import {_as(value.__name__, name)}"
        elif value is type(None):
            yield name, f"{name} = type(None)"
        elif not _is_named(value):
            yield name, f"{name} = {self._made(value)}"
        elif _is_foreign(home):
            yield name, self._import(name, value, home)
        elif not isinstance(inner, (FunctionType, type)):
            kind, state = self._value(type(value)), self._value(value.__getstate__())
            says = f"{kind}({getattr(value, '__name__', '')!r})"
            yield name, f"{name} = {self._cannot(says, state)}"
        elif home != _module_name(self._space):
            inside = [one for held in (inner, *vars(inner).values()) for one in _functions_in(held)]
            # They may be older than the loaded module.
            space = next((one.__globals__ for one in inside if _home_of(one) == home), None)
            space = space or vars(sys.modules.get(home) or ModuleType(home))
            known = self.name_of(value, space)
            yield name, f"from {home} import {_as(known, name)}"
        elif isinstance(value, type):
            yield from self._class(name, value)
        else:
            yield from self._function(name, value)

    def _import(self, name: str, value: Any, module: str) -> str:
        known = str(getattr(value, "__qualname__", getattr(value, "__name__", "")))
        if getattr(sys.modules.get(module), known, None) is not value:
            held = [*_cells(value).values(), getattr(value, "__defaults__", None)]
            held += _members_of(value).items() if isinstance(value, type) else ()
            return f"{name} = {self._cannot(module, known, *map(self._value, held))}"
        return f"from {module} import {_as(known, name)}"

    def _function(self, name: str, value: Any) -> _Statements:
        """Yield the definition of a function with the values of its defaults and closure, then the rest.

        It has the decorators of packages. A user's decorator is replaced by the function that it
        returned.
        """
        function = _within(value)
        code = function.__code__
        self.annotations.add(_annotations_of(function))
        held = self._held(function, function, value)
        node = _definition_of(code)
        if node is None:
            node = ast.List([*map(ast.Name, _globals_in(*_codes_in(code)))])
            defaults = self._value([function.__defaults__, function.__kwdefaults__])
            text = f"{name} = {self._cannot(_instructions(code), defaults, held)}"
        else:
            node = self._with_defaults(node, function)
            if not isinstance(node, ast.Lambda):
                node.decorator_list = self._decorators(value)
                node.name = node.name if held else name
            text = _within_maker(name, node, held)
        yield name, text
        self._follow(node, _globals_in(*_codes_in(code)))
        if hasattr(function, "__wrapped__"):
            inner = self._value(function.__wrapped__)
            yield f"{name}()", f"{self._value(functools.update_wrapper)}({name}, {inner})"
        if function.__name__ != code.co_name:
            yield f"{name}.__name__", f"{name}.__name__ = {function.__name__!r}"
        for key, held_there in vars(value).items():
            if _is_counted(key, held_there):
                yield f"{name}.{key}", f"{name}.{key} = {self._value(held_there)}"

    def _decorators(self, value: Any) -> list[ast.expr]:
        """Return the wrappers of the function in `value`, the outermost first."""
        found = []
        while _is_wrapper(value):
            maker: Any = cache
            if isinstance(value, FunctionType):
                maker = value.__globals__.get(value.__code__.co_qualname.partition(".")[0])
            others = [one for one in _cells(value).values() if one is not value.__wrapped__]
            text = self._cannot(*map(self._value, others)) if others else self._value(maker)
            found.append(_expression(text))
            value = value.__wrapped__
        return found

    def _with_defaults(self, node: Any, function: Any) -> Any:
        """Return a definition with its defaults as values, since their names may have other values by now."""
        node, node.args = copy.copy(node), copy.copy(node.args)  # the body is shared, and stays
        node.args.defaults = [self._node(value) for value in function.__defaults__ or ()]
        given = function.__kwdefaults__ or {}
        node.args.kw_defaults = [
            self._node(given[one.arg]) if one.arg in given else None for one in node.args.kwonlyargs
        ]
        return node

    def _class(self, name: str, cls: Any) -> _Statements:
        """Yield the definition of a class with the values that its members have now, then the rest."""
        members, found = _members_of(cls), _class_definition(cls)
        if found is None:
            values = map(self._value, [*members.values(), *cls.__bases__])
            fields = getattr(cls, "_fields", ())  # of a named tuple
            yield name, f"{name} = {self._cannot(cls.__name__, [*members], fields, *values)}"
            return
        code, node = found
        held: dict[str, str] = {}
        node = copy.copy(node)
        node.body = [*self._renewed(node, cls, members, held)] or [ast.Pass()]
        if not {"__orig_bases__", "_field_defaults"} & vars(cls).keys():
            node.bases = [self._node(base) for base in cls.__bases__ if base is not object]
        node.name = node.name if held else name
        if members.keys() & getattr(cls, "__members__", {}).keys():
            self._cannot()  # they cannot be put into an enum
        self._follow(node, _globals_in(code))  # the methods may need the class itself
        yield name, _within_maker(name, node, held)
        self._follow(node, _globals_in(*_codes_in(code)))
        for key, value in members.items():
            yield f"{name}.{key}", f"{name}.{key} = {self._value(value)}"

    def _renewed(
        self, node: Any, cls: Any, members: dict[str, Any], held: dict[str, str]
    ) -> Iterator[ast.stmt]:
        """Yield the statements of a class with present values; `members` keeps those that they do not make.

        Loops and the like are left out: their results are among the members.
        """
        was = {**members}
        for statement in node.body:
            key = _key_of(statement, cls)
            value = was.get(key, MISSING)
            known = {_definition_of(one.__code__): one for one in _functions_in(value)}
            if known and known.keys() <= {*node.body}:
                if function := known.get(statement):
                    statement = self._with_defaults(statement, function)
                    held |= self._held(function, cls)
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                given = statement.value
                if key not in vars(cls) and isinstance(statement, ast.Assign):
                    continue
                statement = copy.copy(statement)
                statement.value = given and self._assigned(given, key, cls, value)
            elif isinstance(statement, _Def):
                if value is not MISSING or key not in vars(cls):
                    continue  # otherwise Python has changed it
            elif not isinstance(statement, ast.Expr) or statement is not node.body[0]:
                continue  # no docstring
            if getattr(statement, "value", statement):  # otherwise it is only annotated
                members.pop(key, None)
            yield statement

    def _assigned(self, given: Any, key: str, cls: Any, value: Any) -> Any:
        """Return the expression for the value of a member, in place of the original one."""
        field = vars(cls).get("__dataclass_fields__", {}).get(key)
        if field and isinstance(given, ast.Call) and not given.args:
            given = copy.deepcopy(given)
            for one in given.keywords:
                if one.arg in ("default", "default_factory"):
                    one.value = self._node(getattr(field, one.arg))
            return given
        value = field.default if field and value is MISSING else value
        if value is MISSING or "__new_member__" in vars(cls):  # made by the user's __new__
            return given if field or key in vars(cls) else None
        return self._node(value)

    # Expressions

    def _node(self, value: Any) -> ast.expr:
        return _expression(self._value(value))

    def _held(self, function: Any, *itself: Any) -> dict[str, str]:
        """Return expressions for the values in a function's closure, by name, '' for those in `itself`."""
        return {
            key: "" if any(one is value for one in itself) else self._value(value)
            for key, value in _cells(function).items()
        }

    def _value(self, value: Any) -> str:
        """Return an expression for any value: its name, if it has one, else code that makes it."""
        if not _is_named(value):
            return self._made(value)
        self._members(value)
        name = self.name_of(value, self._space)
        if (_module_name(self._space), name) not in self.statements:
            self._cannot()  # it is needed before it is made
        return name

    def _made(self, value: Any) -> str:
        """Return an expression that makes a value."""
        kind = type(value)
        if kind is float and not math.isfinite(value):
            return f"float('{value}')"
        if kind is int and value.bit_length() > _MOST_BITS:
            return f"int('{value:x}', 16)"
        if kind in _CONSTANT:
            return repr(value)
        if (kind is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
            return self._array(value)
        if id(value) in self._open:
            return self._cannot(self._open.index(id(value)))
        self._open.append(id(value))
        text = self._container(value) if kind in _BRACKETS else self._object(value, _reduced(value))
        self._open.pop()
        return text

    def _container(self, value: Any) -> str:
        kind, kinds = type(value), {*map(type, value)}
        is_plain = kinds <= {bool, str} or (kinds == {float} and all(map(math.isfinite, value)))
        if kind in (list, tuple) and is_plain:
            return repr(value)  # many values are written at once
        if kind is dict:
            parts = [f"{self._value(key)}: {self._value(one)}" for key, one in value.items()]
        else:
            parts = [*map(self._value, value)]
        ordered = sorted(parts) if kind in (set, frozenset) else parts
        return _BRACKETS[kind].format(", ".join(ordered))

    def _array(self, value: Any) -> str:
        array = np.asarray(value)
        if array.size > _MOST_ELEMENTS or array.dtype.char in "gGV":  # Python has no such numbers
            digest = hashlib.sha256(array.tobytes()).hexdigest()
            return self._cannot(digest, array.shape, array.dtype)
        made = f"{self._value(np)}.array({self._value(array.tolist())}, dtype={array.dtype.str!r})"
        if isinstance(value, np.generic):
            return f"{made}[()]"
        return made if 0 not in array.shape else f"{made}.reshape({array.shape})"

    def _object(self, value: Any, reduced: Any) -> str:
        """Return an expression that recreates an object from its parts for a pickler."""
        if reduced is None:
            kind, says = type(value), ""
            with contextlib.suppress(Exception):
                says = _ADDRESS.sub("", repr(value))
            return self._cannot(kind.__module__, kind.__qualname__, says)
        make, parts, state, items, pairs = (*reduced, None, None, None)[:5]
        if not (state or items or pairs):
            return f"{self._value(make)}(*{self._value(parts)})"
        self.statements[_module_name(self._space), "_Object"] = _OBJECT
        described = (make, parts, state, [*(items or ())], [*(pairs or ())])
        return f"{self._value(copy.copy)}(_Object({', '.join(map(self._value, described))}))"
