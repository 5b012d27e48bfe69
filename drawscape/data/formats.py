"""The formats of tables, by the names that people give them."""

from __future__ import annotations

from pathlib import Path

from drawscape.errors import DataError, UnknownNameError

SUFFIXES = {
    "csv": ".csv",
    "tsv": ".tsv",
    "json": ".json",
    "ndjson": ".ndjson",
    "parquet": ".parquet",
    "excel": ".xlsx",
}
FORMATS = tuple(SUFFIXES)
"""The formats that can be read and written."""

_ALIASES = {"jsonl": "ndjson", "xlsx": "excel", "tab": "tsv", "pq": "parquet", "txt": "csv"}


def format_named(name: str) -> str:
    """Return the format that `name` means, such as 'excel' for 'XLSX'; UnknownNameError if none."""
    plain = name.strip().lower().removeprefix(".") if isinstance(name, str) else repr(name)
    known = _ALIASES.get(plain, plain)
    if known == "xls":
        raise DataError("the old .xls format is not read; save the sheet as .xlsx first")
    if known not in SUFFIXES:
        raise UnknownNameError("format", plain, [*FORMATS, *_ALIASES])
    return known


def suffix_of(form: str) -> str:
    """Return the suffix of files in a format of FORMATS."""
    return SUFFIXES[form]


def format_of(path: Path) -> str:
    """Return the format that the file's suffix stands for; DataError when it stands for none."""
    try:
        return format_named(path.suffix)
    except UnknownNameError:
        suffixes = ", ".join([*SUFFIXES.values(), *(f".{alias}" for alias in _ALIASES)])
        raise DataError(
            f"{path.name!r}: the suffix {path.suffix!r} names no format; "
            f"say source_format='csv' or so, or use one of {suffixes}"
        ) from None
