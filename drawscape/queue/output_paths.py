"""Paths of drawings on their way between machines, each of which has its output folder elsewhere."""

import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape import output_store, settings


def portable_paths(value: Any, home: Path) -> Any:
    """Return `value` such that the paths of files in the home's output folder unpickle to the reader's own.

    Looked at are text, paths, and what lists, tuples and dictionaries hold; a value that holds itself stays
    as it is.

    >>> portable_paths({"drawing": "/studio/output/a.svg", "title": "A"}, Path("/studio"))
    {'drawing': OutputFile(name='a.svg', stamp=None, is_text=True), 'title': 'A'}
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
            stamp = os.stat(text).st_mtime_ns if os.path.exists(text) else None
            return OutputFile(name, stamp, isinstance(value, str))
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

    A file that is gone is missing at its path. Raises OutputStoreError where the store does not answer.
    """
    folder = settings.output_folder().resolve()
    path = folder / name
    output_store.fetch(path, folder, stamp)
    return os.fspath(path) if is_text else path
