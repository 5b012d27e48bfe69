"""DuckDB within a limit of memory, with progress and no way out to the network, and the types of texts.

A column is of a type when each of its texts is how that type is written. '007' stays text, and a number with
more digits than a double holds. Beside values of a type, NA and NaN mean that there is none.
"""

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.atomic import scratch_folder
from drawscape.data.options import Options
from drawscape.errors import DataError, MissingExtraError, SettingsError

Progress = Callable[[float, str], object]
"""Takes the fraction done (0 to 1) and what is going on."""

READING = (0.1, 0.35)  # the shares of the progress, after decoding
WRITING = (0.35, 1.0)
CHECK_S = 0.1  # between two checks of a query's progress: ten a second is what an eye follows
DEFAULT_MB = 512
_LEAST_MB = 64  # below this DuckDB cannot hold the buffers of its readers
_SMALL_BYTES = 16 * 2**20
_SET_ASIDE_MB = 8000  # accounted, and not used: 200 kB for each of some 20,000 columns, and twice

_SESSION = """
set TimeZone = 'UTC'; set progress_bar_time = 0;
set enable_progress_bar = true; set enable_progress_bar_print = false
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

    def __init__(self, connection: Any, scratch: Path, progress: Progress) -> None:
        self._connection = connection
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
        duckdb = _duckdb()
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(lambda: self._connection.execute(sql).fetchall())
            try:
                self.report(share[0], message)
                while not wait([future], CHECK_S).done:
                    percent = self._connection.query_progress()  # -1 when DuckDB does not know
                    done = min(max(percent, 0.0), 100.0) / 100
                    self.report(share[0] + (share[1] - share[0]) * done, message)
            except BaseException:
                self._connection.interrupt()
                raise
            try:
                found: list[tuple[Any, ...]] = future.result()
            except duckdb.Error as problem:
                raise _explained(problem) from problem
        self.report(share[1], message)
        return found

    def copy(self, sql: str, path: Path, how: str) -> int:
        """Write the query's rows to the file `path` in DuckDB's format `how`; return their number."""
        statement = f"COPY ({sql}) TO {literal(str(path))} ({how}, USE_TMP_FILE false)"
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
    wanted = text.split("Possible fixes", 1)[0].split("\n\nLINE ", 1)[0]
    if "Malformed JSON" in wanted:  # DuckDB 1.4 to 2.0 name the line or record after it
        wanted = _PLACE.sub(lambda found: f"{found[1]} {int(found[2]) - 1}", wanted)
    return DataError(" ".join(wanted.split()).removeprefix("Invalid Input Error: ")[:600])


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("converting data files", "data") from None
    return duckdb


# Types


NUMBERS = ("BOOLEAN", "BIGINT", "DECIMAL(38,0)", "DOUBLE")
DATES = ("DATE", "TIMESTAMP")
_ZONED = "TIMESTAMP WITH TIME ZONE"
_SAMPLE_ROWS = 1000  # what these rule out is not checked in the others
_AT_ONCE = 200  # columns in one query: DuckDB's planner is slow with thousands of expressions

_EXPONENT = "([eE][-+]?[0-9]{1,3})"
_WHOLE = "(0|[1-9][0-9]*)"
# A plus only where a point or an exponent says that it is a number: '+49' may be a telephone's.
_DOUBLE = (
    rf"-?{_WHOLE}{_EXPONENT}?|[-+]?{_WHOLE}\.[0-9]*{_EXPONENT}?|[-+]?\.[0-9]+{_EXPONENT}?"
    rf"|\+{_WHOLE}{_EXPONENT}"
)
_TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = r"(Z|[-+][0-9]{2}(:?[0-9]{2})?)"
_SURE_DIGITS = 15  # a double gives them back; more only as programs write one: 17, or an exponent
_MISSING = "('', 'NA', 'N/A', 'NaN', 'nan')"  # what R, spreadsheets and numpy write for no value


def number(text: str, options: Options) -> str:
    """Return an SQL expression: the number as SQL writes it, NULL if the options' signs do not fit."""
    text = f"trim({text})"
    if options.decimal == "." and options.thousands is None:
        return text
    whole, plain = "[0-9]+", text
    if options.thousands:
        whole = f"([0-9]{{1,3}}(\\{options.thousands}[0-9]{{3}})+|[0-9]+)"
        plain = f"replace({text}, {literal(options.thousands)}, '')"
    form = literal(f"-?{whole}(\\{options.decimal}[0-9]+)?")
    plain = f"replace({plain}, {literal(options.decimal)}, '.')"
    return f"CASE WHEN regexp_full_match({text}, {form}) THEN {plain} END"


def value(text: str, kind: str, options: Options) -> str:
    """Return an SQL expression: the text as a value of `kind`, NULL where it is not one."""
    if kind == "VARCHAR":
        return text
    text = f"NULLIF({text}, '')"
    if kind == "DATE" and options.date_format:
        return f"TRY_STRPTIME({text}, {literal(options.date_format)})::DATE"
    if kind == "TIMESTAMP" and options.timestamp_format:
        return f"TRY_STRPTIME({text}, {literal(options.timestamp_format)})"
    if kind == _ZONED:  # before 2.0 DuckDB wants seconds before a zone
        text = f"regexp_replace(trim({text}), '^(.{{16}})([-+Z])', '\\1:00\\2')"
    if kind not in ("DATE", "TIME", "TIMESTAMP", _ZONED, "BOOLEAN", "JSON"):
        text = number(text, options)
    return f"TRY_CAST({text} AS {kind})"


def wrong(text: str, kind: str, options: Options) -> str:
    """Return an SQL condition: there is a text, and it cannot be read as `kind`."""
    return f"{text} NOT IN {_MISSING} AND {value(text, kind, options)} IS NULL"


def check(text: str, kind: str, options: Options) -> str:
    """Return an SQL condition: the text, blanks cut, is just how a value of `kind` is written."""
    found, cast = number(text, options), value(text, kind, options)
    if kind == "BOOLEAN":
        return f"lower(trim({text})) IN ('true', 'false')"
    if kind in ("BIGINT", "DECIMAL(38,0)"):
        return f"{cast}::VARCHAR = {found}"
    if kind == "DOUBLE":
        digits = f"ltrim(regexp_replace({found}, '[^0-9]', '', 'g'), '0')"
        return (
            f"regexp_full_match({found}, {literal(_DOUBLE)}) AND isfinite({cast}) "
            f"AND (length({digits}) <= {_SURE_DIGITS} OR contains(lower({found}), 'e') "
            f"OR {cast}::VARCHAR = {found} OR printf('%.17g', {cast}) = {found})"
        )
    if kind == "DATE" and not options.date_format:
        return f"{cast}::VARCHAR = trim({text})"
    if kind == "DATE" or (kind == "TIMESTAMP" and options.timestamp_format):
        return f"{cast} IS NOT NULL"
    form = literal(_TIMESTAMP + (_ZONE if kind == _ZONED else ""))
    return f"regexp_full_match(trim({text}), {form}) AND {cast} IS NOT NULL"


def candidates(target: str, options: Options) -> tuple[str, ...]:
    """Return the types to look for when the table goes into a file of format `target`.

    A text file keeps texts as they stand, so there a column changes only where the options say how
    its numbers or dates are written.
    """
    if options.types == "text":
        return ()
    typed = target in ("parquet", "excel")
    local = options.decimal != "." or options.thousands is not None
    wanted = list(NUMBERS) if typed or local or target in ("json", "ndjson") else []
    if typed or options.date_format:
        wanted.append("DATE")
    if typed or options.timestamp_format:
        wanted.append("TIMESTAMP")
    if target == "parquet":  # the cells of a sheet have no time zone
        wanted.append(_ZONED)
    return tuple(wanted)


def infer(
    duck: Engine, source: str, kinds: Mapping[str, Sequence[str]], options: Options
) -> dict[str, str]:
    """Return each column's type: the first of its `kinds` that all its texts have.

    `source` is a query whose columns (SQL names) are texts. Empty columns are VARCHAR.
    """
    types = dict.fromkeys(kinds, "VARCHAR")
    names = [name for name, some in kinds.items() if some]
    for first in range(0, len(names), _AT_ONCE):
        left = {name: kinds[name] for name in names[first : first + _AT_ONCE]}
        sample = f"(SELECT {', '.join(left)} FROM {source} LIMIT {_SAMPLE_ROWS})"
        left |= _fitting(duck, sample, left, options)
        while left := {name: some for name, some in left.items() if some}:
            narrowest = {name: some[:1] for name, some in left.items()}
            found = _fitting(duck, source, narrowest, options)
            types |= {name: some[0] for name, some in found.items() if some}
            left = {name: left[name][1:] for name, some in found.items() if not some}
    return types


def _fitting(
    duck: Engine, source: str, kinds: Mapping[str, Sequence[str]], options: Options
) -> dict[str, list[str]]:
    """Return the kinds that all texts of a column have, for each column with texts."""
    wanted = []
    for column, some in kinds.items():
        there = f"{column} NOT IN {_MISSING}"
        # A sum of 0 and 1 is planned four times as fast as a filtered count.
        wanted.append(f"sum(({there})::INTEGER)")
        wanted += [
            f"sum(({there} AND ({check(column, kind, options)}) IS NOT TRUE)::INTEGER)"
            for kind in some
        ]
    row = iter(
        duck.rows(f"SELECT {', '.join(wanted)} FROM {source}", message="reading every row")[0]
    )
    found = {}
    for column, some in kinds.items():
        texts = next(row)
        fits = [kind for kind in some if not next(row)]
        if texts:
            found[column] = fits
    return found
