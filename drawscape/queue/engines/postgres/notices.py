"""One connection of a process that hears what others have committed, and renews the leases of its workers.

Whoever commits says so afterwards, in a statement of its own: NOTIFY inside of a transaction makes all such
commits of the server wait for each other. A notice may be lost; when a connection is back all look again.
"""

import contextlib
import logging
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from drawscape.errors import QueueError
from drawscape.queue.engines.postgres.connection import Session, read_clock

WORK, CHANGE = "work", "change"
"""What a notice says: a worker may have something to do, or something else has changed."""

_PING_S = 2.0  # also how soon a connection that broke without a word is noticed
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5  # between two attempts to connect
_CONNECT_S = 30.0
_UNUSED_S = 5.0  # a watch asks a hundred times a second, a worker four times

_LOG = logging.getLogger("huey.drawscape")

Beat = Callable[[psycopg.Connection[Any]], float]
"""Renews a lease by a connection; returns in how many seconds it is due again."""


class Notices:
    """The notices of one schema; a thread runs while they are used, and ends `_UNUSED_S` later."""

    def __init__(self, connect: Callable[[], Session], channel: str) -> None:
        self._connect = connect
        self._channel = channel
        self._condition = threading.Condition()
        self._counts = {WORK: 0, CHANGE: 0}
        self._beats: dict[str, Beat] = {}
        self._due: dict[str, float] = {}
        self._wakes = os.pipe()
        for end in self._wakes:
            os.set_blocking(end, False)
        self._used_at = 0.0
        self._connected = threading.Event()
        self._trouble = ""
        self._thread: threading.Thread | None = None

    def count(self, kind: str) -> int:
        """Return a number that rises with each notice of `kind`; raise QueueError without a connection."""
        with self._condition:
            self._use()
        if not self._connected.is_set() and not self._connected.wait(_CONNECT_S):
            raise QueueError(f"no connection to the queue: {self._trouble}")
        return self._counts[kind]

    def wait(self, kind: str, count: int, timeout_s: float) -> None:
        """Return when a notice of `kind` was received since `count`, or after `timeout_s`."""
        with self._condition:
            self._condition.wait_for(lambda: self._counts[kind] != count, timeout_s)

    def keep(self, name: str, beat: Beat) -> None:
        """Call `beat` again and again, when it is due and whenever the connection is back."""
        with self._condition:
            self._beats[name] = beat
            self._due[name] = 0.0
            self._use()
        self._wake()

    def drop(self, name: str) -> None:
        """Call that beat no more."""
        with self._condition:
            self._beats.pop(name, None)
            self._due.pop(name, None)

    def _use(self) -> None:
        """Note that somebody asks, and have a thread; with the condition held."""
        self._used_at = time.monotonic()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="drawscape-notices", daemon=True)
            self._thread.start()

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._wakes[1], b"!")

    def _is_over(self) -> bool:
        """Return whether the thread may end, and let it be forgotten then."""
        with self._condition:
            if self._beats or time.monotonic() - self._used_at < _UNUSED_S:
                return False
            self._connected.clear()
            self._thread = None
            return True

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._is_over():
            try:
                with contextlib.closing(self._connect()) as connection:
                    connection.execute(f'listen "{self._channel}"', prepare=False)
                    self._due = dict.fromkeys(self._due, 0.0)
                    pause_s = _FIRST_PAUSE_S
                    self._serve(connection)
                    return
            except (psycopg.Error, QueueError, OSError) as error:
                is_new, self._trouble = str(error).strip() != self._trouble, str(error).strip()
                if self._beats and is_new:
                    _LOG.warning("event=connection_lost error=%r", self._trouble[:200])
                self._connected.clear()
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _serve(self, connection: Session) -> None:
        """Receive and renew until nobody asks any more."""
        heard: set[str] = set()
        # psycopg takes what comes in while a statement runs, and hands it to its handlers alone.
        connection.add_notify_handler(lambda notice: heard.add(notice.payload))
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        poll.register(self._wakes[0], select.POLLIN)
        ping_at = time.monotonic() + _PING_S
        self._renew(connection)
        self._count({WORK, CHANGE})  # whatever was sent meanwhile was not received
        self._trouble = ""
        self._connected.set()
        while not self._is_over():
            until = min([ping_at, *self._due.values()])
            for descriptor, _ in poll.poll(max(0.0, until - time.monotonic()) * 1000):
                if descriptor == self._wakes[0]:
                    with contextlib.suppress(BlockingIOError):
                        os.read(descriptor, 4096)
                else:
                    connection.pgconn.consume_input()
                    while notice := connection.pgconn.notifies():
                        heard.add(notice.extra.decode())
            if self._renew(connection):
                ping_at = time.monotonic() + _PING_S
            elif time.monotonic() >= ping_at:
                read_clock(connection)
                ping_at = time.monotonic() + _PING_S
            self._count(heard)
            heard.clear()

    def _renew(self, connection: Session) -> bool:
        """Renew what is due; return whether there was something."""
        now = time.monotonic()
        due = [(name, beat) for name, beat in [*self._beats.items()] if self._due[name] <= now]
        for name, beat in due:
            wait_s = beat(connection)
            with self._condition:
                if name in self._due:
                    self._due[name] = now + wait_s
        return bool(due)

    def _count(self, heard: set[str]) -> None:
        if not heard:
            return
        with self._condition:
            self._counts[CHANGE] += 1
            self._counts[WORK] += WORK in heard
            self._condition.notify_all()


_NOTICES: dict[str, Notices] = {}
_INHERITED: list[Notices] = []
_LOCK = threading.Lock()


def notices_of(name: str, make: Callable[[], Notices]) -> Notices:
    """Return this process's notices called `name`, made if there are none."""
    with _LOCK:
        if name not in _NOTICES:
            _NOTICES[name] = make()
        return _NOTICES[name]


def _forget() -> None:
    """A forked process has no threads of its own, and leaves its parent's connections alone."""
    global _LOCK
    _INHERITED.extend(_NOTICES.values())
    _NOTICES.clear()
    _LOCK = threading.Lock()


os.register_at_fork(after_in_child=_forget)
