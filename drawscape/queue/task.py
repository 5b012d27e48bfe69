"""From a dotted path or a callable to a function that may be run, checked before anything is queued."""

import functools
import importlib.util
import inspect
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from drawscape.errors import (
    NotSerializableError,
    TaskArgumentsError,
    TaskNotAllowedError,
    TaskNotFoundError,
)
from drawscape.project_modules import file_of, import_with_file
from drawscape.settings import TASK_ALIASES

Function = Callable[..., Any]


@dataclass(frozen=True)
class Task:
    """What is queued: a path that the worker imports or, for a notebook's own, the function itself."""

    path: str
    function: Function
    by_value: bool

    def words(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
        """Return the words for a call in lists of jobs: those of the function's `describe`, if it has one."""
        describe = getattr(self.function, "describe", None)
        return None if describe is None else str(describe(*args, **kwargs))


def find_task(target: str | Function, allowed: Sequence[str], search: Path | None = None) -> Task:
    """Return the task that `target` names.

    A path must lie in a module of `allowed` (or below one); `search` is a folder to import from besides
    `sys.path`. A callable from such a module is queued by its path, any other by value.
    Raises TaskNotAllowedError and TaskNotFoundError.
    """
    if isinstance(target, str):
        return Task(target, load(target, allowed, search), by_value=False)
    if not callable(target):
        raise TaskNotFoundError(
            f"task {target!r}: give a dotted path such as 'workers.svg_tasks.generate_complex_svg' "
            "or a function"
        )
    function = getattr(target, "func", target) if hasattr(target, "call_local") else target
    module = getattr(function, "__module__", None) or "__main__"
    name = getattr(function, "__qualname__", type(function).__name__)
    path = f"{module}.{name}"
    # A method, a lambda and a private function have no path that `load` would take.
    if _is_allowed(module, allowed) and name.isidentifier() and not name.startswith("_"):
        return Task(path, function, by_value=False)
    return Task(path, function, by_value=True)


def load(path: str, allowed: Sequence[str], search: Path | None = None) -> Function:
    """Return the function at `path`; import errors of the module itself are raised as they are.

    A path of `TASK_ALIASES` leads to the task that it stands for. What a project has put at such a path does
    not run; a warning says so.
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
    target = TASK_ALIASES.get(path, path)
    if target != path and _is_allowed(target, allowed):
        _warn_of_namesake(path, search)
        return _function(target, search)
    return _function(path, search)


def _function(path: str, search: Path | None) -> Function:
    module_name, _, name = path.rpartition(".")
    module = _module(module_name, path, search)
    function = getattr(module, name, None)
    if name.startswith("_") or not callable(function) or inspect.isclass(function):
        known = {*_functions(module), *_aliases_in(module_name)}
        raise TaskNotFoundError(f"no task {name!r} in {module_name}{_hint(name, known)}")
    unwrapped: Function = (
        getattr(function, "func", function) if hasattr(function, "call_local") else function
    )
    return unwrapped


def _is_allowed(path: str, allowed: Sequence[str]) -> bool:
    return any(path == module or path.startswith(f"{module}.") for module in allowed)


def _aliases_in(module: str) -> set[str]:
    """Return the names of the tasks that `TASK_ALIASES` has in `module`."""
    return {name for path in TASK_ALIASES for m, _, name in [path.rpartition(".")] if m == module}


def _module(name: str, path: str, search: Path | None) -> ModuleType:
    try:
        module, file = import_with_file(search, name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
        aliases = _aliases_in(name)
        near = get_close_matches(path, TASK_ALIASES, n=1, cutoff=0.85)
        hint = _hint(path.rpartition(".")[2], aliases) if aliases else ""
        hint = hint or (f"; did you mean {near[0]!r}?" if near else "")
        raise TaskNotFoundError(
            f"task {path!r}: no module {error.name!r} (looked in {search or 'sys.path'}){hint}"
        ) from error
    return _as_on_disk(module, str(file) if file else _file_of(module))


def _file_of(module: ModuleType) -> str | None:
    file: str | None = getattr(module, "__file__", None)
    return file if file and file.endswith(".py") else None


@functools.lru_cache(maxsize=64)
def _defines(file: Path, name: str, _modified_ns: int) -> bool:
    return bool(re.search(rf"^(?:async )?def {name}\b", file.read_text(errors="replace"), re.M))


def _warn_of_namesake(path: str, search: Path | None) -> None:
    """Warn when the project defines a task at `path` too; it is not imported for that."""
    module, _, name = path.rpartition(".")
    file = search and file_of(search, module)
    if file and _defines(file, name, file.stat().st_mtime_ns):
        warnings.warn(
            f"{path} is a task of the library, which runs; {file} defines {name!r} too: give it another name",
            UserWarning,
            stacklevel=2,
        )


_SEEN: dict[tuple[str, str], tuple[float, ModuleType]] = {}
"""Modules as they were read for a check: name and file to (time of the file, module)."""


def _as_on_disk(module: ModuleType, file: str | None) -> ModuleType:
    """Return `module`, or a private copy of it as `file` has it now.

    A kernel lives for days: it must not refuse a job because of a signature that was edited meanwhile, or
    because the module was imported from the project of before.
    """
    if file is None:
        return module
    try:
        stamp = os.stat(file).st_mtime
    except OSError:
        return module
    key = (module.__name__, file)
    imported_from = _file_of(module)
    if imported_from is not None and _is_same(imported_from, file):
        known = _SEEN.setdefault(key, (stamp, module))
    else:
        known = _SEEN.get(key, (-1.0, module))
    if known[0] == stamp:
        return known[1]
    spec = importlib.util.spec_from_file_location(module.__name__, file)
    if spec is None or spec.loader is None:
        return module
    fresh = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(fresh)
    except Exception:  # noqa: BLE001 - the worker runs the same file, and its job says what is wrong
        return module
    _SEEN[key] = (stamp, fresh)
    return fresh


def _is_same(one: str, other: str) -> bool:
    return one == other or os.path.realpath(one) == os.path.realpath(other)


def _functions(module: ModuleType) -> list[str]:
    return [
        key
        for key, value in vars(module).items()
        if inspect.isfunction(value)
        and not key.startswith("_")
        and (value.__module__ == module.__name__ or key in getattr(module, "__all__", ()))
    ]


def _hint(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known := sorted(known), n=3, cutoff=0.4)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; tasks there: {', '.join(known) or 'none'}"


@functools.lru_cache(maxsize=512)
def _signature(function: Function) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None


def check_binding(task: Task, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise TaskArgumentsError when `args` and `kwargs` do not fit the task's signature."""
    try:
        signature = _signature(task.function)
    except TypeError:  # a callable that cannot be hashed
        signature = None
    if signature is None:
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TaskArgumentsError(f"{task.path}{signature}: {error}") from None


def portable(function: Callable[..., Any]) -> Any:
    """Return `function` such that it unpickles where its module cannot be imported.

    What lies in `__main__` travels by value anyway; so shall what lies in a file beside the notebook.

    >>> def doubled(number):
    ...     return 2 * number
    >>> enqueue_background_job(portable(doubled), 21).wait(60)
    42
    """
    import cloudpickle

    module = sys.modules.get(getattr(function, "__module__", "") or "")
    if module is None or module.__name__ == "__main__" or is_installed(function):
        return function
    cloudpickle.register_pickle_by_value(module)
    try:
        return Carried(bytes(cloudpickle.dumps(function)))
    except Exception as error:
        raise NotSerializableError(f"{type(error).__name__}: {error}") from error
    finally:
        cloudpickle.unregister_pickle_by_value(module)


@dataclass(frozen=True)
class Carried:
    """A function pickled by value beforehand; it unpickles to the function itself."""

    data: bytes

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        import pickle

        return pickle.loads, (self.data,)


def is_installed(function: Callable[..., Any]) -> bool:
    """Return whether a function comes with Python, Drawscape or another installed package."""
    module = sys.modules.get(getattr(function, "__module__", "") or "")
    file = getattr(module, "__file__", None)
    if module is None or module.__name__ == "__main__":
        return False
    top = module.__name__.partition(".")[0]
    return not file or "site-packages" in file or top in {"drawscape", *sys.stdlib_module_names}
