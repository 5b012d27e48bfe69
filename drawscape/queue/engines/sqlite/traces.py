"""What jobs leave while they run, in files beside the queue's: every process of the machine reads them."""

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drawscape.queue.table.query import read_log
from drawscape.queue.worker.job_log import JobLog, read_file

if TYPE_CHECKING:
    from drawscape.queue.engines.engine import Database
    from drawscape.queue.table.records import Claim


class Traces:
    """The logs and previews of the jobs in `database`."""

    are_committed = False

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._logs = database.folder / "logs"
        self._previews = database.folder / "previews"

    def open_log(self, held: "Claim") -> JobLog:
        """Return the log of a run; that of a later run goes on where the earlier ones ended."""
        return JobLog(
            self._logs, held.id, (lambda: self._earlier(held.id)) if held.token > 1 else None
        )

    def _earlier(self, job_id: str) -> bytes:
        with self._database.write_lock:
            return read_log(self._database, job_id)

    def read_log(self, job_id: str, position: int) -> tuple[bytes, int] | None:
        """Return what its file holds from `position` on, and where that ends; None without a file."""
        return read_file(self._logs, job_id, position)

    def preview(self, job_id: str) -> bytes | None:
        """Return the drawing so far."""
        try:
            return self._file(job_id).read_bytes()
        except FileNotFoundError:
            return None

    def preview_stamps(self, job_ids: Iterable[str]) -> Mapping[str, object]:
        """Return what differs between a preview and the next of those jobs that have one.

        Each is a file of its own, renamed into place: of two in the same tick of the kernel's clock, which
        takes up to 10 ms, the times are the same.
        """
        stamps = {}
        for job_id in job_ids:
            with contextlib.suppress(OSError):
                found = os.stat(self._file(job_id))
                stamps[job_id] = found.st_mtime_ns, found.st_ino
        return stamps

    def publish_preview(self, held: "Claim") -> None:
        """Do nothing: the child has written the file that all read."""

    def close_preview(self, job_id: str, *, keep: bool) -> None:
        """Remove the preview of a run that has ended, unless it is to `keep`."""
        if not keep:
            self._file(job_id).unlink(missing_ok=True)

    def _file(self, job_id: str) -> Path:
        return self._previews / f"{job_id}.svg"
