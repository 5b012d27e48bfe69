"""GET /jobs/<id>/events: the job as server-sent events, from now until it ends."""

import threading
import time
from collections.abc import Callable
from typing import Any

import flask
import orjson

from drawscape.jobs import get_job_status, watch
from drawscape.web import jobs
from drawscape.web.site import current_site

_SHORTEST_GAP_S = 0.1
"""A task may report thousands of steps; nobody watches more than ten a second."""

_LOOK_S = 0.25
"""How soon a closed connection is noticed, and so its thread set free."""

_REOPEN_MS = 2000
"""How long a client waits before it opens the stream again."""

_BLIND_HEARTBEAT_S = 2.0
"""Where the server does not say that a client has left, only a write that fails shows it."""

_LAST_ID = "end"


def stream(job_id: str) -> flask.Response:
    """Return the open event stream of one job.

    Each event is named `job` and holds what GET /jobs/<id> says; the last has the id `end`. A
    client that comes back after that one gets 204, on which an EventSource stops asking.
    Raises RequestRefused: 503 when every stream is taken, and as `jobs.find` does.
    """
    jobs.find(job_id)
    if flask.request.headers.get("Last-Event-ID") == _LAST_ID:
        return flask.Response(status=204)
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    if flask.request.method == "HEAD":  # nobody would close a stream that is never read
        return flask.Response(headers=headers)
    here = current_site()
    opened = EventStream(
        job_id,
        jobs.svg_url(job_id),
        heartbeat_s=here.settings.heartbeat_s,
        longest_s=here.settings.max_stream_s,
        is_gone=flask.request.environ.get("waitress.client_disconnected"),
        on_close=here.streams.take(),
    )
    return flask.Response(opened, headers=headers)


class EventStream:
    """The bytes of one stream, an iterator that a WSGI server closes.

    A class and no generator: a generator that was never started runs no `finally` when it is
    closed, and so would count as open for ever.
    """

    def __init__(
        self,
        job_id: str,
        svg_url: str,
        *,
        heartbeat_s: float,
        longest_s: float,
        is_gone: Callable[[], bool] | None,
        on_close: Callable[[], None],
    ) -> None:
        self._job_id = job_id
        self._svg_url = svg_url
        self._heartbeat_s = heartbeat_s if is_gone else min(heartbeat_s, _BLIND_HEARTBEAT_S)
        self._until = time.monotonic() + longest_s
        self._is_gone = is_gone or (lambda: False)
        self._on_close = on_close
        self._changed = threading.Event()
        self._shown: dict[str, Any] | None = None
        self._number = 0
        self._sent_at = 0.0
        self._ended = False
        self._watcher = watch(lambda _job: self._changed.set(), job_ids=[job_id])

    def __iter__(self) -> "EventStream":
        return self

    def __next__(self) -> bytes:
        """Return the next event, or a comment when nothing happened for a while."""
        if self._ended:
            raise StopIteration
        if self._shown is None:
            return f"retry: {_REOPEN_MS}\n\n".encode() + self._event(self._look())
        if self._wait() and (seen := self._look()) != self._shown:
            return self._event(seen)
        if self._is_gone() or time.monotonic() >= self._until:
            raise StopIteration
        return b": still here\n\n"

    def _wait(self) -> bool:
        """Return after a change or a heartbeat's time, and whether there is reason to look."""
        heartbeat_at = time.monotonic() + self._heartbeat_s
        while not self._is_gone() and (left := self._until - time.monotonic()) > 0:
            if self._changed.wait(min(_LOOK_S, self._heartbeat_s, left)):
                time.sleep(max(0.0, self._sent_at + _SHORTEST_GAP_S - time.monotonic()))
                return True
            if time.monotonic() >= heartbeat_at:
                return True  # news that never reached the watcher is found here
        return False

    def close(self) -> None:
        """Stop watching; another stream may be opened instead."""
        self._ended = True
        self._watcher.close()
        self._on_close()

    def _look(self) -> dict[str, Any]:
        self._changed.clear()
        return jobs.view(get_job_status(self._job_id), self._svg_url)

    def _event(self, seen: dict[str, Any]) -> bytes:
        self._shown = seen
        self._ended = bool(seen["ended"])
        self._number += 1
        self._sent_at = time.monotonic()
        number = _LAST_ID if self._ended else str(self._number)
        return b"event: job\nid: %s\ndata: %s\n\n" % (number.encode(), orjson.dumps(seen))
