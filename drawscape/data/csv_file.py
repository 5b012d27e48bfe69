"""CSV and TSV files: read as they are written, and written as spreadsheets and readers expect."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from drawscape.data.dialect import (
    Dialect,
    find_dialect,
    transcode,
    undecodable,
    unify_line_ends,
    unique_names,
)
from drawscape.data.engine import (
    Column,
    Engine,
    Table,
    UnreadableError,
    file_literal,
    identifier,
    literal,
    select,
    text_value,
)
from drawscape.data.infer import Reading, candidates, infer
from drawscape.data.options import Options
from drawscape.errors import DataError

_LONGEST_LINE = 16 << 20  # DuckDB's own limit of 2 MiB is below what drawings in cells take
MOST_GUESSED = 2000  # columns whose types are looked for: planning takes seconds beyond
_DIRECT = ("utf-8", "utf-8-sig", "utf8", "ascii")
_FORMULA = r"^[=+@\t\r-]"
_DECODED = 0.1  # shares of the progress: after decoding, and after the look at every row
_COUNTED = 0.35
_COUNTING = (_DECODED, _COUNTED)
_LISTED = 5  # of the rows that were skipped: enough to find the cause
_REJECTS = "store_rejects = true, rejects_table = 'rejects', rejects_scan = 'reject_scans'"
_RAGGED = ("MISSING COLUMNS", "TOO MANY COLUMNS")
_CHUNK = 1 << 20


def read_csv(
    engine: Engine, path: Path, options: Options, *, target: str, tabs: bool, careful: bool = False
) -> Table:
    """Return the table in a CSV file, its columns typed as far as a `target` file has types.

    `careful` looks for rows that DuckDB refuses first, and takes mixed line ends. Raises DataError,
    with the line, for rows of unequal width, broken quotes and wrong encodings; UnreadableError, now
    or when the table is written, where being careful may help.
    """
    dialect = find_dialect(path, options, tabs=tabs)
    if not dialect.names:
        return Table("", (), 0, ("the file is empty",))
    plain = path
    if dialect.encoding.lower() not in _DIRECT:
        plain = engine.scratch / "utf8.csv"
        transcode(
            path,
            plain,
            encoding=dialect.encoding,
            report=lambda fraction: engine.report(_DECODED * fraction, "decoding"),
        )
    if careful or options.ragged != "refuse":
        plain, dialect = _checked(engine, plain, dialect, options, path.name)
    return _typed(engine, plain, dialect, options, target)


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


def _checked(
    engine: Engine, path: Path, dialect: Dialect, options: Options, name: str
) -> tuple[Path, Dialect]:
    """Return the file, its line ends mended if need be, and how to read it.

    Looks at each row that DuckDB refuses. Raises DataError, with the line in the file called `name`,
    for what no option makes readable.
    """
    engine.reserve(len(dialect.names), path.stat().st_size)
    try:
        _count(engine, path, dialect)
    except UnreadableError:  # without a row to blame: line ends are mixed
        mended = engine.scratch / "mended.csv"
        unify_line_ends(path, mended, dialect)
        path = mended
        _count(engine, path, dialect)
    kinds = ", ".join(map(literal, _RAGGED))
    ragged, widest = engine.rows(
        "SELECT count(DISTINCT line), max(regexp_extract(error_message, 'Found: (\\d+)', 1)::INTEGER) "
        f"FROM rejects WHERE error_type IN ({kinds})",
        share=(_DECODED, _DECODED),
        message="reading",
    )[0]
    refused = "true" if options.ragged == "refuse" else f"error_type NOT IN ({kinds})"
    _refuse(path, name, dialect, _rejects(engine, refused, 1))
    skipped = _rejects(engine, f"error_type IN ({kinds})", _LISTED + 1)
    for table in ("rejects", "reject_scans"):
        engine.rows(f"DROP TABLE {table}", share=(0, 0), message="reading")
    dialect = replace(dialect, ragged=options.ragged)
    if not ragged:
        return path, dialect
    count = f"{ragged} ragged row{'s' if ragged > 1 else ''}"
    if options.ragged == "skip":
        lines = [str(_line(path, *row[1:4])) for row in skipped]
        lines[_LISTED:] = ["..."] * (len(lines) > _LISTED)
        where = f"line{'s' if ragged > 1 else ''} {', '.join(lines)}"
        return path, replace(dialect, notes=(*dialect.notes, f"{count} skipped ({where})"))
    extra = [f"column_{index + 1}" for index in range(len(dialect.names), widest)]
    names, more = unique_names([*dialect.names, *extra])
    notes = (*dialect.notes, *more, f"{count}, short ones padded with empty cells")
    return path, replace(dialect, names=tuple(names), notes=notes)


def _count(engine: Engine, path: Path, dialect: Dialect) -> None:
    """Read all cells of all rows, and note the rows that are refused in the table `rejects`."""
    cells = ", ".join(f"count(c{index + 1})" for index in range(len(dialect.names)))
    scan = _scan(path, dialect, _REJECTS)
    engine.rows(f"SELECT {cells} FROM {scan}", share=(0, _DECODED), message="looking at every row")


def _rejects(engine: Engine, condition: str, most: int) -> list[tuple[Any, ...]]:
    """Return the first refused rows: what is wrong, where it begins, its text."""
    return engine.rows(
        "SELECT error_type, line, line_byte_position, csv_line, error_message FROM rejects "
        f"WHERE {condition} QUALIFY row_number() OVER (PARTITION BY line ORDER BY column_idx) = 1 "
        f"ORDER BY line LIMIT {most}",
        share=(_DECODED, _DECODED),
        message="reading",
    )


def _refuse(path: Path, name: str, dialect: Dialect, rejects: list[tuple[Any, ...]]) -> None:
    """Raise DataError for the first of the refused rows, if there is one."""
    for kind, line, position, text, message in rejects:
        where = f"line {_line(path, line, position, text)}"
        if kind == "INVALID ENCODING":
            raise undecodable(Path(name), dialect.encoding, where)
        if kind not in _RAGGED:
            raise DataError(f"{name!r}, {where}: {message} ({' '.join(str(text).split())[:80]!r})")
        found, wanted = int(message.rpartition(" ")[2]), len(dialect.names)
        raise DataError(
            f"{name!r}, {where}: {found} cell{'s' if found > 1 else ''} where {wanted} "
            f"{'are' if wanted > 1 else 'is'} expected; "
            "pass ragged='pad' or ragged='skip', or another delimiter or quote"
        )


def _line(path: Path, row: int, position: int | None, text: str | None) -> int:
    """Return the line of a row: DuckDB counts rows, and a row may hold line ends.

    `position` is that of the row's first byte, from 1.
    """
    if not position:
        return row
    left, ends, returns = position - 1, 0, 0
    with path.open("rb") as stream:
        while chunk := stream.read(min(_CHUNK, left)):
            left -= len(chunk)
            ends, returns = ends + chunk.count(b"\n"), returns + chunk.count(b"\r")
    blank = len(text or "") - len((text or "").lstrip("\n"))
    return (ends or returns) + blank + 1


def _scan(path: Path, dialect: Dialect, more: str = "") -> str:
    """Return DuckDB's reader of the file with nothing left to its guess; columns c1, c2, ..."""
    columns = ", ".join(f"'c{index + 1}': 'VARCHAR'" for index in range(len(dialect.names)))
    escape = dialect.escape if dialect.quote else ""
    ragged = {"skip": "ignore_errors = true", "pad": "null_padding = true"}.get(dialect.ragged, "")
    extra = "".join(f", {option}" for option in (ragged, more) if option)
    return (
        f"read_csv({file_literal(path)}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)}, "
        f"escape = {literal(escape)}, header = {str(dialect.header).lower()}, "
        f"skip = {dialect.skip_rows}, nullstr = '', allow_quoted_nulls = false, "
        f"max_line_size = {_LONGEST_LINE}, buffer_size = {_LONGEST_LINE}{extra})"
    )


def _texts(path: Path, dialect: Dialect, options: Options) -> str:
    """Return a query of the file's cells as texts, NULL where a cell means nothing."""
    cells = []
    for index in range(len(dialect.names)):
        name = f"c{index + 1}"
        cell = f"NULLIF(trim({name}), '')" if options.strip else name
        if options.nulls:
            nothing = ", ".join(map(literal, options.nulls))
            cell = f"CASE WHEN {cell} NOT IN ({nothing}) THEN {cell} END"
        cells.append((cell, name))
    return select(cells, _scan(path, dialect))


def _typed(engine: Engine, path: Path, dialect: Dialect, options: Options, target: str) -> Table:
    asked = options.sql_types(dialect.names)
    wide = len(dialect.names) > MOST_GUESSED
    found = () if wide else candidates(target, options)
    cells = [f"c{index + 1}" for index in range(len(dialect.names))]
    source = f"({_texts(path, dialect, options)})"
    reading = Reading.of(options)
    kinds = {c: () if n in asked else found for c, n in zip(cells, dialect.names, strict=True)}
    types, rows = infer(engine, source, cells, kinds=kinds, reading=reading, share=_COUNTING)
    columns = [
        Column(name, asked.get(name, types[cell]))
        for name, cell in zip(dialect.names, cells, strict=True)
    ]
    _check_asked(engine, source, columns, asked, reading)
    values = [
        (reading.value(cell, column.type), column.name)
        for cell, column in zip(cells, columns, strict=True)
    ]
    notes = (
        (f"more than {MOST_GUESSED} columns: all stay text but those in types=",) if wide else ()
    )
    return Table(select(values, source), tuple(columns), rows, (*dialect.notes, *notes))


def _check_asked(
    engine: Engine, source: str, columns: list[Column], asked: dict[str, str], reading: Reading
) -> None:
    """Raise DataError with an example when a column's texts do not fit the type asked for."""
    for index, column in enumerate(columns):
        cell = f"c{index + 1}"
        if column.name not in asked or column.type == "VARCHAR":
            continue
        example = engine.rows(
            f"SELECT {cell} FROM {source} WHERE {reading.wrong(cell, column.type)} LIMIT 1",
            share=(_COUNTED, _COUNTED),
            message="checking types",
        )
        if example:
            raise DataError(f"column {column.name!r}: {example[0][0]!r} is not a {column.type}")
