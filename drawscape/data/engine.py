"""DuckDB within a limit of memory, with progress, and without a way out to the network."""

from __future__ import annotations

import glob
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drawscape.atomic import scratch_folder
from drawscape.errors import DataError, MissingExtraError

Progress = Callable[[float, str], object]
"""Takes the fraction done (0 to 1) and what is going on."""

WRITING = (0.35, 1.0)  # the share of the progress that is writing; reading every row comes before
LOOK_S = 0.1  # between two looks at a query's progress: ten a second is what an eye follows


_SESSION = (
    "TimeZone = 'UTC'",
    "enable_progress_bar = true",
    "enable_progress_bar_print = false",
    "progress_bar_time = 0",
)


class UnreadableError(DataError):
    """DuckDB does not take the input as it stands; something slower may."""


class Engine:
    """A DuckDB connection of one conversion, its scratch folder, and its progress."""

    def __init__(self, connection: Any, scratch: Path, progress: Progress) -> None:
        self._connection = connection
        self._progress = progress
        self._furthest = 0.0
        self.scratch = scratch

    def rows(self, sql: str, *, share: tuple[float, float], message: str) -> list[tuple[Any, ...]]:
        """Return what the query gives, telling the progress between the two fractions of `share`.

        Raises DataError with DuckDB's words when it fails. When the waiting thread is interrupted,
        the query is too.
        """
        ended: list[Any] = []
        thread = threading.Thread(target=lambda: ended.append(self._attempt(sql)), daemon=True)
        fraction = share[0]
        thread.start()
        try:
            while thread.is_alive():
                self.tell(fraction, message)
                thread.join(LOOK_S)
                fraction = self._fraction(share)
        finally:
            if thread.is_alive():
                self._connection.interrupt()
                thread.join()
        if isinstance(ended[0], Exception):
            raise ended[0]
        self.tell(share[1], message)
        found: list[tuple[Any, ...]] = ended[0]
        return found

    def stream(self, sql: str, *, size: int = 4096) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the query's rows in lists of at most `size`."""
        duckdb = _duckdb()
        try:
            cursor = self._connection.execute(sql)
            while rows := cursor.fetchmany(size):
                yield rows
        except duckdb.Error as problem:
            raise _explained(problem) from problem

    def tell(self, fraction: float, message: str) -> None:
        """Pass on how far the work is; a step that is done again does not set it back."""
        self._furthest = max(self._furthest, fraction)
        self._progress(self._furthest, message)

    def _attempt(self, sql: str) -> list[tuple[Any, ...]] | DataError:
        """Return the rows, or the error: an exception would not leave its thread."""
        duckdb = _duckdb()
        try:
            rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        except duckdb.Error as problem:
            return _explained(problem)
        return rows

    def _fraction(self, share: tuple[float, float]) -> float:
        """Return how far the query is within `share`; DuckDB says -1 when it cannot tell."""
        percent: float = self._connection.query_progress()
        return share[0] + (share[1] - share[0]) * min(percent, 100.0) / 100


@contextmanager
def engine(folder: Path, *, memory_mb: int, progress: Progress) -> Iterator[Engine]:
    """Yield an Engine that takes about `memory_mb` of memory, spills into `folder`, tidies up."""
    duckdb = _duckdb()
    with scratch_folder(folder) as scratch:
        config = {
            "memory_limit": f"{memory_mb}MB",
            "threads": 2,
            "temp_directory": str(scratch / "spill"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(":memory:", config=config) as connection:
            for setting in _SESSION:
                connection.execute(f"SET {setting}")
            yield Engine(connection, scratch, progress)


def literal(value: str) -> str:
    """Return `value` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def file_literal(path: Path) -> str:
    """Return the path as an SQL string in which `*`, `?` and `[` stand for themselves."""
    return literal(glob.escape(str(path)))


def _explained(problem: Exception) -> DataError:
    text = str(problem)
    if type(problem).__name__ == "OutOfMemoryException":
        return DataError(
            f"the memory limit was reached; raise DRAWSCAPE_DATA_MEMORY_MB ({text[:200]})"
        )
    kind = UnreadableError if type(problem).__name__ == "InvalidInputException" else DataError
    wanted = text.split("Possible fixes", 1)[0].split("\n\n", 1)[0]
    return kind(" ".join(wanted.split()).removeprefix("Invalid Input Error: ")[:600])


def _duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("converting data files", "data") from None
    return duckdb
