"""What a job prints: its end in memory, its rows in a table, the last one growing, the first ones cut."""

import logging
import time

from drawscape.errors import DrawscapeError
from drawscape.queue.engines.engine import Engine
from drawscape.queue.row import Claim

CAP_BYTES = 1_048_576

_TAIL_BYTES = 65_536
_ROW_BYTES = 16_384
_FIRST_PAUSE_S, _PAUSE_S = 0.02, 0.25  # most jobs have ended by then
_BYTES_A_S = 1_000_000
_NEVER = 2**62

_LOG = logging.getLogger("huey.drawscape")


class JobLog:
    """The growing log of one run; that of a later run goes on where the earlier ones ended."""

    def __init__(self, engine: Engine, held: Claim) -> None:
        self._engine = engine
        self._held = held
        self._data = bytearray()
        self._start = 0  # where the log lies that `_data` begins with
        self._row = 0  # and where the row begins that grows
        self._written = 0
        self._due = 0.0
        self._is_placed = held.token == 1

    @property
    def _end(self) -> int:
        return self._start + len(self._data)

    @property
    def is_held(self) -> bool:
        """Whether there is text that nobody else sees yet."""
        return self._written < self._end

    def write(self, data: bytes) -> None:
        """Add `data`; of what exceeds twice the cap the last `CAP_BYTES` stay."""
        if not self._data:
            self._due = time.monotonic() + _FIRST_PAUSE_S
        self._data += data
        if len(self._data) > 2 * CAP_BYTES:
            gone = len(self._data) - CAP_BYTES
            del self._data[:gone]
            self._start += gone
            self._row = max(self._row, self._start)
        self.flush()

    def flush(self) -> None:
        """Let others see what was held long enough; a locked file is not waited for."""
        if not self.is_held or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _PAUSE_S
        try:
            with self._engine.short_timeout():
                self._send()
        except DrawscapeError:
            return  # it is tried again

    def close(self) -> None:
        """Write what is held: the job is about to end."""
        if self.is_held:
            try:
                self._send()
            except DrawscapeError as error:
                _LOG.warning("event=log_not_written job=%s error=%r", self._held.id, str(error))

    def _send(self) -> None:
        """Write the row that grows; when it is full the next begins behind it."""
        sql = self._engine.sql
        if not self._is_placed:
            self._go_on_after(self._earlier())
        data = bytes(self._data[self._row - self._start :])
        self._due += len(data) / _BYTES_A_S
        self._engine.write(sql.WRITE_LOG, **self._held.key, position=self._row, data=data)
        if self._end > CAP_BYTES:
            self._engine.write(sql.CUT_LOG, id=self._held.id, position=self._end - CAP_BYTES)
        self._written = self._end
        if len(data) >= _ROW_BYTES:
            self._row = self._end

    def _earlier(self) -> int:
        """Return where the log of earlier runs ends."""
        rows = self._engine.read(self._engine.sql.LOG_ROWS, id=self._held.id, position=_NEVER)
        return int(rows[-1][0] + rows[-1][2]) if rows else 0

    def _go_on_after(self, end: int) -> None:
        self._start, self._row, self._written = self._start + end, self._row + end, end
        self._is_placed = True

    def mark(self) -> int:
        """Return how much this run has printed, for `since`."""
        return self._end

    def since(self, mark: int) -> str:
        """Return what was written after `mark`."""
        return self._data[max(0, mark - self._start) :][-_TAIL_BYTES:].decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        """Return the last lines, at most 64 KiB of them."""
        return "\n".join(self.since(0).splitlines()[-count:])
