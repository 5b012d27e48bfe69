"""The formats of tables, by their names and by the suffixes of files."""

from pathlib import Path

from drawscape.errors import DataError, UnknownNameError

SUFFIXES = {
    "csv": ".csv",
    "tsv": ".tsv",
    "json": ".json",
    "ndjson": ".ndjson",
    "parquet": ".parquet",
}
"""The formats that can be read and written, and the suffixes of their files."""

_ALIASES = {"jsonl": "ndjson", "tab": "tsv", "pq": "parquet", "txt": "csv"}


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
