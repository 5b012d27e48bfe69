"""Paths of drawings on their way between machines, each of which has its output folder elsewhere."""

import contextlib
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from drawscape import output_store, settings
from drawscape.errors import OutputStoreError


def portable_paths(value: Any, home: Path) -> Any:
    """Return `value` such that the paths of files in the home's output folder unpickle to the reader's own.

    Looked at are text, paths, and what lists, tuples and dictionaries hold.

    >>> portable_paths({"drawing": "/studio/output/a.svg", "title": "A"}, Path("/studio"))
    {'drawing': OutputFile(name='a.svg', stamp=None, is_text=True), 'title': 'A'}
    """
    return _portable(value, _folder_of(home, output_store.named()))


@cache
def _folder_of(home: Path, _named: str) -> str:
    return os.fspath(output_store.folder(home).resolve()) + os.sep


def _portable(value: Any, folder: str) -> Any:
    if isinstance(value, str | Path):
        text = os.fspath(value)
        if text.startswith(folder):
            name = text.removeprefix(folder).replace(os.sep, "/")
            return OutputFile(name, _stamp_of(text), isinstance(value, str))
        return value
    kind = type(value)
    if kind in (list, tuple):
        return kind(_portable(one, folder) for one in value)
    if kind is dict:
        return {key: _portable(one, folder) for key, one in value.items()}
    return value


@dataclass(frozen=True)
class OutputFile:
    """A file by its name in the output folder; unpickled it is its path there, as text or as a Path."""

    name: str
    stamp: int | None
    """The time of the file when it was written, in nanoseconds: a copy with that time is the same."""
    is_text: bool = True

    def __reduce__(self) -> tuple[Any, tuple[str, int | None, bool]]:
        return located, (self.name, self.stamp, self.is_text)


def located(name: str, stamp: int | None, is_text: bool) -> str | Path:
    """Return the path of the file `name` in this home's output folder, copied from the store if need be.

    A file that is gone, or cannot be had, is missing at its path: whoever opens it says so.
    """
    folder = settings.output_folder().resolve()
    path = folder / name
    with contextlib.suppress(OutputStoreError):
        output_store.fetch(path, folder, stamp)
    return os.fspath(path) if is_text else path


def _stamp_of(file: str) -> int | None:
    try:
        return os.stat(file).st_mtime_ns
    except OSError:
        return None
