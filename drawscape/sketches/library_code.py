"""Which modules of this library a drawing depends on, and a digest of what stands in them."""

from __future__ import annotations

import ast
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import ClassVar

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
_BESIDE = re.compile(r"[\"']([\w-]+\.\w{1,8})[\"']")
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


def digest_of(modules: Iterable[str]) -> str:
    """Return a digest of the content of `modules` of this library and of all that they import from it.

    A module of a sketch counts without its comments and docstrings, any other as the file stands, which
    is read anew only when its size or time has changed: a call costs a millisecond.
    """
    digest = hashlib.sha256()
    for name in sorted(_reached(modules)):
        path = _file_of(name)
        if path is not None:
            digest.update(f"{name} {_Read.of(path).digest}\n".encode())
    return digest.hexdigest()[:16]


def sketch_modules() -> list[str]:
    """Return the names of the modules that hold the library's sketches and what they share."""
    files = sorted((ROOT / "sketches").glob("*/*.py"))
    return [f"{PACKAGE}.sketches.{file.parent.name}.{file.stem}" for file in files]


def packages_of(modules: Iterable[str]) -> set[str]:
    """Return the names of the foreign packages that `modules` and what they import use.

    The canvas itself only adds and rounds with numpy: its version counts where a sketch uses it.
    """
    core = _reached(CORE)
    return _foreign(_reached(modules) - core) | (_foreign(core) - {"numpy"})


def _foreign(modules: Iterable[str]) -> set[str]:
    paths = filter(None, map(_file_of, modules))
    return {package for path in paths for package in _Read.of(path).foreign}


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


class _Read:
    """One file as it was when it was last read: its digest and what it imports."""

    _known: ClassVar[dict[Path, _Read]] = {}

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        text = content.decode("utf-8", "replace")
        beside = [path.with_name(name) for name in sorted(set(_BESIDE.findall(text)))]
        data = [one for one in beside if one.suffix != ".py" and one.is_file()]
        self.files = [path, *data]  # a table or picture comes along
        self.stamps = [_stamp(file) for file in self.files]
        is_sketch = path.parent.parent == Path(__file__).parent
        digest = hashlib.sha256(normalised(text).encode() if is_sketch else content)
        for file in data:
            digest.update(file.read_bytes())
        self.digest = digest.hexdigest()
        found = [(m or plain, names) for m, names, plain in _IMPORT.findall(f"\n{text}")]
        self.imports = [(m, names) for m, names in found if not m.startswith(".")]
        tops = {module.partition(".")[0] for module, _ in self.imports}
        self.foreign = tops - set(sys.stdlib_module_names) - {PACKAGE, *WORDS_ONLY}

    @classmethod
    def of(cls, path: Path) -> _Read:
        known = cls._known.get(path)
        if known is None or known.stamps != [_stamp(file) for file in known.files]:
            known = cls._known[path] = cls(path)
            _reached_from.cache_clear()
        return known


def _stamp(file: Path) -> tuple[int, int]:
    found = os.stat(file)
    return found.st_mtime_ns, found.st_size


def _reached(modules: Iterable[str]) -> frozenset[str]:
    names = frozenset(modules)
    for path in (_file_of(name) for name in _reached_from(names)):
        if path is not None:
            _Read.of(path)  # a file that has changed clears what is cached
    return _reached_from(names)


@cache
def _reached_from(modules: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name for name in modules if name not in _WITHOUT_INFLUENCE]
    while waiting:
        name = waiting.pop()
        path = _file_of(name)
        if name in found or path is None:
            continue
        found.add(name)
        for module, names in _Read.of(path).imports:
            waiting += [m for m in _homes(module, names) if m not in _WITHOUT_INFLUENCE]
    return frozenset(found)


def _homes(module: str, names: str) -> Iterator[str]:
    """Yield the modules of this library that an import statement reads: a package hands names on."""
    path = _file_of(module) if is_library(module) else None
    if path is None:
        return
    if path.name != "__init__.py" or not names:
        yield module
        return
    handed = {name: home for home, name in _handed_on(module, path)}
    for name in re.findall(r"\w+", re.sub(r"#[^\n]*| as \w+", "", names)):
        if _file_of(f"{module}.{name}") is not None:
            yield f"{module}.{name}"
        elif name in handed:
            yield from _homes(handed[name], name)
        else:
            yield module  # the package's own


def _handed_on(module: str, path: Path) -> Iterator[tuple[str, str]]:
    for home, names in _Read.of(path).imports:
        if is_library(home) and home != module:
            yield from ((home, name) for name in re.findall(r"\w+", re.sub(r"#[^\n]*", "", names)))


@cache
def _file_of(module: str) -> Path | None:
    place = ROOT.parent.joinpath(*module.split("."))
    for path in (place.with_suffix(".py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


def normalised(text: str) -> str:
    """Return a module's source without comments, blank lines, docstrings and places."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return text  # in the middle of an edit
    for node in ast.walk(tree):
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
