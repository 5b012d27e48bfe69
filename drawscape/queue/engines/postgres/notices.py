"""One connection of a process that says what was committed, receives it of others, and holds workers' locks.

NOTIFY inside of a transaction makes all such commits of the server wait for each other; so a few inserts
carry it, and all else is sent after the commit, by a thread of its own (outbox.py says when). A notice may be
lost with the connection: when it is back, everyone looks again.
"""

import atexit
import contextlib
import logging
import os
import select
import threading
import time
from collections.abc import Callable, Sequence, Set
from typing import Any

import psycopg

from drawscape.errors import QueueError
from drawscape.queue.engines.postgres.outbox import Outbox
from drawscape.queue.engines.postgres.preparation import read_clock

WORK, CHANGE, REQUEUED = "work", "change", "requeued"
"""The channels: a worker may have something to do; something has changed; an older job waits again."""

_ALL = frozenset({WORK, CHANGE, REQUEUED})

_PING_S = 2.0  # also how soon a connection that broke without a word is noticed
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0  # between two attempts to connect
_CONNECT_S = 30.0
_UNUSED_S = 5.0  # who watches asks a hundred times a second, a worker four times
_LEAVE_S = 2.0
CUT_OFF_S = 8.0
"""The server gives up a silent connection, and the lock with it, after 14 s."""

_GUARD_S = 0.25
_REFUSALS = ("refused", "No such file", "starting up", "shutting down", "terminating", "recovery")

_LOG = logging.getLogger("huey.drawscape")

Greeting = tuple[str, Sequence[object]]
"""A statement, and its values, with which a worker shows itself."""


class Notices:
    """The notices of one schema; `channel` is what the names of its channels begin with.

    A thread runs while they are used, and ends `_UNUSED_S` after nobody has asked any more.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], channel: str) -> None:
        self._connect = connect
        self._channel = channel
        self._condition = threading.Condition()
        self._counts = dict.fromkeys(_ALL, 0)
        self._outbox = Outbox()
        self._workers: dict[int, Greeting] = {}
        self._held: set[int] = set()
        self._pipe: tuple[int, int] | None = None
        self._used_at = 0.0
        self._answered_at = 0.0
        self._stopping = False
        self._connected = threading.Event()
        self._trouble = ""
        self._thread: threading.Thread | None = None
        atexit.register(self.stop)

    def stop(self) -> None:
        """Send what is due and close the connection."""
        self._stopping = True
        self._wake()
        if (thread := self._thread) is not None:
            thread.join(_LEAVE_S)

    def send(self, *, work: bool, requeued: bool = False) -> None:
        """Let others know of a commit soon, and whether a worker may have something to do since."""
        channels = {CHANGE} | ({WORK} if work else set()) | ({REQUEUED} if requeued else set())
        with self._condition:
            self._counts[REQUEUED] += requeued
            is_new = self._outbox.add(channels)
            self._use()
        if is_new:
            self._wake()

    def may_carry(self) -> bool:
        """Return whether an insert may send its notices itself: all of it is one statement."""
        with self._condition:
            return self._outbox.may_carry()

    def carried(self, since: float) -> None:
        """An insert has sent its notices, and with them those of whatever was committed before `since`."""
        with self._condition:
            self._outbox.carried(since)

    def count(self, channel: str) -> int:
        """Return a number that rises with every notice; raise QueueError when there is no connection."""
        with self._condition:
            self._use()
        if not self._connected.is_set() and not self._connected.wait(_CONNECT_S):
            raise QueueError(f"no connection to the queue: {self._trouble}")
        return self._counts[channel]

    def seen(self, channel: str) -> int:
        """Return that number as it is, with or without a connection."""
        return self._counts[channel]

    def wait(self, channel: str, count: int, timeout_s: float) -> None:
        """Return when `channel` was received since `count`, or after `timeout_s`."""
        with self._condition:
            self._condition.wait_for(lambda: self._counts[channel] != count, timeout_s)

    def hold(self, lock: int, greeting: Greeting, on_cut_off: Callable[[], None]) -> None:
        """Return once this process holds the lock, with a row beside it; one that is lost is taken again.

        `on_cut_off` is called when the server has not answered for `CUT_OFF_S`, before it gives up the lock
        of a connection that is silent. A server that refuses is down for all, and takes nobody's lock.
        """
        with self._condition:
            self._workers[lock] = greeting
            self._answered_at = time.monotonic()
            self._use()
        threading.Thread(
            target=self._guard, name="drawscape-guard", args=(lock, on_cut_off), daemon=True
        ).start()
        self._wake()
        with self._condition:
            if not self._condition.wait_for(lambda: lock in self._held, _CONNECT_S):
                raise QueueError(f"no connection to the queue: {self._trouble}")

    def _guard(self, lock: int, on_cut_off: Callable[[], None]) -> None:
        cut_off = False
        while lock in self._workers and not self._stopping:
            was_cut_off, silent_s = cut_off, time.monotonic() - self._answered_at
            cut_off = silent_s > CUT_OFF_S
            if cut_off and not was_cut_off:
                _LOG.error("event=cut_off silent=%.1f", silent_s)
                on_cut_off()
            time.sleep(_GUARD_S)

    def release(self, lock: int) -> None:
        """Let the lock go."""
        with self._condition:
            self._workers.pop(lock, None)
        self._wake()

    def _use(self) -> None:
        """Note that somebody asks, and have a thread; with the condition held."""
        self._used_at = time.monotonic()
        if self._thread is None and not self._stopping:
            self._pipe = os.pipe()
            for end in self._pipe:
                os.set_blocking(end, False)
            self._thread = threading.Thread(target=self._run, name="drawscape-notices", daemon=True)
            self._thread.start()

    def _wake(self) -> None:
        with self._condition, contextlib.suppress(BlockingIOError):
            if self._pipe is not None:
                os.write(self._pipe[1], b"!")

    def _is_over(self) -> bool:
        """Return whether the thread may end, and let it be forgotten then."""
        with self._condition:
            unused = time.monotonic() - self._used_at > _UNUSED_S
            if not self._stopping and (not unused or self._workers or self._outbox):
                return False
            self._connected.clear()
            if self._pipe is not None:
                os.close(self._pipe[0])
                os.close(self._pipe[1])
            self._pipe = self._thread = None
            return True

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                with self._connect() as connection:
                    self._greet(connection)
                    pause_s = _FIRST_PAUSE_S
                    self._serve(connection)
                    return
            except (psycopg.Error, QueueError, OSError) as error:
                self._connected.clear()
                self._held.clear()
                self._trouble = str(error).strip()
                if any(words in self._trouble for words in _REFUSALS):
                    self._answered_at = time.monotonic()
                if self._workers:
                    _LOG.warning("event=connection_lost error=%r", self._trouble[:200])
                if self._is_over():
                    return
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _greet(self, connection: psycopg.Connection[Any]) -> None:
        listening = "; ".join(f'listen "{self._channel}_{channel}"' for channel in _ALL)
        connection.execute(f"set synchronous_commit = off; {listening}", prepare=False)
        self._keep_locks(connection)
        self._answered_at = time.monotonic()
        self._connected.set()
        self._count_in(_ALL)  # whatever was sent meanwhile was not received

    def _keep_locks(self, connection: psycopg.Connection[Any]) -> None:
        """Take the locks that are wanted and not held, release those that are held and not wanted."""
        with self._condition:
            wanted, workers = set(self._workers), dict(self._workers)
        for lock in wanted - self._held:
            # A session of ours that the server has not given up yet may hold it still.
            connection.execute("select pg_advisory_lock(%s)", (lock,))
            psycopg.RawCursor(connection).execute(*workers[lock])
            with self._condition:
                self._held.add(lock)
                self._condition.notify_all()
        for lock in self._held - wanted:
            connection.execute("select pg_advisory_unlock(%s)", (lock,))
            self._held.discard(lock)

    def _serve(self, connection: psycopg.Connection[Any]) -> None:
        """Send and receive until nobody asks any more."""
        received: set[str] = set()
        # psycopg takes what comes in while a statement runs, and hands it to its handlers alone.
        connection.add_notify_handler(
            lambda notice: received.add(notice.channel.rpartition("_")[2])
        )
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        assert self._pipe is not None
        wakes = self._pipe[0]
        poll.register(wakes, select.POLLIN)
        ping_at = time.monotonic()
        while True:
            now = time.monotonic()
            if self._workers.keys() != self._held:
                self._keep_locks(connection)
            if self._outbox and (now >= self._outbox.free_at or self._stopping):
                self._send(connection)
                ping_at = now + _PING_S
            elif now >= ping_at:
                read_clock(connection)
                ping_at = time.monotonic() + _PING_S
            if not self._outbox and self._is_over():
                return
            self._answered_at = time.monotonic()
            self._count_in(received)
            received.clear()
            until = min(ping_at, self._outbox.free_at) if self._outbox else ping_at
            for descriptor, _ in poll.poll(max(0.0, until - time.monotonic()) * 1000):
                if descriptor == wakes:
                    with contextlib.suppress(BlockingIOError):
                        os.read(wakes, 4096)
                else:
                    connection.pgconn.consume_input()
                    while notice := connection.pgconn.notifies():
                        received.add(notice.relname.decode().rpartition("_")[2])

    def _send(self, connection: psycopg.Connection[Any]) -> None:
        with self._condition:
            due = self._outbox.take()
        try:
            connection.execute(
                "select pg_notify(channel, '') from unnest(%s::text[]) as channel",
                ([f"{self._channel}_{channel}" for channel in due],),
            )
        except BaseException:
            with self._condition:
                self._outbox.add(due)  # twice is better than never
            raise

    def _count_in(self, channels: Set[str]) -> None:
        if not channels:
            return
        with self._condition:
            for channel in channels & self._counts.keys():
                self._counts[channel] += 1
            self._condition.notify_all()
