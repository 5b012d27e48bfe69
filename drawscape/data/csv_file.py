"""CSV and TSV files: read as they are written, and written as spreadsheets and readers expect.

The beginning of a file shows its encoding, delimiter and header; DuckDB is told all of them. Its own
sniffer is not asked: it takes `a,b` over rows of unequal width for one column with another delimiter,
and skips rows before the first that fits, without a word.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from drawscape.data import infer
from drawscape.data.engine import (
    Column,
    Engine,
    Table,
    file_literal,
    identifier,
    literal,
    select,
    text_value,
)
from drawscape.data.options import Options
from drawscape.errors import DataError

_MOST_GUESSED = 2000  # columns whose types are looked for: planning takes seconds beyond
_LONGEST_LINE = 16 << 20  # DuckDB's own limit of 2 MiB is below what drawings in cells take
_HEAD_BYTES = 1 << 20  # a first line longer than this is no table's
_FORMULA = r"^[=+@\t\r-]"
_LISTED = 5  # of the rows that were skipped: enough to find the cause
_LOOKED_AT = 200  # rows, for the delimiter and the header
_BOMS = (  # the four-byte marks come first: UTF-16's is how UTF-32's begins
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_VALUE = re.compile(
    r"[-+]?(\d+([.,]\d+)*\.?|\.\d+)([eE][-+]?\d+)?|\d{4}-\d\d-\d\d([ T][\d:.]+)?(Z|[-+][\d:]+)?"
)
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d|21\d\d")
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)  # as Excel takes it


def read_csv(
    engine: Engine, path: Path, options: Options, *, target: str, tabs: bool, careful: bool = False
) -> Table:
    """Return the table in a CSV file, its columns typed if a `target` file has types.

    `careful` reads the rows in Python first: slowly, but it takes mixed line ends. Raises DataError,
    with the line, for rows of unequal width, broken quotes and wrong encodings; UnreadableError, now
    or when the table is written, where being careful may help.
    """
    options, notes = _found(path, options, tabs=tabs)
    if not options.columns:
        return Table("", (), 0, ("the file is empty",))
    if careful or options.ragged != "refuse":
        path, options, more = _rewritten(engine, path, options)
        notes += more
    else:
        # DuckDB passes over a byte order mark by itself.
        path = as_utf8(engine, path, (options.encoding or "utf-8").removesuffix("-sig"))
    return _typed(engine, path, options, notes, target)


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
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), None)
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
            while chunk := source.read(_HEAD_BYTES):
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


def _found(path: Path, options: Options, *, tabs: bool) -> tuple[Options, list[str]]:
    """Return the options with all that the file's beginning shows filled in, and notes for the log.

    `tabs` says that the delimiter is a tab unless asked for.
    """
    encoding = find_encoding(path, options.encoding)
    text = _head(path, encoding)
    skip_rows, delimiter = options.skip_rows, options.delimiter or ("\t" if tabs else None)
    named = _SEPARATOR_LINE.match(text)
    if named and not skip_rows and options.delimiter in (None, named[1]):
        skip_rows, delimiter = 1, named[1]
    text = "".join(text.splitlines(keepends=True)[skip_rows:])
    delimiter = delimiter or _guess_delimiter(text, options)
    rows = _first_rows(text, delimiter, options)
    first = rows[0] if rows else []
    header = _looks_like_header(rows) if options.header is None else options.header
    names, notes = unique_names(_names(path, first, header, options))
    if first and not header and options.header is None and options.columns is None:
        notes.append(
            "the first row holds numbers or dates, so it is data; header=True if it is not"
        )
    found = replace(
        options,
        encoding=encoding,
        delimiter=delimiter,
        header=header,
        skip_rows=skip_rows,
        columns=names,
    )
    return found, notes


def _head(path: Path, encoding: str) -> str:
    with path.open("rb") as stream:
        start = stream.read(_HEAD_BYTES)
    try:
        return codecs.getincrementaldecoder(encoding)().decode(start, len(start) < _HEAD_BYTES)
    except UnicodeError as problem:
        raise _undecodable(path, encoding, problem) from problem


def _reader_options(delimiter: str, quote: str, escape: str) -> dict[str, Any]:
    csv.field_size_limit(1 << 30)
    if not quote:
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE}
    if escape in (quote, ""):
        return {"delimiter": delimiter, "quotechar": quote, "doublequote": True}
    return {
        "delimiter": delimiter, "quotechar": quote, "doublequote": False, "escapechar": escape,
    }  # fmt: skip


def _first_rows(text: str, delimiter: str, options: Options) -> list[list[str]]:
    """Return the first rows that are not blank, up to a broken one."""
    how = _reader_options(delimiter, options.quote, options.escape)

    def rows() -> Iterator[list[str]]:
        try:
            yield from filter(None, csv.reader(io.StringIO(text, newline=""), **how))
        except csv.Error:
            return

    return [*islice(rows(), _LOOKED_AT)]


def _guess_delimiter(text: str, options: Options) -> str:
    """Return the delimiter that cuts most of the first rows into as many cells as the first one."""

    def score(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in _first_rows(text, delimiter, options)]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    best = max(_DELIMITERS, key=score)
    return best if score(best)[1] else ","


def _looks_like_header(rows: list[list[str]]) -> bool:
    """Return whether the first row names the columns: it holds no value, or years over other values.

    Country,Code,1960,1961 is a header over 4.8 and 4.7, and data over 1970 and 1971.
    """
    first = [cell.strip() for cell in rows[0]] if rows else []
    values = [index for index, cell in enumerate(first) if _VALUE.fullmatch(cell)]
    if not values:
        return True
    below = [row[i].strip() for row in rows[1:] for i in values if i < len(row) and row[i].strip()]
    years = {first[index] for index in values if _YEAR.fullmatch(first[index])}
    others = sum(not _YEAR.fullmatch(cell) for cell in below)
    return len(years) == len(values) and others * 2 > len(below)


def _names(path: Path, first: list[str], header: bool, options: Options) -> list[str]:
    if options.columns is None:
        return first if header else [f"column_{index + 1}" for index in range(len(first))]
    if first and len(options.columns) != len(first):
        raise DataError(
            f"{path.name!r} has {len(first)} columns, columns= names {len(options.columns)}"
        )
    return list(options.columns)


# The rows


def _rewritten(engine: Engine, path: Path, options: Options) -> tuple[Path, Options, list[str]]:
    """Return a copy that DuckDB takes, all rows equally wide, how to read it, and notes.

    An empty text and no text are one there. Raises DataError with the line that is wrong.
    """
    names = list(options.columns or ())
    width, ragged = len(names), []
    if options.ragged == "pad":
        width = max((len(row) for _, row in _rows(path, options)), default=width)
    target = engine.scratch / "rows.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for line, row in _rows(path, options):
            if len(row) != len(names):
                if options.ragged == "refuse":
                    raise _unequal(path, line, len(row), len(names))
                ragged.append(line)
                if options.ragged == "skip":
                    continue
            writer.writerow(row + [""] * (width - len(row)))
    more = [f"column_{index + 1}" for index in range(len(names), width)]
    names, notes = unique_names([*names, *more])
    if ragged:
        lines = [*map(str, ragged[:_LISTED]), *(["..."] * (len(ragged) > _LISTED))]
        skipped = f"skipped (line{'s' * (len(ragged) > 1)} {', '.join(lines)})"
        done = skipped if options.ragged == "skip" else "padded with empty cells"
        notes.append(f"{len(ragged)} ragged row{'s' * (len(ragged) > 1)} {done}")
    plain = replace(
        options,
        encoding="utf-8",
        delimiter=",",
        quote='"',
        escape='"',
        skip_rows=0,
        columns=names,
    )
    return target, plain, notes


def _rows(path: Path, options: Options) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not blank, the header too, with the line on which it begins."""
    how = _reader_options(options.delimiter or ",", options.quote, options.escape)
    encoding = options.encoding or "utf-8"
    encoding = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    done = options.skip_rows
    with path.open(encoding=encoding, newline="") as stream:
        for _ in range(done):
            stream.readline()
        reader = csv.reader(stream, strict=True, **how)
        try:
            for row in reader:
                if row:
                    yield done + 1, row
                done = options.skip_rows + reader.line_num
        except csv.Error as problem:
            unclosed = "unexpected end" in str(problem)
            text = "a quote is not closed" if unclosed else str(problem)
            raise DataError(f"{path.name!r}, line {done + 1}: {text}") from problem
        except UnicodeError as problem:
            raise _undecodable(path, encoding, f"line {done + 1}: {problem}") from problem


def _unequal(path: Path, line: int, found: int, wanted: int) -> DataError:
    return DataError(
        f"{path.name!r}, line {line}: {found} cell{'s' if found > 1 else ''} where {wanted} "
        f"{'are' if wanted > 1 else 'is'} expected; "
        "pass ragged='pad' or ragged='skip', or another delimiter or quote"
    )


def _scan(path: Path, options: Options) -> str:
    """Return DuckDB's reader of the file with nothing left to its guess; columns c1, c2, ..."""
    columns = ", ".join(f"'c{index + 1}': 'VARCHAR'" for index in range(len(options.columns or ())))
    return (
        f"read_csv({file_literal(path)}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(options.delimiter or ',')}, quote = {literal(options.quote)}, "
        f"escape = {literal(options.quote and options.escape)}, "
        f"header = {str(options.header).lower()}, "
        f"skip = {options.skip_rows}, nullstr = '', allow_quoted_nulls = false, "
        f"max_line_size = {_LONGEST_LINE}, buffer_size = {_LONGEST_LINE})"
    )


def _texts(path: Path, options: Options) -> str:
    """Return a query of the file's cells as texts, NULL where a cell means nothing."""
    cells = []
    for index in range(len(options.columns or ())):
        name = f"c{index + 1}"
        cell = f"NULLIF(trim({name}), '')" if options.strip else name
        if options.nulls:
            nothing = ", ".join(map(literal, options.nulls))
            cell = f"CASE WHEN {cell} NOT IN ({nothing}) THEN {cell} END"
        cells.append((cell, name))
    return select(cells, _scan(path, options))


def _typed(engine: Engine, path: Path, options: Options, notes: list[str], target: str) -> Table:
    cells = {f"c{index}": name for index, name in enumerate(options.columns or (), start=1)}
    engine.reserve(len(cells), path.stat().st_size)
    asked = options.sql_types(cells.values())
    guessed = infer.candidates(target, options)
    if len(cells) > _MOST_GUESSED:
        guessed = ()
        notes.append(f"more than {_MOST_GUESSED} columns: all stay text but those in types=")
    source = f"({_texts(path, options)})"
    kinds = {cell: () if name in asked else guessed for cell, name in cells.items()}
    types, rows = infer.infer(engine, source, kinds, options)
    for cell, name in cells.items():
        if name in asked:
            types[cell] = asked[name]
            _check_asked(engine, source, cell, Column(name, asked[name]), options)
    values = [(infer.value(cell, types[cell], options), name) for cell, name in cells.items()]
    columns = tuple(Column(name, types[cell]) for cell, name in cells.items())
    return Table(select(values, source), columns, rows, tuple(notes))


def _check_asked(engine: Engine, source: str, cell: str, column: Column, options: Options) -> None:
    """Raise DataError with an example when a column's texts do not fit the type asked for."""
    if column.type == "VARCHAR":
        return
    condition = infer.wrong(cell, column.type, options)
    example = engine.rows(
        f"SELECT {cell} FROM {source} WHERE {condition} LIMIT 1", message="checking types"
    )
    if example:
        raise DataError(f"column {column.name!r}: {example[0][0]!r} is not a {column.type}")
