"""The job that the calling code runs in: `current_job()`, with progress, preview, notes and log.

Outside a worker the context does nothing.
"""

import sys
import threading
import time
from collections import UserDict
from collections.abc import Callable, MutableMapping
from typing import Any

from drawscape.failpoints import failpoint
from drawscape.queue.snapshot import checked_notes

PROGRESS_PERIOD_S = 0.05
"""At most 20 progress messages a second leave a job."""

PREVIEW_PERIOD_S = 0.25
"""A preview is a whole picture: four a second look smooth enough, and are cheap to write."""

FIRST_PREVIEW_S = 0.4
"""A shorter job makes no preview: its result would come before anybody has seen it."""

PREVIEW_BYTES = 4_000_000
"""The size of the largest preview that is passed on."""

_MESSAGE_CHARS = 2_000

Preview = str | bytes | Callable[[], "str | bytes | Any"]


class JobContext:
    """The job that the calling code runs in."""

    id: str | None = None
    """The job's id; None outside of a worker."""
    is_canceled = False
    """Whether the job was asked to stop."""

    def __init__(self) -> None:
        self.meta: MutableMapping[str, Any] = {}

    def progress(
        self, fraction: float, message: str | None = None, preview: Preview | None = None
    ) -> None:
        """Report the task's progress, 0 to 1, with a short message and the drawing so far.

        It may be called often: at most 20 calls a second are written, and the last always is.
        `preview` may be a function; it is called only when a picture is due, the first after 0.4 s.
        """

    def log(self, text: str) -> None:
        """Add a line to the job's log; outside of a worker it is printed to stderr."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class JobMeta(UserDict[str, Any]):
    """The notes of the running job, JSON values by name; `on_change` is called after each change."""

    def __init__(self, values: dict[str, Any], on_change: Callable[[], None]) -> None:
        self.data = values
        self._on_change = on_change

    def __setitem__(self, key: str, value: Any) -> None:
        checked_notes({key: value})
        self.data[key] = value
        self._on_change()

    def __delitem__(self, key: str) -> None:
        del self.data[key]
        self._on_change()


class RunningJob(JobContext):
    """The context inside a child process: limits the rate, keeps the last value, sends the rest.

    `send` is called with the changed values by column: progress, message, meta, picture.
    """

    def __init__(
        self, job_id: str, meta: dict[str, Any], send: Callable[[dict[str, Any]], object]
    ) -> None:
        self.id = job_id
        self._send = send
        self._lock = threading.RLock()
        self._fraction = 0.0
        self._message: str | None = None
        self._pending = False
        self._meta_changed = False
        self._preview: Preview | None = None
        self._next_s = 0.0
        self._next_preview_s = time.monotonic() + FIRST_PREVIEW_S
        self._flusher: threading.Thread | None = None
        self._values = meta
        self.meta = JobMeta(meta, self._note_meta)

    def progress(
        self, fraction: float, message: str | None = None, preview: Preview | None = None
    ) -> None:
        self._fraction = fraction
        if message is not None:
            self._message = message
        if preview is not None:
            self._preview = preview
        self._pending = True
        if time.monotonic() >= self._next_s:
            self.flush()
        if self._pending:
            self._flush_later()

    def _note_meta(self) -> None:
        self._meta_changed = self._pending = True
        self._flush_later()

    def flush(self, *, with_preview: bool = True, last: bool = False) -> None:
        """Send pending values now; the `last` flush includes a preview that is not due yet."""
        with self._lock:
            if not self._pending:
                return
            self._pending = False
            self._next_s = time.monotonic() + PROGRESS_PERIOD_S
            picture = self._due_preview(last) if with_preview else None
            # The flusher sends a ready picture when it is due; a function waits for the task.
            self._pending = self._preview is not None and not callable(self._preview)
            fraction = float(self._fraction)
            if not 0.0 <= fraction <= 1.0:
                fraction = float(fraction > 1.0)  # NaN, of 0 steps done of 0, is 0
            changes: dict[str, Any] = {"progress": fraction}
            if self._message is not None:
                changes["message"] = storable(self._message, _MESSAGE_CHARS)
            if self._meta_changed:
                self._meta_changed = False
                # A copy, because other threads may add notes meanwhile.
                changes["meta"] = checked_notes({**self._values})
            if picture is not None:
                changes["picture"] = picture
            failpoint("run.middle")
            self._send(changes)

    def _due_preview(self, last: bool) -> bytes | None:
        now = time.monotonic()
        if self._preview is None or (now < self._next_preview_s and not last):
            return None
        picture = self._preview() if callable(self._preview) else self._preview
        self._preview = None
        # Drawing previews takes the job's time: never more than a fifth.
        self._next_preview_s = now + max(PREVIEW_PERIOD_S, 5 * (time.monotonic() - now))
        data = picture.encode() if isinstance(picture, str) else bytes(picture)
        if len(data) > PREVIEW_BYTES:
            self.log(f"a preview of {len(data)} bytes is left out")
            return None
        return data

    def close(self, *, with_preview: bool) -> None:
        """Send the last values; an error in a preview or in notes does not fail the job."""
        try:
            if with_preview and self._preview is not None:
                self._pending = True
            self.flush(with_preview=with_preview, last=True)
        except Exception as cause:  # noqa: BLE001 - as above
            self.log(f"the last progress is lost: {cause!r}")
        finally:
            if self._flusher is not None:
                self._ended.set()
                self._flusher.join(1)

    def _flush_later(self) -> None:
        """Without another call of `progress`, a thread sends the last value."""
        if self._flusher is None:
            self._ended = threading.Event()
            self._flusher = threading.Thread(target=self._flush_when_due, daemon=True)
            self._flusher.start()

    def _flush_when_due(self) -> None:
        while not self._ended.wait(PROGRESS_PERIOD_S):
            if self._pending and time.monotonic() >= self._next_s:
                # A preview function walks the canvas while the task draws on it, so only the task's own
                # thread may call it.
                self.flush(with_preview=not callable(self._preview))


_NOWHERE = JobContext()
_current: JobContext = _NOWHERE


def current_job() -> JobContext:
    """Return the job that runs the calling code, or one that does nothing outside of a worker.

    >>> def rule(width):
    ...     current_job().progress(0.5, "half of it")
    ...     return 2 * width
    >>> enqueue_background_job(rule, 21).wait(60)
    42
    """
    return _current


def set_current(job: JobContext = _NOWHERE) -> None:
    """Set the current job of this process, or reset it without an argument."""
    global _current
    _current = job


def storable(text: object, limit: int) -> str:
    """Return `text` in a form for the table, without its middle if it is longer than `limit`.

    File names that are not UTF-8 have lone surrogates.
    """
    whole = str(text)
    if len(whole) > limit:
        whole = f"{whole[: limit // 2]}\n[...]\n{whole[-limit // 2 :]}"
    return whole.encode("utf-8", "backslashreplace").decode()
