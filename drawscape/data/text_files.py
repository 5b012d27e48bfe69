"""CSV, TSV, JSON and NDJSON files: read as they are written, and written as spreadsheets and readers expect.

DuckDB's sniffer finds a CSV file's delimiter and header. One pass then finds each row that does not fit, so
that an error names its line before anything is written.

A column is of a type when each of its texts is how that type is written. '007' stays text, and a number with
more digits than a double holds. Beside values of a type, NA and NaN mean that there is none.
"""

import codecs
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from drawscape.data.engine import (
    Column,
    Engine,
    Table,
    distinct,
    identifier,
    literal,
    reader,
    select,
    text_value,
)
from drawscape.data.options import Options
from drawscape.errors import DataError

MOST_COLUMNS = 10_000  # a record with more keys is a dictionary, not a row
_LARGEST_RECORD = 16 << 20  # DuckDB takes twice that for each of its buffers
_MOST_GUESSED = 2000  # columns whose types are looked for: planning takes seconds beyond
_LONGEST_LINE = 16 << 20  # DuckDB's own limit of 2 MiB is below what drawings in cells take
_CHUNK = 1 << 20
_FORMULA = r"^[=+@\t\r-]"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_PACKED = (b"\x1f\x8b", b"PK\3\4", b"\x28\xb5\x2f\xfd")  # gzip, zip and workbooks, zstd
_NOTHING = codecs.BOM_UTF8 + b"\r\n"
_WIDTHS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_SEPARATOR_LINE = re.compile(  # as Excel takes it
    rb"(?:\xef\xbb\xbf)?sep=([,;\t|])\r?\n", re.IGNORECASE
)


def read_csv(engine: Engine, path: Path, options: Options, *, target: str, tabs: bool) -> Table:
    """Return the table in a CSV file, its columns typed if a `target` file has types.

    `tabs` says that the delimiter is a tab unless asked for. Raises DataError, with the line, for rows of
    unequal width, broken quotes and wrong encodings.
    """
    plain = as_utf8(engine, path, options.encoding)
    if not plain.stat().st_size:
        return Table(notes=("the file is empty",))
    if options.delimiter is None and tabs:
        options = replace(options, delimiter="\t")
    try:
        return _read_cells(engine, path, plain, options, target)
    except DataError as problem:
        if "invalid state" not in str(problem) and "sniffing" not in str(problem):
            raise
    # Line ends of several kinds; those within cells become one kind, too. Wrong bytes are named later.
    ends = engine.scratch / "plain-ends.csv"
    _copy(plain, ends, "utf-8", newline=None, errors="surrogateescape")
    return _read_cells(engine, path, ends, options, target)


def write_csv(engine: Engine, table: Table, path: Path, *, delimiter: str, safe: bool) -> int:
    """Write the table with a header line and return the number of rows.

    An empty cell is NULL and `""` an empty text. `safe` puts a ' before texts that a spreadsheet
    would run as a formula.
    """
    cells = [(_cell(column, safe), _name(column, safe)) for column in table.columns]
    how = f"FORMAT csv, HEADER true, DELIMITER {literal(delimiter)}, QUOTE '\"', ESCAPE '\"'"
    return engine.copy(select(cells, f"({table.sql})"), path, f"{how}, NULLSTR ''")


def _cell(column: Column, safe: bool) -> str:
    name = identifier(column.name)
    if column.type == "JSON":
        return f"CASE json_type({name}) WHEN 'VARCHAR' THEN {name} ->> '$' ELSE {name}::VARCHAR END"
    if safe and column.type == "VARCHAR":
        runs = f"regexp_matches({name}, {literal(_FORMULA)}) AND TRY_CAST({name} AS DOUBLE) IS NULL"
        return f"CASE WHEN {runs} THEN chr(39) || {name} ELSE {name} END"
    return text_value(column)


def _name(column: Column, safe: bool) -> str:
    return f"'{column.name}" if safe and re.match(_FORMULA, column.name) else column.name


def as_utf8(engine: Engine, path: Path, encoding: str | None) -> Path:
    """Return the file, or a copy in UTF-8; DataError when its text is not in `encoding`.

    None stands for that of the byte order mark, else UTF-8.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith(_PACKED):
        raise DataError(f"{path.name!r}, a packed file, is no text: unpack it first")
    marked = (name for mark, name in _BOMS.items() if start.startswith(mark))
    encoding = encoding or next(marked, "utf-8")
    # DuckDB passes over a byte order mark by itself, in CSV files.
    if encoding.lower() in ("utf-8", "utf8", "ascii"):
        return path
    target = engine.scratch / "utf8"
    engine.report(0, "decoding")
    try:
        _copy(path, target, encoding)
    except UnicodeError as problem:
        raise _undecodable(path, encoding, problem) from problem
    return target


def _copy(
    path: Path, target: Path, encoding: str, *, newline: str | None = "", errors: str = "strict"
) -> None:
    with (
        path.open(encoding=encoding, errors=errors, newline=newline) as source,
        target.open("w", encoding="utf-8", errors=errors, newline="") as plain,
    ):
        shutil.copyfileobj(source, plain, _CHUNK)


def _undecodable(path: Path, encoding: str, problem: object) -> DataError:
    return DataError(
        f"{path.name!r} is not {encoding}: {problem}; pass encoding='cp1252', 'latin-1' or 'utf-16'"
    )


def _unique(names: Iterable[str]) -> list[str]:
    """Return the names that columns get: 'a', 'A', '' become 'a', 'A_2', 'column_3'."""
    plain = (name.replace("\0", "").strip() for name in names)
    filled = (name or f"column_{position}" for position, name in enumerate(plain, start=1))
    return distinct(filled, lambda name, number: f"{name}_{number}")


def _read_cells(engine: Engine, path: Path, plain: Path, options: Options, target: str) -> Table:
    engine.reserve_for(plain)
    names, how, notes = _sniffed(engine, plain, options)
    counting = reader("read_csv", plain, **how, ignore_errors=True, store_rejects=True)
    rows = engine.rows(f"SELECT count(*), count(COLUMNS(*)) FROM {counting}")[0][0]
    rejected = engine.rows(
        "SELECT line_byte_position, max_by(error_message, byte_position) "
        "FROM reject_errors GROUP BY 1 ORDER BY 1"
    )
    widths = [_WIDTHS.search(text) for _, text in rejected]
    for (start, text), width in zip(rejected, widths, strict=True):
        if width is None or options.ragged == "refuse":
            raise _explained(path, text, width, _line(plain, start))
    if rejected and options.ragged == "pad":
        notes.append("rows with fewer cells than others are padded with empty ones")
        rows += len(rejected)
        widest = max(int(width[2]) for width in widths if width)
        names = _unique([*names, *(f"column{index}" for index in range(len(names), widest))])
        how |= {"columns": dict.fromkeys(names, "VARCHAR"), "null_padding": True, "parallel": False}
    elif rejected:
        notes.append(
            f"{len(rejected)} ragged row{'s' * (len(rejected) > 1)} skipped, the first in line "
            f"{_line(plain, rejected[0][0])}"
        )
        how["ignore_errors"] = True
    cell = "NULLIF(trim(COLUMNS(*)), '')" if options.strip else "COLUMNS(*)"
    if options.nulls:
        nothing = ", ".join(map(literal, options.nulls))
        cell = f"CASE WHEN {cell} NOT IN ({nothing}) THEN {cell} END"
    kinds = candidates(target, options)
    if len(names) > _MOST_GUESSED:
        kinds = []
        notes.append(f"more than {_MOST_GUESSED} columns: all stay text but those in types=")
    source = f"(SELECT {cell} FROM {reader('read_csv', plain, **how)})"
    return _typed(engine, source, dict.fromkeys(names, kinds), options, notes, rows)


def _sniffed(
    engine: Engine, plain: Path, options: Options
) -> tuple[list[str], dict[str, Any], list[str]]:
    """Return the columns' names, how DuckDB reads the file with nothing left to its guess, and notes."""
    skip, delimiter = options.skip_rows, options.delimiter
    with plain.open("rb") as stream:
        named = _SEPARATOR_LINE.match(stream.read(16))
        if named and not skip and delimiter in (None, named[1].decode()):
            skip, delimiter = 1, named[1].decode()
        stream.seek(0)  # the sniffer passes over blank lines before the header, the reader does not
        lines = enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""))
        skip = next((n for n, line in lines if n >= skip and line.strip(_NOTHING)), skip)
    how: dict[str, Any] = {
        "skip": skip,
        "delim": delimiter,
        "header": options.header,
        "comment": "",
        "max_line_size": _LONGEST_LINE,
        "buffer_size": _LONGEST_LINE,
    }
    quotes = {"quote": options.quote, "escape": options.quote and options.escape}
    given = {name: value for name, value in how.items() if value is not None}
    if quotes != {"quote": '"', "escape": '"'}:  # else the sniffer forgives less
        given |= quotes
    delimiter, header, found = engine.rows(
        "SELECT Delimiter, HasHeader, list_transform(Columns, lambda c: c.name) "
        f"FROM {reader('sniff_csv', plain, **given, ignore_errors=True)}"
    )[0]
    if options.columns is not None and len(options.columns) != len(found):
        raise DataError(f"the file has {len(found)} columns, columns= names {len(options.columns)}")
    notes = []
    if not header and options.header is None and options.columns is None:
        notes.append(
            "the first row holds numbers or dates, so it is data; header=True if it is not"
        )
    names = _unique(options.columns or found)
    how |= {"delim": delimiter, "header": header, "columns": dict.fromkeys(names, "VARCHAR")}
    how |= {**quotes, "auto_detect": False, "nullstr": "", "allow_quoted_nulls": False}
    return names, how, notes


def _explained(path: Path, text: str, widths: re.Match[str] | None, line: int) -> DataError:
    where = f"{path.name!r}, line {line}"
    if "not utf-8" in text:
        return _undecodable(path, "utf-8", f"line {line}")
    if widths is None:
        why = "a quote is not closed, or a text follows it" if "quote" in text else text
        return DataError(f"{where}: {why}")
    wanted, found = int(widths[1]), int(widths[2])
    return DataError(
        f"{where}: {found} cell{'s' if found > 1 else ''} where {wanted} "
        f"{'are' if wanted > 1 else 'is'} expected; "
        "pass ragged='pad' or ragged='skip', skip_rows, or another delimiter or quote"
    )


def _line(plain: Path, start: int) -> int:
    """Return the line that begins at this byte, as an editor counts it."""
    ends: Counter[bytes] = Counter()
    with plain.open("rb") as stream:
        while (left := start - stream.tell()) > 0:
            chunk = stream.read(min(left, _CHUNK))
            ends.update({end: chunk.count(end) for end in (b"\n", b"\r")})
    return (ends[b"\n"] or ends[b"\r"]) + 1


# Types

_NUMBERS = ["BIGINT", "DECIMAL(38,0)", "DOUBLE"]
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


def candidates(target: str, options: Options) -> list[str]:
    """Return the types to look for when the table goes into a file of format `target`.

    A text file keeps texts as they stand, so there a column changes only where the options say how
    its numbers or dates are written.
    """
    typed = target in ("parquet", "excel")
    local = options.decimal != "." or options.thousands is not None
    wanted = {
        "BOOLEAN": (numbers := typed or local or target in ("json", "ndjson")),
        **dict.fromkeys(_NUMBERS, numbers),
        "DATE": typed or options.date_format,
        "TIMESTAMP": typed or options.timestamp_format,
        _ZONED: target == "parquet",  # the cells of a sheet have no time zone
    }
    return [kind for kind, is_wanted in wanted.items() if is_wanted and options.types != "text"]


def _number(text: str, options: Options) -> str:
    """Return an SQL expression: the number as SQL writes it, NULL if the options' signs do not fit."""
    if options.decimal == "." and options.thousands is None:
        return text
    whole, plain = "[0-9]+", text
    if options.thousands:
        whole = f"([0-9]{{1,3}}(\\{options.thousands}[0-9]{{3}})+|[0-9]+)"
        plain = f"replace({text}, {literal(options.thousands)}, '')"
    form = literal(f"-?{whole}(\\{options.decimal}[0-9]+)?")
    plain = f"replace({plain}, {literal(options.decimal)}, '.')"
    return f"CASE WHEN regexp_full_match({text}, {form}) THEN {plain} END"


def _value(text: str, kind: str, options: Options) -> str:
    """Return an SQL expression: the text as a value of `kind`, NULL where it is not one."""
    if kind == "VARCHAR":
        return text
    text = f"trim({text})"
    form = {"DATE": options.date_format, "TIMESTAMP": options.timestamp_format}.get(kind)
    if form:
        return f"TRY_STRPTIME({text}, {literal(form)})::{kind}"
    if kind == _ZONED:  # before 2.0 DuckDB wants seconds before a zone
        text = f"regexp_replace({text}, '^(.{{16}})([-+Z])', '\\1:00\\2')"
    if kind in ("BIGINT", "DOUBLE") or kind.startswith("DECIMAL"):
        text = _number(text, options)
    return f"TRY_CAST({text} AS {kind})"


def _check(text: str, kind: str, options: Options) -> str:
    """Return an SQL condition: the text, blanks cut, is just how a value of `kind` is written."""
    cast, text = _value(text, kind, options), f"trim({text})"
    number = _number(text, options)
    if kind == "BOOLEAN":
        return f"lower({text}) IN ('true', 'false')"
    if kind in ("BIGINT", "DECIMAL(38,0)"):
        return f"{cast}::VARCHAR = {number}"
    if kind == "DOUBLE":
        digits = f"ltrim(regexp_replace({number}, '[^0-9]', '', 'g'), '0')"
        return (
            f"regexp_full_match({number}, {literal(_DOUBLE)}) AND isfinite({cast}) "
            f"AND (length({digits}) <= {_SURE_DIGITS} OR contains(lower({number}), 'e') "
            f"OR {cast}::VARCHAR = {number} OR printf('%.17g', {cast}) = {number})"
        )
    if kind == "DATE" and not options.date_format:
        return f"{cast}::VARCHAR = {text}"
    if kind == "DATE" or (kind == "TIMESTAMP" and options.timestamp_format):
        return f"{cast} IS NOT NULL"
    form = literal(_TIMESTAMP + (_ZONE if kind == _ZONED else ""))
    return f"regexp_full_match({text}, {form}) AND {cast} IS NOT NULL"


def _inferred(
    engine: Engine, source: str, kinds: Mapping[str, Sequence[str]], options: Options
) -> dict[str, str]:
    """Return each column's type: the first of its `kinds` that all its texts have, else VARCHAR.

    `source` is a query whose columns are texts.
    """
    types = dict.fromkeys(kinds, "VARCHAR")
    names = [name for name, some in kinds.items() if some]
    for first in range(0, len(names), _AT_ONCE):
        left = {name: kinds[name] for name in names[first : first + _AT_ONCE]}
        columns = ", ".join(map(identifier, left))
        sample = f"(SELECT {columns} FROM {source} LIMIT {_SAMPLE_ROWS})"
        found = _fitting(engine, sample, left, options)
        left = {
            n: [kind for kind in some if found[n, kind] is not False] for n, some in left.items()
        }
        while left := {name: some for name, some in left.items() if some}:
            found = _fitting(engine, source, {n: some[:1] for n, some in left.items()}, options)
            types |= {name: kind for (name, kind), fits in found.items() if fits}
            left = {n: some[1:] for n, some in left.items() if found[n, some[0]] is False}
    return types


def _fitting(
    engine: Engine, source: str, kinds: Mapping[str, Sequence[str]], options: Options
) -> dict[tuple[str, str], bool | None]:
    """Return, by column and kind, whether all texts are of that kind; None where there are no texts."""
    wanted = {}
    for name, kind in ((name, kind) for name, some in kinds.items() for kind in some):
        text = identifier(name)
        check = f"({_check(text, kind, options)}) IS TRUE"
        wanted[name, kind] = f"bool_and(CASE WHEN {text} NOT IN {_MISSING} THEN {check} END)"
    row = engine.rows(f"SELECT {', '.join(wanted.values())} FROM {source}")[0]
    return dict(zip(wanted, row, strict=True))


def _typed(
    engine: Engine,
    source: str,
    kinds: Mapping[str, Sequence[str]],
    options: Options,
    notes: Sequence[str],
    rows: int,
) -> Table:
    """Return the table of the texts in `source`: of each column the first fitting of its `kinds`.

    To write a text that is not of the type asked for raises DataError.
    """
    asked = options.sql_types(kinds)
    sure = {name: "JSON" for name, some in kinds.items() if some == ["JSON"]} | asked
    guessed = {name: () if name in sure else some for name, some in kinds.items()}
    types = _inferred(engine, source, guessed, options) | sure
    values = []
    for name, kind in types.items():
        text, value = identifier(name), _value(identifier(name), kind, options)
        if name in asked and kind != "VARCHAR":
            parts = [literal(f"column {name!r}: '"), text, literal(f"' is not a {kind}")]
            value = f"coalesce({value}, error({' || '.join(parts)}))"
            value = f"CASE WHEN {text} NOT IN {_MISSING} THEN {value} END"
        values.append((value, name))
    columns = tuple(Column(name, kind) for name, kind in types.items())
    return Table(select(values, source), columns, rows, tuple(notes))


def read_json(engine: Engine, path: Path, options: Options, *, target: str, lines: bool) -> Table:
    """Return the records of a JSON file: those of an array, one object, or one a line (`lines`).

    Columns are the records' keys in the order in which they first come; nested values stay JSON.
    Records that are not objects make one column, 'value'. Integers keep every digit, other numbers
    those of a double. Raises DataError where the file is not JSON or ends too soon.
    """
    text = as_utf8(engine, path, options.encoding)
    form = "newline_delimited" if lines else "array" if _is_array(text, path) else "unstructured"
    scan = reader("read_json_objects", text, format=form, maximum_object_size=_LARGEST_RECORD)
    documents = f"SELECT json_extract(json, '$') AS value FROM {scan}"
    if target in ("json", "ndjson") and not options.types_by_column:
        return Table(documents)
    rows, objects, structure = engine.rows(
        "SELECT count(*), count(*) FILTER (WHERE json_type(json) = 'OBJECT'), "
        f"json_group_structure(json) FROM {scan}"
    )[0]
    if rows == 0:
        return Table(notes=("the file holds no records",))
    if objects < rows:
        note = f"records that are not objects: {rows - objects}; all are in 'value'"
        return Table(documents, (Column("value", "JSON"),), rows, (note,))
    keys = json.loads(structure)
    if not keys:
        return Table(notes=(f"none of the {rows} records has a key",))
    if len(keys) > MOST_COLUMNS:
        raise DataError(f"more than {MOST_COLUMNS:,} different keys: these records are not a table")
    dates = [kind for kind in candidates(target, options) if kind in ("DATE", "TIMESTAMP")]
    of_type = {"VARCHAR": dates, "NULL": [], "BOOLEAN": ["BOOLEAN"]}
    of_type |= dict.fromkeys(("UBIGINT", "BIGINT", "HUGEINT", "DOUBLE"), _NUMBERS)
    # What is nested or mixed stays JSON.
    found = [of_type.get(str(kind), ["JSON"]) for kind in keys.values()]
    kinds = dict(zip(_unique(keys), found, strict=True))
    pointers = ", ".join(literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys)
    cells = [
        (f"NULLIF(v[{at}]::VARCHAR, 'null')" if some == ["JSON"] else f"v[{at}] ->> '$'", name)
        for at, (name, some) in enumerate(kinds.items(), start=1)
    ]
    source = select(cells, f"(SELECT json_extract(json, [{pointers}]) AS v FROM {scan})")
    plain = replace(options, decimal=".", thousands=None)  # as JSON writes its numbers
    return _typed(engine, f"({source})", kinds, plain, (), rows)


def write_json(engine: Engine, table: Table, path: Path, *, lines: bool) -> int:
    """Write the table's rows as JSON objects, in an array or one a line; return their number.

    NaN and infinity become null: JSON has no such numbers.
    """
    if not table.sql:
        path.write_text("" if lines else "[]\n", encoding="utf-8")
        return 0
    if not table.columns:  # records as they stand, keys that one lacks staying away
        around = "" if lines else ", PREFIX '[\n', SUFFIX '\n]\n', NEW_LINE ',\n'"
        how = f"FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ''{around}"
        return engine.copy(table.sql, path, how)
    values = [(text_value(column, finite=True), column.name) for column in table.columns]
    form = f"FORMAT json, ARRAY {str(not lines).lower()}"
    return engine.copy(select(values, f"({table.sql})"), path, form)


def _is_array(path: Path, named: Path) -> bool:
    """Return whether the file is one array; DataError when the array does not end.

    DuckDB takes `[{"a": 1},` for a whole file of one record.
    """
    with path.open("rb") as stream:
        first = stream.read(1 << 16).lstrip()[:1]
        stream.seek(max(0, path.stat().st_size - (1 << 16)))
        last = stream.read().rstrip()[-1:]
    if first == b"[" and last != b"]":
        raise DataError(
            f"{named.name!r} ends within its array; the last character is not ]; was it cut off?"
        )
    return first == b"["
