"""CSV files that DuckDB does not read, written anew as plain ones, line by line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from drawscape.data.dialect import Dialect, undecodable
from drawscape.errors import DataError

_CHUNK = 1 << 20
_TOLD_LINES = 5  # of the rows that were skipped: enough to find the cause

Told = Callable[[float], object]
"""Takes the fraction of the file that has been read."""


@dataclass(frozen=True)
class Repaired:
    """What became of the rows: the width of the table, and notes on those skipped or padded."""

    width: int
    notes: tuple[str, ...]


def transcode(source: Path, target: Path, *, encoding: str, tell: Told) -> None:
    """Write the text of `source` to `target` as UTF-8; DataError when it is not in `encoding`."""
    size = max(1, source.stat().st_size)
    with (
        source.open(encoding=encoding, newline="") as text,
        target.open("w", encoding="utf-8", newline="") as plain,
    ):
        try:
            while chunk := text.read(_CHUNK):
                plain.write(chunk)
                tell(_read(text) / size)
        except UnicodeError as problem:
            raise undecodable(source, encoding, problem) from problem


def repair(source: Path, target: Path, *, dialect: Dialect, ragged: str, tell: Told) -> Repaired:
    """Write the rows of `source` to `target`: comma, double quotes, LF, UTF-8, all of one width.

    `ragged` says what to do with a row of another width than the first: 'refuse' raises DataError
    with its line number, 'skip' leaves it out, 'pad' fills short ones with empty cells and makes
    the table as wide as its widest row. The header, if any, stays the first row.
    """
    width = _widest(source, dialect) if ragged == "pad" else len(dialect.names)
    size = max(1, source.stat().st_size)
    skipped: list[int] = []
    padded = 0
    with (
        source.open(encoding=dialect.encoding, newline="") as text,
        target.open("w", encoding="utf-8", newline="") as plain,
    ):
        writer = csv.writer(plain, lineterminator="\n")
        for count, (line, row) in enumerate(_rows(source, text, dialect)):
            if len(row) != width:
                if ragged == "refuse":
                    raise _ragged(source, line, len(row), width)
                if ragged == "skip":
                    skipped.append(line)
                    continue
                padded += 1
                row = row + [""] * (width - len(row))
            writer.writerow(row)
            if count % 1024 == 0:
                tell(_read(text) / size)
    return Repaired(width, _notes(skipped, padded))


def _read(text: TextIO) -> float:
    """Return how many bytes of the file have been read: a text file's own `tell` is slow."""
    return float(text.buffer.raw.tell())  # type: ignore[attr-defined]


def _rows(source: Path, text: TextIO, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of the rows that are not blank, with errors that name the line."""
    for _ in range(dialect.skip_rows):
        text.readline()
    reader = dialect.reader(text)
    single = len(dialect.names) == 1
    line = 1
    try:
        for row in reader:
            if row or single:
                yield line + dialect.skip_rows, row or [""]
            line = reader.line_num + 1  # type: ignore[attr-defined]
    except csv.Error as problem:
        raise DataError(f"{source.name!r}, row from line {line}: {problem}") from problem
    except UnicodeError as problem:
        raise undecodable(source, dialect.encoding, problem) from problem


def _widest(source: Path, dialect: Dialect) -> int:
    with source.open(encoding=dialect.encoding, newline="") as text:
        return max((len(row) for _, row in _rows(source, text, dialect)), default=0)


def _ragged(source: Path, line: int, found: int, width: int) -> DataError:
    return DataError(
        f"{source.name!r}, line {line}: {found} cells where {width} are expected; "
        "say ragged='pad' or ragged='skip', or another delimiter or quote"
    )


def _notes(skipped: list[int], padded: int) -> tuple[str, ...]:
    notes = []
    if skipped:
        lines = ", ".join(map(str, skipped[:_TOLD_LINES]))
        more = ", ..." if len(skipped) > _TOLD_LINES else ""
        notes.append(f"{len(skipped)} ragged rows skipped (lines {lines}{more})")
    if padded:
        notes.append(f"{padded} short rows padded with empty cells")
    return tuple(notes)
