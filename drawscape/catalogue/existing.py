"""Drawings that exist: they are found by their recipe, so that none is drawn twice."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from drawscape import settings
from drawscape.catalogue.database import read_rows
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.index import index_file, refresh, stands
from drawscape.recipe import Recipe
from drawscape.recipe.provenance import digest_of
from drawscape.settings import safe_name


def file_name(recipe: Recipe, address: str | None = None) -> str:
    """Return the name of the file of a drawing: sketch, seed, and eight digits of its address."""
    return f"{safe_name(recipe.sketch.name)}-{recipe.seed}-{(address or recipe.request)[:8]}.svg"


def free_path(path: Path) -> Path:
    """Return `path`, or one beside it if a file of that name was edited by hand."""
    number, free = 2, path
    while (found := index_file(free)) is not None and found.edited:
        free = path.with_name(f"{path.stem}-{number}.svg")
        number += 1
    return free


def find_existing(recipe: Recipe) -> Drawing | None:
    """Return the drawing of `recipe` if its file is unchanged and so are the files that it read, else None.

    A drawing by another version of Drawscape, numpy or the sketch has another recipe: its lines may
    differ, and it does not count. Neither does an edited file. Raises CatalogueError.
    """
    found = _standing_row(recipe.request)
    if found is None and _asked_for(recipe.request):
        refresh()  # its file may have been moved inside `output/`
        found = _standing_row(recipe.request)
    return _unrecorded(recipe) if found is None else Drawing.of(found)


def _standing_row(request: str) -> sqlite3.Row | None:
    for row in _asked_for(request):
        if not row["deleted"] and reads_the_same(json.loads(row["reads"])) and stands(row):
            return row
    return None


def latest_for(request: str) -> Drawing | None:
    """Return the newest drawing of a request, no matter which files it read; a deleted one without a file.

    >>> latest_for("nothing that was asked for") is None
    True
    """
    rows = _asked_for(request)
    for row in rows:
        if not row["deleted"] and stands(row):
            return Drawing.of(row)
    newest = max(rows, key=lambda row: row["drawn_at"], default=None)
    return None if newest is None else replace(Drawing.of(newest), deleted=True)


def _asked_for(request: str) -> list[sqlite3.Row]:
    return read_rows(
        "select * from drawing where request = ? and not edited order by deleted, drawn_at desc",
        (request,),
    )


def reads_the_same(reads: Mapping[str, str]) -> bool:
    """Return whether files that a drawing read have the same digests now."""
    with suppress(OSError, ValueError):
        return all(_digest_now(name) == digest for name, digest in reads.items())
    return False


def _digest_now(name: str) -> str:
    path = settings.readable_path(name)
    found = path.stat()
    return _digest_at(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def _digest_at(path: Path, _modified_ns: int, _size: int) -> str:
    return digest_of(path.read_bytes())


def _unrecorded(recipe: Recipe) -> Drawing | None:
    """Return the drawing, by its file name, whose writer was killed before it wrote the row."""
    found = index_file(settings.output_folder() / file_name(recipe))
    same = found is not None and found.recipe == recipe.request and not found.edited
    return found if same else None
