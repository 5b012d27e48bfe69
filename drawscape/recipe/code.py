"""What a sketch's code is: a digest of all that it reaches by name, and a script that makes it again.

A sketch of the library counts by its file and the library's version. Any other is followed from the function
on: the source text of what it calls, wherever that was defined, and the values that it names: closures,
defaults, globals, members of classes. Installed packages count by name. Comments, docstrings, places, and
the order in which cells ran do not count.
"""

import ast
import copy
import hashlib
import importlib
import inspect
import linecache
import os
import pickle
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache, partial
from importlib.util import resolve_name
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Annotated, Any, Literal, get_type_hints

import numpy as np

from drawscape.errors import ProvenanceError
from drawscape.recipe.source import SourceText

NOTE = "__sketch_origin__"
"""The attribute by which a function that is sent to a worker carries what was known of it at home."""

_PACKAGE = __name__.partition(".")[0]
_FUTURES = 0x1FF0000  # the bits of co_flags that stand for `from __future__ import`
_MOST_ELEMENTS = 20_000
"""Of an array among the constants; a larger one is data, and no source."""

_NOT_CODE = {
    *("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__wrapped__"),
    *("__firstlineno__", "__static_attributes__", "__classcell__", "__slotnames__", "_abc_impl"),
    *("__annotations__", "__annotations_cache__", "__annotate__", "__annotate_func__"),
    *("__abstractmethods__", "__sketch__", "__dataclass_fields__", "__dataclass_params__", NOTE),
}

_OBJECT = """\
def _instance(cls, values):
    made = cls.__new__(cls)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made
"""

_DICE = {"random", "random_gauss", "random_choice", "noise", "shuffle", "rng"}
"""Names by which a canvas gives random numbers."""

_nothing = object()


def code_digest(function: Callable[..., Any]) -> str:
    """Return `sha256:...` of all code that `function`, a sketch, reaches, as it is now."""
    module = getattr(inspect.unwrap(function), "__module__", None) or ""
    if is_library(module):
        return f"sha256:{_file_digest(sys.modules[module].__file__ or '')}"
    walk = _Walk(writes=False)
    walk.name_of(function, getattr(function, "__name__", "sketch"))
    walk.note_annotations(function)
    return f"sha256:{walk.digest}"


def source_of(function: Callable[..., Any]) -> SourceText:
    """Return the source of `function`, a sketch that is not the library's, with all that it reaches.

    Raises ProvenanceError, which says why, where it cannot be written down: an object that only lives in
    this process, code whose text is not known or has changed since it was loaded.
    """
    walk = _Walk(writes=True)
    entry = walk.name_of(function, getattr(function, "__name__", "sketch"))
    flags = getattr(function, "__code__", _no_code).co_flags
    text = walk.script(future=bool(flags & _FUTURE_ANNOTATIONS))
    return SourceText(entry, text, _module_sources(walk.modules))


_no_code = (lambda: None).__code__
_FUTURE_ANNOTATIONS = 0x1000000


def stream_names(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names in `rng.stream('name')` in the code of a sketch and its helpers, as they come.

    A name that is put together while it draws, such as `rng.stream(f'row {i}')`, is not found.
    """
    names: dict[str, None] = {}
    for node in _reached(inspect.unwrap(function), set()):
        calls = [one for one in ast.walk(node) if isinstance(one, ast.Call) and one.args]
        for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
            word = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            named = isinstance(call.func, ast.Attribute) and call.func.attr == "stream"
            if named and isinstance(word, str):
                names[word] = None
    return tuple(names)


def takes_dice_of_canvas(function: Callable[..., Any]) -> bool:
    """Return whether a sketch or a helper asks its canvas for random numbers: `svg.random()`."""
    return any(
        isinstance(one, ast.Attribute) and one.attr in _DICE
        for node in _reached(inspect.unwrap(function), set())
        for one in ast.walk(node)
    )


def _reached(value: Any, seen: set[int]) -> Iterator[ast.AST]:
    """Yield the definitions of a function or class and of its own helpers, as far as they are known."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, type):
        for member in vars(value).values():
            yield from _reached(inspect.unwrap(getattr(member, "__func__", member)), seen)
    if not isinstance(value, FunctionType):
        return
    node = definition_of(value.__code__)
    if node is not None:
        yield node
    module = value.__module__ or ""
    for name in _names_of(value.__code__, node):
        helper = value.__globals__.get(name)
        home = getattr(helper, "__module__", None) or ""
        own = home == module if is_library(module) else not is_foreign(home)
        if own and isinstance(helper, (FunctionType, type)):
            yield from _reached(inspect.unwrap(helper), seen)
    for cell in value.__closure__ or ():
        with suppress(ValueError):  # empty until its function has run
            yield from _reached(cell.cell_contents, seen)


# Modules


def is_library(module: str) -> bool:
    """Return whether a module belongs to this library."""
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")


@cache
def _installed_folders() -> tuple[str, ...]:
    import sysconfig

    paths = sysconfig.get_paths()
    return tuple({f"{Path(paths[name])}{os.sep}" for name in ("purelib", "platlib", "stdlib")})


def is_foreign(module: str) -> bool:
    """Return whether a module comes from Python, an installed package or this library."""
    top = module.partition(".")[0]
    if top in ("__main__", "__mp_main__", ""):
        return False
    if top in sys.stdlib_module_names or top == "builtins" or is_library(module):
        return True
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    return file.startswith(_installed_folders())


def _module_of(thing: Any) -> str:
    if isinstance(thing, ModuleType):
        return thing.__name__
    if isinstance(thing, np.ufunc):
        return "numpy"
    return getattr(thing, "__module__", None) or "builtins"


def _in_notebook(thing: Any) -> bool:
    return _module_of(thing) in ("__main__", "__mp_main__")


def _file_digest(file: str) -> str:
    found = os.stat(file)
    stamp = (found.st_mtime_ns, found.st_size)
    if _files.get(file, (None, ""))[0] != stamp:
        _files[file] = (stamp, hashlib.sha256(Path(file).read_bytes()).hexdigest())
    return _files[file][1]


_files: dict[str, tuple[tuple[int, int], str]] = {}


def _module_sources(names: Iterable[str]) -> dict[str, str]:
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
        for full, members in _imports_in(ast.parse(found[name]), module.__package__):
            waiting += [full, *(f"{full}.{member}" for member in members)]
    return dict(sorted(found.items()))


def _imports_in(tree: ast.AST, package: str | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the modules that a piece of code imports, and what it takes from each."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            with suppress(ImportError, ValueError):
                yield resolve_name(base, package), tuple(alias.name for alias in node.names)


# Definitions


def definition_of(code: CodeType) -> Any:
    """Return the definition from which `code` was compiled, parsed; None where its text is not known.

    The text is compiled and compared: a file may have been edited since it was loaded.
    """
    if code not in _found:
        known = _definition_now(code, fresh=False) or _definition_now(code, fresh=True)
        if len(_found) > _MOST_FOUND:
            _found.clear()
        _found[code] = known
    return _found[code]


_found: dict[CodeType, Any] = {}
_MOST_FOUND = 4000


def _definition_now(code: CodeType, *, fresh: bool) -> Any:
    """Return the definition of `code` in its file or cell as that is now, or as it was last read."""
    if fresh:
        linecache.checkcache(code.co_filename)
    text = "".join(linecache.getlines(code.co_filename))
    return _definitions(text, code.co_flags & _FUTURES).get(code)


@lru_cache(maxsize=256)
def _definitions(text: str, flags: int) -> dict[CodeType, Any]:
    """Return the definitions in a text by what each is compiled to."""
    try:
        whole = compile(text, "<definitions>", "exec", flags, dont_inherit=True)
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    nodes: dict[tuple[str, int], list[ast.AST]] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min(one.lineno for one in (node, *node.decorator_list))
            nodes.setdefault((node.name, first), []).append(node)
        elif isinstance(node, ast.Lambda):
            nodes.setdefault(("<lambda>", node.lineno), []).append(node)
    found, waiting = {}, [whole]
    while waiting:
        code = waiting.pop()
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
        named = nodes.get((code.co_name, code.co_firstlineno), [])
        if len(named) == 1:  # which of several in a line it is, nobody can say
            found[code] = named[0]
    return found


@lru_cache(maxsize=4096)
def _plain_text(code: CodeType) -> str:
    """Return what `code` does as text: its definition without docstring, decorators and annotations.

    Where that is not known, the instructions.
    """
    node = definition_of(code)
    if node is None:
        consts = [_plain_text(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
        return repr((code.co_code, code.co_names, code.co_varnames, consts))
    node = copy.deepcopy(node)
    for inner in ast.walk(node):
        if isinstance(inner, ast.arg):
            inner.annotation = None
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if not isinstance(inner, ast.ClassDef):
                inner.returns = None
            if ast.get_docstring(inner, clean=False) is not None:
                inner.body = inner.body[1:] or [ast.Pass()]
    if not isinstance(node, ast.Lambda):
        node.decorator_list = []  # they show in the values
    node.args.defaults, node.args.kw_defaults = [], [None for _ in node.args.kw_defaults]
    return ast.unparse(node)


def _names_of(code: CodeType, node: ast.AST | None) -> list[str]:
    """Return the names of globals that `code` may read, in the order of the text."""
    names: dict[str, None] = {}
    waiting = [code]
    while waiting:
        one = waiting.pop(0)
        names.update(dict.fromkeys(one.co_names))
        waiting += [inner for inner in one.co_consts if isinstance(inner, CodeType)]
    if node is None:
        return list(names)
    return [name for name in dict.fromkeys(_names_in([node])) if name in names]


def _names_in(nodes: Iterable[ast.AST]) -> list[str]:
    """Return the names that the statements read."""
    return [
        node.id for top in nodes for node in ast.walk(top)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]  # fmt: skip


def _statement_of(thing: Any) -> tuple[Any, str]:
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
            named = isinstance(node, ast.ClassDef) and node.name == cls.__name__
            if named and lines in (None, first):
                return "".join(held[first - 1 : node.end_lineno])
    raise OSError("no cell holds it")


def _is_generated(member: Any) -> bool:
    """Return whether a class's function was made by Python, as a dataclass's are."""
    file = getattr(getattr(member, "__code__", None), "co_filename", "")
    return file.startswith(("<string>", *_installed_folders()))


# The walk


class _Walk:
    """All that a function reaches, a name for each: what it is, or if it `writes`, a statement that makes it.

    `modules` are the user's own modules among it.
    """

    def __init__(self, *, writes: bool) -> None:
        self.modules: set[str] = set()
        self._writes = writes
        self._statements: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._open: list[int] = []
        self._scope = ""

    @property
    def digest(self) -> str:
        """The digest of all that was reached."""
        return hashlib.sha256(repr(sorted(self._statements.items())).encode()).hexdigest()

    def script(self, *, future: bool) -> str:
        """Return all statements: imports first."""
        parts = list(self._statements.values())
        imports = [part for part in parts if part.startswith(("import ", "from "))]
        others = [part for part in parts if part not in imports]
        head = ["from __future__ import annotations"] if future else []
        return "\n".join([*head, *sorted(imports), "", *others]).strip() + "\n"

    def name_of(self, value: Any, wanted: str) -> str:
        """Return the name under which the walk knows `value`: `wanted`, if that is not another's."""
        single = isinstance(value, (FunctionType, type, ModuleType)) and not self._writes
        if single and id(value) in self._names:
            return self._names[id(value)]
        name = self._scope + wanted
        while name in self._values and self._values[name] is not value:
            name += "_"
        if name not in self._values:
            self._values[name] = value
            self._names[id(value)] = name
            self._statements[name] = self._statement(name, value)
        return name

    def note_annotations(self, function: Callable[..., Any]) -> None:
        """Count how the sketch's parameters are read from what they are given."""
        try:
            hints = get_type_hints(function, include_extras=True)
        except Exception:  # noqa: BLE001 - an annotation may be any expression
            hints = inspect.get_annotations(inspect.unwrap(function))
        with self._within("parameter "):
            for name, hint in hints.items():
                notes = [
                    item
                    for item in getattr(hint, "__metadata__", ())
                    if not isinstance(item, str) and not hasattr(item, "documentation")
                ]
                kind = getattr(hint, "__origin__", hint)
                parts = [repr(kind) if not isinstance(kind, type) else self._value(kind)]
                parts += [str(args) for args in [getattr(hint, "__args__", ())] if not notes]
                self._statements[f"parameter {name}"] = repr(
                    [*parts, *(self._value(note) for note in notes)]
                )

    @contextmanager
    def _within(self, scope: str) -> Iterator[None]:
        """Let names in the block be those of another module or class."""
        before, self._scope = self._scope, scope
        try:
            yield
        finally:
            self._scope = before

    def _cannot(self, why: str) -> None:
        """Raise ProvenanceError where a script is written: the value cannot be made by one."""
        if self._writes:
            raise ProvenanceError(why)

    def _statement(self, name: str, value: Any) -> str:
        module = _module_of(value)
        if isinstance(value, ModuleType):
            whole = f"import {module}"
            if self._is_own(module):
                if not self._writes:
                    return f"{whole} {self._members(value)}"
                self._check_loaded(value)
            return whole if name == module else f"{whole} as {name}"
        if isinstance(value, (FunctionType, type, BuiltinFunctionType, np.ufunc)):
            if is_foreign(module):
                return self._import(name, value, module)
            if not self._writes:
                scope = "" if _in_notebook(value) else f"{module}:"
                with self._within(scope):
                    return self._class(value) if isinstance(value, type) else self._function(value)
            if self._is_own(module):
                self._check_loaded(value)
                return self._import(name, value, module)
            return self._text_of(name, value)
        if type(value).__module__ == "typing" and getattr(value, "__origin__", None) is None:
            return self._import(name, value, "typing")
        return f"{name} = {self._value(value)}"

    def _is_own(self, module: str) -> bool:
        """Return whether a module is the user's, and note that it is reached."""
        own = not is_foreign(module) and module not in ("__main__", "__mp_main__")
        if own:
            self.modules.add(module)
        return own

    # What things are

    def _members(self, module: ModuleType) -> str:
        with self._within(f"{module.__name__}:"):
            return repr(
                [
                    (name, self._value(value))
                    for name, value in sorted(vars(module).items())
                    if not (name.startswith("__") and name.endswith("__"))
                ]
            )

    def _function(self, function: Any) -> str:
        """Return what a function is: its text, and the values of what it names."""
        code, space = function.__code__, function.__globals__
        node = definition_of(code)
        parts = [_plain_text(code)]
        parts += [f"{n} {self.name_of(space[n], n)}" for n in _names_of(code, node) if n in space]
        parts += [self._value(function.__defaults__), self._value(function.__kwdefaults__)]
        parts += [self._value({k: v for k, v in vars(function).items() if k not in _NOT_CODE})]
        for cell in function.__closure__ or ():
            try:
                parts.append(self._held("closure", cell.cell_contents))
            except ValueError:  # not bound yet
                parts.append("empty")
        for module, names in _imports_in(node or ast.Pass(), space.get("__package__")):
            parts += self._imported(module, names)
        return repr(parts)

    def _imported(self, module: str, names: Iterable[str]) -> list[str]:
        """Return what a function imports when it runs, of the user's modules."""
        try:
            found = importlib.import_module(module)
        except Exception:  # noqa: BLE001 - it fails when the sketch runs, too
            return []
        if is_foreign(found.__name__):
            return []
        things = [getattr(found, name, None) for name in names] or [found]
        return [self._value(one) for one in things]

    def _class(self, cls: type) -> str:
        """Return what a class is: its bases and members."""
        parts = [self._value((*cls.__bases__, type(cls)))]
        members = {name: value for name, value in vars(cls).items() if name not in _NOT_CODE}
        if issubclass(cls, Enum):
            members = {
                k: v for k, v in members.items() if not (k.startswith("_") or k in cls.__members__)
            }
            parts.append(self._value({k: member.value for k, member in cls.__members__.items()}))
        if is_dataclass(cls):
            parts.append(repr(getattr(cls, "__dataclass_params__", None)))
            parts += [
                repr((f.name, str(f.type))) + self._value((f.default, f.default_factory))
                for f in fields(cls)
            ]
        with self._within(f"{self._scope}{cls.__qualname__}."):
            for name, value in members.items():
                slot = inspect.ismemberdescriptor(value) or inspect.isgetsetdescriptor(value)
                if not (slot or _is_generated(value)):  # that follows from the fields
                    parts.append(f"{name} {self._value(value)}")
        return repr(parts)

    # Statements that make them

    def _check_loaded(self, value: Any) -> None:
        """Raise ProvenanceError where what runs is not what its file says: one edited since its import."""
        functions = [value] if isinstance(value, FunctionType) else [*vars(value).values()]
        for one in functions:
            if isinstance(value, ModuleType) and _module_of(one) != value.__name__:
                continue
            code = getattr(one, "__code__", None)
            if code and not _is_generated(one) and _definition_now(code, fresh=True) is None:
                raise ProvenanceError(
                    f"the source of {one.__name__!r} has changed since it was loaded"
                )

    def _import(self, name: str, value: Any, module: str) -> str:
        known = str(
            getattr(value, "__qualname__", None)
            or getattr(value, "_name", None)
            or getattr(value, "__name__", "")
        )
        if "." in known or not hasattr(sys.modules.get(module), known):
            self._cannot(f"{module}.{known} cannot be imported by name")
        if module == "builtins":
            return f"{name} = {known}"
        return f"from {module} import {known}" + ("" if name == known else f" as {name}")

    def _text_of(self, name: str, value: Any) -> str:
        tree, text = _statement_of(value)
        if isinstance(value, type):
            members = [getattr(m, "__func__", getattr(m, "fget", m)) for m in vars(value).values()]
            functions = [f for f in members if isinstance(f, FunctionType)]
            space = functions[0].__globals__ if functions else vars(sys.modules[value.__module__])
            self._need((n for n in _names_in([tree]) if n != tree.name), space)
            return text if name == tree.name else f"{text}\n{name} = {tree.name}"
        return self._def(name, value, tree, text)

    def _def(self, name: str, function: Any, tree: Any, text: str) -> str:
        original = inspect.unwrap(function)
        self._check_loaded(original)
        names = _names_of(original.__code__, definition_of(original.__code__))
        if isinstance(tree, ast.Assign):
            self._need(names, function.__globals__)
            return f"{name} = {ast.unparse(tree.value)}"
        if tree.name != original.__name__:
            raise ProvenanceError(f"the source of {original.__name__!r} is not found")
        if original is function:  # decorators that left their mark are in the values
            tree.decorator_list = []
            text = textwrap.dedent("\n".join(text.splitlines()[tree.lineno - 1 :]))
        header: list[ast.AST] = [*tree.decorator_list, tree.args, *filter(None, [tree.returns])]
        self._need([*names, *_names_in(header)], original.__globals__)
        free = dict(zip(original.__code__.co_freevars, original.__closure__ or (), strict=True))
        free.pop(tree.name, None)
        if not free:
            return text if name == tree.name else f"{text}\n{name} = {tree.name}"
        held = [f"{key} = {self._held(key, cell.cell_contents)}" for key, cell in free.items()]
        body = "\n".join([*held, text, f"return {tree.name}"])
        maker = f"_make_{name}"
        return f"def {maker}():\n{textwrap.indent(body, '    ')}\n{name} = {maker}()"

    def _need(self, names: Iterable[str], space: Mapping[str, Any]) -> None:
        for name in dict.fromkeys(names):
            new = name in space and self._values.get(name, _nothing) is not space[name]
            if new and self.name_of(space[name], name) != name:
                raise ProvenanceError(f"two things are called {name!r}")

    # Values

    def _held(self, name: str, value: Any) -> str:
        """Return what stands for a value that a closure holds."""
        if isinstance(value, (FunctionType, type, ModuleType)):
            return self.name_of(value, f"_{name}")
        return self._value(value)

    def _value(self, value: Any) -> str:
        """Return an expression for any value."""
        if isinstance(value, float):
            return repr(value) if np.isfinite(value) else f"float('{value}')"
        if isinstance(value, Enum):
            return f"{self.name_of(type(value), type(value).__name__)}[{value.name!r}]"
        simple = (bool, int, complex, str, bytes, range, type(...))
        if value is None or type(value) in simple:
            return repr(value)
        if isinstance(value, type) and value.__module__ == "builtins":
            return value.__name__
        if isinstance(value, (FunctionType, type, ModuleType, BuiltinFunctionType, np.ufunc)):
            return self.name_of(value, getattr(value, "__name__", "value").rpartition(".")[2])
        if isinstance(value, (np.ndarray, np.generic)):
            return self._array(value)
        if id(value) in self._open:
            self._cannot("a value that holds itself cannot be written down as source")
            return f"itself {len(self._open) - self._open.index(id(value))}"
        self._open.append(id(value))
        try:
            return self._composite(value)
        finally:
            self._open.pop()

    def _composite(self, value: Any) -> str:
        if type(value) in (list, tuple, set, frozenset, dict):
            return self._container(value)
        if type(value).__module__ == "typing":
            return self._annotation(value)
        if isinstance(value, partial):
            parts = [value.func, *value.args]
            given = [f"{k}={self._value(v)}" for k, v in value.keywords.items()]
            return f"{self.name_of(partial, 'partial')}({', '.join([*map(self._value, parts), *given])})"
        wrapped = getattr(value, "__wrapped__", None)
        if callable(getattr(value, "cache_info", None)) and isinstance(wrapped, FunctionType):
            return f"{self.name_of(cache, 'cache')}({self._held('cached', wrapped)})"
        if isinstance(value, (staticmethod, classmethod, property, MethodType)):
            self._cannot(f"a {type(value).__name__} cannot be written down as source")
            names = ("__func__", "__self__", "fget", "fset")
            parts = [getattr(value, name) for name in names if hasattr(value, name)]
            return f"{type(value).__name__}({', '.join(map(self._value, parts))})"
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
            self._cannot(f"{value!r} cannot be written down as source")
        name = "Annotated" if origin is Annotated else "Literal"
        return f"{self.name_of(origin, name)}[{', '.join(map(self._value, arguments))}]"

    def _container(self, value: Any) -> str:
        if isinstance(value, dict):
            items = [f"{self._value(k)}: {self._value(v)}" for k, v in value.items()]
            return "{" + ", ".join(items) + "}"
        if isinstance(value, (set, frozenset)):
            parts = sorted(map(self._value, value))
        elif {*map(type, value)} <= {int, bool, str}:  # many are written at once
            return repr(value)
        else:
            parts = [*map(self._value, value)]
        inside = ", ".join(parts)
        if isinstance(value, list):
            return f"[{inside}]"
        if isinstance(value, tuple):
            return f"({inside}{',' if len(value) == 1 else ''})"
        return f"{type(value).__name__}([{inside}])"

    def _array(self, value: Any) -> str:
        array = np.asarray(value)
        if array.dtype.hasobject:
            self._cannot("an array of objects is data, which no source holds")
            return self._value(array.tolist())
        if array.size > _MOST_ELEMENTS:
            self._cannot(f"an array of {array.size} elements is data, which no source holds")
        if not self._writes:
            digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
            return f"array {array.dtype} {array.shape} {digest}"
        numpy = self.name_of(np, "numpy")
        made = f"{numpy}.array({self._value(array.tolist())}, dtype={array.dtype.str!r})"
        if isinstance(value, np.generic):
            return f"{made}[()]"
        return made if 0 not in array.shape else f"{made}.reshape({array.shape})"

    def _object(self, value: Any) -> str:
        cls = type(value)
        if is_dataclass(value) and all(one.init for one in fields(value)):
            given = [f"{f.name}={self._value(getattr(value, f.name))}" for f in fields(value)]
            return f"{self.name_of(cls, cls.__name__)}({', '.join(given)})"
        if is_foreign(cls.__module__) and not is_library(cls.__module__):
            self._cannot(f"a {cls.__module__}.{cls.__name__} cannot be written down as source")
            name = f"{cls.__module__}.{cls.__qualname__}"
            try:
                return f"{name} {hashlib.sha256(pickle.dumps(value, protocol=4)).hexdigest()}"
            except Exception:  # noqa: BLE001 - whatever a pickler raises: a thing of this process alone
                return name
        slots = [name for one in cls.__mro__ for name in getattr(one, "__slots__", ())]
        inside = {**getattr(value, "__dict__", {})}
        inside |= {name: getattr(value, name) for name in slots if hasattr(value, name)}
        inside.pop("__weakref__", None)
        self._statements["_instance"] = _OBJECT
        return f"_instance({self.name_of(cls, cls.__name__)}, {self._value(inside)})"
