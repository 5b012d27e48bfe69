"""CSV, TSV, JSON and NDJSON files: read as they are written, and written as spreadsheets and readers expect.

DuckDB's sniffer finds a CSV file's delimiter and header. One pass then finds each row that does not fit, so
that an error names its line before anything is written.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from drawscape.data.engine import (
    DATES,
    NUMBERS,
    Column,
    Engine,
    Table,
    candidates,
    file_literal,
    identifier,
    infer,
    literal,
    select,
    text_value,
    value,
    wrong,
)
from drawscape.data.options import Options
from drawscape.errors import DataError

MOST_COLUMNS = 10_000  # a record with more keys is a dictionary, not a row
_LARGEST_RECORD = 16 << 20  # DuckDB takes twice that for each of its buffers
_NUMBERS = ("UBIGINT", "BIGINT", "HUGEINT", "DOUBLE")  # of JSON, to DuckDB
_MOST_GUESSED = 2000  # columns whose types are looked for: planning takes seconds beyond
_LONGEST_LINE = 16 << 20  # DuckDB's own limit of 2 MiB is below what drawings in cells take
_CHUNK = 1 << 20
_FORMULA = r"^[=+@\t\r-]"
_LISTED = 5  # of the rows that were skipped: enough to find the cause
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WIDTHS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_SEPARATOR_LINE = re.compile(
    rb"(?:\xef\xbb\xbf)?sep=([,;\t|])\r?\n", re.IGNORECASE
)  # as Excel takes it


def read_csv(engine: Engine, path: Path, options: Options, *, target: str, tabs: bool) -> Table:
    """Return the table in a CSV file, its columns typed if a `target` file has types.

    `tabs` says that the delimiter is a tab unless asked for. Raises DataError, with the line, for rows of
    unequal width, broken quotes and wrong encodings.
    """
    # DuckDB passes over a byte order mark by itself.
    plain = as_utf8(engine, path, find_encoding(path, options.encoding).removesuffix("-sig"))
    if not plain.stat().st_size:
        return Table("", (), 0, ("the file is empty",))
    if options.delimiter is None and tabs:
        options = replace(options, delimiter="\t")
    try:
        return _read_cells(engine, path, plain, options, target)
    except DataError as problem:
        if "invalid state" not in str(problem) and "sniffing" not in str(problem):
            raise
    # Line ends of several kinds; those within cells become one kind, too.
    return _read_cells(engine, path, _with_plain_ends(engine, plain), options, target)


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


# The beginning of a file


def find_encoding(path: Path, asked: str | None) -> str:
    """Return the encoding asked for, else that of the byte order mark, else 'utf-8'."""
    with path.open("rb") as stream:
        start = stream.read(4)
    marked = next((name for mark, name in _BOMS.items() if start.startswith(mark)), None)
    return asked or marked or "utf-8"


def as_utf8(engine: Engine, path: Path, encoding: str) -> Path:
    """Return the file, or a copy in UTF-8; DataError when its text is not in `encoding`."""
    if encoding.lower() in ("utf-8", "utf8", "ascii"):
        return path
    target = engine.scratch / "utf8"
    size = max(1, path.stat().st_size)
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as plain:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := source.read(_CHUNK):
                plain.write(decoder.decode(chunk))
                engine.report(0.1 * source.tell() / size, "decoding")
            plain.write(decoder.decode(b"", True))
        except UnicodeError as problem:
            raise _undecodable(path, encoding, problem) from problem
    return target


def unique_names(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the names with blank ones filled in and later doubles numbered, and notes on those.

    'a', 'A', '' become 'a', 'A_2', 'column_3': SQL takes 'a' and 'A' for one name.
    """
    taken: set[str] = set()
    chosen: list[str] = []
    notes: list[str] = []
    for position, given in enumerate(names, start=1):
        plain = given.replace("\0", "").strip() or f"column_{position}"
        name, number = plain, 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.lower())
        chosen.append(name)
        if name != given and given.strip():
            notes.append(f"column {position}, {given!r}, is called {name!r}: names must differ")
    return chosen, notes


def _undecodable(path: Path, encoding: str, problem: object) -> DataError:
    return DataError(
        f"{path.name!r} is not {encoding}: {problem}; pass encoding='cp1252', 'latin-1' or 'utf-16'"
    )


# The rows


def _with_plain_ends(engine: Engine, path: Path) -> Path:
    target = engine.scratch / "plain-ends.csv"
    # What is not UTF-8 is named later, with its line.
    as_text = partial(open, encoding="utf-8", errors="surrogateescape")
    with as_text(path) as source, as_text(target, "w", newline="\n") as plain:
        while chunk := source.read(_CHUNK):
            plain.write(chunk)
    return target


def _sniffed(engine: Engine, plain: Path, options: Options) -> tuple[Options, list[str]]:
    """Return the options with delimiter, header and columns as the sniffer finds them, and notes."""
    with plain.open("rb") as stream:
        named = _SEPARATOR_LINE.match(stream.read(16))
    if named and not options.skip_rows and options.delimiter in (None, named[1].decode()):
        options = replace(options, skip_rows=1, delimiter=named[1].decode())
    given: dict[str, Any] = {"delim": options.delimiter, "header": options.header}
    if (options.quote, options.escape) != ('"', '"'):
        given |= {"quote": options.quote, "escape": options.quote and options.escape}
    how = "".join(f", {name} = {literal(str(v))}" for name, v in given.items() if v is not None)
    delimiter, header, columns = engine.rows(
        f"SELECT Delimiter, HasHeader, list_transform(Columns, lambda c: c.name) "
        f"FROM sniff_csv({file_literal(plain)}, {_limits(options)}, ignore_errors = true{how})",
        message="reading",
    )[0]
    names, notes = unique_names(columns)
    if not header and options.header is None and options.columns is None:
        notes.append(
            "the first row holds numbers or dates, so it is data; header=True if it is not"
        )
    if options.columns is not None and len(options.columns) != len(names):
        raise DataError(f"the file has {len(names)} columns, columns= names {len(options.columns)}")
    columns = options.columns or names
    return replace(options, delimiter=delimiter, header=header, columns=columns), notes


def _limits(options: Options) -> str:
    longest = f"max_line_size = {_LONGEST_LINE}, buffer_size = {_LONGEST_LINE}"
    return f"skip = {options.skip_rows}, {longest}"


def _scan(plain: Path, options: Options, more: str = "") -> str:
    """Return DuckDB's reader of the file with nothing left to its guess; columns c1, c2, ..."""
    columns = ", ".join(f"'c{index + 1}': 'VARCHAR'" for index in range(len(options.columns or ())))
    return (
        f"read_csv({file_literal(plain)}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(options.delimiter or ',')}, header = {options.header}, {_limits(options)}, "
        f"quote = {literal(options.quote)}, escape = {literal(options.quote and options.escape)}, "
        f"nullstr = '', allow_quoted_nulls = false{more})"
    )


def _read_cells(engine: Engine, path: Path, plain: Path, options: Options, target: str) -> Table:
    engine.reserve_for(plain)
    options, notes = _sniffed(engine, plain, options)
    store = ", ignore_errors = true, store_rejects = true"
    counting = f"SELECT count(*), count(COLUMNS(*)) FROM {_scan(plain, options, store)}"
    rows = int(engine.rows(counting, message="reading every row")[0][0])
    rejected = engine.rows(
        "SELECT line_byte_position, max_by(error_message, byte_position) "
        "FROM reject_errors GROUP BY 1 ORDER BY 1",
        message="reading every row",
    )
    more = ""
    if rejected:
        options, more = _forgiven(path, plain, options, rejected, notes)
        rows += len(rejected) * (options.ragged == "pad")
    names = options.columns or ()
    source = f"({_texts(_scan(plain, options, more), options, len(names))})"
    guessed = candidates(target, options)
    if len(names) > _MOST_GUESSED:
        guessed = ()
        notes.append(f"more than {_MOST_GUESSED} columns: all stay text but those in types=")
    return _typed(engine, source, dict.fromkeys(names, guessed), options, notes, rows)


def _forgiven(
    path: Path, plain: Path, options: Options, rejected: Sequence[tuple[int, str]], notes: list[str]
) -> tuple[Options, str]:
    """Return how to read rows that do not fit, if `ragged` says so; DataError with the line if not."""
    widths = [_WIDTHS.search(text) for _, text in rejected]
    for (start, text), width in zip(rejected, widths, strict=True):
        if width is None or options.ragged == "refuse":
            raise _explained(path, text, width, _line(plain, start))
    if options.ragged == "pad":
        notes.append("rows with fewer cells than others are padded with empty ones")
        widest = max(int(width[2]) for width in widths if width)
        names = [*(options.columns or ())]
        names += [f"column{index}" for index in range(len(names), widest)]
        return replace(options, columns=names), ", null_padding = true, parallel = false"
    first = [str(_line(plain, start)) for start, _ in rejected[:_LISTED]]
    lines = ", ".join([*first, *(["..."] * (len(rejected) > _LISTED))])
    many = "s" * (len(rejected) > 1)
    notes.append(f"{len(rejected)} ragged row{many} skipped (line{many} {lines})")
    return options, ", ignore_errors = true"


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
        "pass ragged='pad' or ragged='skip', or another delimiter or quote"
    )


def _line(plain: Path, start: int) -> int:
    """Return the line that begins at this byte, as an editor counts it."""
    ends: Counter[bytes] = Counter()
    with plain.open("rb") as stream:
        while (left := start - stream.tell()) > 0:
            chunk = stream.read(min(left, _CHUNK))
            ends.update({end: chunk.count(end) for end in (b"\n", b"\r")})
    return (ends[b"\n"] or ends[b"\r"]) + 1


def _texts(scan: str, options: Options, columns: int) -> str:
    """Return a query of the cells as texts, NULL where a cell means nothing."""
    cells = []
    for index in range(columns):
        name = f"c{index + 1}"
        cell = f"NULLIF(trim({name}), '')" if options.strip else name
        if options.nulls:
            nothing = ", ".join(map(literal, options.nulls))
            cell = f"CASE WHEN {cell} NOT IN ({nothing}) THEN {cell} END"
        cells.append((cell, name))
    return select(cells, scan)


def _typed(
    engine: Engine,
    source: str,
    kinds: Mapping[str, Sequence[str]],
    options: Options,
    notes: Sequence[str],
    rows: int,
) -> Table:
    """Return the table of the texts c1, c2, ... in `source`: of each column the types it may have."""
    asked = options.sql_types(kinds)
    cells = {f"c{index}": name for index, name in enumerate(kinds, start=1)}
    sure = {name: "JSON" for name, some in kinds.items() if some == ["JSON"]} | asked
    wanted = {cell: () if name in sure else kinds[name] for cell, name in cells.items()}
    types = infer(engine, source, wanted, options)
    for cell, name in cells.items():
        types[cell] = sure.get(name, types[cell])
        if name in asked:
            _check_asked(engine, source, cell, Column(name, asked[name]), options)
    values = [(value(cell, types[cell], options), name) for cell, name in cells.items()]
    columns = tuple(Column(name, types[cell]) for cell, name in cells.items())
    return Table(select(values, source), columns, rows, tuple(notes))


def _check_asked(engine: Engine, source: str, cell: str, column: Column, options: Options) -> None:
    """Raise DataError with an example when a column's texts do not fit the type asked for."""
    if column.type == "VARCHAR":
        return
    condition = wrong(cell, column.type, options)
    example = engine.rows(
        f"SELECT {cell} FROM {source} WHERE {condition} LIMIT 1", message="checking types"
    )
    if example:
        raise DataError(f"column {column.name!r}: {example[0][0]!r} is not a {column.type}")


# JSON


def read_json(engine: Engine, path: Path, options: Options, *, target: str, lines: bool) -> Table:
    """Return the records of a JSON file: those of an array, one object, or one a line (`lines`).

    Columns are the records' keys in the order in which they first come; nested values stay JSON.
    Records that are not objects make one column, 'value'. Integers keep every digit, other numbers
    those of a double. Raises DataError where the file is not JSON or ends too soon.
    """
    text = as_utf8(engine, path, find_encoding(path, options.encoding))
    array = not lines and _is_array(text, path)
    form = "newline_delimited" if lines else "array" if array else "unstructured"
    how = f"format = '{form}', maximum_object_size = {_LARGEST_RECORD}"
    scan = f"read_json_objects({file_literal(text)}, {how})"
    documents = f"SELECT json_extract(json, '$') AS value FROM {scan}"
    if target in ("json", "ndjson") and not options.types_by_column:
        return Table("", (), None, (), documents)
    sql = f"""SELECT count(*), count(*) FILTER (WHERE json_type(json) = 'OBJECT'),
        json_group_structure(json) FROM {scan}"""
    rows, objects, structure = engine.rows(sql, message="reading every record")[0]
    if rows == 0:
        return Table("", (), 0, ("the file holds no records",))
    if objects < rows:
        others = rows - objects
        note = (
            f"{others} record{'s are' if others > 1 else ' is'} not an object: all are in 'value'"
        )
        return Table(documents, (Column("value", "JSON"),), rows, (note,))
    keys = json.loads(structure)
    if not keys:
        return Table("", (), 0, (f"none of the {rows} records has a key",))
    if len(keys) > MOST_COLUMNS:
        raise DataError(f"more than {MOST_COLUMNS:,} different keys: these records are not a table")
    names, notes = unique_names(keys)
    dates = [kind for kind in DATES if kind in candidates(target, options)]
    of_type = {
        "VARCHAR": dates,
        "NULL": [],
        "BOOLEAN": ["BOOLEAN"],
        **dict.fromkeys(_NUMBERS, NUMBERS[1:]),
    }
    # What is nested or mixed stays JSON.
    kinds = {
        name: of_type.get(str(kind), ["JSON"])
        for name, kind in zip(names, keys.values(), strict=True)
    }
    pointers = ", ".join(literal("/" + key.replace("~", "~0").replace("/", "~1")) for key in keys)
    cells = [
        (
            f"NULLIF(v[{index}]::VARCHAR, 'null')" if some == ["JSON"] else f"v[{index}] ->> '$'",
            f"c{index}",
        )
        for index, some in enumerate(kinds.values(), start=1)
    ]
    source = f"(SELECT json_extract(json, [{pointers}]) AS v FROM {scan})"
    plain = replace(options, decimal=".", thousands=None)  # as JSON writes its numbers
    return _typed(engine, f"({select(cells, source)})", kinds, plain, notes, rows)


def write_json(engine: Engine, table: Table, path: Path, *, lines: bool) -> int:
    """Write the table's rows as JSON objects, in an array or one a line; return their number.

    NaN and infinity become null: JSON has no such numbers.
    """
    if table.documents is not None:
        # As they stand, keys that a record lacks staying away.
        around = "" if lines else ", PREFIX '[\n', SUFFIX '\n]\n', NEW_LINE ',\n'"
        how = f"FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ''{around}"
        return engine.copy(table.documents, path, how)
    if not table.columns:
        path.write_text("" if lines else "[]\n", encoding="utf-8")
        return 0
    values = [(_value(column), column.name) for column in table.columns]
    form = f"FORMAT json, ARRAY {str(not lines).lower()}"
    return engine.copy(select(values, f"({table.sql})"), path, form)


def _value(column: Column) -> str:
    name = identifier(column.name)
    if column.type in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    return text_value(column)


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
