"""The index made again from the files: new ones are found, moved ones known by their content."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from drawscape import settings
from drawscape.catalogue.database import full_path, reading, stored_path, writing
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.figures import figures_of
from drawscape.catalogue.record import Entry, digest_of, record, stands
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.errors import DrawscapeError, ProvenanceError
from drawscape.output_store import fetch_all
from drawscape.sketches.provenance import Provenance, read_provenance
from drawscape.svg.read import read_svg

_HEAD = 65_536
"""Bytes at a file's begin that hold its metadata: at most 4 kB of source and the parameters."""


def rebuild(on_file: Callable[[Path], None] | None = None) -> int:
    """Make the rows of all drawings in `output/` again, figures and thumbnails included; return how many.

    Marks, sheets and the settings of forms stay as they are. `on_file(path)` is called for each file.

    >>> rebuild() >= 1
    True
    """
    with writing() as connection:
        connection.execute("delete from folder")
    found = 0
    fetch_all(settings.output_folder(), ".svg")
    for path in _svg_files(settings.output_folder()):
        if on_file is not None:
            on_file(path)
        found += index_file(path, fully=True) is not None
    _mark_deleted()
    return found


def refresh() -> int:
    """Return how many drawings in `output/` were new to the index, which has them now.

    Only folders in which something was made, moved or removed since the last look, or just before it, are
    read. What lies in an object store (`DRAWSCAPE_OUTPUT`) is copied from there first.

    >>> refresh()
    0
    """
    new = 0
    fetch_all(settings.output_folder(), ".svg")
    for folder in _changed_folders():
        stamp = folder.stat().st_mtime_ns
        settled = _is_past(stamp)  # now, before the look: what comes after it counts as seen
        known = _known_in(folder)
        names = {
            e.name: e.stat() for e in os.scandir(folder) if _is_drawing(e.name) and e.is_file()
        }
        for name in names:
            found = (names[name].st_size, names[name].st_mtime_ns)
            if known.get(name) != found:
                new += index_file(folder / name) is not None
        if known.keys() - names.keys():
            _mark_deleted(stored_path(folder))
        with writing() as connection:
            row = (stored_path(folder), stamp if settled else 0)
            connection.execute("insert or replace into folder values (?, ?)", row)
    return new


def _is_past(stamp_ns: int) -> bool:
    """Return whether what happens in a folder from now on gives it another time than `stamp_ns`.

    Clocks of file systems tick: mostly a hundred times a second and more, some once in two seconds.
    """
    tick_ns = 50_000_000 if stamp_ns % 1_000_000_000 else 2_000_000_000
    return time.time_ns() - stamp_ns > tick_ns


def index_file(path: Path, *, fully: bool = False) -> Drawing | None:
    """Return the row of the drawing in the file `path`, written; None when the file says not how it was made.

    `fully` also counts its figures and makes its thumbnail; else that is done when somebody asks.
    """
    try:
        provenance = provenance_of(path)
        document = read_svg(path) if fully else None
    except (OSError, DrawscapeError):
        return None
    figures = None if document is None else figures_of(document)
    thumbnail = None if document is None else thumbnail_of(document)
    return record(
        path, Entry(provenance, provenance.request, figures, thumbnail), digest=digest_of(path)
    )


def provenance_of(path: Path) -> Provenance:
    """Return what a file says of its making. Raises ProvenanceError, OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if b"</metadata>" not in head and b"<metadata" in head:
            head += file.read()
    if b"<metadata" not in head:
        raise ProvenanceError(f"{path} does not say how it was drawn")
    return read_provenance(head.decode("utf-8", "replace"))


def search_home(digest: str, size: int) -> Path | None:
    """Return the file of that content anywhere in the home, None where there is none."""
    for path in _svg_files(settings.home()):
        try:
            if path.stat().st_size == size and digest_of(path) == digest:
                return path
        except OSError:
            continue
    return None


def _svg_files(top: Path) -> Iterator[Path]:
    for folder, inner, names in os.walk(top):
        inner[:] = sorted(n for n in inner if not n.startswith(".") and n != "node_modules")
        yield from (Path(folder, name) for name in sorted(names) if _is_drawing(name))


def _is_drawing(name: str) -> bool:
    return name.endswith(".svg") and not name.startswith(".")


def _changed_folders() -> Iterator[Path]:
    with reading() as connection:
        seen = dict(
            tuple(row) for row in connection.execute("select path, modified_ns from folder")
        )
    for folder, inner, _ in os.walk(settings.output_folder()):
        inner[:] = [name for name in inner if not name.startswith(".")]
        path = Path(folder)
        if seen.get(stored_path(path)) != path.stat().st_mtime_ns:
            yield path


def _known_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of the drawings that the index has in `folder`, by name."""
    inside = f"{stored_path(folder)}/"
    with reading() as connection:
        rows = connection.execute(
            "select path, size, modified_ns from drawing where path >= ? and path < ? and not deleted",
            (inside, inside[:-1] + "0"),  # "0" comes after "/"
        ).fetchall()
    names = ((row["path"][len(inside) :], row) for row in rows)
    return {n: (row["size"], row["modified_ns"]) for n, row in names if "/" not in n}


def _mark_deleted(inside: str = "") -> None:
    """Note which files are gone, or hold another drawing."""
    with reading() as connection:
        rows = connection.execute(
            "select * from drawing where not deleted and substr(path, 1, ?) = ?",
            (len(inside), inside),
        ).fetchall()
    gone = [(row["id"],) for row in rows if not full_path(row["path"]).exists() or not stands(row)]
    with writing() as connection:
        connection.executemany("update drawing set deleted = 1 where id = ?", gone)
