"""A table that a file holds: an SQL query and what is known about its columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drawscape.data.engine import identifier


@dataclass(frozen=True)
class Column:
    """A column: its name in the file, and its SQL type."""

    name: str
    type: str


@dataclass(frozen=True)
class Table:
    """A file's rows as the query `sql`, whose columns are `columns`; `notes` are for the job's log.

    `rows` is their number, or None when they have not been counted. `documents` is, for JSON files,
    the query of their records as they stand, one column of JSON.
    """

    sql: str
    columns: tuple[Column, ...]
    rows: int | None = None
    notes: tuple[str, ...] = ()
    documents: str | None = None


def select(expressions: Iterable[tuple[str, str]], source: str) -> str:
    """Return a query of (expression, name) pairs over `source`, a table or a query in brackets."""
    wanted = ", ".join(f"{expression} AS {identifier(name)}" for expression, name in expressions)
    return f"SELECT {wanted} FROM {source}"


def unique_names(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the names with blank ones filled in and later doubles numbered, and notes on those.

    'a', 'A', '' become 'a', 'A_2', 'column_3': SQL takes 'a' and 'A' for one name.
    """
    taken: set[str] = set()
    chosen: list[str] = []
    notes: list[str] = []
    for place, given in enumerate(names, start=1):
        plain = given.replace("\0", "").strip() or f"column_{place}"
        name, number = plain, 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.lower())
        chosen.append(name)
        if name != given and given.strip():
            notes.append(f"column {place}, {given!r}, is called {name!r}: names must differ")
    return chosen, notes
