"""Many rows at once."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

_ROWS_A_STATEMENT = 1000
"""Of a batch: each statement opens the table's b-trees anew, which costs as much as a row."""


def insert_rows(
    connection: sqlite3.Connection,
    shared: Mapping[str, Any],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Insert rows into `job` that have the values of `shared` in common."""
    marks = f"({', '.join('?' * len(columns))})"
    chosen = ", ".join(f"column{number + 1}" for number in range(len(columns)))
    left = iter(rows)
    while some := [*islice(left, _ROWS_A_STATEMENT)]:
        connection.execute(
            f"insert into job ({', '.join((*shared, *columns))}) "
            f"select {', '.join('?' * len(shared))}, {chosen} "
            f"from (values {', '.join([marks] * len(some))})",
            (*shared.values(), *chain.from_iterable(some)),
        )
