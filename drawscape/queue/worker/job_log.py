"""The log of a running job: collected from its child, and written into the table."""

import time

from drawscape.queue.claim import Claim
from drawscape.queue.engines.engine import Engine

CAP_BYTES = 1_048_576
_TAIL_BYTES = 65_536
_BYTES_A_S = 1_000_000


class JobLog:
    """The growing log of one run; that of a later run goes on where the earlier ones ended."""

    def __init__(self, engine: Engine, held: Claim) -> None:
        self._engine = engine
        self._held = held
        self._data = bytearray()
        self._start = 0  # how much was printed before `_data`
        self._written = 0  # how much of it all is in the table, or was cut off before it came there
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
        """Add the new output to the table, as a row behind those of this run and of earlier ones."""
        if self._written == self.end:
            return
        engine, data = self._engine, bytes(self._data[max(0, self._written - self._start) :])
        self.due_at = time.monotonic() + len(data) / _BYTES_A_S
        engine.write(engine.WRITE_LOG, **self._held.key, data=data)
        if self.end > CAP_BYTES or self._held.token > 1:
            engine.write(engine.CUT_LOG, id=self._held.id, most=CAP_BYTES)
        self._written = self.end

    def since(self, mark: int) -> str:
        """Return the output after `mark`, or its last 64 KiB."""
        return self._data[max(0, mark - self._start) :][-_TAIL_BYTES:].decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        return "\n".join(self.since(0).splitlines()[-count:])
