"""The formats of tables, and what a caller may choose about a file that is not as it seems."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
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
    "excel": ".xlsx",
}
"""The formats that can be read and written, and the suffixes of their files."""

_ALIASES = {"jsonl": "ndjson", "xlsx": "excel", "tab": "tsv", "pq": "parquet", "txt": "csv"}

_RAGGED = ("refuse", "pad", "skip")
_TYPES = {
    **dict.fromkeys(("text", "varchar", "string"), "VARCHAR"),
    **dict.fromkeys(("integer", "bigint"), "BIGINT"),
    **dict.fromkeys(("double", "float"), "DOUBLE"),
    **{name: name.upper() for name in ("boolean", "date", "time", "timestamp", "json")},
}
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s*(\d{1,2})\)")


def _is_character(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode()) == 1 and value not in "\n\r\0"


def _is_encoding(value: Any) -> bool:
    try:
        return value is None or "".encode(value) is not None
    except (LookupError, TypeError):
        return False


_CHARACTER = "must be one ASCII character, not a line end or NUL"
_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "decimal": (_is_character, _CHARACTER),
    "delimiter thousands": (lambda value: value is None or _is_character(value), _CHARACTER),
    "quote escape": (lambda value: value == "" or _is_character(value), _CHARACTER),
    "encoding": (_is_encoding, "is not a text encoding of Python; try 'utf-8', 'cp1252', 'utf-16'"),
    "skip_rows": (lambda value: isinstance(value, int) and value >= 0, "must be 0 or more lines"),
    "ragged": (lambda value: value in _RAGGED, f"must be one of {', '.join(_RAGGED)}"),
    "nulls columns": (
        lambda value: not isinstance(value, str) and all(isinstance(v, str) for v in value or ()),
        "must be a list of texts",
    ),
    "types": (
        lambda value: value == "text" or isinstance(value, Mapping),
        "must be 'text' or a dictionary by column",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to read a table where its file does not say, and how to write it.

    - `delimiter`: between cells of a CSV file, any one character; None: as DuckDB's sniffer finds it.
    - `quote`, `escape`: around a cell, and before a quote in it ('' for none).
    - `encoding`: any that Python knows ('latin-1', 'cp1252', 'utf-16'); None means UTF-8, or what a
      byte order mark says.
    - `header`: whether the first line names the columns; None: unless a number or date is in it.
    - `skip_rows`: lines to pass over before the first.
    - `columns`: names in place of the file's.
    - `types`: 'text' (guess nothing), or a type by column: text, integer, double, decimal(18,2),
      boolean, date, time, timestamp, json.
    - `nulls`: texts that mean "nothing here", beside the empty cell: ['NA', '-'].
    - `strip`: cut blanks around each cell.
    - `decimal`, `thousands`: '12.345,60' is decimal=',' thousands='.'.
    - `date_format`, `timestamp_format`: as in strptime: '%d/%m/%Y'; a column that fits wholly is a date.
    - `ragged`: rows with more or fewer cells than the first: 'refuse', 'pad' or 'skip'.
    - `sheet`: an Excel sheet by name or by number from 0; None: the first.
    - `safe_formulas`: write text that a spreadsheet would run (=, +, -, @ first) with a ' before it.
    """

    delimiter: str | None = None
    quote: str = '"'
    escape: str = '"'
    encoding: str | None = None
    header: bool | None = None
    skip_rows: int = 0
    columns: Sequence[str] | None = None
    types: Mapping[str, str] | str = field(default_factory=dict)
    nulls: Sequence[str] = ()
    strip: bool = False
    decimal: str = "."
    thousands: str | None = None
    date_format: str | None = None
    timestamp_format: str | None = None
    ragged: str = "refuse"
    sheet: str | int | None = None
    safe_formulas: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Options":
        """Return the options in `given`; UnknownNameError or ParameterError for what is wrong."""
        known = [option.name for option in fields(cls)]
        for name in given:
            if name not in known:
                raise UnknownNameError("option", name, known)
        return cls(**given)

    def __post_init__(self) -> None:
        for names, (is_right, rule) in _RULES.items():
            for name in names.split():
                if not is_right(value := getattr(self, name)):
                    raise ParameterError(name, value, rule)
        for name, other in (("delimiter", "quote"), ("thousands", "decimal")):
            value = getattr(self, name)
            if value and value == getattr(self, other):
                raise ParameterError(name, value, f"must differ from {other}")
        for column, kind in self.types_by_column.items():
            sql_type(column, kind)

    @property
    def types_by_column(self) -> Mapping[str, str]:
        """The types asked for, by column."""
        return {} if isinstance(self.types, str) else self.types

    def sql_types(self, names: Collection[str]) -> dict[str, str]:
        """Return the SQL types asked for by column; UnknownNameError for one that is not in `names`."""
        for name in self.types_by_column:
            if name not in names:
                raise UnknownNameError("column", name, names)
        return {name: sql_type(name, kind) for name, kind in self.types_by_column.items()}


def sql_type(column: str, name: str) -> str:
    """Return the SQL type that `name` means; ParameterError, naming `column`, if none."""
    plain = str(name).strip().lower()
    decimal = _DECIMAL.fullmatch(plain)
    if decimal:
        width, scale = int(decimal[1]), int(decimal[2])
        if 1 <= width <= 38 and scale <= width:
            return f"DECIMAL({width},{scale})"
    if plain not in _TYPES:
        known = ", ".join([*_TYPES, "decimal(18,2)"])
        raise ParameterError(f"types[{column!r}]", name, f"must be one of {known}")
    return _TYPES[plain]


def format_named(name: str) -> str:
    """Return the format that `name` means, such as 'excel' for 'XLSX'; UnknownNameError if none."""
    plain = name.strip().lower().removeprefix(".") if isinstance(name, str) else repr(name)
    known = _ALIASES.get(plain, plain)
    if known == "xls":
        raise DataError("the old .xls format is not read; save the sheet as .xlsx first")
    if known not in SUFFIXES:
        raise UnknownNameError("format", plain, [*SUFFIXES, *_ALIASES])
    return known


def format_of(path: Path) -> str:
    """Return the format that the file's suffix stands for; DataError when it stands for none."""
    try:
        return format_named(path.suffix)
    except UnknownNameError:
        suffixes = ", ".join([*SUFFIXES.values(), *(f".{alias}" for alias in _ALIASES)])
        raise DataError(
            f"{path.name!r}: the suffix {path.suffix!r} is not that of a format; "
            f"pass source_format='csv', or use one of {suffixes}"
        ) from None
