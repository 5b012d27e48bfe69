"""From one file of a table to another, completely or not at all; Parquet and Excel are read here."""

import csv
import datetime
import importlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from drawscape.atomic import atomic_path
from drawscape.data.engine import (
    DEFAULT_MB,
    Column,
    Engine,
    Progress,
    Table,
    engine,
    identifier,
    reader,
    select,
    text_value,
)
from drawscape.data.options import Options, format_named, format_of
from drawscape.data.text_files import read_csv, read_json, write_csv, write_json
from drawscape.errors import DataError, MissingExtraError, UnknownNameError

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_TEXT = 32_767
_EXACT = 2**53  # Excel's numbers are doubles
_SURE_DIGITS = 15
_LARGEST_UNPACKED = 4 << 30
_DATES_FROM = datetime.date(1900, 3, 1)  # Excel's calendar has a 29 February 1900 that never was
_UNPRINTABLE = {n: "\N{REPLACEMENT CHARACTER}" for n in range(32) if chr(n) not in "\t\n\r"}
_DEFAULT = Options()


@dataclass(frozen=True)
class Conversion:
    """What came of a conversion: the new file, its rows and columns, and notes for the log."""

    path: Path
    rows: int
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def convert(
    source: Path,
    target: Path,
    *,
    scratch: Path,
    source_format: str | None = None,
    target_format: str | None = None,
    options: Options = _DEFAULT,
    memory_mb: int = DEFAULT_MB,
    progress: Progress = lambda fraction, message: None,
) -> Conversion:
    """Write the table of the file `source` to `target` and return what came of it.

    Formats are those of the suffixes unless named. Memory stays near `memory_mb`, larger work
    spills into the folder `scratch`. The target is complete or absent. Raises DataError with the
    place in the file when it is not what it seems; `options` say what it is.
    """
    reads = format_named(source_format) if source_format else format_of(source)
    writes = format_named(target_format) if target_format else format_of(target)
    if target.exists() and target.samefile(source):
        raise DataError(f"{source.name!r} cannot be converted into itself; name another output")
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        engine(scratch, memory_mb=memory_mb, progress=progress) as duck,
        atomic_path(target) as temporary,
    ):
        table = _read(duck, source, reads, options, writes)
        rows = _write(duck, table, temporary, writes, options)
    progress(1.0, f"{rows:,} rows")
    return Conversion(target, rows, tuple(c.name for c in table.columns), table.notes)


def _read(duck: Engine, path: Path, form: str, options: Options, target: str) -> Table:
    if form == "excel":
        path, options = sheet_as_csv(duck, path, options)
    if form == "parquet":
        return _read_parquet(duck, path, options)
    if form in ("json", "ndjson"):
        return read_json(duck, path, options, target=target, lines=form == "ndjson")
    return read_csv(duck, path, options, target=target, tabs=form == "tsv")


def _write(duck: Engine, table: Table, path: Path, form: str, options: Options) -> int:
    if form == "excel":
        return write_excel(duck, table, path)
    if form == "parquet":
        if not table.columns:
            raise DataError("a Parquet file needs at least one column, and this file has none")
        return duck.copy(table.sql, path, "FORMAT parquet, COMPRESSION zstd")
    if form in ("json", "ndjson"):
        return write_json(duck, table, path, lines=form == "ndjson")
    if not table.columns:
        path.touch()
        return 0
    tab = "\t" if form == "tsv" else ","
    return write_csv(duck, table, path, delimiter=tab, safe=options.safe_formulas)


def _read_parquet(duck: Engine, path: Path, options: Options) -> Table:
    source = reader("read_parquet", path)
    found = {row[0]: row[1] for row in duck.rows(f"DESCRIBE SELECT * FROM {source}")}
    columns = [Column(*pair) for pair in (found | options.sql_types(found)).items()]
    rows = duck.rows(f"SELECT count(*) FROM {source}")[0][0]
    values = [(f"CAST({identifier(c.name)} AS {c.type})", c.name) for c in columns]
    return Table(select(values, source), tuple(columns), rows)


def sheet_as_csv(engine: Engine, path: Path, options: Options) -> tuple[Path, Options]:
    """Return a CSV file of the sheet's cells as texts, and the options that read it."""
    target = engine.scratch / "sheet.csv"
    with (
        _sheet(path, options.sheet) as sheet,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        height, width = sheet.max_row or 0, 0
        for count, cells in enumerate(sheet.iter_rows(values_only=True)):
            if count < options.skip_rows or (not any(c is not None for c in cells)):
                continue
            texts = [_text(cell) for cell in cells]
            while texts and not texts[-1]:  # a sheet's rows end anywhere
                texts.pop()
            width = width or len(texts)
            writer.writerow(texts + [""] * (width - len(texts)))
            if count % 1024 == 0:
                engine.report(0.1 * count / max(height, count, 1), f"row {count:,}")
    as_csv = replace(options, delimiter=",", quote='"', escape='"', encoding="utf-8", skip_rows=0)
    return target, as_csv


def write_excel(engine: Engine, table: Table, path: Path) -> int:
    """Write the table as a workbook of one sheet and return the number of rows.

    Texts are never formulas, and integers that a double would round are written as texts. Raises
    DataError when the table is larger than a sheet may be.
    """
    openpyxl = _openpyxl()
    if table.rows >= MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        raise DataError(
            f"{table.rows:,} rows and {len(table.columns)} columns do not fit an Excel sheet "
            f"({MOST_ROWS - 1:,} rows and a header, {MOST_COLUMNS:,} columns); use parquet or csv"
        )
    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime.datetime(2000, 1, 1)
    sheet = book.create_sheet("data")
    count = 0
    try:
        if table.columns:
            sheet.append([_cell(sheet, column.name) for column in table.columns])
            values = [(text_value(column, finite=True), column.name) for column in table.columns]
            for rows in engine.stream(select(values, f"({table.sql})")):
                for row in rows:
                    sheet.append([_cell(sheet, value) for value in row])
                count += len(rows)
                engine.report(0.35 + 0.6 * count / max(table.rows, count), f"{count:,} rows")
    finally:
        sheet.close()  # else openpyxl closes it at the interpreter's end, and complains
    book.save(path)
    return count


def _cell(sheet: Any, value: Any) -> Any:
    """Return the value as a cell; a text's type is set by hand, so that '=1+1' is no formula.

    What Excel has no kind of cell for, or would round, becomes a text.
    """
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and abs(value) <= _EXACT:
        return value
    if isinstance(value, Decimal) and len(value.as_tuple().digits) <= _SURE_DIGITS:
        return float(value)
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None and value.date() >= _DATES_FROM:
            return value
    elif isinstance(value, datetime.date) and value >= _DATES_FROM:
        return value
    text = str(value)
    if len(text) > LONGEST_TEXT:
        raise DataError(
            f"a text of {len(text):,} characters does not fit an Excel cell ({LONGEST_TEXT:,}); "
            "use parquet or csv"
        )
    cell = _openpyxl().cell.WriteOnlyCell(sheet, text.translate(_UNPRINTABLE))
    cell.data_type = "s"
    return cell


def _text(value: Any) -> str:
    """Return a cell's value as the text that means the same in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        whole_day = value.time() == datetime.time()
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ")
    return str(value)


@contextmanager
def _sheet(path: Path, wanted: str | int | None) -> Iterator[Any]:
    """Yield the sheet asked for; DataError for what is no workbook or unpacks to too much."""
    with path.open("rb") as stream:
        try:
            with zipfile.ZipFile(stream) as packed:
                unpacked = sum(part.file_size for part in packed.infolist())
            if unpacked > _LARGEST_UNPACKED:
                raise DataError(f"{path.name!r} unpacks to {unpacked:,} bytes; that is too much")
            # From an open file: given a path, openpyxl refuses suffixes that it does not know.
            book = _openpyxl().load_workbook(stream, read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError, OSError) as problem:
            raise DataError(f"{path.name!r} is not an .xlsx workbook: {problem}") from problem
        names = book.sheetnames
        try:
            if isinstance(wanted, int) and 0 <= wanted < len(names):
                wanted = names[wanted]
            if wanted is not None and wanted not in names:
                raise UnknownNameError("sheet", wanted, names)
            yield book[wanted or names[0]]
        finally:
            book.close()


def _openpyxl() -> Any:
    try:
        importlib.import_module("openpyxl.cell")
        return importlib.import_module("openpyxl")
    except ImportError:
        raise MissingExtraError("Excel files", "data") from None
