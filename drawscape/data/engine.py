"""DuckDB within a limit of memory, with progress, and without a way out to the network."""

import glob
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.atomic import scratch_folder, temporary_path
from drawscape.errors import DataError, MissingExtraError, SettingsError

Progress = Callable[[float, str], object]
"""Takes the fraction done (0 to 1) and what is going on."""

READING = (0.1, 0.35)  # the shares of the progress, after decoding
WRITING = (0.35, 1.0)
CHECK_S = 0.1  # between two checks of a query's progress: ten a second is what an eye follows
DEFAULT_MB = 512
_LEAST_MB = 64  # below this DuckDB cannot hold the buffers of its readers
_COLUMN_KB = 200  # of accounted memory, for the vectors and buffers of one column
_RESERVED_COLUMNS = 500  # which fit into the least memory
_SMALL_BYTES = 16 * 2**20

_SESSION = (
    "TimeZone = 'UTC'",
    "enable_progress_bar = true",
    "enable_progress_bar_print = false",
    "progress_bar_time = 0",
)
_PLACE = re.compile(r"(in (?:line|record/value)) (\d+)")


class UnreadableError(DataError):
    """DuckDB does not take the input as it stands; something slower may."""


@dataclass(frozen=True)
class Column:
    """A column: its name in the file, and its SQL type."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A file's rows as the query `sql`, whose columns are `columns`; `notes` are for the job's log.

    `rows` is their number, or None when they have not been counted. `documents` is, for JSON files,
    the query of their records as they stand, one column of JSON.
    """

    sql: str
    columns: tuple[Column, ...]
    rows: int | None = None
    notes: tuple[str, ...] = ()
    documents: str | None = None


class Engine:
    """A DuckDB connection of one conversion, its scratch folder, and its progress."""

    def __init__(self, connection: Any, scratch: Path, memory_mb: int, progress: Progress) -> None:
        self._connection = connection
        self._memory_mb = memory_mb
        self._progress = progress
        self._furthest = 0.0
        self.scratch = scratch

    def rows(
        self, sql: str, *, message: str, share: tuple[float, float] = READING
    ) -> list[tuple[Any, ...]]:
        """Return what the query gives, reporting the progress between the two fractions of `share`.

        Raises DataError with DuckDB's words when it fails. When the waiting thread is interrupted,
        the query is too.
        """
        ended: list[Any] = []
        thread = threading.Thread(target=lambda: ended.append(self._attempt(sql)), daemon=True)
        fraction = share[0]
        thread.start()
        try:
            while thread.is_alive():
                self.report(fraction, message)
                thread.join(CHECK_S)
                fraction = self._fraction(share)
        finally:
            if thread.is_alive():
                self._connection.interrupt()
                thread.join()
        if isinstance(ended[0], Exception):
            raise ended[0]
        self.report(share[1], message)
        found: list[tuple[Any, ...]] = ended[0]
        return found

    def copy(self, sql: str, path: Path, how: str) -> int:
        """Write the query's rows to the file `path` in DuckDB's format `how`; return their number."""
        statement = f"COPY ({sql}) TO {literal(str(path))} ({how})"
        return int(self.rows(statement, share=WRITING, message="writing")[0][0])

    def stream(self, sql: str, *, size: int = 4096) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the query's rows in lists of at most `size`."""
        duckdb = _duckdb()
        try:
            cursor = self._connection.execute(sql)
            while rows := cursor.fetchmany(size):
                yield rows
        except duckdb.Error as problem:
            raise _explained(problem) from problem

    def reserve(self, columns: int, file_bytes: int) -> None:
        """Let DuckDB set aside what so many columns take, though a small file fills next to nothing of it."""
        if columns > _RESERVED_COLUMNS and file_bytes < _SMALL_BYTES:
            self._connection.execute(
                f"SET memory_limit = '{self._memory_mb + columns * _COLUMN_KB // 1000}MB'"
            )

    def report(self, fraction: float, message: str) -> None:
        """Pass on how far the work is; a step that is done again does not set it back."""
        self._furthest = max(self._furthest, fraction)
        self._progress(self._furthest, message)

    def _attempt(self, sql: str) -> list[tuple[Any, ...]] | DataError:
        """Return the rows, or the error: an exception would not leave its thread."""
        duckdb = _duckdb()
        try:
            rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        except duckdb.Error as problem:
            return _explained(problem)
        return rows

    def _fraction(self, share: tuple[float, float]) -> float:
        """Return how far the query is within `share`; DuckDB says -1 when it does not know."""
        percent: float = self._connection.query_progress()
        return share[0] + (share[1] - share[0]) * min(percent, 100.0) / 100


@contextmanager
def engine(folder: Path, *, memory_mb: int, progress: Progress) -> Iterator[Engine]:
    """Yield an Engine that takes about `memory_mb` of memory, spills into `folder`, tidies up."""
    config = {
        "memory_limit": f"{memory_mb}MB",
        "threads": 2,
        "temp_directory": str(temporary_path(folder / "spill")),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with (
        scratch_folder(folder) as scratch,
        _duckdb().connect(":memory:", config=config) as connection,
    ):
        for setting in _SESSION:
            connection.execute(f"SET {setting}")
        yield Engine(connection, scratch, memory_mb, progress)


def memory_mb() -> int:
    """Return the megabytes that `DRAWSCAPE_DATA_MEMORY_MB` allows; SettingsError when it names none."""
    text = os.environ.get("DRAWSCAPE_DATA_MEMORY_MB", str(DEFAULT_MB))
    if not text.isdecimal() or int(text) < _LEAST_MB:
        raise SettingsError(
            f"DRAWSCAPE_DATA_MEMORY_MB={text!r} must be a number of megabytes, {_LEAST_MB} or more"
        )
    return int(text)


def literal(value: str) -> str:
    """Return `value` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def file_literal(path: Path) -> str:
    """Return the path as an SQL string in which `*`, `?` and `[` stand for themselves."""
    return literal(glob.escape(str(path)))


def select(expressions: Iterable[tuple[str, str]], source: str) -> str:
    """Return a query of (expression, name) pairs over `source`, a table or a query in brackets."""
    wanted = ", ".join(f"{expression} AS {identifier(name)}" for expression, name in expressions)
    return f"SELECT {wanted} FROM {source}"


def text_value(column: Column) -> str:
    """Return an SQL expression: the column's values as a text file holds them, where those differ.

    Bytes become base64, lists and structures JSON, times with a zone ISO 8601 in UTC, in there too.
    """
    name = identifier(column.name)
    if column.type.endswith("]") or column.type.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({_nested(name, _duckdb().sqltype(column.type))})"
    return _as_text(name, column.type)


def _as_text(value: str, kind: str) -> str:
    if kind == "BLOB":
        return f"base64({value})"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"replace(replace({value}::VARCHAR, ' ', 'T'), '+00', 'Z')"
    return value


def _nested(value: str, kind: Any, depth: int = 0) -> str:
    """Return an SQL expression: `value`, of DuckDB's type `kind`, with all in it as JSON can hold it."""
    item = f"item{depth}"
    if kind.id in ("list", "array"):
        inner = _nested(item, dict(kind.children)["child"], depth + 1)
        return value if inner == item else f"list_transform({value}, lambda {item}: {inner})"
    if kind.id == "struct":
        fields = {n: (f"{value}.{identifier(n)}", child) for n, child in kind.children}
        packed = ", ".join(f"{identifier(n)} := {_nested(*f, depth)}" for n, f in fields.items())
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({packed}) END"
    if kind.id == "map":
        inner = _nested(f"{item}.value", dict(kind.children)["value"], depth + 1)
        entry = f"lambda {item}: struct_pack(key := {item}.key, value := {inner})"
        return f"map_from_entries(list_transform(map_entries({value}), {entry}))"
    if kind.id in ("float", "double"):
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    return _as_text(value, str(kind))


def _explained(problem: Exception) -> DataError:
    text = str(problem)
    if type(problem).__name__ == "OutOfMemoryException":
        return DataError(
            f"the memory limit was reached; raise DRAWSCAPE_DATA_MEMORY_MB ({text[:200]})"
        )
    kind = UnreadableError if type(problem).__name__ == "InvalidInputException" else DataError
    wanted = text.split("Possible fixes", 1)[0].split("\n\n", 1)[0]
    if "Malformed JSON" in wanted:  # DuckDB 1.4 to 2.0 name the line or record after it
        wanted = _PLACE.sub(lambda found: f"{found[1]} {int(found[2]) - 1}", wanted)
    return kind(" ".join(wanted.split()).removeprefix("Invalid Input Error: ")[:600])


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("converting data files", "data") from None
    return duckdb
