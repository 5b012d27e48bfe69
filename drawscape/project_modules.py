"""Modules in a project's folder, imported before any of the same name elsewhere.

A project's `workers/` and `sketches/` need no `__init__.py`, and an installed package of the same name never
hides them.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_OWN_NAMES = {"workers", "sketches"}
"""Modules and packages that are found in a project first; task modules are added."""

_FOLDERS: set[str] = set()
"""The projects on the import path."""


def file_of(folder: Path | None, name: str) -> Path | None:
    """Return the source file of the module `name` (dotted) in `folder`, None if it has none there."""
    if folder is None:
        return None
    stem = os.path.join(folder, *name.split("."))  # as text: this is asked at each enqueue
    found = (file for file in (f"{stem}.py", f"{stem}/__init__.py") if os.path.isfile(file))
    return next(map(Path, found), None)


def add_folder(folder: Path) -> None:
    """Put `folder` on the import path: last, so that a `random.py` in it hides nothing.

    Only its `workers` and `sketches` are found first: an installed clone of Drawscape has `workers` too.
    """
    if _OwnPackagesFirst not in sys.meta_path:
        sys.meta_path.insert(0, _OwnPackagesFirst)
    _FOLDERS.add(str(folder))
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
        importlib.invalidate_caches()


def replace_folder(old: Path, new: Path) -> None:
    """Replace `old` by `new` on the import path."""
    _FOLDERS.add(str(new))
    sys.path[:] = [str(new) if path == str(old) else path for path in sys.path]


class _OwnPackagesFirst:
    """Finds a project's own modules first, then the rest of a package of that name."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in _OWN_NAMES:
            return None
        own = PathFinder.find_spec(name, [one for one in sys.path if one in _FOLDERS])
        if own is None or own.loader is not None:
            return own
        other = PathFinder.find_spec(name)
        if other is None or other.submodule_search_locations is None:
            return own
        places = [*(own.submodule_search_locations or ()), *other.submodule_search_locations]
        other.submodule_search_locations = [*dict.fromkeys(places)]
        return other


def import_module(folder: Path | None, name: str) -> ModuleType:
    """Return the module `name`, from `folder` if its top-level package or module is there."""
    top = name.partition(".")[0]
    place = os.path.join(folder or "", top)
    is_package = os.path.isdir(place)
    if folder is not None and (is_package or os.path.isfile(f"{place}.py")):
        add_folder(folder)
        _OWN_NAMES.add(top)
        if is_package:
            _lead(importlib.import_module(top), place)
    # Not `sys.modules.get`: another thread may be in the middle of the import, and this waits for it.
    return importlib.import_module(name)


def _lead(package: ModuleType, folder: str) -> None:
    """Search `folder` first for submodules of `package`.

    This is for a regular package of that name that was imported earlier, or hid one without `__init__.py`.
    """
    paths = [*getattr(package, "__path__", ())]
    if paths and paths[0] != folder:
        package.__path__ = [folder, *(p for p in paths if p != folder)]
