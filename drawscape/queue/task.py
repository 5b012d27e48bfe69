"""A task: the function at a path, found and checked where it is queued, and its arguments as sent."""

import functools
import importlib
import importlib.util
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

from drawscape import settings
from drawscape.errors import (
    TaskArgumentsError,
    TaskNotAllowedError,
    TaskNotFoundError,
    UnknownNameError,
)
from drawscape.project_modules import file_of, import_module

# Messages of 0.4 import these from here.
from drawscape.settings import TASK_ALIASES

Function = Callable[..., Any]

_LIBRARY_TASKS = (*TASK_ALIASES, *TASK_ALIASES.values())


class Arguments(NamedTuple):
    """The arguments of a call of a task, by place and by name."""

    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = {}

    def mapped(self, kind: type[Any], step: Callable[[Any], Any]) -> "Arguments":
        """Return the arguments with `step(value)` in place of each value of a kind."""

        def one(value: Any) -> Any:
            return step(value) if isinstance(value, kind) else value

        by_name = {name: one(value) for name, value in self.kwargs.items()}
        return Arguments(tuple(map(one, self.args)), by_name)


@dataclass(frozen=True)
class Task:
    """A task: a path that the worker imports or, for a notebook's own, the function itself."""

    path: str
    function: Function
    by_value: bool

    def words(self, call: Arguments) -> str | None:
        """Return the description of a call for lists of jobs, by the function's `describe` if it has one.

        That is called with the given arguments by the names of their parameters.
        """
        describe = getattr(self.function, "describe", None)
        if describe is None:
            return None
        given = _signature(self.function).bind(*call.args, **call.kwargs)
        return str(describe(given.arguments))


def find_task(target: str | Function, allowed: Sequence[str], search: Path | None) -> Task:
    """Return the task that `target` names: a path as in `load`, or a function.

    A function from a module of `allowed` is queued by its path, any other by value.
    """
    if isinstance(target, str):
        return Task(target, load(target, allowed, search), by_value=False)
    if not callable(target):
        raise TaskNotFoundError(
            f"task {target!r}: give a dotted path such as 'workers.svg_tasks.generate_complex_svg' "
            "or a function"
        )
    function = _unwrapped(target)
    module = getattr(function, "__module__", None) or "__main__"
    name = getattr(function, "__qualname__", type(function).__name__)
    # Methods, lambdas and private functions have no path that `load` accepts.
    has_path = _is_allowed(module, allowed) and name.isidentifier() and not name.startswith("_")
    return Task(f"{module}.{name}", function, by_value=not has_path)


def _unwrapped(function: Any) -> Any:
    """Return the function of a task of huey's, any other unchanged."""
    return getattr(function, "func", function) if hasattr(function, "call_local") else function


def load(path: str, allowed: Sequence[str], search: Path | None = None) -> Function:
    """Return the function at `path`, in a module of `allowed` or below; `search` is a folder to import from.

    A path of `TASK_ALIASES` leads to the library's task, unless the project defines one at that path.
    Raises TaskNotAllowedError, TaskNotFoundError, and the module's own errors.
    """
    if not all(part.isidentifier() for part in path.split(".")) or "." not in path:
        raise TaskNotFoundError(
            f"task {path!r} is not a dotted path, such as 'workers.svg_tasks.generate_complex_svg'"
        )
    if not _is_allowed(path.rpartition(".")[0], allowed):
        raise TaskNotAllowedError(
            f"task {path!r} lies outside of the task modules ({', '.join(allowed)}); "
            "add its module to DRAWSCAPE_TASK_MODULES to allow it"
        )
    if path in TASK_ALIASES and not _is_projects_own(path, search):
        path = TASK_ALIASES[path]
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, path, search)
    function = getattr(module, name, None)
    if name.startswith("_") or not callable(function) or isinstance(function, type):
        functions = [key for key, value in vars(module).items() if inspect.isfunction(value)]
        start = f"{module_name}."  # tasks of a package, by the rest of their path
        functions += [one.removeprefix(start) for one in _LIBRARY_TASKS if one.startswith(start)]
        known = [one for one in functions if not one.startswith("_")]
        raise TaskNotFoundError(str(UnknownNameError(f"task of {module_name}", name, known)))
    return cast("Function", _unwrapped(function))


def _is_allowed(path: str, allowed: Sequence[str]) -> bool:
    return any(path == module or path.startswith(f"{module}.") for module in allowed)


def _module(name: str, path: str, search: Path | None) -> ModuleType:
    try:
        if name.startswith("drawscape."):
            return importlib.import_module(name)
        module = import_module(search, name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        near = get_close_matches(path, _LIBRARY_TASKS, 1, 0.8)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise TaskNotFoundError(
            f"task {path!r}: no module {error.name!r} (looked in {search or 'sys.path'}){hint}"
        ) from error
    return _as_on_disk(module, str(file_of(search, name) or getattr(module, "__file__", None)))


def _is_projects_own(path: str, search: Path | None) -> bool:
    """Return whether the project's file for that module defines the task; it is not imported for that."""
    module, _, name = path.rpartition(".")
    file = file_of(search, module)
    if file is None:
        return False
    text = file.read_text(encoding="utf-8", errors="replace")
    defines = rf"^(?:(?:async )?def {name}\b|{name} *=|from .*\b{name}\b)"
    return re.search(defines, text, re.MULTILINE) is not None


_SEEN: dict[tuple[str, str], tuple[float, ModuleType]] = {}
"""Modules read for a check: name and file to (time of the file, module)."""


def _as_on_disk(module: ModuleType, file: str) -> ModuleType:
    """Return `module`, or a private copy of it from the present `file`.

    A kernel lives for days. It must not refuse a job because of a signature that was edited meanwhile, or
    because of another project's module.
    """
    try:
        stamp = os.stat(file).st_mtime
    except OSError:  # a package without a file, or whose file is gone
        return module
    key = (module.__name__, file)
    if key not in _SEEN:
        is_its_own = os.path.realpath(module.__file__ or "") == os.path.realpath(file)
        _SEEN[key] = (stamp if is_its_own else -1.0, module)
    read_at, known = _SEEN[key]
    if read_at != stamp:
        spec: Any = importlib.util.spec_from_file_location(module.__name__, file)
        known = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(known)
        except Exception:  # noqa: BLE001 - the worker runs the same file, and its job reports the error
            return module
        _SEEN[key] = (stamp, known)
    return known


_signature = functools.lru_cache(maxsize=512)(inspect.signature)


def check_binding(task: Task, call: Arguments) -> None:
    """Raise TaskArgumentsError when the arguments do not fit the task's signature."""
    try:
        signature = _signature(task.function)
    except (TypeError, ValueError):  # it has no signature, or cannot be hashed
        return
    try:
        signature.bind(*call.args, **call.kwargs)
    except TypeError as error:
        names = ", ".join(map(_shown, signature.parameters.values()))
        raise TaskArgumentsError(f"{task.path}: {error}; its arguments: {names}") from None


def _shown(parameter: inspect.Parameter) -> str:
    """Return a parameter's name, in brackets if it is optional."""
    kinds = {
        inspect.Parameter.VAR_KEYWORD: "others by name",
        inspect.Parameter.VAR_POSITIONAL: "others",
    }
    if parameter.kind in kinds:
        return kinds[parameter.kind]
    is_required = parameter.default is inspect.Parameter.empty
    return parameter.name if is_required else f"[{parameter.name}]"


@dataclass(frozen=True)
class ResultOf:
    """Stands for a job's result in the arguments of another job, until that job runs."""

    job_id: str


def portable_paths(value: Any, home: Path) -> Any:
    """Return `value` with an OutputFile for each path in the output folder of `home`.

    Paths are found as text and as Path, also inside lists, tuples and dictionaries. A value that contains
    itself is returned unchanged.

    >>> portable_paths({"drawing": "/studio/output/a.svg", "title": "A"}, Path("/studio"))
    {'drawing': OutputFile(name='a.svg', is_text=True), 'title': 'A'}
    """
    try:
        return _portable(value, _folder_of(home, settings.shared_output()))
    except RecursionError:
        return value


@functools.cache
def _folder_of(home: Path, _named: str) -> str:
    return os.fspath(settings.output_of(home).resolve()) + os.sep


def _portable(value: Any, folder: str) -> Any:
    if isinstance(value, str | Path):
        text = os.fspath(value)
        if text.startswith(folder):
            name = text.removeprefix(folder).replace(os.sep, "/")
            return OutputFile(name, isinstance(value, str))
        return value
    kind = type(value)
    if kind in (list, tuple):
        return kind(_portable(one, folder) for one in value)
    if kind is dict:
        return {key: _portable(one, folder) for key, one in value.items()}
    return value


@dataclass(frozen=True)
class OutputFile:
    """A file by its name in the output folder. Pickle reads it as a path in the reader's output folder."""

    name: str
    is_text: bool = True

    def __reduce__(self) -> tuple[Any, tuple[str, None, bool]]:
        return located, (self.name, None, self.is_text)


def located(name: str, _modified_ns: int | None, is_text: bool) -> str | Path:
    """Return the path of the file `name` in this home's output folder, as text or as a Path.

    The file may be gone. In messages of 0.4 its time is the second argument, which is not used.
    """
    path = settings.output_folder().resolve() / name
    return os.fspath(path) if is_text else path
