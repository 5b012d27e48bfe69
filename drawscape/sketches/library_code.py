"""Which modules of this library a drawing depends on, and a digest of what stands in them."""

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT.name

CORE = (f"{PACKAGE}.svg_builder", f"{PACKAGE}.sketches.drawing")
"""What every drawing passes through: the canvas and its file, the page, the random numbers."""

_WITHOUT_INFLUENCE = {
    PACKAGE,
    *(f"{PACKAGE}.{name}" for name in ("errors", "settings", "atomic", "durations")),
    # They describe and find drawings; not a line on paper depends on them.
    *(
        f"{PACKAGE}.sketches{name}"
        for name in (
            "",
            *(f".{noun}" for noun in ("bytecode", "code_identity", "library_code", "provenance")),
            *(f".{noun}" for noun in ("catalogue", "recipe", "source", "source_text", "watch")),
            *(f".{noun}" for noun in ("code_walk", "definition", "script", "volatile")),
        )
    ),
}

# A line's end, not a beginning: what is looked for is found three times as fast.
_IMPORT = re.compile(
    r"\n[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+([\w.]+))"
)
_NOTE, _ALIAS, _WORD = re.compile(r"#[^\n]*"), re.compile(r" as \w+"), re.compile(r"\w+")
_DATA = re.compile(r"[\w-]+\.(?!py$)\w{1,8}")
_DISTRIBUTIONS = {"HersheyFonts": "Hershey-Fonts", "PIL": "pillow"}
WORDS_ONLY = ("annotated_types", "typing_extensions")


def is_library(module: str) -> bool:
    """Return whether a module belongs to this library."""
    return module == PACKAGE or module.startswith(f"{PACKAGE}.")


@cache
def installed_folders() -> tuple[str, ...]:
    """Return the folders of Python's own modules and of installed packages, each ending in a separator."""
    import sysconfig

    paths = sysconfig.get_paths()
    return tuple({f"{Path(paths[name])}{os.sep}" for name in ("purelib", "platlib", "stdlib")})


def is_foreign(module: str) -> bool:
    """Return whether a module comes from Python, an installed package or this library."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top == "builtins" or is_library(module):
        return top != "__main__"
    if top in ("__main__", "__mp_main__", ""):
        return False
    file = getattr(sys.modules.get(top), "__file__", None) or ""
    return file.startswith(installed_folders())


def sketch_modules() -> list[str]:
    """Return the names of the modules that hold the library's sketches and what they share."""
    files = sorted((ROOT / "sketches").glob("*/*.py"))
    return [f"{PACKAGE}.sketches.{file.parent.name}.{file.stem}" for file in files]


@cache
def version_of(package: str) -> str:
    """Return the version of an installed package by the name that it is imported by."""
    name = _DISTRIBUTIONS.get(package, package)
    beside = _beside_numpy().get(name.lower().replace("-", "_"))
    if beside is not None:
        return beside
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        named = metadata.packages_distributions().get(package, [])
        return metadata.version(named[0]) if named else "none"


@cache
def _beside_numpy() -> dict[str, str]:
    """Return versions by package, in small letters, as the folders `numpy-2.1.0.dist-info` name them.

    To read them out of what lies in the folders takes a tenth of a short drawing's time.
    """
    folder = Path(np.__file__).parents[1]
    named = [
        entry[:-10].partition("-") for entry in os.listdir(folder) if entry.endswith(".dist-info")
    ]
    versions = {name.lower(): version for name, _, version in named}
    # What an update has left behind stands twice.
    return versions if len(versions) == len(named) else {}


class Look:
    """The library at one moment: each file is looked at once, and read where it is new or has changed."""

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._imports: dict[str, set[str]] = {}
        self._data: dict[str, list[str]] = {}

    def digest_of(self, modules: Iterable[str]) -> str:
        """Return a digest of the content of `modules` of this library and of all that they import from it.

        A module of a sketch counts without its comments and docstrings, any other as the file stands.
        """
        digest = hashlib.sha256()
        for name, file in sorted(self._reached(modules).items()):
            digest.update(f"{name} {file.digest}\n".encode())
        return digest.hexdigest()[:16]

    def packages_of(self, modules: Iterable[str]) -> set[str]:
        """Return the names of the foreign packages that `modules` and what they import use.

        The canvas itself only adds and rounds with numpy: its version counts where a sketch uses it.
        """
        core = self._reached(CORE)
        others = [file for name, file in self._reached(modules).items() if name not in core]
        return _foreign(others) | (_foreign(core.values()) - {"numpy"})

    def _reached(self, modules: Iterable[str]) -> "dict[str, _File]":
        """Return the file of each module that `modules` reach, themselves among them."""
        names = frozenset(modules)
        reached, read = _walks.get(names, ({}, {}))
        if not read or any(self._file(path) is not file for path, file in read.items()):
            reached = self._walked(names)
            _walks[names] = reached, dict(self._files)
        return reached

    def _walked(self, modules: Iterable[str]) -> "dict[str, _File]":
        found: dict[str, _File] = {}
        waiting = list(modules)
        while waiting:
            name = waiting.pop()
            path = _path_of(name)
            if path is not None and name not in found and name not in _WITHOUT_INFLUENCE:
                found[name] = file = self._file(path)
                waiting += self._imports_of(path, file)
        return found

    def _imports_of(self, path: str, file: "_File") -> set[str]:
        if path not in self._imports:
            self._imports[path] = {
                self._home(module, name) for module, names in file.uses for name in names or [""]
            }
        return self._imports[path]

    def _home(self, module: str, name: str) -> str:
        """Return the module that `from module import name` reads: a package hands names on."""
        path = _path_of(module)
        if not name or path is None or not path.endswith("__init__.py"):
            return module
        if _path_of(f"{module}.{name}") is not None:
            return f"{module}.{name}"
        home = self._file(path).handed.get(name, module)
        return module if home == module else self._home(home, name)

    def _file(self, path: str) -> "_File":
        """Return what stands in the file of a module."""
        if path not in self._files:
            known = _known.get(path)
            if known is None or known.has_changed():
                known = _known[path] = _File(path, self._data_in(os.path.dirname(path)))
            self._files[path] = known
        return self._files[path]

    def _data_in(self, folder: str) -> list[str]:
        """Return the files in a folder that are no modules."""
        if folder not in self._data:
            paths = (
                os.path.join(folder, name) for name in os.listdir(folder) if _DATA.fullmatch(name)
            )
            self._data[folder] = sorted(filter(os.path.isfile, paths))
        return self._data[folder]


_known: "dict[str, _File]" = {}
_walks: "dict[frozenset[str], tuple[dict[str, _File], dict[str, _File]]]" = {}


class _File:
    """One file as it was when it was read: its digest and what it imports.

    Of the files `beside` it, those that it names belong to it.
    """

    def __init__(self, path: str, beside: Iterable[str]) -> None:
        self.paths = [path]
        self.stamps = [_stamp(path)]  # first: what is written from now on is read at the next look
        content = _content(path)
        text = content.decode("utf-8", "replace")
        is_sketch = os.path.dirname(os.path.dirname(path)) == os.path.dirname(__file__)
        digest = hashlib.sha256(normalised(text).encode() if is_sketch else content)
        for data in beside:
            name = os.path.basename(data)
            if f'"{name}"' in text or f"'{name}'" in text:
                self.paths.append(data)
                self.stamps.append(_stamp(data))
                digest.update(_content(data))
        self.digest = digest.hexdigest()
        found = [(m or plain, names) for m, names, plain in _IMPORT.findall(f"\n{text}")]
        imports = [(m, _NOTE.sub("", names)) for m, names in found if not m.startswith(".")]
        tops = {module.partition(".")[0] for module, _ in imports}
        self.foreign = tops - sys.stdlib_module_names - {PACKAGE, *WORDS_ONLY}
        own = [(module, names) for module, names in imports if is_library(module)]
        self.uses = [(module, _WORD.findall(_ALIAS.sub("", names))) for module, names in own]
        self.handed = {name: module for module, names in own for name in _WORD.findall(names)}

    def has_changed(self) -> bool:
        return self.stamps != [_stamp(path) for path in self.paths]


def _stamp(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_mtime_ns, found.st_size


def _content(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


def _foreign(files: Iterable[_File]) -> set[str]:
    return {package for file in files for package in file.foreign}


@cache
def _path_of(module: str) -> str | None:
    place = os.path.join(os.path.dirname(ROOT), *module.split("."))
    paths = (f"{place}.py", os.path.join(place, "__init__.py"))
    return next((path for path in paths if os.path.isfile(path)), None)


_HOLDERS = (ast.stmt, ast.ExceptHandler, ast.match_case)
"""What a definition can stand in: an expression holds none, and most of a tree is expressions."""


def normalised(text: str) -> str:
    """Return a module's source without comments, blank lines, docstrings and places."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text  # in the middle of an edit
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        nodes += [one for one in ast.iter_child_nodes(node) if isinstance(one, _HOLDERS)]
        body = getattr(node, "body", None)
        is_holder = isinstance(
            node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        )
        if is_holder and body and _is_text(body[0]):
            body[0] = ast.Pass()
    return ast.unparse(tree)


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
