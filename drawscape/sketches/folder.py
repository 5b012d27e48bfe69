"""A project's own sketches: one file each in its `sketches/`, read anew once a file there has changed."""

import inspect
import linecache
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from drawscape.errors import SketchFileError
from drawscape.project_modules import add_folder, import_module
from drawscape.recipe import Sketch, is_sketch

_PACKAGE = "sketches"
_FAMILY = "yours"

_LOCK = threading.RLock()
_seen: dict[Path, tuple[int, int]] = {}
"""The files that the modules in memory were read from, with their times and sizes."""


class SketchFolder:
    """The sketches of a folder by name: `rings` is the function `rings(svg, rng, ...)` of `rings.py`."""

    family = _FAMILY

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @staticmethod
    def module(name: str) -> str:
        """Return the name of the module that holds the sketch `name`."""
        return f"{_PACKAGE}.{name}"

    @staticmethod
    def owns(module: str) -> bool:
        """Return whether the module of that name belongs to a project's sketches."""
        return module.startswith(f"{_PACKAGE}.")

    def __iter__(self) -> Iterator[str]:
        files = self._folder.glob("*.py")
        yield from sorted(f.stem for f in files if f.stem.isidentifier() and f.stem[0] != "_")

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or not name.isidentifier() or name.startswith("_"):
            return False
        return (self._folder / f"{name}.py").is_file()

    def warn_of_namesake(self, name: str) -> None:
        """Warn when a file here has the name of one of the library's sketches, which is the one drawn."""
        if name in self:
            file = self._folder / f"{name}.py"
            warnings.warn(
                f"the library has a sketch {name!r}, which is drawn; {file} is not: give it another name",
                UserWarning,
                stacklevel=3,
            )

    def load(self, name: str) -> Sketch:
        """Return the sketch `name` as its file is now.

        Raises SketchFileError, with what went wrong behind it, when the file does not import or holds no
        sketch.
        """
        file = self._folder / f"{name}.py"
        with _LOCK:
            self._forget_changed()
            writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
            # A cache knows its source by seconds and size: an edit within the second would not be seen.
            try:
                module = import_module(self._folder.parent, self.module(name))
            except Exception as error:
                raise SketchFileError(f"{file} does not import: {_cause(error)}") from error
            finally:
                sys.dont_write_bytecode = writes
        return Sketch(name, _FAMILY, _sketch_of(module, name, file))

    def _forget_changed(self) -> None:
        """Let all modules of the package be imported anew when a file has changed.

        All of them, because a sketch may use what lies beside it. Another folder's files have changed too.
        """
        now = {
            f: (s.st_mtime_ns, s.st_size) for f in self._folder.rglob("*.py") for s in [f.stat()]
        }
        if now == _seen:
            return
        for module in [m for m in sys.modules if m == _PACKAGE or self.owns(m)]:
            del sys.modules[module]
        _seen.clear()
        _seen.update(now)
        linecache.checkcache()


def load_file(file: Path) -> Sketch:
    """Return the sketch in `file`, wherever that lies: `rings(svg, rng, ...)` of `rings.py`.

    Raises SketchFileError as `SketchFolder.load` does.
    """
    folder, name = file.resolve().parent, file.stem
    if folder.name == _PACKAGE:
        return SketchFolder(folder).load(name)
    add_folder(folder)  # for what it imports from beside it
    spec = spec_from_file_location(SketchFolder.module(name), file)
    if spec is None or spec.loader is None:
        raise SketchFileError(
            f"{file} is not a Python file; a sketch lies in a file such as rings.py"
        )
    module = module_from_spec(spec)
    sys.modules[module.__name__] = module  # where `inspect` looks for the source
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise SketchFileError(f"{file} does not import: {_cause(error)}") from error
    return Sketch(name, _FAMILY, _sketch_of(module, name, file))


def _sketch_of(module: ModuleType, name: str, file: Path) -> Callable[..., Any]:
    own = {
        key: value
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and key[0] != "_"
    }
    likely = [own[name]] if name in own else [f for f in own.values() if is_sketch(f)]
    if len(likely) == 1 and is_sketch(likely[0]):
        return likely[0]
    found = f"functions there: {', '.join(sorted(own))}" if own else "there is no function in it"
    raise SketchFileError(f"{file} holds no sketch; define {name}(svg, rng, ...) in it ({found})")


def _cause(error: Exception) -> str:
    """Return the error and the line of it in one line of text."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error}"
    import traceback

    line = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(line.filename).name}, line {line.lineno})"
