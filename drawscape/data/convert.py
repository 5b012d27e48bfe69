"""From one file of a table to another: DuckDB reads, types and writes it.

DuckDB silently drops lines above a table, comments, and the end of a JSON array that was cut off. Such a
file is refused here. The target is complete or missing.
"""

import glob
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.atomic import atomic_path, scratch_folder
from drawscape.data.formats import format_named, format_of
from drawscape.errors import DataError, MissingExtraError, UnknownNameError

_SESSION = {
    "memory_limit": "512MB",
    "threads": 2,
    "autoinstall_known_extensions": False,  # nothing comes from the network
    "autoload_known_extensions": False,
}
_LONGEST_LINE = 16 << 20  # DuckDB's own limit of 2 MiB is too small for drawings in cells
_WHOLE_FILE = -1  # rows that the sniffer reads: a type must fit all rows
_TAIL_BYTES = 1 << 16
_PLACE = re.compile(r"in (line|record/value) (\d+)")
_ADVICE = re.compile(
    r"\n*(Possible |This type was|Column .* is being|\n\nLINE |Try |It is possible)"
)

OPTIONS = {
    "delimiter": "delim",
    "encoding": "encoding",
    "header": "header",
    "skip_rows": "skip",
    "quote": "quote",
    "decimal": "decimal_separator",
}
"""The options that say how a CSV or TSV file is read, and DuckDB's names for them."""


Options = Mapping[str, Any]
_NO_OPTIONS: Options = {}


@dataclass(frozen=True)
class Conversion:
    """The new file and the number of its rows."""

    path: Path
    rows: int


def convert(
    source: Path,
    target: Path,
    *,
    scratch: Path,
    source_format: str | None = None,
    target_format: str | None = None,
    options: Options = _NO_OPTIONS,
) -> Conversion:
    """Write the table of the file `source` to `target` and return the file and its number of rows.

    Formats are those of the suffixes unless named. Columns of a text file get types where the target has
    types: '7' is a number in JSON and Parquet, '007' stays text. Memory stays near 512 MB; larger work
    spills into the folder `scratch`. `options` are for CSV and TSV files; DuckDB detects the rest:

    - `delimiter`, `quote`: between cells, and around one.
    - `encoding`: 'utf-8', 'latin-1' or 'utf-16'.
    - `header`: whether the first line names the columns; `skip_rows`: lines to skip before it.
    - `decimal`: ',' where 1,5 is a number.

    Raises UnknownNameError for another option. Raises DataError with DuckDB's reason, and the place in the
    file.
    """
    check_options(options)
    reads = format_named(source_format) if source_format else format_of(source)
    writes = format_named(target_format) if target_format else format_of(target)
    if target.exists() and target.samefile(source):
        raise DataError(f"{source.name!r} cannot be converted into itself; name another output")
    if reads not in ("csv", "tsv") and options:
        raise DataError(f"{source.name!r}: options are for CSV and TSV files, this is {reads}")
    if source.stat().st_size == 0:
        raise DataError(f"{source.name!r} is empty")
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(scratch) as folder, _connected(folder) as connection:
        table = _Source(connection, source, reads, options)
        with atomic_path(target) as temporary, table.explained():
            rows = table.write(temporary, writes)
    return Conversion(target, rows)


def check_options(options: Options, known: Collection[str] = OPTIONS) -> None:
    """Raise UnknownNameError for a name outside `known`, by default the options of `convert`."""
    for name in options:
        if name not in known:
            raise UnknownNameError("option", name, known)


@contextmanager
def _connected(folder: Path) -> Iterator[Any]:
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("converting data files", "data") from None
    with duckdb.connect(":memory:", config=_SESSION) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET temp_directory = {_literal(str(folder / 'spill'))}")
        yield connection


@dataclass(frozen=True)
class _Source:
    """A file that is being converted over a DuckDB connection."""

    connection: Any
    path: Path
    form: str
    options: Options

    def write(self, target: Path, form: str) -> int:
        """Write the table as a file of the format `form` and return the number of rows."""
        if self.form in ("csv", "tsv"):
            table = self._cells(as_text=form in ("csv", "tsv"))
        elif self.form == "parquet":
            table = self._call("read_parquet")
        else:
            how = {
                "format": self._layout(),
                "maximum_object_size": _LONGEST_LINE,
            }
            if form in ("json", "ndjson"):
                return self._copy_records(target, form, how)
            how["sample_size"] = _WHOLE_FILE
            how["map_inference_threshold"] = -1  # a record with many keys is still a row
            table = self._call("read_json", **how)
        columns = self.connection.execute(f"DESCRIBE FROM {table}").fetchall()
        values = ", ".join(_written(name, kind, form) for name, kind, *_ in columns)
        how_written = {
            "csv": "FORMAT csv, HEADER true",
            "tsv": r"FORMAT csv, HEADER true, DELIMITER '\t'",
            "json": "FORMAT json, ARRAY true",
            "ndjson": "FORMAT json",
            "parquet": "FORMAT parquet, COMPRESSION zstd",
        }
        return self._copy(f"SELECT {values} FROM {table}", target, how_written[form])

    def _cells(self, *, as_text: bool) -> str:
        """Return the call that reads a CSV file with the sniffer's dialect and types.

        The sniffer runs with `ignore_errors`, so that it finds a dialect even in a file with bad rows.
        The reader runs without it, and so refuses the first bad row. A text file keeps its texts.
        """
        how = {"quote": '"', "skip": 0, "nullstr": ""}
        if self.form == "tsv":
            how["delim"] = "\t"
        how |= {OPTIONS[name]: value for name, value in self.options.items() if value is not None}
        how |= {"comment": "", "escape": how["quote"], "max_line_size": _LONGEST_LINE}
        how["allow_quoted_nulls"] = False
        sniffing = {"sample_size": _WHOLE_FILE, "ignore_errors": True}
        sniffer = self._call("sniff_csv", **how, **sniffing, all_varchar=as_text)
        wanted = "Delimiter, HasHeader, Columns, DateFormat, TimestampFormat"
        with self.explained():
            found = self.connection.execute(f"SELECT {wanted} FROM {sniffer}").fetchone()
        delimiter, header, columns, date_format, timestamp_format = found
        types = {column["name"]: column["type"] for column in columns}
        how |= {"delim": delimiter, "header": header, "auto_detect": False, "columns": types}
        if date_format:
            how["dateformat"] = date_format
        if timestamp_format:
            how["timestampformat"] = timestamp_format
        return self._call("read_csv", **how)

    def _layout(self) -> str:
        """Return how the records of a JSON file are laid out, as DuckDB names it.

        Raises DataError for an unfinished array: DuckDB reads `[{"a": 1},` as one record.
        """
        with self.path.open("rb") as stream:
            begin = stream.read(_TAIL_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
            stream.seek(max(0, self.path.stat().st_size - _TAIL_BYTES))
            end = stream.read().rstrip()
        if not begin.startswith(b"["):
            return "newline_delimited" if self.form == "ndjson" else "unstructured"
        if not end.endswith(b"]"):
            raise DataError(f"{self.path.name!r} ends within its array; was it cut off?")
        return "array"

    def _copy_records(self, target: Path, form: str, how: Mapping[str, object]) -> int:
        """Write JSON records unchanged: with their own keys, and with every digit."""
        records = self._call("read_json_objects", **how)
        how_written = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ''"
        if form == "json":
            how_written += ", PREFIX '[\n', SUFFIX '\n]\n', NEW_LINE ',\n'"
        return self._copy(f"SELECT json_extract(json, '$') FROM {records}", target, how_written)

    def _copy(self, query: str, target: Path, how: str) -> int:
        where = _literal(str(target))
        copy = f"COPY ({query}) TO {where} ({how}, USE_TMP_FILE false)"
        return int(self.connection.execute(copy).fetchone()[0])

    def _call(self, function: str, **how: object) -> str:
        """Return a call of DuckDB's `function` for the file; `*`, `?` and `[` in its path are literal."""
        options = "".join(f", {name} = {_literal(value)}" for name, value in how.items())
        return f"{function}({_literal(glob.escape(str(self.path)))}{options})"

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn DuckDB's errors into DataError: the file, the place and DuckDB's reason."""
        import duckdb

        try:
            yield
        except duckdb.Error as problem:
            raise DataError(f"{self.path.name!r}{_reason(str(problem))}") from problem


def _reason(text: str) -> str:
    """Return DuckDB's reason with the place in the file, without its advice.

    DuckDB counts rows and not lines, and names the JSON record after the broken one.
    """
    kind, _, words = _ADVICE.split(text, maxsplit=1)[0].partition(": ")
    words = _PLACE.sub(lambda place: f"in {place[1]} {int(place[2]) - 1}", words)
    row = re.match(r"CSV Error on Line: (\d+)\n(?:Original Line: .*\n)?", words)
    if row:
        return f", row {row[1]}: {' '.join(words[row.end() :].split())}"
    if "sniffing" in words:
        return (
            ": no delimiter, quote and line end fit all rows; is a quote not closed, or are line ends "
            "mixed? Pass delimiter=, quote= or skip_rows="
        )
    return f": {' '.join((words or kind).split())}"


def _written(name: str, kind: str, form: str) -> str:
    """Return the SQL expression of a column in a form that the format can hold.

    JSON has no NaN and no infinity; Parquet would round integers of more than 64 bits.
    """
    column = _identifier(name)
    if form in ("json", "ndjson") and kind in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({column}) THEN {column} END AS {column}"
    if form == "parquet" and kind in ("HUGEINT", "UHUGEINT"):
        return f"CAST({column} AS DECIMAL(38, 0)) AS {column}"
    return column


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: object) -> str:
    """Return a text, a number, a truth value, a list or a dictionary of them as SQL."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, Mapping):
        items = (f"{_literal(key)}: {_literal(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_literal(item) for item in value)}]"
    if not isinstance(value, int | float):
        raise DataError(f"{value!r:.80} is not a valid option value")
    return str(value)
