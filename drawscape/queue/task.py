"""From a dotted path or a callable to a function that may be run, checked before anything is queued."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from drawscape.errors import TaskArgumentsError, TaskNotAllowedError, TaskNotFoundError

Function = Callable[..., Any]


@dataclass(frozen=True)
class Task:
    """What is queued: a path that the worker imports or, for a notebook's own, the function itself."""

    path: str
    function: Function
    by_value: bool


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
    """Return the function at `path`; import errors of the module itself are raised as they are."""
    module_name, _, name = path.rpartition(".")
    if not module_name or not all(part.isidentifier() for part in path.split(".")):
        raise TaskNotFoundError(
            f"task {path!r} is not a dotted path, such as 'workers.svg_tasks.generate_complex_svg'"
        )
    if not _is_allowed(module_name, allowed):
        raise TaskNotAllowedError(
            f"task {path!r} lies outside of the task modules ({', '.join(allowed)}); "
            "add its module to DRAWSCAPE_TASK_MODULES to allow it"
        )
    module = _module(module_name, path, search)
    function = getattr(module, name, None)
    if name.startswith("_") or not callable(function) or inspect.isclass(function):
        raise TaskNotFoundError(f"no task {name!r} in {module_name}{_nearest(module, name)}")
    unwrapped: Function = (
        getattr(function, "func", function) if hasattr(function, "call_local") else function
    )
    return unwrapped


def _is_allowed(path: str, allowed: Sequence[str]) -> bool:
    return any(path == module or path.startswith(f"{module}.") for module in allowed)


def _module(name: str, path: str, search: Path | None) -> ModuleType:
    make_importable(search)
    try:
        module = sys.modules.get(name) or importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
        raise TaskNotFoundError(
            f"task {path!r}: no module {error.name!r} (looked in {search or 'sys.path'})"
        ) from error
    return _as_on_disk(module)


def make_importable(search: Path | None) -> None:
    """Put the folder `search` first in `sys.path` when it holds a `workers` package of its own."""
    if search is None or str(search) in sys.path:
        return
    if (search / "workers" / "__init__.py").is_file():
        sys.path.insert(0, str(search))
        importlib.invalidate_caches()


_SEEN: dict[str, tuple[float, ModuleType]] = {}
"""Modules as they were read for a check: name to (time of the file, module)."""


def _as_on_disk(module: ModuleType) -> ModuleType:
    """Return `module`, or a private copy of it when its file has changed since it was imported.

    A kernel lives for days: it must not refuse a job because of a signature that was edited meanwhile.
    """
    file = getattr(module, "__file__", None)
    if not file or not file.endswith(".py"):
        return module
    try:
        stamp = Path(file).stat().st_mtime
    except OSError:
        return module
    known = _SEEN.setdefault(module.__name__, (stamp, module))
    if known[0] == stamp:
        return known[1]
    spec = importlib.util.spec_from_file_location(module.__name__, file)
    if spec is None or spec.loader is None:
        return module
    fresh = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(fresh)
    except Exception:  # noqa: BLE001 - the worker runs the same file, and its job tells what is wrong
        return module
    _SEEN[module.__name__] = (stamp, fresh)
    return fresh


def _nearest(module: ModuleType, name: str) -> str:
    functions = [
        key
        for key, value in vars(module).items()
        if inspect.isfunction(value)
        and not key.startswith("_")
        and (value.__module__ == module.__name__ or key in getattr(module, "__all__", ()))
    ]
    near = get_close_matches(name, functions, n=3, cutoff=0.4)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; tasks there: {', '.join(sorted(functions)) or 'none'}"


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
