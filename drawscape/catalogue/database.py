"""The catalogue's file: its tables, their migrations, and a connection for each thread."""

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.errors import CatalogueError
from drawscape.recipe.provenance import mark_key

_LOG = logging.getLogger("drawscape.catalogue")

Values = Sequence[Any] | Mapping[str, Any]
"""The values of a statement: for its question marks, or by name."""

_BUSY_S = 20.0
"""How long to wait for another writer; writing takes a millisecond, rebuilding a little more."""

_MARKS = """
create table mark (
    mark_key text primary key,
    stars integer not null default 0, note text not null default '', name text not null default '',
    changed_at real not null
) without rowid;
create index mark_stars on mark (stars) where stars > 0;
create index mark_name on mark (name) where name <> '';
create table tag (mark_key text, tag text, primary key (mark_key, tag)) without rowid;
create index tag_tag on tag (tag);
"""

TABLES = f"""
create table drawing (
    id integer primary key,
    recipe text not null,       -- the address of the drawing
    request text not null,      -- the address of what was asked for: without the files that were read
    mark_key text not null,     -- of sketch, parameters, seed and page: to this belong the marks
    sketch text not null,
    seed integer not null,
    width real not null, height real not null, margin real not null,  -- mm
    parameters text not null,   -- JSON
    traits text not null,       -- JSON, what the sketch says of it
    reads text not null,        -- JSON, digests of input files by name
    path text not null,         -- from the home on, if it lies in there
    digest text not null,       -- of the file
    body text not null,         -- digest of the file without its metadata, as those say
    edited integer not null,    -- its body is another one
    size integer not null, modified_ns integer not null,
    deleted integer not null,
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
create index drawing_mark_key on drawing (mark_key);
create index drawing_sketch on drawing (sketch);
create index drawing_path on drawing (path);
create index drawing_digest on drawing (digest);
create index drawing_order on drawing (deleted, drawn_at);
create table thumbnail (drawing integer primary key, picture blob not null);
create table source (address text primary key, reference text not null) without rowid;
{_MARKS}
create table folder (path text primary key, modified_ns integer not null) without rowid;
create table document (
    kind text, key text, body text not null, changed_at real not null, primary key (kind, key)
) without rowid;
create trigger drawing_gone after delete on drawing begin
    delete from thumbnail where drawing = old.id;
end;
"""
"""The statements for a new file. A change needs a migration; a new column needs a field in drawing.py."""

VERSION = 5

MIGRATIONS = {
    # From 0.4, whose marks belonged to recipes. The marks of two recipes with one key are merged.
    4: f"""
alter table drawing drop column volatile;
drop index drawing_before_0_4;
update drawing set parameters = json_remove(parameters, '$.streams')
    where json_valid(parameters) and json_type(parameters, '$.streams') = 'object';
alter table drawing add column mark_key text not null default '';
update drawing set mark_key = mark_key(sketch, parameters, seed, width, height, margin);
create index drawing_mark_key on drawing (mark_key);
drop index mark_stars;
drop index tag_tag;
alter table mark rename to mark_of_recipe;
alter table tag rename to tag_of_recipe;
{_MARKS}
insert into mark select mark_key, stars, note, name, changed_at
    from mark_of_recipe join drawing using (recipe) where true order by changed_at
    on conflict (mark_key) do update set
        stars = iif(excluded.stars > 0, excluded.stars, stars),
        note = iif(excluded.note <> '', excluded.note, note),
        name = iif(excluded.name <> '', excluded.name, name),
        changed_at = excluded.changed_at;
insert or ignore into tag select mark_key, tag from tag_of_recipe join drawing using (recipe);
drop table mark_of_recipe;
drop table tag_of_recipe;
""",
}
"""The migration of each version to the next. Versions before 4 were of 0.3."""


class _CatalogueConnection:
    """A thread's connection: closed when the thread is gone, and left alone in a forked process."""

    def __init__(self, path: Path) -> None:
        self.path, self.process = path, os.getpid()
        self.home = path.parent.parent.resolve()
        self.connection = open_file(path)
        self.file_id = _file_id(path)

    def is_of(self, path: Path) -> bool:
        """Return whether it leads to the present file at `path`: a damaged file is moved away."""
        if (self.process, self.path) != (os.getpid(), path):
            return False
        return self.file_id == _file_id(path)

    def __del__(self) -> None:
        if hasattr(self, "connection") and self.process == os.getpid():
            self.connection.close()


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Connections(threading.local):
    held: _CatalogueConnection | None = None
    blocks: int = 0
    """How many blocks of `reading` and `writing` the thread is in: only the first looks up the home."""


_connections = _Connections()


def catalogue_file() -> Path:
    """Return the path of the catalogue of the present home."""
    return settings.state_folder() / "catalogue.db"


def open_file(path: Path) -> sqlite3.Connection:
    """Return a connection to the catalogue at `path`, with its tables. Raises sqlite3.Error."""
    # Each thread uses its own; only the garbage collector closes another's.
    opened = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    opened.row_factory = sqlite3.Row
    try:
        opened.execute("pragma journal_mode = wal")
        opened.execute("pragma synchronous = normal")
        if _version(opened) < VERSION:
            _migrate(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _version(opened: sqlite3.Connection) -> int:
    return int(opened.execute("pragma user_version").fetchone()[0])


def _migrate(opened: sqlite3.Connection) -> None:
    """Bring the file to the present version, completely or not at all, even if others do so, too."""
    opened.create_function("mark_key", 6, _mark_key_of_columns, deterministic=True)
    with opened:
        opened.execute("begin immediate")
        version = _version(opened)
        if version == 0:
            _execute_all(opened, TABLES)
        for number in range(version, VERSION) if version else ():
            if number not in MIGRATIONS:
                raise CatalogueError(
                    f"the catalogue is of version 0.3 or older ({number}); open it with Drawscape 0.4 first"
                )
            _execute_all(opened, MIGRATIONS[number])
        opened.execute(f"pragma user_version = {VERSION}")


def _mark_key_of_columns(
    sketch: str, parameters: str, seed: int, width: float, height: float, margin: float
) -> str:
    return mark_key(sketch, json.loads(parameters), seed, width, height, margin)


def _execute_all(opened: sqlite3.Connection, script: str) -> None:
    """Execute statements within the open transaction, which `executescript` would commit."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            opened.execute(statement)
            statement = ""


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """Yield this thread's connection to the catalogue of the present home, with its tables.

    SQLite's errors are raised as CatalogueError, even if the file cannot be used.
    Inner blocks do not look up the home again: put one block around many calls.
    """
    held = _connections.held
    path = held.path if held is not None and _connections.blocks else catalogue_file()
    try:
        if held is None or not held.is_of(path):
            held = _connections.held = _CatalogueConnection(path)
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
    """Yield the connection in a transaction that is committed when the block succeeds.

    An inner block belongs to the outer block's transaction.
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


def read_rows(query: str, values: Values = ()) -> list[sqlite3.Row]:
    """Return the rows of one statement. Raises CatalogueError as `reading` does."""
    with reading() as opened:
        return opened.execute(query, values).fetchall()


def write(statement: str, values: Values = ()) -> None:
    """Run one statement in a transaction, an outer block's if there is one."""
    with writing() as opened:
        opened.execute(statement, values)


def data_version() -> int:
    """Return a number that changes when another process, or thread, has written."""
    return int(read_rows("pragma data_version")[0][0])


def stored_path(path: Path) -> str:
    """Return the catalogue's name for a file: its path in the home, so that a home can be moved."""
    home, full = _home(), path.resolve()
    return full.relative_to(home).as_posix() if full.is_relative_to(home) else str(full)


def full_path(stored: str) -> Path:
    """Return the file of a name in the catalogue."""
    return _home() / stored


def _home() -> Path:
    held = _connections.held
    return held.home if held is not None and _connections.blocks else settings.home().resolve()


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_NOT_IN_FILES = ("mark", "tag", "document", "source")
"""Tables that cannot be rebuilt from drawings."""


def replace_damaged() -> Path | None:
    """Move a damaged catalogue aside and return its new path, None if it is OK.

    A new one without drawings replaces it. It has the marks, sheets and settings of forms whose tables
    are still readable. Raises CatalogueError if the file cannot be used for another reason.
    """
    try:
        with reading() as connection:
            if connection.execute("pragma quick_check(1)").fetchone()[0] == "ok":
                return None
    except CatalogueError as error:
        if getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
            raise
    path = catalogue_file()
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    for ending in ("-wal", "-shm", ""):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    copied = _copy_tables(aside)
    _LOG.warning("the catalogue was damaged: it is %s now; copied from it: %s", aside, copied)
    return aside


def _copy_tables(aside: Path) -> list[str]:
    """Copy the rows of each table that is still readable into the new catalogue; return their names."""
    copied = []
    with reading() as connection, suppress(sqlite3.DatabaseError):  # it may be no database at all
        connection.execute("attach ? as damaged", (str(aside),))
        for table in _NOT_IN_FILES:
            with suppress(sqlite3.DatabaseError):
                rows = f"select * from damaged.{table}"
                connection.execute(f"insert or replace into main.{table} {rows}")
                copied.append(table)
        connection.execute("detach damaged")
    return copied


# Sheets and the settings of forms: small JSON documents by name, which survive a restart


class Store:
    """The documents of one kind by key."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def load(self, key: str) -> dict[str, Any] | None:
        """Return the document, or None if there is no such key."""
        query = "select body from document where kind = ? and key = ?"
        rows = read_rows(query, (self._kind, key))
        return json.loads(rows[0][0]) if rows else None

    def save(self, key: str, body: Mapping[str, Any]) -> None:
        """Save `body`, JSON values, under `key`, in place of any former document."""
        values = (self._kind, key, json.dumps(dict(body)), time.time())
        write("insert or replace into document values (?, ?, ?, ?)", values)

    def keys(self) -> list[str]:
        """Return all keys, the latest changed first."""
        query = "select key from document where kind = ? order by changed_at desc"
        return [row[0] for row in read_rows(query, (self._kind,))]


def settings_key(notebook: str, target: str) -> str:
    """Return the key of the form for `target` in `notebook`.

    >>> settings_key("01.ipynb", "spiral") != settings_key("02.ipynb", "spiral")
    True
    """
    return f"{notebook}\t{target}"


settings_store = Store("form")
"""Where forms keep their settings by `settings_key`."""

recent_store = Store("recent")
"""Where forms keep their last pictures, by the same keys."""

sheet_store = Store("sheet")
"""Where sheets are kept by name."""
