"""Which type a column of text has, decided from every row and never at the price of a digit.

A column is of a type when each of its texts is how that type is written: '007' stays text, and so
does a number with more digits than a double holds. Beside values of a type, NA and NaN mean that
there is none. DuckDB's own sniffer looks at a sample and takes '007' for 7.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drawscape.data.engine import Engine, literal
from drawscape.data.options import Options

SAMPLE_CELLS = 100_000  # what these rule out need not be checked in the others
LEAST_SAMPLE_ROWS = 100
AT_ONCE = 200  # columns in one query: DuckDB's planner is slow with thousands of expressions
NUMBERS = ("BOOLEAN", "BIGINT", "DECIMAL(38,0)", "DOUBLE")
ZONED = "TIMESTAMP WITH TIME ZONE"
DATES = ("DATE", "TIMESTAMP")

_EXPONENT = "([eE][-+]?[0-9]{1,3})"
_WHOLE = "(0|[1-9][0-9]*)"
# A plus only where a point or an exponent says that it is a number: '+49' may be a telephone's.
_DOUBLE = (
    rf"-?{_WHOLE}{_EXPONENT}?|[-+]?{_WHOLE}\.[0-9]*{_EXPONENT}?|[-+]?\.[0-9]+{_EXPONENT}?"
    rf"|\+{_WHOLE}{_EXPONENT}"
)
_TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = r"(Z|[-+][0-9]{2}(:?[0-9]{2})?)"
_SURE_DIGITS = 15  # what every double gives back unchanged
_MISSING = "('', 'NA', 'N/A', 'NaN', 'nan')"  # what R, spreadsheets and numpy write for no value


@dataclass(frozen=True)
class Reading:
    """How texts are read as values: the signs of a number and the formats of dates."""

    decimal: str = "."
    thousands: str | None = None
    date_format: str | None = None
    timestamp_format: str | None = None

    @classmethod
    def of(cls, options: Options) -> "Reading":
        """Return what the options say about values."""
        return cls(
            options.decimal, options.thousands, options.date_format, options.timestamp_format
        )

    def wrong(self, text: str, kind: str) -> str:
        """Return an SQL condition: there is a text, and it cannot be read as `kind`."""
        return f"{text} NOT IN {_MISSING} AND {self.value(text, kind)} IS NULL"

    def number(self, text: str) -> str:
        """Return an SQL expression: the number as SQL writes it, NULL if the signs do not fit."""
        text = f"trim({text})"
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
        """Return an SQL expression: the text as a value of `kind`, NULL where it is not one."""
        if kind == "VARCHAR":
            return text
        filled = f"NULLIF({text}, '')"
        if kind == "DATE" and self.date_format:
            return f"TRY_STRPTIME({filled}, {literal(self.date_format)})::DATE"
        if kind == "TIMESTAMP" and self.timestamp_format:
            return f"TRY_STRPTIME({filled}, {literal(self.timestamp_format)})"
        if kind == ZONED:  # before 2.0 DuckDB wants seconds before a zone
            filled = f"regexp_replace(trim({filled}), '^(.{{16}})([-+Z])', '\\1:00\\2')"
        if kind in ("DATE", "TIME", "TIMESTAMP", ZONED, "BOOLEAN", "JSON"):
            return f"TRY_CAST({filled} AS {kind})"
        return f"TRY_CAST({self.number(filled)} AS {kind})"

    def check(self, text: str, kind: str) -> str:
        """Return an SQL condition: the text is just how a value of `kind` is written.

        Blanks around it do not count.
        """
        number, value = self.number(text), self.value(text, kind)
        if kind == "BOOLEAN":
            return f"lower(trim({text})) IN ('true', 'false')"
        if kind == "BIGINT":
            return f"{value}::VARCHAR = {number}"
        if kind == "DECIMAL(38,0)":  # a cast to it that fails costs three times the look
            formed = f"regexp_full_match({number}, {literal(f'-?{_WHOLE}')})"
            return f"CASE WHEN {formed} THEN {value}::VARCHAR = {number} ELSE false END"
        if kind == "DOUBLE":
            digits = f"regexp_replace({number}, '[eE].*|[-+.]', '', 'g')"
            few = f"length(trim(ltrim({digits}, '0'), '0')) <= {_SURE_DIGITS}"
            # Or it is written as a double is: its shortest digits, or numpy's 19, or C's 17.
            same = " OR ".join(
                f"{written} = {number}"
                for written in (
                    f"{value}::VARCHAR",
                    f"printf('%.18e', {value})",
                    f"printf('%.17g', {value})",
                )
            )
            # In this order, for a CASE looks no further: most numbers are short, and printf is slow.
            return (
                f"CASE WHEN regexp_full_match({number}, {literal(_DOUBLE)}) IS NOT TRUE "
                f"OR isfinite({value}) IS NOT TRUE THEN false "
                f"WHEN length({number}) <= {_SURE_DIGITS} THEN true ELSE {few} OR {same} END"
            )
        if kind == "DATE":
            return (
                f"{value} IS NOT NULL" if self.date_format else f"{value}::VARCHAR = trim({text})"
            )
        if kind == "TIMESTAMP" and self.timestamp_format:
            return f"{value} IS NOT NULL"
        form = _TIMESTAMP + (_ZONE if kind == ZONED else "")
        formed = f"regexp_full_match(trim({text}), {literal(form)})"
        return f"CASE WHEN {formed} THEN {value} IS NOT NULL ELSE false END"


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
    if target == "parquet":  # the cells of a sheet have no time zone
        wanted.append(ZONED)
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
    types: dict[str, str] = dict.fromkeys(columns, "VARCHAR")
    open_ones = [column for column in columns if kinds[column]]
    rows = -1
    for first in range(0, len(open_ones), AT_ONCE):
        part = open_ones[first : first + AT_ONCE]
        left = _fitting_sample(engine, source, part, kinds, reading)
        narrowest = {column: left[column][:1] for column in part if left[column]}
        found, rows = _fitting(engine, source, narrowest, reading, share)
        missed = {column: left[column][1:] for column in narrowest if column not in found}
        if any(missed.values()):
            found |= _fitting(engine, source, missed, reading, share)[0]
        types |= found
    if rows < 0:
        rows = _fitting(engine, source, {}, reading, share)[1]
    return types, rows


def _fitting_sample(
    engine: Engine,
    source: str,
    columns: Sequence[str],
    kinds: Mapping[str, Sequence[str]],
    reading: Reading,
) -> dict[str, list[str]]:
    """Return the kinds of each column that its first texts have; none for a column without texts.

    One set of checks for all columns, turned into rows: a table may have thousands of them.
    """
    wanted = list(dict.fromkeys(kind for column in columns for kind in kinds[column]))
    limit = max(LEAST_SAMPLE_ROWS, SAMPLE_CELLS // len(columns))
    sample = f"(SELECT {', '.join(columns)} FROM {source} LIMIT {limit})"
    checks = ", ".join(_misses("text", kind, reading) for kind in wanted)
    rows = engine.rows(
        f"SELECT name, {checks} FROM (UNPIVOT {sample} ON COLUMNS(*) INTO NAME name VALUE text) "
        f"WHERE text NOT IN {_MISSING} GROUP BY name",
        share=(0, 0),
        message="reading the first rows",
    )
    missed = {row[0]: dict(zip(wanted, row[1:], strict=True)) for row in rows}
    unseen: dict[str, int] = {}
    return {
        column: [kind for kind in kinds[column] if not missed.get(column, unseen).get(kind)]
        for column in columns
    }


def _fitting(
    engine: Engine,
    source: str,
    kinds: Mapping[str, Sequence[str]],
    reading: Reading,
    share: tuple[float, float],
) -> tuple[dict[str, str], int]:
    """Return the first kind that all texts of a column have, where there is one, and the row count."""
    wanted = ["count(*)"]
    for column, some in kinds.items():
        wanted.append(f"count(CASE WHEN {column} NOT IN {_MISSING} THEN 1 END)")
        wanted.extend(_misses(column, kind, reading) for kind in some)
    sql = f"SELECT {', '.join(wanted)} FROM {source}"
    row = iter(engine.rows(sql, share=share, message="reading every row")[0])
    rows = next(row)
    found: dict[str, str] = {}
    for column, some in kinds.items():
        texts = next(row)
        fits = [kind for kind in some if not next(row)]
        if texts and fits:
            found[column] = fits[0]
    return found, rows


def _misses(text: str, kind: str, reading: Reading) -> str:
    """Return an SQL expression: the number of texts that are not of `kind`, missing ones left out.

    A sum of 0 and 1 is planned four times as fast as a filtered count.
    """
    return f"sum(({text} NOT IN {_MISSING} AND ({reading.check(text, kind)}) IS NOT TRUE)::INTEGER)"
