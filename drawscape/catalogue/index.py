"""The index of the files: rows are written, updated and rebuilt.

A drawing is a file whose body matches its metadata. An export is not a drawing. A file that was edited by
hand is kept and shown as edited.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.catalogue.database import (
    full_path,
    read_rows,
    reading,
    replace_damaged,
    stored_path,
    write,
    writing,
)
from drawscape.catalogue.drawing import Drawing, Figures, stored
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.drawing.document import Document
from drawscape.errors import CatalogueError, DrawscapeError, ProvenanceError
from drawscape.recipe import Provenance, read_provenance
from drawscape.svg.canvas_file import body_digest
from drawscape.svg.read import read_svg

DRAFTS = ".drafts"
"""The folder in `output/` whose files are not drawings."""

_HEAD = 65_536
"""Bytes at the start of a file with its metadata: at most 4 kB of source and the parameters."""

# One row


def record(
    path: Path,
    provenance: Provenance,
    *,
    document: Document | None = None,
    took_s: float | None = None,
    sheet: str | None = None,
) -> Drawing:
    """Write the row of the drawing in the file `path`, which is complete, and return it.

    With its `document` the figures and the thumbnail are stored, too; else they are made on demand.
    A drawing of another recipe at that path is marked as deleted. Raises CatalogueError, FileNotFoundError.
    """
    content, found = path.read_bytes(), path.stat()
    reference = provenance.source
    source = _digest(reference.encode())[:24] if reference else None
    values = {
        **_columns_of(provenance),
        "path": stored_path(path),
        "digest": _digest(content),
        "edited": is_edited(content, provenance),
        "size": found.st_size,
        "modified_ns": found.st_mtime_ns,
        "deleted": False,
        "drawn_at": found.st_mtime if took_s is None else time.time(),
        "source": source,
    }
    if document is not None:
        values |= stored(asdict(Figures.of(document)))
    if took_s is not None:
        values["took_s"] = took_s
    if sheet is not None:
        values["sheet"] = sheet
    thumbnail = None if document is None else thumbnail_of(document)
    with writing() as connection:
        drawing = _write_row(connection, values)
        if reference:
            connection.execute("insert or ignore into source values (?, ?)", (source, reference))
        connection.execute(
            "update drawing set deleted = 1 where path = ? and id <> ?", (values["path"], drawing)
        )
        if thumbnail is not None:
            connection.execute(
                "insert or replace into thumbnail values (?, ?)", (drawing, thumbnail)
            )
        row = connection.execute("select * from drawing where id = ?", (drawing,)).fetchone()
    return Drawing.of(row)


def _columns_of(provenance: Provenance) -> dict[str, Any]:
    """Return the columns that come from the file's metadata."""
    address = provenance.address
    request = address if provenance.ordered else provenance.request or address
    return {
        "recipe": address,
        "request": request,
        "mark_key": provenance.mark_key,
        "sketch": provenance.sketch,
        "seed": provenance.seed,
        "width": provenance.width,
        "height": provenance.height,
        "margin": provenance.margin,
        "body": provenance.body,
        # In the order of the file, so that the row can be rebuilt from it.
        "parameters": json.dumps(dict(sorted(provenance.parameters.items()))),
        "traits": json.dumps(provenance.traits),
        "reads": json.dumps(provenance.reads),
        "parents": json.dumps(provenance.parents),
    }


def _write_row(connection: sqlite3.Connection, values: dict[str, Any]) -> int:
    """Write the row of `values` and return its id: a new row, the same row, or that of a moved file."""
    same = connection.execute(
        "select id, path, drawn_at from drawing where recipe = :recipe and digest = :digest", values
    ).fetchall()
    here = [row for row in same if row["path"] == values["path"]]
    moved = [row for row in same if not full_path(row["path"]).exists()]
    if moved and not here:
        connection.execute(
            "update or replace drawing set path = :path, modified_ns = :modified_ns, deleted = 0 "
            "where id = :id",
            {**values, "id": moved[0]["id"]},
        )
        return int(moved[0]["id"])
    if here:  # only indexed again, not drawn again
        values = {**values, "drawn_at": here[0]["drawn_at"]}
    else:  # the old counts were for other contents
        uncounted = dict.fromkeys(one.name for one in fields(Figures))
        values = {**uncounted, **values}
    drawing = _insert_or_update(connection, values)
    if not here:
        connection.execute("delete from thumbnail where drawing = ?", (drawing,))
    return drawing


def _insert_or_update(connection: sqlite3.Connection, values: Mapping[str, Any]) -> int:
    names = ", ".join(values)
    holes = ", ".join(f":{name}" for name in values)
    changes = ", ".join(f"{name} = excluded.{name}" for name in values)
    row = connection.execute(
        f"insert into drawing ({names}) values ({holes}) "
        f"on conflict (recipe, path) do update set {changes} returning id",
        values,
    ).fetchone()
    return int(row["id"])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def is_edited(content: bytes, provenance: Provenance) -> bool:
    """Return whether a file does not match its metadata, or is truncated."""
    return body_digest(content) != provenance.body


def stands(row: sqlite3.Row) -> bool:
    """Return whether the file of a row is the recorded one; its content is read only if necessary."""
    path = full_path(row["path"])
    try:
        found = path.stat()
    except OSError:
        return False
    if (found.st_size, found.st_mtime_ns) == (row["size"], row["modified_ns"]):
        return True
    if found.st_size != row["size"] or _digest(path.read_bytes()) != row["digest"]:
        return False
    stamp = (found.st_mtime_ns, row["id"])
    write("update drawing set modified_ns = ? where id = ?", stamp)
    return True


def index_file(path: Path, *, fully: bool = False) -> Drawing | None:
    """Return the drawing in the file `path`, and write its row; None if it is not a drawing.

    Files without Drawscape's metadata, exports and drafts are not drawings. `fully` also counts its
    figures and makes its thumbnail; else that is done on demand.
    """
    try:
        provenance = provenance_of(path)
        if provenance.derived_from or not provenance.body or path.parent.name == DRAFTS:
            return None
        return record(path, provenance, document=read_svg(path) if fully else None)
    except CatalogueError:
        raise
    except (OSError, DrawscapeError):
        return None


def provenance_of(path: Path) -> Provenance:
    """Return a file's metadata. Raises ProvenanceError, which names the file, and OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if b"</metadata>" not in head and b"<metadata" in head:
            head += file.read()
    try:
        return read_provenance(head.decode("utf-8", "replace"))
    except ProvenanceError as error:
        raise ProvenanceError(f"{path}: {error}") from None


# All rows


def rebuild(on_file: Callable[[Path], None] | None = None) -> int:
    """Rebuild the rows of all drawings, with figures and thumbnails; return how many there are.

    Those are the drawings in `output/`, and those elsewhere that the catalogue knows. Marks, sheets and
    the settings of forms do not change. A damaged catalogue is moved aside first; its marks are copied
    if they are readable. `on_file(path)` is called for each file.

    >>> rebuild() >= 1
    True
    """
    replace_damaged()
    write("update folder set modified_ns = 0")
    refresh(on_file, fully=True)
    for place in _outside_output():
        index_file(full_path(place), fully=True)
    return int(read_rows("select count(*) from drawing where not deleted")[0][0])


def refresh(on_file: Callable[[Path], None] | None = None, *, fully: bool = False) -> int:
    """Index new drawings in `output/`; return how many there were.

    It reads only folders in which a file was made, moved or removed since the last call, or just before
    it. `fully` reads each of their files again, and calls `on_file(path)`.

    >>> refresh()
    0
    """
    output = settings.output_folder()
    with reading():  # of one home, even if the settings change meanwhile
        seen = {row["path"]: row["modified_ns"] for row in read_rows("select * from folder")}
        new = 0
        gone = _outside_output()  # few, so that each is checked
        for name, inner, _ in os.walk(output):
            inner[:] = [one for one in inner if not one.startswith(".")]
            folder = Path(name)
            if seen.pop(stored_path(folder), None) != folder.stat().st_mtime_ns:
                added, missing = _index_folder(folder, on_file, fully=fully)
                new += added
                gone += missing
        for place in seen:
            gone += [f"{place}/{name}" for name in _known_in(full_path(place))]
            write("delete from folder where path = ?", (place,))
        mark_gone(gone)
        return new


def mark_gone(places: Iterable[str]) -> None:
    """Mark the drawings that are no longer at these places as deleted."""
    gone = []
    for place in places:
        rows = read_rows("select * from drawing where path = ? and not deleted", (place,))
        gone += [(row["id"],) for row in rows if not stands(row)]
    if gone:
        with writing() as connection:
            connection.executemany("update drawing set deleted = 1 where id = ?", gone)


def _index_folder(
    folder: Path, on_file: Callable[[Path], None] | None, *, fully: bool
) -> tuple[int, list[str]]:
    """Return how many drawings in a folder are new to the index, and the places of those that are gone."""
    stamp = folder.stat().st_mtime_ns
    settled = _is_past(stamp)  # before the files are listed, so that no later change is ever missed
    new, known = 0, _known_in(folder)
    for entry in os.scandir(folder):
        if not (_is_drawing(entry.name) and entry.is_file()):
            continue
        path, found = folder / entry.name, entry.stat()
        is_known = known.get(entry.name) == (found.st_size, found.st_mtime_ns)
        if on_file is not None:
            on_file(path)
        if (is_known and not fully) or index_file(path, fully=fully) is not None:
            known.pop(entry.name, None)
            new += not is_known
    row = (stored_path(folder), stamp if settled else 0)
    write("insert or replace into folder values (?, ?)", row)
    return new, [stored_path(folder / name) for name in known]


def _is_past(stamp_ns: int) -> bool:
    """Return whether any change in a folder from now on gives it another time than `stamp_ns`.

    Clocks of file systems tick: mostly a hundred times a second or more, some once in two seconds.
    """
    tick_ns = 50_000_000 if stamp_ns % 1_000_000_000 else 2_000_000_000
    return time.time_ns() - stamp_ns > tick_ns


def _is_drawing(name: str) -> bool:
    return name.endswith(".svg") and not name.startswith(".")


def _ends_of(folder: Path) -> tuple[str, str]:
    """Return the bounds of the stored paths of all files in a folder: "0" is after "/"."""
    place = stored_path(folder)
    return f"{place}/", f"{place}0"


def _outside_output() -> list[str]:
    """Return the paths of drawings outside `output/`."""
    rows = read_rows(
        "select path from drawing where (path < ? or path >= ?) and not deleted",
        _ends_of(settings.output_folder()),
    )
    return [row["path"] for row in rows]


def _known_in(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of the indexed drawings in `folder` itself, by name."""
    begin, end = _ends_of(folder)
    rows = read_rows(
        "select path, size, modified_ns from drawing where path >= ? and path < ? and not deleted",
        (begin, end),
    )
    names = {row["path"].removeprefix(begin): row for row in rows}
    return {
        name: (row["size"], row["modified_ns"]) for name, row in names.items() if "/" not in name
    }
