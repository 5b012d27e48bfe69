"""A row for a drawing whose file stands: written once the file is whole, the same however often."""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.catalogue.database import full_path, stored_path, writing
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.figures import Figures, document_of, figures_of
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.sketches.provenance import Provenance
from drawscape.sketches.source_text import SourceText, is_address
from drawscape.svg_builder import SVGBuilder


@dataclass(frozen=True)
class Entry:
    """All that a row holds beside the file itself."""

    provenance: Provenance
    request: str
    figures: Figures | None = None
    thumbnail: bytes | None = None
    took_s: float | None = None
    sheet: str | None = None


def entry_of(
    svg: SVGBuilder,
    provenance: Provenance,
    request: str,
    *,
    took_s: float | None = None,
    sheet: str | None = None,
) -> Entry:
    """Return the entry of a canvas that was drawn, with its figures and its thumbnail."""
    document = document_of(svg)
    figures, thumbnail = figures_of(document), thumbnail_of(document)
    return Entry(provenance, request, figures, thumbnail, took_s, sheet)


def record(path: Path, entry: Entry, *, digest: str | None = None) -> Drawing:
    """Write the row of the drawing in the file `path`, which stands, and return it.

    A drawing of another recipe that lay there is deleted. Raises CatalogueError, FileNotFoundError.
    """
    found = path.stat()
    provenance, place = entry.provenance, stored_path(path)
    values: dict[str, Any] = {
        "recipe": provenance.address,
        "request": entry.request or provenance.address,
        "sketch": provenance.sketch,
        "seed": provenance.seed,
        "width": provenance.width,
        "height": provenance.height,
        "margin": provenance.margin,
        # In the order of the file, from which the row may be written again.
        "parameters": json.dumps({**provenance.parameters, **_streams(provenance)}, sort_keys=True),
        "reads": json.dumps(provenance.reads),
        "volatile": int(bool(provenance.volatile)),
        "path": place,
        "digest": digest or digest_of(path),
        "size": found.st_size,
        "modified_ns": found.st_mtime_ns,
        "deleted": 0,
        "drawn_at": found.st_mtime if entry.took_s is None else time.time(),
        "parents": json.dumps(provenance.parents),
        "source": hashlib.sha256(provenance.source.encode()).hexdigest()[:24]
        if provenance.source
        else None,
        **(entry.figures.columns if entry.figures else {}),
    }
    values |= {
        k: v for k, v in {"took_s": entry.took_s, "sheet": entry.sheet}.items() if v is not None
    }
    with writing() as connection:
        values |= _kept(connection, values)
        drawing = _upsert(connection, values)
        if provenance.source:
            source = (values["source"], provenance.source)
            connection.execute("insert or ignore into source values (?, ?)", source)
        connection.execute(
            "update drawing set deleted = 1 where path = ? and id <> ?", (place, drawing)
        )
        if entry.thumbnail is not None:
            row = (drawing, entry.thumbnail)
            connection.execute("insert or replace into thumbnail values (?, ?)", row)
        return Drawing.of(
            connection.execute("select * from drawing where id = ?", (drawing,)).fetchone()
        )


def _streams(provenance: Provenance) -> dict[str, Any]:
    """Return the seeds of named streams as they stand among the parameters: most drawings have none."""
    return {"streams": provenance.streams} if provenance.streams else {}


def keep_source(source: SourceText | None) -> None:
    """Keep a source that is too long for a file's metadata by its address in the home."""
    if source is not None and is_address(source.reference):
        file = source_file(source.reference)
        if not file.is_file():
            file.parent.mkdir(exist_ok=True)
            write_atomic(file, [source.json.encode()])


def source_file(address: str) -> Path:
    """Return where the source of that address lies in the home."""
    return settings.state_folder() / "sources" / f"{address.partition(':')[2][:64]}.json"


def digest_of(path: Path) -> str:
    """Return the digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def stands(row: sqlite3.Row) -> bool:
    """Return whether the file of a row is the one that was recorded; its content is read only if need be."""
    path = full_path(row["path"])
    try:
        found = os.stat(path if path.exists() else settings.fetched(path))
    except OSError:
        return False
    if (found.st_size, found.st_mtime_ns) == (row["size"], row["modified_ns"]):
        return True
    if found.st_size != row["size"] or digest_of(path) != row["digest"]:
        return False
    with writing() as connection:
        stamp = (found.st_mtime_ns, row["id"])
        connection.execute("update drawing set modified_ns = ? where id = ?", stamp)
    return True


def _kept(connection: sqlite3.Connection, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return when the same drawing was first made: to write it again is not to draw it again."""
    row = connection.execute(
        "select drawn_at from drawing where recipe = ? and digest = ? and path = ?",
        (values["recipe"], values["digest"], values["path"]),
    ).fetchone()
    return {} if row is None else {"drawn_at": row[0]}


def _upsert(connection: sqlite3.Connection, values: Mapping[str, Any]) -> int:
    moved = _moved(connection, values)
    if moved is not None:
        connection.execute(
            "update or replace drawing set path = ?, modified_ns = ?, deleted = 0 where id = ?",
            (values["path"], values["modified_ns"], moved),
        )
        return moved
    names = ", ".join(values)
    changed = ", ".join(f"{name} = excluded.{name}" for name in values)
    holes = ", ".join("?" * len(values))
    (drawing,) = connection.execute(
        f"insert into drawing ({names}) values ({holes}) on conflict (recipe, path) do update set {changed} "
        "returning id",
        (*values.values(),),
    ).fetchone()
    connection.executemany(
        "insert or replace into drawing_parameter values (?, ?, ?)",
        [(drawing, n, _comparable(v)) for n, v in json.loads(values["parameters"]).items()],
    )
    return int(drawing)


def _moved(connection: sqlite3.Connection, values: Mapping[str, Any]) -> int | None:
    """Return the row of the same file at a place where it is no longer."""
    rows = connection.execute(
        "select id, path from drawing where digest = ? and recipe = ? and path <> ?",
        (values["digest"], values["recipe"], values["path"]),
    ).fetchall()
    gone = [row["id"] for row in rows if not full_path(row["path"]).exists()]
    return gone[0] if gone else None


def _comparable(value: Any) -> Any:
    """Return a parameter's value as SQLite compares it: numbers as numbers, anything else as text."""
    if value is None or isinstance(value, (int, float, str)):
        return value
    return json.dumps(value)
