"""Calls back with each job that has changed."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from drawscape.queue.job import Job
from drawscape.queue.job_queue import Queue
from drawscape.queue.snapshot import JobSnapshot

_WATCH_S = 0.01
_STUMBLE_S = 0.5  # until the next check when the file is locked or gone
_NEWEST = 200

Callback = Callable[[Job], None]


class Watch:
    """A subscription; `close` ends it."""

    def __init__(
        self, watcher: "Watcher", callback: Callback, job_ids: Sequence[str] | None
    ) -> None:
        self._watcher = watcher
        self.callback = callback
        self.job_ids = job_ids and [*job_ids]
        self.seen: dict[str, JobSnapshot] = {}

    def close(self) -> None:
        """Stop calling the callback."""
        self._watcher.watches.pop(self, None)


class Watcher:
    """Calls back with each job that changed; its thread lives while somebody watches."""

    def __init__(self, queue: Queue) -> None:
        import logging  # code that only queues jobs needs none

        self._log = logging.getLogger("drawscape.watch")
        self._queue = queue
        self._reader = replace(queue, database=queue.database.another())
        self._lock = threading.Lock()
        self.watches: dict[Watch, None] = {}
        self._is_running = False
        self._changed = threading.Event()

    def add(self, callback: Callback, job_ids: Sequence[str] | None = None) -> Watch:
        """Call `callback(job)` now and whenever a job of `job_ids` (None: the newest of all) changes."""
        watch = Watch(self, callback, job_ids)
        with self._lock:
            self.watches[watch] = None
            self._changed.set()
            if not self._is_running:
                threading.Thread(target=self._run, name="drawscape-watch", daemon=True).start()
                self._is_running = True
        return watch

    def _run(self) -> None:
        version: object = None
        while True:
            with self._lock:
                watches = [*self.watches]
                if not watches:
                    self._is_running = False
                    break
                if self._changed.is_set():  # a new watch, which is in `watches`
                    self._changed.clear()
                    version = None
            try:
                now = self._reader.database.version()
                if now != version:
                    for watch in watches:
                        self._notify(watch)
                    version = now
            except Exception:  # noqa: BLE001 - a locked file passes; the watch goes on
                self._log.exception("the watch of %s stumbled", self._queue.label)
                version = None
                time.sleep(_STUMBLE_S)
            self._changed.wait(_WATCH_S)
        self._reader.database.close()

    def _notify(self, watch: Watch) -> None:
        engine = self._reader.database
        if watch.job_ids is None:
            found = reversed(self._reader.newest(limit=_NEWEST))
        else:
            rows = engine.read(engine.JOBS, ids=engine.list_value(watch.job_ids))
            found = map(JobSnapshot.of, rows)
        before, watch.seen = watch.seen, {row.id: row for row in found}
        for job_id, row in watch.seen.items():
            if before.get(job_id) != row:
                try:
                    watch.callback(Job(self._queue, job_id))
                except Exception:  # noqa: BLE001 - one callback's error must not stop the others
                    self._log.exception("a callback failed for job %s", job_id)
