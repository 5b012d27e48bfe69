"""JSON and NDJSON files: records whose keys become columns, numbers kept to the digit."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from drawscape.data import infer
from drawscape.data.csv_file import as_utf8, find_encoding, unique_names
from drawscape.data.engine import (
    Column,
    Engine,
    Table,
    file_literal,
    identifier,
    literal,
    select,
    text_value,
)
from drawscape.data.options import Options
from drawscape.errors import DataError

MOST_COLUMNS = 10_000  # a record with more keys is a dictionary, not a row
_LARGEST_RECORD = 16 << 20  # DuckDB takes twice that for each of its buffers
_NUMBERS = infer.NUMBERS[1:]


def read_json(engine: Engine, path: Path, options: Options, *, target: str, lines: bool) -> Table:
    """Return the records of a JSON file: those of an array, one object, or one a line (`lines`).

    Columns are the records' keys in the order in which they first come; nested values stay JSON.
    Records that are not objects make one column, 'value'. Integers keep every digit, other numbers
    those of a double. Raises DataError where the file is not JSON or ends too soon.
    """
    plain = as_utf8(engine, path, find_encoding(path, options.encoding))
    array = not lines and _is_array(plain, path)
    form = "newline_delimited" if lines else "array" if array else "unstructured"
    how = f"format = '{form}', maximum_object_size = {_LARGEST_RECORD}"
    scan = f"read_json_objects({file_literal(plain)}, {how})"
    documents = f"SELECT json_extract(json, '$') AS value FROM {scan}"
    if target in ("json", "ndjson") and not options.types_by_column:
        return Table("", (), None, (), documents)
    rows, objects = _counts(engine, scan)
    if rows == 0:
        return Table("", (), 0, ("the file holds no records",))
    if objects < rows:
        others = rows - objects
        note = (
            f"{others} record{'s are' if others > 1 else ' is'} not an object: all are in 'value'"
        )
        return Table(documents, (Column("value", "JSON"),), rows, (note,))
    return _by_keys(engine, scan, rows, options, target)


def write_json(engine: Engine, table: Table, path: Path, *, lines: bool) -> int:
    """Write the table's rows as JSON objects, in an array or one a line; return their number.

    NaN and infinity become null: JSON has no such numbers.
    """
    if table.documents is not None:
        return _copy_documents(engine, table.documents, path, lines=lines)
    if not table.columns:
        path.write_text("" if lines else "[]\n", encoding="utf-8")
        return 0
    values = [(_value(column), column.name) for column in table.columns]
    form = f"FORMAT json, ARRAY {str(not lines).lower()}"
    return engine.copy(select(values, f"({table.sql})"), path, form)


def _value(column: Column) -> str:
    name = identifier(column.name)
    if column.type in ("DOUBLE", "FLOAT"):
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    return text_value(column)


def _copy_documents(engine: Engine, documents: str, path: Path, *, lines: bool) -> int:
    """Write the records as they stand, keys that a record lacks staying away."""
    start, between, end = ("", "\n", "\n") if lines else ("[\n", ",\n", "\n]\n")
    count = 0
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(start)
        for rows in engine.stream(documents):
            stream.write(between if count else "")
            stream.write(between.join(row[0] for row in rows))
            count += len(rows)
            engine.report(0.5, f"{count:,} records")
        stream.write(end if count or not lines else "")
    return count


def _is_array(path: Path, named: Path) -> bool:
    """Return whether the file is one array; DataError when the array does not end.

    DuckDB takes `[{"a": 1},` for a whole file of one record.
    """
    with path.open("rb") as stream:
        first = stream.read(1 << 16).lstrip()[:1]
        stream.seek(max(0, path.stat().st_size - (1 << 16)))
        last = stream.read().rstrip()[-1:]
    if first == b"[" and last != b"]":
        raise DataError(
            f"{named.name!r} ends within its array; the last character is not ]; was it cut off?"
        )
    return first == b"["


def _counts(engine: Engine, scan: str) -> tuple[int, int]:
    sql = f"SELECT count(*), count(*) FILTER (WHERE json_type(json) = 'OBJECT') FROM {scan}"
    row = engine.rows(sql, message="counting records")[0]
    return int(row[0]), int(row[1])


def _by_keys(engine: Engine, scan: str, rows: int, options: Options, target: str) -> Table:
    found = _keys(engine, scan, options, target)
    if not found:
        return Table("", (), 0, (f"none of the {rows} records has a key",))
    names, notes = unique_names(key for key, _ in found)
    asked = options.sql_types(names)
    columns, values = [], []
    for index, (name, (_, guessed)) in enumerate(zip(names, found, strict=True), start=1):
        kind = asked.get(name, guessed)
        columns.append(Column(name, kind))
        values.append((_extracted(f"v[{index}]", kind), name))
    pointers = ", ".join(literal(_pointer(key)) for key, _ in found)
    source = f"(SELECT json_extract(json, [{pointers}]) AS v FROM {scan})"
    return Table(select(values, source), tuple(columns), rows, tuple(notes))


def _extracted(value: str, kind: str) -> str:
    if kind == "JSON":
        return f"NULLIF({value}, 'null'::JSON)"
    text = f"({value} ->> '$')"
    return text if kind == "VARCHAR" else f"CAST({text} AS {kind})"


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _keys(engine: Engine, scan: str, options: Options, target: str) -> list[tuple[str, str]]:
    """Return the records' keys, in the order of their first coming, and their types."""
    plain = replace(options, decimal=".", thousands=None)  # as JSON writes its numbers
    kinds = [*_NUMBERS, *(k for k in infer.DATES if k in infer.candidates(target, options))]
    fits = ", ".join(
        f"bool_and(coalesce({infer.check('text', kind, plain)}, false)) FILTER (WHERE type <> 'NULL')"
        for kind in kinds
    )
    sql = f"""
        SELECT key, count(*) FILTER (WHERE type <> 'NULL'),
            count(*) FILTER (WHERE type = 'VARCHAR'),
            count(*) FILTER (WHERE type IN ('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE')),
            count(*) FILTER (WHERE type = 'BOOLEAN'), {fits}
        FROM (
            SELECT position, e.id AS id, e.key AS key, e.type AS type, e.value ->> '$' AS text
            FROM (SELECT row_number() OVER () AS position, json FROM {scan}) AS t,
                json_each(t.json) AS e
        ) GROUP BY key ORDER BY min(position), min(id) LIMIT {MOST_COLUMNS + 1}"""
    found = engine.rows(sql, message="reading every record")
    if len(found) > MOST_COLUMNS:
        raise DataError(f"more than {MOST_COLUMNS:,} different keys: these records are not a table")
    return [(row[0], _kind(row[1:5], dict(zip(kinds, row[5:], strict=True)))) for row in found]


def _kind(counts: Sequence[int], fits: dict[str, Any]) -> str:
    """Return a key's type from how many of its values are anything, texts, numbers and booleans."""
    values, texts, numbers, booleans = counts
    if values == texts:
        return next((k for k in infer.DATES if texts and fits.get(k)), "VARCHAR")
    if values == numbers:
        return next((k for k in _NUMBERS if fits[k]), "JSON")
    return "BOOLEAN" if values == booleans else "JSON"
