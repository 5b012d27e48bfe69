"""How a CSV file is written: its encoding, delimiter, header, found by looking at its beginning."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from drawscape.data.options import Options
from drawscape.data.table import unique_names
from drawscape.errors import DataError

HEAD_BYTES = 1 << 20  # a first line longer than this is no table's
_BOMS = (  # the four-byte marks come first: UTF-16's is how UTF-32's begins
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS = ",;\t|"
_VALUE = re.compile(r"[-+]?\d+([.,]\d+)*([eE][-+]?\d+)?|\d{4}-\d\d-\d\d([ T][\d:.]+)?")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file's bytes become cells, and what its columns are called."""

    encoding: str
    delimiter: str
    quote: str
    escape: str
    header: bool
    skip_rows: int
    names: tuple[str, ...]
    notes: tuple[str, ...]

    def reader(self, stream: Any) -> Iterator[list[str]]:
        """Return the standard library's reader of an open text file in this dialect."""
        csv.field_size_limit(1 << 30)
        return csv.reader(
            stream, strict=True, **_csv_options(self.delimiter, self.quote, self.escape)
        )


def find_encoding(path: Path, asked: str | None) -> str:
    """Return the encoding asked for, else that of the byte order mark, else 'utf-8'."""
    with path.open("rb") as stream:
        start = stream.read(4)
    marked = next((name for mark, name in _BOMS if start.startswith(mark)), None)
    return asked or marked or "utf-8"


def find_dialect(path: Path, options: Options, *, tabs: bool) -> Dialect:
    """Return the dialect of the CSV file; `tabs` says that the delimiter is a tab unless asked for.

    Raises DataError when its beginning cannot be decoded or the `columns` asked for do not fit.
    """
    encoding = find_encoding(path, options.encoding)
    lines = _head(path, encoding)
    skipped = "".join(lines.splitlines(keepends=True)[options.skip_rows :])
    delimiter = options.delimiter or ("\t" if tabs else _guess_delimiter(skipped, options))
    first = next(_parsed(skipped, delimiter, options), [])
    header = _looks_like_header(first) if options.header is None else options.header
    given = _names(path, first, header, options)
    names, notes = unique_names(given)
    return Dialect(
        encoding=encoding,
        delimiter=delimiter,
        quote=options.quote,
        escape=options.escape,
        header=header,
        skip_rows=options.skip_rows,
        names=tuple(names),
        notes=tuple(notes),
    )


def undecodable(path: Path, encoding: str, problem: UnicodeError) -> DataError:
    """Return the error for a file that is not in `encoding`, with the advice that fits."""
    return DataError(
        f"{path.name!r} is not {encoding}: {problem}; say encoding='cp1252', 'latin-1' or 'utf-16'"
    )


def _head(path: Path, encoding: str) -> str:
    with path.open("rb") as stream:
        start = stream.read(HEAD_BYTES)
    try:
        return codecs.getincrementaldecoder(encoding)().decode(start, len(start) < HEAD_BYTES)
    except UnicodeError as problem:
        raise undecodable(path, encoding, problem) from problem


def _csv_options(delimiter: str, quote: str, escape: str) -> dict[str, Any]:
    if not quote:
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE}
    if escape in (quote, ""):
        return {"delimiter": delimiter, "quotechar": quote, "doublequote": True}
    return {
        "delimiter": delimiter, "quotechar": quote, "doublequote": False, "escapechar": escape,
    }  # fmt: skip


def _parsed(text: str, delimiter: str, options: Options) -> Iterator[list[str]]:
    """Yield the rows of a file's beginning that are not blank, up to a broken one."""
    csv.field_size_limit(1 << 30)
    stream = io.StringIO(text, newline="")
    rows = csv.reader(stream, **_csv_options(delimiter, options.quote, options.escape))
    try:
        yield from filter(None, rows)
    except csv.Error:
        return


def _guess_delimiter(text: str, options: Options) -> str:
    """Return the delimiter that cuts most of the first rows into as many cells as the first one."""

    def score(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in islice(_parsed(text, delimiter, options), 200)]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return widths.count(widths[0]) / len(widths), widths[0]

    best = max(_DELIMITERS, key=score)
    return best if score(best)[1] else ","


def _looks_like_header(first: list[str]) -> bool:
    return not any(_VALUE.fullmatch(cell.strip()) for cell in first)


def _names(path: Path, first: list[str], header: bool, options: Options) -> list[str]:
    if options.columns is None:
        return first if header else [f"column_{place + 1}" for place in range(len(first))]
    if first and len(options.columns) != len(first):
        raise DataError(
            f"{path.name!r} has {len(first)} columns, columns= names {len(options.columns)}"
        )
    return list(options.columns)
