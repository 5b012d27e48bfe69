"""What a job printed: at most a file per job, capped, its end kept; a short log goes into the job table.

A job's file, where there is one, holds its whole log. Where there is none, the table has it.

A job that is tried again may begin elsewhere before the worker of the last try has removed its file. So who
writes a file holds a shared lock on it, and who removes it takes an exclusive one, or leaves it to the other.
"""

import contextlib
import fcntl
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

CAP_BYTES = 1_048_576
SHORT_BYTES = 4_000
"""A log of no more is written into the job's row when it ends: 150,000 lines would else be 150,000 files."""

_HELD_S = 0.02
"""What a job prints that early is not written to a file at once: most jobs have ended by then."""

DROPPED = b"[... earlier output was dropped ...]\n"
TAIL_BYTES = 65_536

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW
"""A link that was put in a log's place is not followed: the log is dropped, with a warning."""

_LOG = logging.getLogger("huey.drawscape")


def log_path(folder: Path, job_id: str) -> str:
    """Return where the log of `job_id` is, or would be; text, for a Path takes 4 µs to make."""
    return f"{folder}/{job_id}.log"


class JobLog:
    """The growing log of one job; the file is made when it is long, or when the job is.

    `earlier` reads what the table has of earlier runs: with it, the log goes on from there. Without it this
    is the first run, and a file of that name is of a job that is gone.
    """

    def __init__(
        self, folder: Path, job_id: str, earlier: Callable[[], bytes] | None = None
    ) -> None:
        self._folder = folder
        self._path = log_path(folder, job_id)
        self._job_id = job_id
        self._earlier = earlier
        self._left: tuple[int, int] | None = None  # inode and size of the file when it was closed
        self._held = b""
        self._held_until = 0.0 if earlier else time.monotonic() + _HELD_S
        self._descriptor: int | None = None
        self._size = 0
        self._failed = False
        if earlier is None:
            self._remove_others()

    def _remove_others(self) -> None:
        """Looked for first: to remove what is not there takes the kernel longer."""
        if os.access(self._path, os.F_OK, follow_symlinks=False):
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    @property
    def is_held(self) -> bool:
        """Whether there is text that is in no file yet."""
        return bool(self._held)

    def write(self, data: bytes) -> None:
        """Add `data`; what exceeds twice the cap makes the file fall back to its last `CAP_BYTES`.

        On a full disk the output is dropped: a log is not worth the job.
        """
        if self._descriptor is None:
            self._held += data
            self._size = len(self._held)
            if self._size > SHORT_BYTES:
                self._write_held()
            else:
                self.flush()
        else:
            self._try_to_write(data)

    def flush(self) -> None:
        """Write to the file what was held long enough, for those who follow the log."""
        if self._held and time.monotonic() >= self._held_until:
            self._write_held()

    def _write_held(self) -> None:
        data, self._held = self._held, b""
        self._try_to_write(data)

    def _try_to_write(self, data: bytes) -> None:
        try:
            self._write(data)
        except OSError as error:
            if not self._failed:
                _LOG.warning("event=log_not_written job=%s error=%r", self._job_id, str(error))
            self._failed = True

    def _write(self, data: bytes) -> None:
        if self._descriptor is None:
            self._descriptor = self._open()
            self._size = os.fstat(self._descriptor).st_size
        self._size += os.write(self._descriptor, data)
        if self._size > 2 * CAP_BYTES:
            self._trim()

    def _open(self) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)  # somebody may have tidied up
        while not self._is_kept(descriptor := self._found_or_made()):
            os.close(descriptor)
        return descriptor

    def _found_or_made(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            return os.open(self._path, _FLAGS)
        earlier = b"" if self._earlier is None else self._earlier()
        # Whole or not at all: from its name on, the file counts and the table does not.
        half = self._folder / f".{self._job_id}"
        half.unlink(missing_ok=True)
        descriptor = os.open(half, _FLAGS | os.O_CREAT, 0o600)
        os.write(descriptor, earlier)
        half.rename(self._path)
        return descriptor

    def _is_kept(self, descriptor: int) -> bool:
        """Return whether the file has its name still, now that nobody may remove it."""
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        with contextlib.suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        return False

    def short(self) -> bytes | None:
        """Return the whole log for the job's row; None when it is long, or when nothing was printed."""
        if not 0 < self._size <= SHORT_BYTES:
            return None
        if self._descriptor is None:
            data, self._held = self._held, b""
            return data or None
        return os.pread(self._descriptor, SHORT_BYTES, 0)

    def mark(self) -> int:
        """Return the present size, for `since`."""
        return self._size

    def since(self, mark: int) -> str:
        """Return what was written after `mark`."""
        if self._descriptor is None:
            return self._held[mark:].decode(errors="replace")
        start = max(mark, self._size - TAIL_BYTES, 0)
        return os.pread(self._descriptor, TAIL_BYTES, start).decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        """Return the last lines, at most 64 KiB of them."""
        return "\n".join(self.since(0).splitlines()[-count:])

    def close(self) -> None:
        """Write what is held, cut the file to the cap and let it go."""
        if self._held:
            self._write_held()
        if self._descriptor is None:
            return
        try:
            if self._size > CAP_BYTES:
                self._trim()
        except OSError as error:
            _LOG.warning("event=log_not_cut job=%s error=%r", self._job_id, str(error))
        finally:
            status = os.fstat(self._descriptor)
            self._left = status.st_ino, status.st_size
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Remove the closed file, once the table has what is in it, unless another run goes on with it."""
        if self._left is None:
            return
        with contextlib.suppress(OSError):
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                status = os.fstat(descriptor)
                if (status.st_ino, status.st_size) == self._left:
                    os.unlink(self._path)
            finally:
                os.close(descriptor)

    def _trim(self) -> None:
        """In place, so that a reader that follows the file keeps the same one."""
        if self._descriptor is None:
            return
        kept = os.pread(
            self._descriptor, CAP_BYTES - len(DROPPED), self._size - CAP_BYTES + len(DROPPED)
        )
        _, _, whole_lines = kept.partition(b"\n")
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, DROPPED + (whole_lines or kept))
        self._size = os.fstat(self._descriptor).st_size


def read_file(folder: Path, job_id: str, position: int = 0) -> tuple[bytes, int] | None:
    """Return what the job's file holds from `position` on, and where that ends; None without a file."""
    try:
        with open(log_path(folder, job_id), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(position if position <= size else 0)  # it was cut to its cap meanwhile
            return file.read(), file.tell()
    except FileNotFoundError:
        return None
