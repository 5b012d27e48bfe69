"""Which type a column of text has, decided from every row and never at the price of a digit.

A column is of a type when each of its texts is how that type is written: '007' stays text, and so
does a number with more digits than a double holds. DuckDB's own sniffer looks at a sample and takes
'007' for 7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drawscape.data.engine import Engine, literal
from drawscape.data.options import Options

SAMPLE_ROWS = 10_000  # what these rule out need not be checked in the others
NUMBERS = ("BOOLEAN", "BIGINT", "DECIMAL(38,0)", "DOUBLE")
DATES = ("DATE", "TIMESTAMP")

_DOUBLE = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?"
_TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_SURE_LENGTH = 16  # sign, point and 15 digits, or fewer: what every double gives back unchanged


@dataclass(frozen=True)
class Reading:
    """How texts are read as values: the signs of a number and the formats of dates."""

    decimal: str = "."
    thousands: str | None = None
    date_format: str | None = None
    timestamp_format: str | None = None

    @classmethod
    def of(cls, options: Options) -> Reading:
        """Return what the options say about values."""
        return cls(
            options.decimal, options.thousands, options.date_format, options.timestamp_format
        )

    def number(self, text: str) -> str:
        """Return an SQL expression: the number as SQL writes it, NULL if the signs do not fit."""
        if self.decimal == "." and self.thousands is None:
            return text
        point = f"(\\{self.decimal}[0-9]+)?"
        whole = "[0-9]+"
        if self.thousands:
            whole = f"([0-9]{{1,3}}(\\{self.thousands}[0-9]{{3}})+|[0-9]+)"
        plain = f"replace({text}, {literal(self.thousands)}, '')" if self.thousands else text
        plain = f"replace({plain}, {literal(self.decimal)}, '.')"
        return (
            f"CASE WHEN regexp_full_match({text}, {literal('-?' + whole + point)}) THEN {plain} END"
        )

    def value(self, text: str, kind: str) -> str:
        """Return an SQL expression: the text as a value of `kind`, NULL where it is none."""
        if kind == "VARCHAR":
            return text
        filled = f"NULLIF({text}, '')"
        if kind == "DATE" and self.date_format:
            return f"TRY_STRPTIME({filled}, {literal(self.date_format)})::DATE"
        if kind == "TIMESTAMP" and self.timestamp_format:
            return f"TRY_STRPTIME({filled}, {literal(self.timestamp_format)})"
        if kind in ("DATE", "TIME", "TIMESTAMP", "BOOLEAN", "JSON"):
            return f"TRY_CAST({filled} AS {kind})"
        return f"TRY_CAST({self.number(filled)} AS {kind})"

    def check(self, text: str, kind: str) -> str:
        """Return an SQL condition: the text is just how a value of `kind` is written."""
        number, value = self.number(text), self.value(text, kind)
        if kind == "BOOLEAN":
            return f"lower({text}) IN ('true', 'false')"
        if kind in ("BIGINT", "DECIMAL(38,0)"):
            return f"{value}::VARCHAR = {number}"
        if kind == "DOUBLE":
            sure = f"length({number}) <= {_SURE_LENGTH} OR {value}::VARCHAR = {number}"
            written = f"regexp_full_match({number}, {literal(_DOUBLE)})"
            return f"{written} AND isfinite({value}) AND ({sure})"
        if kind == "DATE":
            return f"{value} IS NOT NULL" if self.date_format else f"{value}::VARCHAR = {text}"
        if self.timestamp_format:
            return f"{value} IS NOT NULL"
        return f"regexp_full_match({text}, {literal(_TIMESTAMP)}) AND {value} IS NOT NULL"


def candidates(target: str, options: Options) -> tuple[str, ...]:
    """Return the types worth looking for when the table goes into a file of format `target`.

    A text file keeps texts as they stand, so there a column changes only where the options say how
    its numbers or dates are written.
    """
    if options.all_text:
        return ()
    typed = target in ("parquet", "excel")
    local = options.decimal != "." or options.thousands is not None
    wanted = list(NUMBERS) if typed or local or target in ("json", "ndjson") else []
    if typed or options.date_format:
        wanted.append("DATE")
    if typed or options.timestamp_format:
        wanted.append("TIMESTAMP")
    return tuple(wanted)


def infer(
    engine: Engine,
    source: str,
    columns: Sequence[str],
    *,
    kinds: Mapping[str, Sequence[str]],
    reading: Reading,
    share: tuple[float, float],
) -> tuple[dict[str, str], int]:
    """Return each column's type, the first of its `kinds` that all its texts have, and the rows.

    `source` is a query whose `columns` (SQL names) are texts. Empty columns are VARCHAR.
    """
    sample = f"(SELECT * FROM {source} LIMIT {SAMPLE_ROWS})"
    start, end = share
    left, _, _ = _passing(engine, sample, columns, kinds, reading, (start, start))
    left, filled, rows = _passing(engine, source, columns, left, reading, (start, end))
    types = {c: left[c][0] if filled[c] and left[c] else "VARCHAR" for c in columns}
    return types, rows


def _passing(
    engine: Engine,
    source: str,
    columns: Sequence[str],
    kinds: Mapping[str, Sequence[str]],
    reading: Reading,
    share: tuple[float, float],
) -> tuple[dict[str, list[str]], dict[str, int], int]:
    """Return the kinds that hold throughout, the number of texts by column, and the row count."""
    wanted = ["count(*)"]
    for column in columns:
        wanted.append(f"count(NULLIF({column}, ''))")
        wanted.extend(
            f"count(*) FILTER (WHERE {column} <> '' AND ({reading.check(column, k)}) IS NOT TRUE)"
            for k in kinds[column]
        )
    row = iter(engine.rows(
        f"SELECT {', '.join(wanted)} FROM {source}", share=share, message="reading every row",
    )[0])  # fmt: skip
    rows = next(row)
    left: dict[str, list[str]] = {}
    filled: dict[str, int] = {}
    for column in columns:
        filled[column] = next(row)
        left[column] = [kind for kind in kinds[column] if next(row) == 0]
    return left, filled, rows
