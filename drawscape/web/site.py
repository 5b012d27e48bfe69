"""What the views of one blueprint share while it runs: settings, and limits of jobs and streams."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import flask

from drawscape.errors import RequestRefused
from drawscape.jobs import count_queued
from drawscape.web.settings import WebSettings

_COUNT_AGAIN_S = 1.0
"""Other programs fill the same queue, so the count is never trusted for longer."""

_COUNT_WHEN_FULL_S = 0.05
"""A full queue is counted at most twenty times a second, however many ask."""


class QueueLimit:
    """Admits a job while fewer than `limit` wait, and refuses the rest with 503 and Retry-After.

    It counts an upper bound, the last count plus what it admitted since, so that most
    requests cost no query. One request enqueues at a time: threads that meet at the queue's file would
    wait for each other by SQLite's own means, which is to sleep up to a tenth of a second. Safe to share
    between threads.
    """

    def __init__(
        self,
        limit: int,
        *,
        retry_after_s: int = 2,
        longest_wait_s: float = 5.0,
        count: Callable[[int], int] = count_queued,
    ) -> None:
        self._limit = limit
        self._longest_wait_s = longest_wait_s
        self._retry_after_s = retry_after_s
        self._count = count
        self._lock = threading.Lock()
        self._bound = 0
        self._counted_at = float("-inf")

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Let the caller, and nobody else meanwhile, enqueue its job.

        Raises RequestRefused with 503 when the queue is full, or busy for too long.
        """
        if not self._lock.acquire(timeout=self._longest_wait_s):
            raise self._refusal("the queue is busy; try again in a moment")
        try:
            self._count_again()
            if self._bound >= self._limit:
                raise self._refusal(f"{self._limit} jobs wait already; try again in a moment")
            yield
            self._bound += 1
        finally:
            self._lock.release()

    def _refusal(self, detail: str) -> RequestRefused:
        return RequestRefused(503, detail, headers={"Retry-After": str(self._retry_after_s)})

    def _count_again(self) -> None:
        now = time.monotonic()
        patience = _COUNT_WHEN_FULL_S if self._bound >= self._limit else _COUNT_AGAIN_S
        if now - self._counted_at > patience:
            self._bound = self._count(self._limit)
            self._counted_at = now


class StreamLimit:
    """A fixed number of event streams. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._free = threading.BoundedSemaphore(limit)
        self.limit = limit

    def take(self) -> Callable[[], None]:
        """Return the function that ends the stream taken here; calling it again does nothing.

        Raises RequestRefused with 503 when all are taken.
        """
        if not self._free.acquire(blocking=False):
            raise RequestRefused(
                503,
                f"{self.limit} event streams are open; poll GET /jobs/<id> instead",
                headers={"Retry-After": "10"},
            )
        released = threading.Lock()

        def release() -> None:
            if released.acquire(blocking=False):
                self._free.release()

        return release


@dataclass(frozen=True)
class Site:
    """The parts that the views of one blueprint share."""

    settings: WebSettings
    queue: QueueLimit
    streams: StreamLimit

    @classmethod
    def of(cls, settings: WebSettings) -> "Site":
        """Return the site that `settings` describe."""
        queue = QueueLimit(settings.max_queued, retry_after_s=settings.retry_after_s)
        return cls(settings, queue, StreamLimit(settings.max_streams))


def current_site() -> Site:
    """Return the site that serves the current request."""
    return cast(Site, flask.g.drawscape_site)
