"""What jobs leave while they run, in tables: every machine reads them.

A preview is one row, replaced in place, in a table without a write-ahead log. A log is a few rows of some
kilobytes: the last one grows, and the first ones go when it is longer than its cap. Only the run that holds
its job writes them.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from drawscape.errors import DrawscapeError
from drawscape.queue.table.query import read_log
from drawscape.queue.worker.job_log import CAP_BYTES, DROPPED, SHORT_BYTES, TAIL_BYTES

if TYPE_CHECKING:
    from drawscape.queue.engines.engine import Database
    from drawscape.queue.table.records import Claim

PREVIEW_BYTES = 4_000_000
"""Of the largest preview that is passed on."""

_ROW_BYTES = 16_384
_FIRST_PAUSE_S, _PAUSE_S = (
    0.02,
    0.25,
)  # most jobs have ended by then, and a short log goes with the end
_BYTES_A_S = 1_000_000

_HELD = "from job where id = ? and token = ? and worker = ? and status = 'started'"
_WRITE_LOG = f"""
insert into job_log (job_id, position, data) select id, ?, ? {_HELD}
on conflict (job_id, position) do update set data = excluded.data
"""
_CUT_LOG = "delete from job_log where job_id = ? and position + length(data) <= ?"
# No other run claims the job meanwhile.
_REMOVE_LOG = """
with held as materialized (select id from job where id = ? and token = ? for update)
delete from job_log where job_id in (select id from held)
"""
_READ_LOG = """
select position, case when position + length(data) > ? then data else ''::bytea end, length(data)
from job_log where job_id = ? order by position
"""
_WRITE_PREVIEW = f"""
insert into job_preview (job_id, written_at, picture)
select id, extract(epoch from clock_timestamp())::float8, ? {_HELD}
on conflict (job_id) do update set written_at = excluded.written_at, picture = excluded.picture
"""

_LOG = logging.getLogger("huey.drawscape")


class Traces:
    """The logs and previews of the jobs in `database`."""

    are_committed = True

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._previews = database.folder / "previews"

    def open_log(self, held: "Claim") -> "TableLog":
        """Return the log of a run; that of a later run goes on where the earlier ones ended."""
        return TableLog(self._database, held)

    def read_log(self, job_id: str, position: int) -> tuple[bytes, int] | None:
        """Return what its rows hold from `position` on, and where that ends; None without rows."""
        with self._database.translated():
            rows = self._database.connection.execute(_READ_LOG, (position, job_id)).fetchall()
        if not rows:
            return None
        last = rows[-1][0] + rows[-1][2]
        first = max(rows[0][0], last - CAP_BYTES + len(DROPPED))  # a row may reach beyond the cap
        if position > last:
            position = 0
        parts = [bytes(data)[max(0, max(first, position) - at) :] for at, data, _ in rows]
        if first > position:  # what came before was dropped, to the middle of a line
            parts = [DROPPED, b"".join(parts).partition(b"\n")[2]]
        return b"".join(parts), last

    def preview(self, job_id: str) -> bytes | None:
        """Return the drawing so far."""
        with self._database.translated():
            row = self._database.connection.execute(
                "select picture from job_preview where job_id = ?", (job_id,)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def preview_stamps(self, job_ids: Iterable[str]) -> Mapping[str, object]:
        """Return what differs between a preview and the next of those jobs that have one."""
        with self._database.translated():
            return dict(
                self._database.connection.execute(
                    "select job_id, written_at from job_preview where job_id = any(?)",
                    (list(job_ids),),
                ).fetchall()
            )

    def publish_preview(self, held: "Claim") -> None:
        """Write what the child has left in a file; one that is too large is left out."""
        try:
            picture = (self._previews / f"{held.id}.svg").read_bytes()
        except OSError:
            return
        if len(picture) > PREVIEW_BYTES:
            _LOG.warning("job=%s event=preview_too_large bytes=%d", held.id, len(picture))
            return
        with self._database.translated():
            values = (picture, held.id, held.token, held.worker)
            self._database.connection.execute(_WRITE_PREVIEW, values)

    def close_preview(self, job_id: str, *, keep: bool) -> None:
        """Remove the child's file, and the row too unless it is to `keep`."""
        (self._previews / f"{job_id}.svg").unlink(missing_ok=True)
        if not keep:
            with self._database.translated():
                self._database.connection.execute(
                    "delete from job_preview where job_id = ?", (job_id,)
                )


class TableLog:
    """The growing log of one run, its end in memory; a `worker.job_log.JobLog` without a file."""

    def __init__(self, database: "Database", held: "Claim") -> None:
        self._database = database
        self._held = held
        self._data: bytearray | None = None
        self._start = 0  # where the log lies that `_data` begins with
        self._row = 0  # and where the row begins that grows
        self._written = 0
        self._due = 0.0

    @property
    def _end(self) -> int:
        return self._start + len(self._data or b"")

    @property
    def is_held(self) -> bool:
        """Whether there is text that nobody else sees yet."""
        return self._written < self._end

    def write(self, data: bytes) -> None:
        """Add `data`; of what exceeds twice the cap the last `CAP_BYTES` stay."""
        if self._data is None:
            self._data = self._earlier()
            self._due = time.monotonic() + _FIRST_PAUSE_S
        self._data += data
        if len(self._data) > 2 * CAP_BYTES:
            gone = len(self._data) - CAP_BYTES
            del self._data[:gone]
            self._start += gone
            self._row = max(self._row, self._start)
        self.flush()

    def _earlier(self) -> bytearray:
        if self._held.token == 1:
            return bytearray()
        found = self._database.traces.read_log(self._held.id, 0)
        if found is None:  # short, and so in the job's own row
            return bytearray(read_log(self._database, self._held.id))
        data, end = found
        self._start, self._row, self._written = end - len(data), end, end
        return bytearray(data)

    def flush(self) -> None:
        """Let others see what was held long enough."""
        if self.is_held and time.monotonic() >= self._due:
            self._send()

    def _send(self) -> None:
        """Write the row that grows; when it is full the next begins behind it."""
        assert self._data is not None
        data = bytes(self._data[self._row - self._start :])
        held = self._held
        self._due = time.monotonic() + _PAUSE_S + len(data) / _BYTES_A_S
        try:
            with self._database.translated():
                execute = self._database.connection.execute
                execute(_WRITE_LOG, (self._row, data, held.id, held.token, held.worker))
                if self._end > CAP_BYTES:
                    execute(_CUT_LOG, (held.id, self._end - CAP_BYTES))
        except DrawscapeError as error:
            _LOG.warning("event=log_not_written job=%s error=%r", held.id, str(error))
            return
        self._written = self._end
        if len(data) >= _ROW_BYTES:
            self._row = self._end

    def short(self) -> bytes | None:
        """Return the whole log for the job's row; None when it is long, or when nothing was printed."""
        if not self._data or self._end > SHORT_BYTES:
            return None
        self._written = self._end
        return bytes(self._data)

    def mark(self) -> int:
        """Return the present size, for `since`."""
        return self._end

    def since(self, mark: int) -> str:
        """Return what was written after `mark`."""
        data = (self._data or b"")[max(0, mark - self._start) :]
        return data[-TAIL_BYTES:].decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        """Return the last lines, at most 64 KiB of them."""
        return "\n".join(self.since(0).splitlines()[-count:])

    def close(self) -> None:
        """Write what is held."""
        if self.is_held:
            self._send()

    def remove(self) -> None:
        """Remove the rows, once the job's own has what is in them, unless another run goes on with them."""
        with self._database.translated():
            held = (self._held.id, self._held.token)
            self._database.connection.execute(_REMOVE_LOG, held)
