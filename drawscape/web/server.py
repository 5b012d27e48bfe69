"""A production server for the web front: waitress, hardened against slow clients."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import orjson
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import Error

from drawscape.web.problems import CONTENT_TYPE

_REQUEST_BYTES = 1024 * 1024
"""Where the server itself stops reading a body; the front's own limit is smaller."""


class RequestTimeoutError(Error):  # type: ignore[misc]
    """A request that did not arrive in time."""

    code = 408
    reason = "Request Timeout"


class ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what is no proper HTTP request with a problem object, as the front does."""

    def execute(self) -> None:
        error = self.request.error
        standard = {"type": "about:blank", "title": error.reason, "status": error.code}
        content = orjson.dumps({**standard, "detail": str(error.body)})
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", CONTENT_TYPE),
            ("X-Content-Type-Options", "nosniff"),
        ]
        self.set_close_on_finish()
        self.content_length = len(content)
        self.write(content)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that knows when its present request began to arrive."""

    error_task_class = ProblemTask
    request: Any = None
    began_at: float | None = None

    def received(self, data: bytes) -> bool:
        if self.request is None:
            self.began_at = time.monotonic()
        outcome = bool(super().received(data))
        if self.request is None:
            self.began_at = None
        return outcome

    def check_client_disconnected(self) -> bool:
        return self.server.stopping or bool(super().check_client_disconnected())

    def give_up(self) -> None:
        """Answer the unfinished request with 408 and close the connection."""
        with self.requests_lock:
            if self.request is None or self.requests:
                return
            late, self.request, self.began_at = self.request, None, None
            late.error = RequestTimeoutError("the request took too long to arrive")
            late.completed = True
            self.requests.append(late)
            self.server.add_task(self)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """A waitress server that gives each request `request_timeout_s` to arrive.

    Waitress closes connections on which nothing happens; one that sends a byte now and then it
    keeps for ever, and a few hundred of those shut everybody else out. Here they are answered 408.
    """

    channel_class = Channel
    request_timeout_s = 20.0
    stopping = False

    @property
    def url(self) -> str:
        """Where a browser finds the page."""
        host = f"[{self.effective_host}]" if ":" in self.effective_host else self.effective_host
        return f"http://{host}:{self.effective_port}/"

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        latest = time.monotonic() - self.request_timeout_s
        for channel in list(self.active_channels.values()):
            if channel.began_at is not None and channel.began_at < latest:
                channel.give_up()

    def run(self) -> None:
        """Serve until `stop`, Ctrl-C or SystemExit; requests in hand are finished."""
        try:
            while not self.stopping:
                self.asyncore.loop(self.adj.cleanup_interval, use_poll=True, map=self._map, count=1)
        except (SystemExit, KeyboardInterrupt):
            pass
        finally:
            self.stopping = True
            self.task_dispatcher.shutdown()
            self.asyncore.close_all(self._map)

    def stop(self) -> None:
        """Make `run` return soon; may be called from any thread."""
        # Set by the loop itself: were it set here, the loop could end and close the trigger's file
        # before it is pulled, and the byte would go to whatever has that descriptor then.
        self.trigger.pull_trigger(self._begin_to_stop)

    def _begin_to_stop(self) -> None:
        self.stopping = True


def make_server(
    app: Callable[..., Any],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    threads: int = 24,
    request_timeout_s: float = 20.0,
    idle_timeout_s: int = 60,
) -> Server:
    """Return a server for `app` that listens already; `run()` serves.

    `port` 0 takes a free one, see `url`. `threads` bounds the requests in hand, event streams among
    them. Raises OSError when the address cannot be had.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # waiting is no news
    adjustments = Adjustments(
        host=host,
        port=port,
        threads=threads,
        ident="drawscape",
        connection_limit=400,
        channel_timeout=idle_timeout_s,
        channel_request_lookahead=1,  # so that a closed connection is seen while it is served
        max_request_header_size=32 * 1024,
        max_request_body_size=_REQUEST_BYTES,
        asyncore_use_poll=True,
    )
    # How soon a late request is found.
    adjustments.cleanup_interval = min(1.0, request_timeout_s / 2)
    dispatcher = ThreadedTaskDispatcher()
    server = Server(app, dispatcher=dispatcher, adj=adjustments)
    server.request_timeout_s = request_timeout_s
    dispatcher.set_thread_count(threads)
    return server
