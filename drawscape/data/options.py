"""The formats of tables, and the options that describe a CSV or TSV file."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from drawscape.errors import DataError, ParameterError, UnknownNameError

SUFFIXES = {
    "csv": ".csv",
    "tsv": ".tsv",
    "json": ".json",
    "ndjson": ".ndjson",
    "parquet": ".parquet",
}
"""The formats that can be read and written, and the suffixes of their files."""

_ALIASES = {"jsonl": "ndjson", "tab": "tsv", "pq": "parquet", "txt": "csv"}

_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
}


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How to read a CSV or TSV file. DuckDB finds out the rest, and checks the values.

    - `delimiter`: between cells; None: the one that DuckDB's sniffer finds.
    - `quote`, `escape`: around a cell, and before a quote in it ('' for none).
    - `encoding`: any that Python knows ('cp1252', 'latin-1', 'utf-16').
    - `header`: whether the first line names the columns; None: the sniffer decides.
    - `skip_rows`: lines to skip before the first.
    - `types`: 'text' for all columns, or a type by column: text, integer, double, boolean, date, time,
      timestamp.
    - `nulls`: texts that mean "no value", beside the empty cell: ['NA', '-'].
    - `decimal`, `thousands`: '12.345,60' is decimal=',' thousands='.'.
    - `date_format`, `timestamp_format`: as in strptime: '%d/%m/%Y'.
    """

    delimiter: str | None = None
    quote: str = '"'
    escape: str = '"'
    encoding: str = "utf-8"
    header: bool | None = None
    skip_rows: int = 0
    types: Mapping[str, str] | str = field(default_factory=dict)
    nulls: Sequence[str] = ()
    decimal: str = "."
    thousands: str | None = None
    date_format: str | None = None
    timestamp_format: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "TableOptions":
        """Return the options in `given`; UnknownNameError or ParameterError names a wrong one."""
        known = [option.name for option in fields(cls)]
        for name in given:
            if name not in known:
                raise UnknownNameError("option", name, known)
        return cls(**given)

    def __post_init__(self) -> None:
        try:
            codecs.lookup(self.encoding)
        except (LookupError, TypeError):
            rule = "must be an encoding that Python knows, such as 'utf-8', 'cp1252' or 'utf-16'"
            raise ParameterError("encoding", self.encoding, rule) from None
        if isinstance(self.nulls, str):
            raise ParameterError("nulls", self.nulls, "must be a list of texts")
        if not isinstance(self.types, Mapping) and self.types != "text":
            raise ParameterError("types", self.types, "must be 'text' or a dictionary by column")
        for column, name in self.types_by_column.items():
            if name not in _TYPES:
                rule = f"must be one of {', '.join(_TYPES)}"
                raise ParameterError(f"types[{column!r}]", name, rule)

    @property
    def types_by_column(self) -> Mapping[str, str]:
        """The names of the types asked for, by column."""
        return {} if isinstance(self.types, str) else self.types

    @property
    def sql_types(self) -> dict[str, str]:
        """DuckDB's types for those asked for, by column."""
        return {column: _TYPES[name] for column, name in self.types_by_column.items()}


def format_named(name: str) -> str:
    """Return the format that `name` means, such as 'ndjson' for 'JSONL'; UnknownNameError if none."""
    plain = name.strip().lower().removeprefix(".") if isinstance(name, str) else repr(name)
    known = _ALIASES.get(plain, plain)
    if known not in SUFFIXES:
        raise UnknownNameError("format", plain, [*SUFFIXES, *_ALIASES])
    return known


def format_of(path: Path) -> str:
    """Return the format of the file's suffix. Raises DataError for an unknown suffix."""
    try:
        return format_named(path.suffix)
    except UnknownNameError:
        suffixes = ", ".join([*SUFFIXES.values(), *(f".{alias}" for alias in _ALIASES)])
        raise DataError(
            f"{path.name!r}: the suffix {path.suffix!r} is not that of a format; "
            f"pass source_format='csv', or use one of {suffixes}"
        ) from None
