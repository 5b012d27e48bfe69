"""DuckDB within a limit of memory, with progress and no way out to the network."""

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.atomic import scratch_folder
from drawscape.errors import DataError, MissingExtraError, SettingsError

Progress = Callable[[float, str], object]
"""Takes the fraction done (0 to 1) and what is going on."""

_SHARES = {"reading": (0.1, 0.35), "writing": (0.35, 1.0)}  # of the progress, after decoding
_CHECK_S = 0.1  # between two checks of a query's progress: ten a second is what an eye follows
DEFAULT_MB = 512
_LEAST_MB = 64  # below this DuckDB cannot hold the buffers of its readers
_SMALL_BYTES = 16 * 2**20
_SET_ASIDE_MB = 8000  # accounted, and not used: 200 kB for each of some 20,000 columns, and twice

_SESSION = """
set TimeZone = 'UTC'; set enable_progress_bar_print = false;
set progress_bar_time = 0; set enable_progress_bar = true
"""
_PLACE = re.compile(r"(in (?:line|record/value)) (\d+)")


@dataclass(frozen=True)
class Column:
    """A column: its name in the file, and its SQL type."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A file's rows as the query `sql`, whose columns are `columns`; `notes` are for the job's log.

    `rows` is their number, or 0 when they have not been counted. Without `columns` a query that is not
    empty gives the records of a JSON file as they stand.
    """

    sql: str = ""
    columns: tuple[Column, ...] = ()
    rows: int = 0
    notes: tuple[str, ...] = ()


class Engine:
    """A DuckDB connection of one conversion, its scratch folder, and its progress."""

    def __init__(self, connection: Any, scratch: Path, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress
        self._furthest = 0.0
        self.scratch = scratch

    def rows(self, sql: str, message: str = "reading") -> list[tuple[Any, ...]]:
        """Return what the query gives, and report meanwhile how far it is.

        Raises DataError with DuckDB's words when it fails. When the waiting thread is interrupted,
        the query is too.
        """
        first, last = _SHARES[message]
        with _translated(), ThreadPoolExecutor(1) as pool:
            future = pool.submit(lambda: self._connection.execute(sql).fetchall())
            try:
                self.report(first, message)
                while not wait([future], _CHECK_S).done:
                    percent = self._connection.query_progress()  # -1 when DuckDB does not know
                    done = min(max(percent, 0.0), 100.0) / 100
                    self.report(first + (last - first) * done, message)
            except BaseException:
                self._connection.interrupt()
                raise
            found: list[tuple[Any, ...]] = future.result()
        self.report(last, message)
        return found

    def copy(self, sql: str, path: Path, how: str) -> int:
        """Write the query's rows to the file `path` in DuckDB's format `how`; return their number."""
        statement = f"COPY ({sql}) TO {literal(str(path))} ({how}, USE_TMP_FILE false)"
        return int(self.rows(statement, "writing")[0][0])

    def stream(self, sql: str) -> Iterator[list[tuple[Any, ...]]]:
        with _translated():
            cursor = self._connection.execute(sql)
            while rows := cursor.fetchmany(4096):
                yield rows

    def reserve_for(self, file: Path) -> None:
        """Let DuckDB set aside what thousands of columns take: a small file fills next to nothing of it."""
        if file.stat().st_size < _SMALL_BYTES:
            self._connection.execute(f"SET memory_limit = '{_SET_ASIDE_MB}MB'")

    def report(self, fraction: float, message: str) -> None:
        """Pass on how far the work is; a step that is done again does not set it back."""
        self._furthest = max(self._furthest, fraction)
        self._progress(self._furthest, message)


@contextmanager
def engine(folder: Path, *, memory_mb: int, progress: Progress) -> Iterator[Engine]:
    """Yield an Engine that takes about `memory_mb` of memory, spills into `folder`, tidies up."""
    config = {
        "memory_limit": f"{memory_mb}MB",
        "threads": 2,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with (
        scratch_folder(folder) as scratch,
        _duckdb().connect(":memory:", config=config) as connection,
    ):
        connection.execute(f"SET temp_directory = {literal(str(scratch / 'spill'))}")
        connection.execute(_SESSION)
        yield Engine(connection, scratch, progress)


def memory_mb() -> int:
    """Return the megabytes that `DRAWSCAPE_DATA_MEMORY_MB` allows; SettingsError when it names none."""
    text = os.environ.get("DRAWSCAPE_DATA_MEMORY_MB", str(DEFAULT_MB))
    if not text.isdecimal() or int(text) < _LEAST_MB:
        raise SettingsError(
            f"DRAWSCAPE_DATA_MEMORY_MB={text!r} must be a number of megabytes, {_LEAST_MB} or more"
        )
    return int(text)


def distinct(names: Iterable[str], numbered: Callable[[str, int], str]) -> list[str]:
    """Return the names, later doubles as `numbered(name, 2)` gives them, or 3, ...

    Letter case does not count as a difference: neither SQL nor some file systems see any.
    """
    chosen: dict[str, str] = {}
    for name in names:
        candidate, number = name, 1
        while candidate.lower() in chosen:
            number += 1
            candidate = numbered(name, number)
        chosen[candidate.lower()] = candidate
    return [*chosen.values()]


def literal(value: object) -> str:
    """Return a text, a number, a truth value or a dictionary of them as SQL writes it."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(k)}: {literal(v)}' for k, v in value.items())}}}"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def reader(function: str, path: Path, **how: object) -> str:
    """Return a call of DuckDB's `function` for the file; `*`, `?` and `[` in its path are plain."""
    options = "".join(f", {name} = {literal(value)}" for name, value in how.items())
    return f"{function}({literal(glob.escape(str(path)))}{options})"


def select(expressions: Iterable[tuple[str, str]], source: str) -> str:
    """Return a query of (expression, name) pairs over `source`, a table or a query in brackets."""
    wanted = ", ".join(f"{expression} AS {identifier(name)}" for expression, name in expressions)
    return f"SELECT {wanted} FROM {source}"


def text_value(column: Column, *, finite: bool = False) -> str:
    """Return an SQL expression: the column's values as a text file holds them, where those differ.

    Bytes become base64, lists and structures JSON, times with a zone ISO 8601 in UTC, in there too.
    With `finite` nothing stands for inf and nan.
    """
    name = identifier(column.name)
    if column.type.endswith("]") or column.type.startswith(("STRUCT", "MAP", "UNION")):
        return f"to_json({_nested(name, _duckdb().sqltype(column.type))})"
    if finite and column.type in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({name}) THEN {name} END"
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


@contextmanager
def _translated() -> Iterator[None]:
    """Turn DuckDB's errors into DataError, with its words but without its advice."""
    duckdb = _duckdb()
    try:
        yield
    except duckdb.OutOfMemoryException as problem:
        raise DataError(
            f"the memory limit was reached; raise DRAWSCAPE_DATA_MEMORY_MB ({str(problem)[:200]})"
        ) from problem
    except duckdb.Error as problem:
        text = str(problem).split("Possible fixes", 1)[0].split("\n\nLINE ", 1)[0]
        if "Malformed JSON" in text:  # DuckDB 1.4 to 2.0 name the line or record after it
            text = _PLACE.sub(lambda found: f"{found[1]} {int(found[2]) - 1}", text)
        words = " ".join(text.split()).removeprefix("Invalid Input Error: ")
        raise DataError(words[:600]) from problem


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("converting data files", "data") from None
    return duckdb
