"""One thread per process that sees the table change and notifies those who asked."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence

from drawscape.queue.job import Job
from drawscape.queue.lists import Choice, find_all
from drawscape.queue.queue import Queue

_CHECK_S = 0.01
_STUMBLE_S = 0.5  # until the next check when the file is locked or gone
_NEWEST = 200

Callback = Callable[[Job], None]

_LOG = logging.getLogger("drawscape.watch")


class Watch:
    """A subscription; `close` ends it."""

    def __init__(
        self, watcher: "Watcher", callback: Callback, job_ids: Sequence[str] | None
    ) -> None:
        self._watcher = watcher
        self.callback = callback
        self.job_ids = None if job_ids is None else list(job_ids)
        self.seen: dict[str, object] = {}

    def close(self) -> None:
        """Let the callback be called no more."""
        self._watcher.remove(self)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Watcher:
    """Calls back with each job that changed; its thread lives while somebody watches."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._database = queue.database.another()
        self._lock = threading.Lock()
        self._watches: list[Watch] = []
        self._thread: threading.Thread | None = None
        self._changed = threading.Event()

    def add(self, callback: Callback, job_ids: Sequence[str] | None = None) -> Watch:
        """Call `callback(job)` now and whenever a job of `job_ids` (None: the newest of all) changes."""
        watch = Watch(self, callback, job_ids)
        with self._lock:
            self._watches.append(watch)
            self._changed.set()
            if self._thread is None or not self._thread.is_alive():  # the latter after a fork
                self._thread = threading.Thread(
                    target=self._run, name="drawscape-watch", daemon=True
                )
                self._thread.start()
        return watch

    def remove(self, watch: Watch) -> None:
        """Forget a subscription."""
        with self._lock, contextlib.suppress(ValueError):
            self._watches.remove(watch)

    def _run(self) -> None:
        version: object = None
        while True:
            with self._lock:
                watches = list(self._watches)
                if not watches:
                    self._thread = None
                    break
                if self._changed.is_set():  # somebody has joined, who is among `watches`
                    self._changed.clear()
                    version = None
            try:
                now = self._database.version()
                if now != version:
                    for watch in watches:
                        self._notify(watch)
                    version = now
            except Exception:  # noqa: BLE001 - a locked file passes; the watch goes on
                _LOG.exception("the watch of %s stumbled", self._database.label)
                version = None
                time.sleep(_STUMBLE_S)
            self._changed.wait(_CHECK_S)
        self._database.close()

    def _notify(self, watch: Watch) -> None:
        if watch.job_ids is None:
            newest = Choice(self._database, self._queue.name).newest(_NEWEST)
            rows = {row.id: row for row in reversed(newest)}
        else:
            rows = find_all(self._database, watch.job_ids)
        for job_id, row in rows.items():
            if watch.seen.get(job_id) != row:
                watch.seen[job_id] = row
                try:
                    watch.callback(Job(self._queue, job_id))
                except Exception:  # noqa: BLE001 - one callback's fault must not silence the others
                    _LOG.exception("a callback failed for job %s", job_id)
        for gone in watch.seen.keys() - rows.keys():
            del watch.seen[gone]
