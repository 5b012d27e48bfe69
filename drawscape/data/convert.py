"""From one file of a table to another, whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

from drawscape.atomic import atomic_path
from drawscape.data.csv_file import read_csv, write_csv
from drawscape.data.engine import (
    DEFAULT_MB,
    Column,
    Engine,
    Progress,
    Table,
    UnreadableError,
    engine,
    file_literal,
    identifier,
    select,
)
from drawscape.data.excel_file import sheet_as_csv, write_excel
from drawscape.data.json_file import read_json, write_json
from drawscape.data.options import Options, format_named, format_of
from drawscape.errors import DataError

_DEFAULT = Options()


@dataclass(frozen=True)
class Conversion:
    """What came of a conversion: the new file, its rows and columns, and notes for the log."""

    path: Path
    rows: int
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def _no_progress(fraction: float, message: str) -> None:
    pass


def convert(
    source: Path,
    target: Path,
    *,
    scratch: Path,
    source_format: str | None = None,
    target_format: str | None = None,
    options: Options = _DEFAULT,
    memory_mb: int = DEFAULT_MB,
    progress: Progress = _no_progress,
) -> Conversion:
    """Write the table of the file `source` to `target` and return what came of it.

    Formats are those of the suffixes unless named. Memory stays near `memory_mb`, larger work
    spills into the folder `scratch`. The target is whole or absent. Raises DataError with the
    place in the file when it is not what it seems; `options` say what it is.
    """
    reads = format_named(source_format) if source_format else format_of(source)
    writes = format_named(target_format) if target_format else format_of(target)
    if target.exists() and target.samefile(source):
        raise DataError(f"{source.name!r} cannot be converted into itself; name another output")
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        engine(scratch, memory_mb=memory_mb, progress=progress) as duck,
        atomic_path(target) as temporary,
    ):
        try:
            table = _read(duck, source, reads, options, writes)
            rows = _write(duck, table, temporary, writes, options)
        except UnreadableError:
            if reads not in ("csv", "tsv"):
                raise
            # Mixed line ends, say: the careful reader takes them, or names the line that is wrong.
            table = _read(duck, source, reads, options, writes, careful=True)
            rows = _write(duck, table, temporary, writes, options)
    progress(1.0, f"{rows:,} rows")
    return Conversion(target, rows, tuple(c.name for c in table.columns), table.notes)


def _read(
    duck: Engine, path: Path, form: str, options: Options, target: str, *, careful: bool = False
) -> Table:
    if form == "excel":
        path, options = sheet_as_csv(duck, path, options)
        return read_csv(duck, path, options, target=target, tabs=False)
    if form == "parquet":
        return _read_parquet(duck, path, options)
    if form in ("json", "ndjson"):
        return read_json(duck, path, options, target=target, lines=form == "ndjson")
    tabs = form == "tsv"
    return read_csv(duck, path, options, target=target, tabs=tabs, careful=careful)


def _write(duck: Engine, table: Table, path: Path, form: str, options: Options) -> int:
    if form == "excel":
        return write_excel(duck, table, path)
    if form == "parquet":
        if not table.columns:
            raise DataError("a Parquet file needs at least one column, and this file has none")
        return duck.copy(table.sql, path, "FORMAT parquet, COMPRESSION zstd")
    if form in ("json", "ndjson"):
        return write_json(duck, table, path, lines=form == "ndjson")
    if not table.columns:
        path.touch()
        return 0
    tab = "\t" if form == "tsv" else ","
    return write_csv(duck, table, path, delimiter=tab, safe=options.safe_formulas)


def _read_parquet(duck: Engine, path: Path, options: Options) -> Table:
    """Return the table in a Parquet file, columns cast to the `types` asked for."""
    source = f"read_parquet({file_literal(path)})"
    described = duck.rows(f"DESCRIBE SELECT * FROM {source}", message="reading")
    found = {str(row[0]): str(row[1]) for row in described}
    asked = options.sql_types(found)
    columns = tuple(Column(name, asked.get(name, kind)) for name, kind in found.items())
    rows = duck.rows(f"SELECT count(*) FROM {source}", message="reading")
    values = [(f"CAST({identifier(c.name)} AS {c.type})", c.name) for c in columns]
    return Table(select(values, source), columns, int(rows[0][0]))
