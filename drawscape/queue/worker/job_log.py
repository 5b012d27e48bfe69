"""What a job printed: a file per job, capped, its end kept."""

from __future__ import annotations

import logging
import os
from pathlib import Path

CAP_BYTES = 1_048_576
_DROPPED = b"[... earlier output was dropped ...]\n"
_TAIL_BYTES = 65_536

_FLAGS = os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW
"""A link that was put in a log's place is not followed: the log is dropped, with a warning."""

_LOG = logging.getLogger("huey.drawscape")


def log_path(folder: Path, job_id: str) -> Path:
    """Return where the log of `job_id` is, or would be."""
    return folder / f"{job_id}.log"


class JobLog:
    """The growing log of one job; the file is made with the first byte."""

    def __init__(self, folder: Path, job_id: str) -> None:
        self._folder = folder
        self._job_id = job_id
        self._descriptor: int | None = None
        self._size = 0
        self._failed = False

    def write(self, data: bytes) -> None:
        """Add `data`; what exceeds twice the cap makes the file fall back to its last `CAP_BYTES`.

        On a full disk the output is dropped: a log is not worth the job.
        """
        try:
            self._write(data)
        except OSError as error:
            if not self._failed:
                _LOG.warning("event=log_not_written job=%s error=%r", self._job_id, str(error))
            self._failed = True

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)  # somebody may have tidied up
            self._descriptor = os.open(log_path(self._folder, self._job_id), _FLAGS, 0o600)
            self._size = os.fstat(self._descriptor).st_size
        self._size += os.write(self._descriptor, data)
        if self._size > 2 * CAP_BYTES:
            self._trim()

    def mark(self) -> int:
        """Return the present size, for `since`."""
        return self._size

    def since(self, mark: int) -> str:
        """Return what was written after `mark`."""
        if self._descriptor is None:
            return ""
        start = max(mark, self._size - _TAIL_BYTES, 0)
        return os.pread(self._descriptor, _TAIL_BYTES, start).decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        """Return the last lines, at most 64 KiB of them."""
        return "\n".join(self.since(0).splitlines()[-count:])

    def close(self) -> None:
        """Cut the file to the cap and let it go."""
        if self._descriptor is None:
            return
        try:
            if self._size > CAP_BYTES:
                self._trim()
        except OSError as error:
            _LOG.warning("event=log_not_cut job=%s error=%r", self._job_id, str(error))
        finally:
            os.close(self._descriptor)
            self._descriptor = None

    def _trim(self) -> None:
        """In place, so that a reader that follows the file keeps the same one."""
        if self._descriptor is None:
            return
        kept = os.pread(
            self._descriptor, CAP_BYTES - len(_DROPPED), self._size - CAP_BYTES + len(_DROPPED)
        )
        _, _, whole_lines = kept.partition(b"\n")
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, _DROPPED + (whole_lines or kept))
        self._size = os.fstat(self._descriptor).st_size


def read_log(folder: Path, job_id: str) -> str:
    """Return the log of `job_id` as text, empty when it printed nothing."""
    try:
        return log_path(folder, job_id).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
