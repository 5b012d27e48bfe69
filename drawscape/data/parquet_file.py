"""Parquet files: typed on their own, so there is nothing to guess."""

from __future__ import annotations

from pathlib import Path

from drawscape.data.engine import WRITING, Engine, file_literal, identifier, literal
from drawscape.data.options import Options, sql_type
from drawscape.data.table import Column, Table, select
from drawscape.errors import DataError, UnknownNameError


def read_parquet(engine: Engine, path: Path, options: Options) -> Table:
    """Return the table in a Parquet file, columns cast to the `types` asked for."""
    source = f"read_parquet({file_literal(path)})"
    described = engine.rows(f"DESCRIBE SELECT * FROM {source}", share=(0, 0.1), message="reading")
    found = {str(row[0]): str(row[1]) for row in described}
    for name in options.types_by_column:
        if name not in found:
            raise UnknownNameError("column", name, found)
    asked = {name: sql_type(name, kind) for name, kind in options.types_by_column.items()}
    columns = tuple(Column(name, asked.get(name, kind)) for name, kind in found.items())
    rows = engine.rows(f"SELECT count(*) FROM {source}", share=(0.1, 0.1), message="reading")
    values = [(f"CAST({identifier(c.name)} AS {c.type})", c.name) for c in columns]
    return Table(select(values, source), columns, int(rows[0][0]))


def write_parquet(engine: Engine, table: Table, path: Path) -> int:
    """Write the table as a Parquet file (zstd) and return the number of rows."""
    if not table.columns:
        raise DataError("a Parquet file needs at least one column, and this file has none")
    how = "FORMAT parquet, COMPRESSION zstd"
    written = engine.rows(
        f"COPY ({table.sql}) TO {literal(str(path))} ({how})", share=WRITING, message="writing"
    )
    return int(written[0][0])
