"""Where things live, and what the environment says about it.

All paths hang from one folder, the home: `DRAWSCAPE_HOME`, else the nearest folder upward from the
working directory that holds `.drawscape/` or a `workers` package, else the user's data folder. So a
notebook in `notebooks/` and a worker at the root find the same queue.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from drawscape.errors import ForbiddenPathError, SettingsError


def home() -> Path:
    """Return the folder that holds the queue and the drawings; it need not exist yet.

    Raises SettingsError when `DRAWSCAPE_HOME` is set to something that is not a folder.
    """
    named = os.environ.get("DRAWSCAPE_HOME")
    if named:
        folder = Path(named).expanduser().absolute()
        if folder.exists() and not folder.is_dir():
            raise SettingsError(
                f"DRAWSCAPE_HOME={named!r} is not a folder; name a folder or unset it"
            )
        return folder
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ".drawscape").is_dir() or (folder / "workers" / "__init__.py").is_file():
            return folder
    return _user_data_folder()


def _user_data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "drawscape"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "drawscape"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "drawscape"


def state_folder() -> Path:
    """Return the home's `.drawscape/`, made if need be, readable by its owner only."""
    folder = home() / ".drawscape"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def queue_file() -> Path:
    """Return the queue's file: `DRAWSCAPE_QUEUE`, else `queue.db` in the home's `.drawscape/`."""
    named = os.environ.get("DRAWSCAPE_QUEUE")
    return Path(named).expanduser().absolute() if named else state_folder() / "queue.db"


def output_folder() -> Path:
    """Return the home's `output/`, made if need be: where every drawing goes."""
    folder = home() / "output"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def output_path(filename: str | os.PathLike[str]) -> Path:
    """Return the absolute path of `filename` inside `output/`, its folder made.

    Raises ForbiddenPathError for an empty or absolute name and for one that leads out of `output/`.
    """
    name = os.fspath(filename)
    folder = output_folder().resolve()
    if not name.strip() or "\0" in name:
        raise ForbiddenPathError(
            f"output file {name!r}: a file name is needed, such as 'spiral.svg'"
        )
    path = (folder / name).resolve()
    if Path(name).is_absolute() or path == folder or not path.is_relative_to(folder):
        raise ForbiddenPathError(
            f"output file {name!r} leads out of the output folder; give a name relative to it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def readable_path(filename: str | os.PathLike[str]) -> Path:
    """Return the absolute path of an existing file that a task may read.

    Relative names are looked up under the home. Allowed are the home and the folders named in
    `DRAWSCAPE_DATA_DIRS` (separated as `PATH` is), not `.drawscape/`, which holds the key and the
    payloads of all jobs; links are followed before the check.
    Raises ForbiddenPathError outside of them, FileNotFoundError when there is no such file.
    """
    name = os.fspath(filename)
    if "\0" in name:
        raise ForbiddenPathError(f"file {name!r}: a path holds no NUL")
    path = (home() / name).resolve()
    allowed = [home().resolve(), *(Path(d).resolve() for d in _data_folders())]
    if not any(path.is_relative_to(folder) for folder in allowed):
        raise ForbiddenPathError(
            f"file {name!r} is outside of {', '.join(map(str, allowed))}; "
            "add its folder to DRAWSCAPE_DATA_DIRS to allow it"
        )
    if path.is_relative_to(home().resolve() / ".drawscape"):
        raise ForbiddenPathError(f"file {name!r} is the queue's own; tasks do not read .drawscape/")
    if not path.is_file():
        raise FileNotFoundError(f"no file {name!r} (looked for {path})")
    return path


def _data_folders() -> list[str]:
    return [d for d in os.environ.get("DRAWSCAPE_DATA_DIRS", "").split(os.pathsep) if d]


def task_modules() -> tuple[str, ...]:
    """Return the packages and modules that may hold tasks.

    They are the library's own `drawscape.tasks`, the project's `workers`, and `DRAWSCAPE_TASK_MODULES`.
    """
    named = os.environ.get("DRAWSCAPE_TASK_MODULES", "")
    return ("drawscape.tasks", "workers", *(m.strip() for m in named.split(",") if m.strip()))
