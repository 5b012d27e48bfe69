"""Which type a column of text has, decided from every row and never at the price of a digit.

A column is of a type when each of its texts is how that type is written: '007' stays text, and so
does a number with more digits than a double holds. Beside values of a type, NA and NaN mean that
there is none.
"""

from collections.abc import Mapping, Sequence

from drawscape.data.engine import Engine, literal
from drawscape.data.options import Options

NUMBERS = ("BOOLEAN", "BIGINT", "DECIMAL(38,0)", "DOUBLE")
DATES = ("DATE", "TIMESTAMP")
_ZONED = "TIMESTAMP WITH TIME ZONE"
_SAMPLE_ROWS = 1000  # what these rule out is not checked in the others
_AT_ONCE = 200  # columns in one query: DuckDB's planner is slow with thousands of expressions

_EXPONENT = "([eE][-+]?[0-9]{1,3})"
_WHOLE = "(0|[1-9][0-9]*)"
# A plus only where a point or an exponent says that it is a number: '+49' may be a telephone's.
_DOUBLE = (
    rf"-?{_WHOLE}{_EXPONENT}?|[-+]?{_WHOLE}\.[0-9]*{_EXPONENT}?|[-+]?\.[0-9]+{_EXPONENT}?"
    rf"|\+{_WHOLE}{_EXPONENT}"
)
_TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = r"(Z|[-+][0-9]{2}(:?[0-9]{2})?)"
_SURE_DIGITS = 15  # a double gives them back; more only as programs write one: 17, or an exponent
_MISSING = "('', 'NA', 'N/A', 'NaN', 'nan')"  # what R, spreadsheets and numpy write for no value


def number(text: str, options: Options) -> str:
    """Return an SQL expression: the number as SQL writes it, NULL if the options' signs do not fit."""
    text = f"trim({text})"
    if options.decimal == "." and options.thousands is None:
        return text
    whole, plain = "[0-9]+", text
    if options.thousands:
        whole = f"([0-9]{{1,3}}(\\{options.thousands}[0-9]{{3}})+|[0-9]+)"
        plain = f"replace({text}, {literal(options.thousands)}, '')"
    form = literal(f"-?{whole}(\\{options.decimal}[0-9]+)?")
    plain = f"replace({plain}, {literal(options.decimal)}, '.')"
    return f"CASE WHEN regexp_full_match({text}, {form}) THEN {plain} END"


def value(text: str, kind: str, options: Options) -> str:
    """Return an SQL expression: the text as a value of `kind`, NULL where it is not one."""
    if kind == "VARCHAR":
        return text
    text = f"NULLIF({text}, '')"
    if kind == "DATE" and options.date_format:
        return f"TRY_STRPTIME({text}, {literal(options.date_format)})::DATE"
    if kind == "TIMESTAMP" and options.timestamp_format:
        return f"TRY_STRPTIME({text}, {literal(options.timestamp_format)})"
    if kind == _ZONED:  # before 2.0 DuckDB wants seconds before a zone
        text = f"regexp_replace(trim({text}), '^(.{{16}})([-+Z])', '\\1:00\\2')"
    if kind not in ("DATE", "TIME", "TIMESTAMP", _ZONED, "BOOLEAN", "JSON"):
        text = number(text, options)
    return f"TRY_CAST({text} AS {kind})"


def wrong(text: str, kind: str, options: Options) -> str:
    """Return an SQL condition: there is a text, and it cannot be read as `kind`."""
    return f"{text} NOT IN {_MISSING} AND {value(text, kind, options)} IS NULL"


def check(text: str, kind: str, options: Options) -> str:
    """Return an SQL condition: the text, blanks cut, is just how a value of `kind` is written."""
    found, cast = number(text, options), value(text, kind, options)
    if kind == "BOOLEAN":
        return f"lower(trim({text})) IN ('true', 'false')"
    if kind in ("BIGINT", "DECIMAL(38,0)"):
        return f"{cast}::VARCHAR = {found}"
    if kind == "DOUBLE":
        digits = f"ltrim(regexp_replace({found}, '[^0-9]', '', 'g'), '0')"
        return (
            f"regexp_full_match({found}, {literal(_DOUBLE)}) AND isfinite({cast}) "
            f"AND (length({digits}) <= {_SURE_DIGITS} OR contains(lower({found}), 'e') "
            f"OR {cast}::VARCHAR = {found} OR printf('%.17g', {cast}) = {found})"
        )
    if kind == "DATE" and not options.date_format:
        return f"{cast}::VARCHAR = trim({text})"
    if kind == "DATE" or (kind == "TIMESTAMP" and options.timestamp_format):
        return f"{cast} IS NOT NULL"
    form = literal(_TIMESTAMP + (_ZONE if kind == _ZONED else ""))
    return f"regexp_full_match(trim({text}), {form}) AND {cast} IS NOT NULL"


def candidates(target: str, options: Options) -> tuple[str, ...]:
    """Return the types to look for when the table goes into a file of format `target`.

    A text file keeps texts as they stand, so there a column changes only where the options say how
    its numbers or dates are written.
    """
    if options.types == "text":
        return ()
    typed = target in ("parquet", "excel")
    local = options.decimal != "." or options.thousands is not None
    wanted = list(NUMBERS) if typed or local or target in ("json", "ndjson") else []
    if typed or options.date_format:
        wanted.append("DATE")
    if typed or options.timestamp_format:
        wanted.append("TIMESTAMP")
    if target == "parquet":  # the cells of a sheet have no time zone
        wanted.append(_ZONED)
    return tuple(wanted)


def infer(
    engine: Engine, source: str, kinds: Mapping[str, Sequence[str]], options: Options
) -> tuple[dict[str, str], int]:
    """Return each column's type, the first of its `kinds` that all its texts have, and the rows.

    `source` is a query whose columns (SQL names) are texts. Empty columns are VARCHAR.
    """
    types = dict.fromkeys(kinds, "VARCHAR")
    names = [name for name, some in kinds.items() if some]
    rows = -1
    for first in range(0, len(names), _AT_ONCE):
        part = {name: kinds[name] for name in names[first : first + _AT_ONCE]}
        sample = f"(SELECT {', '.join(part)} FROM {source} LIMIT {_SAMPLE_ROWS})"
        fits = _fitting(engine, sample, part, options)[0]
        left = {name: fits.get(name, kinds[name]) for name in part}
        while left := {name: some for name, some in left.items() if some}:
            narrowest = {name: some[:1] for name, some in left.items()}
            found, rows = _fitting(engine, source, narrowest, options)
            types |= {name: some[0] for name, some in found.items() if some}
            left = {n: left[n][1:] for n, some in found.items() if not some}
    return types, _fitting(engine, source, {}, options)[1] if rows < 0 else rows


def _fitting(
    engine: Engine, source: str, kinds: Mapping[str, Sequence[str]], options: Options
) -> tuple[dict[str, list[str]], int]:
    """Return the kinds that all texts of a column have, for each column with texts, and the rows."""
    wanted = ["count(*)"]
    for column, some in kinds.items():
        there = f"{column} NOT IN {_MISSING}"
        wanted.append(f"count(CASE WHEN {there} THEN 1 END)")
        # A sum of 0 and 1 is planned four times as fast as a filtered count.
        wanted += [
            f"sum(({there} AND ({check(column, kind, options)}) IS NOT TRUE)::INTEGER)"
            for kind in some
        ]
    sql = f"SELECT {', '.join(wanted)} FROM {source}"
    row = iter(engine.rows(sql, message="reading every row")[0])
    rows = next(row)
    found: dict[str, list[str]] = {}
    for column, some in kinds.items():
        texts = next(row)
        fits = [kind for kind in some if not next(row)]
        if texts:
            found[column] = fits
    return found, rows
