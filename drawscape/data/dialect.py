"""How a CSV file is written: its encoding, delimiter, header, found by looking at its beginning."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from drawscape.data.options import Options
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
_VALUE = re.compile(
    r"[-+]?(\d+([.,]\d+)*\.?|\.\d+)([eE][-+]?\d+)?|\d{4}-\d\d-\d\d([ T][\d:.]+)?(Z|[-+][\d:]+)?"
)
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d|21\d\d")
_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)  # as Excel takes it
_LOOKED_AT = 200  # rows, for the delimiter and the header


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
    ragged: str = "refuse"


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
    skip_rows, delimiter = options.skip_rows, options.delimiter or ("\t" if tabs else None)
    named = _SEPARATOR_LINE.match(lines)
    if named and not skip_rows and options.delimiter in (None, named[1]):
        skip_rows, delimiter = 1, named[1]
    skipped = "".join(lines.splitlines(keepends=True)[skip_rows:])
    delimiter = delimiter or _guess_delimiter(skipped, options)
    rows = list(islice(_parsed(skipped, delimiter, options), _LOOKED_AT))
    first = rows[0] if rows else []
    header = _looks_like_header(rows) if options.header is None else options.header
    given = _names(path, first, header, options)
    names, notes = unique_names(given)
    if first and not header and options.header is None and options.columns is None:
        notes.append(
            "the first row holds numbers or dates, so it is data; header=True if it is not"
        )
    return Dialect(
        encoding=encoding,
        delimiter=delimiter,
        quote=options.quote,
        escape=options.escape,
        header=header,
        skip_rows=skip_rows,
        names=tuple(names),
        notes=tuple(notes),
    )


def transcode(
    source: Path, target: Path, *, encoding: str, report: Callable[[float], None]
) -> None:
    """Write the text of `source` to `target` as UTF-8; DataError when it is not in `encoding`.

    `report` takes the fraction of the file that has been read.
    """
    size = max(1, source.stat().st_size)
    with (
        source.open("rb") as stream,
        target.open("w", encoding="utf-8", newline="") as plain,
    ):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while chunk := stream.read(HEAD_BYTES):
                plain.write(decoder.decode(chunk))
                report(stream.tell() / size)
            plain.write(decoder.decode(b"", True))
        except UnicodeError as problem:
            raise undecodable(source, encoding, problem) from problem


def unify_line_ends(source: Path, target: Path, dialect: Dialect) -> None:
    """Write the UTF-8 file `source` to `target` with every row ended by one LF, cells left as they are."""
    quote, escape = dialect.quote, dialect.escape
    within = False  # quotes
    with (
        source.open(encoding="utf-8-sig", newline="") as stream,
        target.open("w", encoding="utf-8", newline="") as plain,
    ):
        for line in stream:
            counted = line if escape in (quote, "") else line.replace(escape + quote, "")
            if quote and counted.count(quote) % 2:  # a doubled one counts twice
                within = not within
            plain.write(line if within else line.rstrip("\r\n") + "\n")


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


def undecodable(path: Path, encoding: str, problem: object) -> DataError:
    """Return the error for a file that is not in `encoding`, with the advice that fits."""
    return DataError(
        f"{path.name!r} is not {encoding}: {problem}; pass encoding='cp1252', 'latin-1' or 'utf-16'"
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
        widths = [len(row) for row in islice(_parsed(text, delimiter, options), _LOOKED_AT)]
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
