"""CSV and TSV files: read as they are written, and written as spreadsheets and readers expect."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from drawscape.data.dialect import Dialect, find_dialect
from drawscape.data.engine import (
    WRITING,
    Engine,
    file_literal,
    identifier,
    literal,
)
from drawscape.data.infer import Reading, candidates, infer
from drawscape.data.options import Options, sql_type
from drawscape.data.repair import repair, transcode
from drawscape.data.table import Column, Table, select, unique_names
from drawscape.errors import DataError, UnknownNameError

_LONGEST_LINE = 16 << 20  # DuckDB's own limit of 2 MiB is below what drawings in cells take
MOST_GUESSED = 2000  # columns whose types are looked for: planning takes seconds beyond
_DIRECT = ("utf-8", "utf-8-sig", "utf8", "ascii")
_FORMULA = r"^[=+@\t\r-]"
_REWRITTEN = 0.1  # shares of the progress: after rewriting, and after the look at every row
_COUNTED = 0.35
_COUNTING = (_REWRITTEN, _COUNTED)


def read_csv(
    engine: Engine, path: Path, options: Options, *, target: str, tabs: bool, careful: bool = False
) -> Table:
    """Return the table in a CSV file, its columns typed as far as a `target` file has types.

    `careful` reads it line by line first, which takes more kinds of file than DuckDB does, slowly.
    Raises DataError, with the line, for rows of unequal width, broken quotes and wrong encodings;
    UnreadableError, now or when the table is written, where being careful may help.
    """
    dialect = find_dialect(path, options, tabs=tabs)
    if not dialect.names:
        return Table("", (), 0, ("the file is empty",))
    if dialect.encoding.lower() not in _DIRECT:
        tell = _teller(engine, "decoding")
        plain = engine.scratch / "utf8.csv"
        transcode(path, plain, encoding=dialect.encoding, tell=tell)
        path, dialect = plain, replace(dialect, encoding="utf-8")
    if careful or options.ragged != "refuse":
        path, dialect = _repaired(engine, path, dialect, options)
    return _typed(engine, path, dialect, options, target)


def write_csv(engine: Engine, table: Table, path: Path, *, delimiter: str, safe: bool) -> int:
    """Write the table with a header line and return the number of rows.

    An empty cell is NULL and `""` an empty text. `safe` puts a ' before texts that a spreadsheet
    would run as a formula.
    """
    cells = [(_cell(column, safe), _name(column, safe)) for column in table.columns]
    sql = select(cells, f"({table.sql})")
    how = f"FORMAT csv, HEADER true, DELIMITER {literal(delimiter)}, QUOTE '\"', ESCAPE '\"'"
    written = engine.rows(
        f"COPY ({sql}) TO {literal(str(path))} ({how}, NULLSTR '')",
        share=WRITING,
        message="writing",
    )
    return int(written[0][0])


def _cell(column: Column, safe: bool) -> str:
    name = identifier(column.name)
    if column.type == "BLOB":
        return f"base64({name})"
    if safe and column.type == "VARCHAR":
        runs = f"regexp_matches({name}, {literal(_FORMULA)}) AND TRY_CAST({name} AS DOUBLE) IS NULL"
        return f"CASE WHEN {runs} THEN chr(39) || {name} ELSE {name} END"
    return name


def _name(column: Column, safe: bool) -> str:
    return f"'{column.name}" if safe and re.match(_FORMULA, column.name) else column.name


def _repaired(
    engine: Engine, path: Path, dialect: Dialect, options: Options
) -> tuple[Path, Dialect]:
    target = engine.scratch / "repaired.csv"
    tell = _teller(engine, "reading line by line")
    repaired = repair(path, target, dialect=dialect, ragged=options.ragged, tell=tell)
    return target, _as_repaired(dialect, repaired.width, repaired.notes)


def _as_repaired(dialect: Dialect, width: int, notes: tuple[str, ...]) -> Dialect:
    extra = [f"column_{place + 1}" for place in range(len(dialect.names), width)]
    names, more = unique_names([*dialect.names, *extra])
    return replace(
        dialect,
        encoding="utf-8",
        delimiter=",",
        quote='"',
        escape='"',
        skip_rows=0,
        names=tuple(names),
        notes=(*dialect.notes, *more, *notes),
    )


def _scan(path: Path, dialect: Dialect) -> str:
    """Return DuckDB's reader of the file with nothing left to its guess; columns c1, c2, ..."""
    columns = ", ".join(f"'c{place + 1}': 'VARCHAR'" for place in range(len(dialect.names)))
    escape = dialect.escape if dialect.quote else ""
    return (
        f"read_csv({file_literal(path)}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)}, "
        f"escape = {literal(escape)}, header = {str(dialect.header).lower()}, "
        f"skip = {dialect.skip_rows}, nullstr = '', allow_quoted_nulls = false, "
        f"max_line_size = {_LONGEST_LINE}, buffer_size = {_LONGEST_LINE})"
    )


def _texts(path: Path, dialect: Dialect, options: Options) -> str:
    """Return a query of the file's cells as texts, NULL where a cell means nothing."""
    cells = []
    for place in range(len(dialect.names)):
        name = f"c{place + 1}"
        cell = f"NULLIF(trim({name}), '')" if options.strip else name
        if options.nulls:
            nothing = ", ".join(map(literal, options.nulls))
            cell = f"CASE WHEN {cell} NOT IN ({nothing}) THEN {cell} END"
        cells.append((cell, name))
    return select(cells, _scan(path, dialect))


def _typed(engine: Engine, path: Path, dialect: Dialect, options: Options, target: str) -> Table:
    asked = _asked(dialect, options)
    wide = len(dialect.names) > MOST_GUESSED
    found = () if wide else candidates(target, options)
    cells = [f"c{place + 1}" for place in range(len(dialect.names))]
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


def _asked(dialect: Dialect, options: Options) -> dict[str, str]:
    """Return the types asked for by column; UnknownNameError for a column that is not there."""
    for name in options.types_by_column:
        if name not in dialect.names:
            raise UnknownNameError("column", name, dialect.names)
    return {name: sql_type(name, kind) for name, kind in options.types_by_column.items()}


def _check_asked(
    engine: Engine, source: str, columns: list[Column], asked: dict[str, str], reading: Reading
) -> None:
    """Raise DataError with an example when a column's texts do not fit the type asked for."""
    for place, column in enumerate(columns):
        cell = f"c{place + 1}"
        if column.name not in asked or column.type == "VARCHAR":
            continue
        wrong = f"{cell} <> '' AND {reading.value(cell, column.type)} IS NULL"
        example = engine.rows(
            f"SELECT {cell} FROM {source} WHERE {wrong} LIMIT 1",
            share=(_COUNTED, _COUNTED),
            message="checking types",
        )
        if example:
            raise DataError(f"column {column.name!r}: {example[0][0]!r} is no {column.type}")


def _teller(engine: Engine, message: str) -> Callable[[float], None]:
    return lambda fraction: engine.tell(_REWRITTEN * fraction, message)
