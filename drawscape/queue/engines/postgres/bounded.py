"""A connection that waits for no answer without end, where TCP finds nothing wrong.

A server that is stopped, or a proxy that swallows what it is given, keeps the connection alive. So a
statement that is silent for some seconds is asked after by another connection: the server may be at it still.
"""

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg

ASK_S = 10.0
"""So long a statement may be silent before it is asked after, and between two such questions."""

ONE_ROW_S = 75.0
"""The most for a statement of one row; it waits a minute at most for what another session has locked."""

LONGEST_S = 600.0
"""The most for others: to remove millions of rows takes minutes."""

_ANSWER_S = 3
_IS_IDLE = "select exists (select 1 from pg_stat_activity where pid = %s and state <> 'active')"

T = TypeVar("T")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection to `url`; one whose statement is not answered is closed, with an OperationalError."""

    url = ""
    """What is asked after a silent statement; without one nobody is."""

    longest_s = LONGEST_S
    """How long the present statement may be silent."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **named: Any) -> T:
        """Do as psycopg does, within bounds."""
        return super().wait(self._bounded(gen), *args, **named)

    def _bounded(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        """Yield what `gen` waits for; what is sent is false when nothing came for a tenth of a second."""
        try:
            state = next(gen)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        silent_at = ask_at = 0.0
        doubts = 0
        while True:
            ready = yield state
            if ready:
                silent_at, doubts = 0.0, 0
            elif not silent_at:
                silent_at = time.monotonic()
                ask_at = silent_at + ASK_S
            elif time.monotonic() - silent_at > self.longest_s:
                self._give_up(silent_at)
            elif self.url and time.monotonic() > ask_at:
                doubts = 0 if self._is_at_it() else doubts + 1
                if doubts > 1:  # an answer may have been on its way
                    self._give_up(silent_at)
                ask_at = time.monotonic() + ASK_S
            try:
                state = gen.send(ready)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    def _is_at_it(self) -> bool:
        """Return whether the server serves others, and this connection's session is not idle there.

        A session that it does not know is behind a pooler, and may be at it.
        """
        try:
            with BoundedConnection.connect(self.url, connect_timeout=_ANSWER_S) as other:
                other.longest_s = _ANSWER_S
                row = other.execute(_IS_IDLE, (self.info.backend_pid,)).fetchone()
        except psycopg.Error as error:
            return "too many" in str(error)
        return row is not None and not row[0]

    def _give_up(self, since: float) -> None:
        self.close()
        raise psycopg.OperationalError(
            f"the server has not answered for {time.monotonic() - since:.0f} s"
        )
