"""Excel workbooks (.xlsx), read and written row by row."""

import csv
import datetime
import importlib
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from drawscape.data.engine import Engine, Table, select, text_value
from drawscape.data.options import Options
from drawscape.errors import DataError, MissingExtraError, UnknownNameError

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_TEXT = 32_767
_EXACT = 2**53  # Excel's numbers are doubles
_SURE_DIGITS = 15
_LARGEST_UNPACKED = 4 << 30
_DATES_FROM = datetime.date(1900, 3, 1)  # Excel's calendar has a 29 February 1900 that never was
_UNPRINTABLE = {n: "\N{REPLACEMENT CHARACTER}" for n in range(32) if chr(n) not in "\t\n\r"}


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
            texts = _without_blank_end([_text(cell) for cell in cells])
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
    if (table.rows or 0) >= MOST_ROWS or len(table.columns) > MOST_COLUMNS:
        raise DataError(
            f"{table.rows:,} rows and {len(table.columns)} columns do not fit an Excel sheet "
            f"({MOST_ROWS - 1:,} rows and a header, {MOST_COLUMNS:,} columns); use parquet or csv"
        )
    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime.datetime(2000, 1, 1)
    sheet = book.create_sheet("data")
    try:
        count = _fill(engine, table, sheet)
    finally:
        sheet.close()  # else openpyxl closes it at the interpreter's end, and complains
    book.save(path)
    return count


def _fill(engine: Engine, table: Table, sheet: Any) -> int:
    """Append the table's rows to the sheet and return their number."""
    if not table.columns:
        return 0
    sheet.append([_cell(sheet, column.name) for column in table.columns])
    count = 0
    values = [(text_value(column), column.name) for column in table.columns]
    for rows in engine.stream(select(values, f"({table.sql})")):
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
        count += len(rows)
        engine.report(0.35 + 0.6 * count / max(table.rows or 0, count), f"{count:,} rows")
    return count


def _cell(sheet: Any, value: Any) -> Any:
    """Return the value as a cell; a text's type is set by hand, lest '=1+1' become a formula.

    What Excel has no kind of cell for, or would round, becomes a text.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None  # Excel has no such numbers
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


def _without_blank_end(texts: list[str]) -> list[str]:
    """Return the texts up to the last that is not empty: a sheet's rows end anywhere."""
    width = next((end for end in range(len(texts), 0, -1) if texts[end - 1]), 0)
    return texts[:width]


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
        book = _book(path, stream)
        try:
            yield book[_sheet_name(book.sheetnames, wanted)]
        finally:
            book.close()


def _book(path: Path, stream: IO[bytes]) -> Any:
    openpyxl = _openpyxl()
    try:
        with zipfile.ZipFile(stream) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked <= _LARGEST_UNPACKED:
            # From an open file: given a path, openpyxl refuses suffixes that it does not know.
            return openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as problem:
        raise DataError(f"{path.name!r} is not an .xlsx workbook: {problem}") from problem
    raise DataError(f"{path.name!r} unpacks to {unpacked:,} bytes; that is too much")


def _sheet_name(names: list[str], wanted: str | int | None) -> str:
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        return names[wanted]
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise UnknownNameError("sheet", str(wanted), names)
    return str(wanted)


def _openpyxl() -> Any:
    try:
        importlib.import_module("openpyxl.cell")
        return importlib.import_module("openpyxl")
    except ImportError:
        raise MissingExtraError("Excel files", "data") from None
