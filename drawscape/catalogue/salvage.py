"""A damaged catalogue put aside: what people said of drawings is read out of it as far as it goes."""

import logging
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from drawscape.catalogue.database import catalogue_file, open_file, reading
from drawscape.errors import CatalogueError

_LOG = logging.getLogger("drawscape.catalogue")

_KEPT = {
    "mark": ("recipe",),
    "tag": ("recipe", "tag"),
    "document": ("kind", "key"),
    "source": ("address",),
}
"""Tables that no file can give back, with their keys."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def salvage() -> Path | None:
    """Return where a damaged catalogue lies now, None if it is whole.

    In its place is one with the marks, sheets and settings of forms that could be read of it, and with no
    drawings yet. Raises CatalogueError where it cannot be used for another reason.
    """
    path = catalogue_file()
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    try:
        with reading() as damaged:
            if damaged.execute("pragma quick_check(1)").fetchone()[0] == "ok":
                return None
            # By SQLite, page by page, and never by moving files: other processes have them open.
            with closing(sqlite3.connect(aside)) as copy:
                damaged.backup(copy)
    except CatalogueError as error:
        if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
            raise
        _move(path, aside)  # not even its first page is a database's: nobody can work with it
    with closing(sqlite3.connect(aside)) as old, closing(open_file(Path(":memory:"))) as new:
        rows = sum(_read(old, new, table, key) for table, key in _KEPT.items())
        with reading() as catalogue:
            new.backup(catalogue)
    _LOG.warning(
        "the catalogue was damaged: it is %s now; %d marks, sheets and settings were read of it. "
        "Restart kernels and workers that complain of it.",
        aside,
        rows,
    )
    return aside


def _move(path: Path, aside: Path) -> None:
    for ending in ("-wal", "-shm", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))


def _read(
    old: sqlite3.Connection, new: sqlite3.Connection, table: str, key: tuple[str, ...]
) -> int:
    """Return how many rows of a table could be read, from both its ends: a page may be missing between."""
    number = 0
    for order in (", ".join(key), ", ".join(f"{column} desc" for column in key)):
        with suppress(sqlite3.DatabaseError):
            for row in old.execute(f"select * from {table} order by {order}"):
                holes = ", ".join("?" * len(row))
                added = new.execute(f"insert or ignore into {table} values ({holes})", row)
                number += added.rowcount
    return number
