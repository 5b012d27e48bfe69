"""The catalogue's file: its tables, their migrations, a connection for each thread, and repair."""

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.errors import CatalogueError

_LOG = logging.getLogger("drawscape.catalogue")

_BUSY_S = 20.0
"""How long to wait for another writer; one writes for a millisecond or, rebuilding, for a moment."""

MIGRATIONS = (
    """
create table drawing (
    id integer primary key,
    recipe text not null,       -- the address of the drawing
    request text not null,      -- the address of what was asked for: without the files that were read
    sketch text not null,
    seed integer not null,
    width real not null, height real not null, margin real not null,  -- mm
    parameters text not null,   -- JSON
    reads text not null,        -- JSON, digests of input files by name
    volatile integer not null,  -- whether it may come out otherwise: the clock, a file beside the recipe
    path text not null,         -- from the home on, if it lies in there
    digest text not null,       -- of the file
    size integer not null, modified_ns integer not null,
    deleted integer not null default 0,
    drawn_at real not null,     -- seconds since 1970
    took_s real,
    lines integer, points integer, ink_mm real, travel_mm real, lifts integer, seconds real,
    pens text,                  -- JSON, [name, colour, minutes] each
    sheet text,                 -- the sheet that it came from
    parents text not null,      -- JSON, recipes
    source text,                -- of a notebook's sketch, in the table of that name
    unique (recipe, path)
);
create index drawing_request on drawing (request);
create index drawing_sketch on drawing (sketch);
create index drawing_path on drawing (path);
create index drawing_digest on drawing (digest);
create index drawing_order on drawing (deleted, drawn_at);
create table thumbnail (drawing integer primary key, picture blob not null);
create table source (address text primary key, reference text not null) without rowid;
create table drawing_parameter (
    drawing integer not null, name text not null, value, primary key (drawing, name)
) without rowid;
create index drawing_parameter_value on drawing_parameter (name, value);
create table mark (
    recipe text primary key,
    stars integer not null default 0, note text not null default '', name text not null default '',
    changed_at real not null
) without rowid;
create index mark_stars on mark (stars) where stars > 0;
create table tag (recipe text, tag text, primary key (recipe, tag)) without rowid;
create index tag_tag on tag (tag);
create table folder (path text primary key, modified_ns integer not null) without rowid;
create table document (
    kind text, key text, body text not null, changed_at real not null, primary key (kind, key)
) without rowid;
create trigger drawing_gone after delete on drawing begin
    delete from thumbnail where drawing = old.id;
    delete from drawing_parameter where drawing = old.id;
end;
""",
    # Version 2, of 0.4. What 0.3 had not drawn itself is looked at again: it took exports for drawings.
    """
alter table drawing add column body text not null default '';  -- of the file, as its metadata say
alter table drawing add column edited integer not null default 0;  -- its body is another one
create index drawing_before_0_4 on drawing (sketch, seed) where body = '';
delete from drawing where took_s is null and not deleted;
delete from folder;
""",
    "alter table drawing add column traits text not null default '{}';  -- JSON, what its sketch says of it",
    """
drop trigger drawing_gone;
drop table drawing_parameter;  -- SQLite reads them in the column
create trigger drawing_gone after delete on drawing begin
    delete from thumbnail where drawing = old.id;
end;
""",
)
"""What makes a file of each version from the one before. A column is added here, and in drawing.py."""


class _ThreadConnection:
    """A thread's connection: closed when the thread is gone, and left alone in a forked process."""

    def __init__(self, path: Path) -> None:
        self.path, self.process = path, os.getpid()
        self.home = path.parent.parent.resolve()
        self.connection = open_file(path)

    def __del__(self) -> None:
        if hasattr(self, "connection") and self.process == os.getpid():
            self.connection.close()


class _Connections(threading.local):
    held: _ThreadConnection | None = None
    blocks: int = 0
    """How many blocks of `reading` and `writing` the thread is in: the home is looked up by the first."""


_connections = _Connections()


def catalogue_file() -> Path:
    """Return the path of the catalogue of the present home."""
    return settings.state_folder() / "catalogue.db"


def open_file(path: Path) -> sqlite3.Connection:
    """Return a connection to the catalogue at `path`, its tables made. Raises sqlite3.Error."""
    # Each thread uses its own; only the collector closes another's.
    opened = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    opened.row_factory = sqlite3.Row
    try:
        opened.execute("pragma journal_mode = wal")
        opened.execute("pragma synchronous = normal")
        if _version(opened) < len(MIGRATIONS):
            _migrate(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _version(opened: sqlite3.Connection) -> int:
    return int(opened.execute("pragma user_version").fetchone()[0])


def _migrate(opened: sqlite3.Connection) -> None:
    """Bring the file to the present version: all of it or nothing, even if others do the same at once."""
    with opened:
        opened.execute("begin immediate")
        for number in range(_version(opened), len(MIGRATIONS)):
            statement = ""
            for line in MIGRATIONS[number].splitlines(keepends=True):
                statement += line
                if sqlite3.complete_statement(statement):
                    opened.execute(statement)
                    statement = ""
            opened.execute(f"pragma user_version = {number + 1}")


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """Yield this thread's connection to the catalogue of the present home, its tables made.

    Errors of SQLite come as CatalogueError, also where the file cannot be used.
    Blocks in it look up nothing again: put one around many calls.
    """
    held = _connections.held
    path = held.path if held is not None and _connections.blocks else catalogue_file()
    try:
        if held is None or (held.process, held.path) != (os.getpid(), path) or not path.exists():
            held = _connections.held = _ThreadConnection(path)
        _connections.blocks += 1
        try:
            yield held.connection
        finally:
            _connections.blocks -= 1
    except sqlite3.Error as error:
        raise CatalogueError(
            f"the catalogue {path} cannot be used: {error}; if it is damaged, "
            "`drawscape drawings rebuild` makes it again"
        ) from error


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """Yield the connection in a transaction that is committed when the block ends well.

    Within another such block it belongs to that one's transaction.
    """
    with reading() as opened:
        if opened.in_transaction:
            yield opened
            return
        opened.execute("begin immediate")
        try:
            yield opened
            opened.execute("commit")
        except BaseException:
            if opened.in_transaction:
                opened.execute("rollback")
            raise


def data_version() -> int:
    """Return a number that changes when another process, or thread, has written."""
    with reading() as opened:
        return int(opened.execute("pragma data_version").fetchone()[0])


def stored_path(path: Path) -> str:
    """Return how the catalogue names a file: from the home on, so that a home can be moved."""
    home, full = _home(), path.resolve()
    return full.relative_to(home).as_posix() if full.is_relative_to(home) else str(full)


def full_path(stored: str) -> Path:
    """Return the file that the catalogue names so."""
    return _home() / stored


def _home() -> Path:
    held = _connections.held
    return held.home if held is not None and _connections.blocks else settings.home().resolve()


_KEPT = {
    "mark": ("recipe",),
    "tag": ("recipe", "tag"),
    "document": ("kind", "key"),
    "source": ("address",),
}
"""Tables that no file can give back, with their keys."""

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def salvage() -> Path | None:
    """Return where a damaged catalogue lies now, None if it is OK.

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


# Sheets and the settings of forms: small JSON documents by name, that come back after a restart


class Store:
    """The documents of one kind by key."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def load(self, key: str) -> dict[str, Any] | None:
        """Return the document, None where there is none."""
        with reading() as connection:
            row = connection.execute(
                "select body from document where kind = ? and key = ?", (self._kind, key)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def save(self, key: str, body: Mapping[str, Any]) -> None:
        """Keep `body`, JSON values, under `key`; what was there is replaced."""
        text = json.dumps(dict(body))
        with writing() as connection:
            connection.execute(
                "insert or replace into document values (?, ?, ?, ?)",
                (self._kind, key, text, time.time()),
            )

    def delete(self, key: str) -> bool:
        """Return whether there was such a document, which is gone now."""
        with writing() as connection:
            found = connection.execute(
                "delete from document where kind = ? and key = ?", (self._kind, key)
            )
            return found.rowcount > 0

    def keys(self, beginning: str = "") -> list[str]:
        """Return the keys that begin so, the latest changed first."""
        with reading() as connection:
            rows = connection.execute(
                "select key from document where kind = ? and substr(key, 1, ?) = ? order by changed_at desc",
                (self._kind, len(beginning), beginning),
            ).fetchall()
        return [row[0] for row in rows]


def settings_key(notebook: str, target: str) -> str:
    """Return the key of the form for `target` in `notebook`.

    >>> settings_key("01.ipynb", "spiral") != settings_key("02.ipynb", "spiral")
    True
    """
    return f"{notebook}\t{target}"


settings_store, named_store = Store("form"), Store("named")
"""Where forms keep their settings by `settings_key`; those with a name have it in the key's next line."""

recent_store = Store("recent")
"""Where forms keep their last pictures, by the same keys."""

sheet_store = Store("sheet")
"""Where sheets are kept by name."""
