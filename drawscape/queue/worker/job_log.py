"""The log of a running job: collected from its child, and written into the table."""

import time

from drawscape.queue.claim import Claim
from drawscape.queue.engines.engine import Engine

CAP_BYTES = 1_048_576
_TAIL_BYTES = 65_536
_BYTES_A_S = 1_000_000


class JobLog:
    """The growing log of one run; a later run continues after the earlier ones."""

    def __init__(self, engine: Engine, held: Claim) -> None:
        self._engine = engine
        self._held = held
        self._data = bytearray()
        self._start = 0  # how much was printed before `_data`
        self._taken = 0  # how much was taken for the table, or cut off before
        self._row = b""  # the last part taken, until it is surely in the table
        # Where the next row goes; None: after the output of earlier attempts.
        self._position = 0 if held.token == 1 else None
        self.due_at = 0.0
        """When it may be written again, in monotonic seconds."""

    @property
    def end(self) -> int:
        """How much was printed, for `since`."""
        return self._start + len(self._data)

    def write(self, data: bytes) -> None:
        """Add `data`; a log of more than twice `CAP_BYTES` is cut to its last `CAP_BYTES`."""
        self._data += data
        if len(self._data) > 2 * CAP_BYTES:
            gone = len(self._data) - CAP_BYTES
            del self._data[:gone]
            self._start += gone

    def flush(self) -> None:
        """Add the new output to the table, after that of this run and of earlier ones.

        Output that could not be written comes first at the next call, as the same row.
        """
        engine, held = self._engine, self._held
        if not self._row and self._taken == self.end:
            return
        if self._position is None:
            self._position = int(engine.value(engine.LOG_END, id=held.id))
        while self._row or self._taken < self.end:
            if not self._row:
                self._row = bytes(self._data[max(0, self._taken - self._start) :])
                self._taken = self.end
            self.due_at = time.monotonic() + len(self._row) / _BYTES_A_S
            engine.write(engine.WRITE_LOG, **held.key, position=self._position, data=self._row)
            self._position += len(self._row)
            self._row = b""
        if self.end > CAP_BYTES or held.token > 1:
            engine.write(engine.CUT_LOG, id=held.id, most=CAP_BYTES)

    def since(self, mark: int) -> str:
        """Return the output after `mark`, or its last 64 KiB."""
        return self._data[max(0, mark - self._start) :][-_TAIL_BYTES:].decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        return "\n".join(self.since(0).splitlines()[-count:])
