"""What others ask of a slot: to stop the job that it runs, or to leave at once."""

import contextlib
import os
import threading

from drawscape.queue.table.records import Claim


class StopRequests:
    """Requests from any thread to the one that waits for a job; `fileno` becomes readable with each."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._lock = threading.Lock()
        self._claim: tuple[str, int] | None = None
        self._grace_s: float | None = None
        self._closed = False
        self.interrupted = False
        """Whether the worker has to leave at once, or the job is another's by now."""

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self._read

    def assign(self, claim: Claim | None) -> None:
        """Take requests for this claim from now on; none for None."""
        with self._lock:
            self._claim = None if claim is None else (claim.id, claim.token)
            self._grace_s = None

    def stop(self, job_id: str, token: int, grace_s: float) -> None:
        """Ask to stop the job of that claim, if it is the one that runs.

        Called again and again until the job has ended, with the strictest request that the table has.
        """
        with self._lock:
            if self._claim != (job_id, token):
                return
            self._grace_s = grace_s
        self._wake()

    def lose(self, job_id: str, token: int) -> None:
        """Say that the job of that claim is another worker's by now, if it is the one that runs."""
        with self._lock:
            if self._claim != (job_id, token):
                return
            self.interrupted = True
        self._wake()

    def interrupt(self) -> None:
        """Ask to leave at once."""
        self.interrupted = True
        self._wake()

    def go_on(self) -> None:
        """Take back that the worker has to leave."""
        self.interrupted = False

    def _wake(self) -> None:
        with self._lock, contextlib.suppress(BlockingIOError):
            if not self._closed:  # later the number may be another file's, the database's even
                os.write(self._write, b"!")

    def drain(self) -> None:
        """Make `fileno` unreadable until the next request."""
        with contextlib.suppress(BlockingIOError):
            while os.read(self._read, 64):
                pass

    def take_grace_s(self) -> float | None:
        """Return with how much grace the job has to stop, once for each request; None without one."""
        with self._lock:
            grace_s, self._grace_s = self._grace_s, None
        return grace_s

    def close(self) -> None:
        """Close the pipe; a second time does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._read)
                os.close(self._write)
