"""How long a worker's children may run: as long as its lease was renewed lately, and no moment longer.

Others may have the jobs of a worker that was silent for a whole lease. So its children end when two thirds
of that are over, also when the worker itself is stopped or swapped out. A small process beside it counts the
time. When that ends, the kernel kills each child's group.
"""

import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import struct
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.util import get_temp_dir

from drawscape.queue import clock
from drawscape.queue.engines.engine import Renewal
from drawscape.queue.worker.child_process import ChildStartError, start_process

_SHARE = 2 / 3
"""Of a lease, after which children end: the rest is for whatever is slow."""

_TICK_S = 1.0
"""The clock goes on while the machine sleeps, and the wait for a message does not."""

_MOMENT = struct.Struct("d")
_LEAVE = b"leave"

_LOG = logging.getLogger("huey.drawscape")


class Lease:
    """The lease of a worker as its slots see it; moments are in seconds since the machine was started.

    With `lease_s` None the worker is alive as long as its process, and all may run. `on_renewal(renewal)` is
    called after each, in the thread that renews.
    """

    def __init__(self, lease_s: float | None, on_renewal: Callable[[Renewal], None]) -> None:
        self._is_needed = lease_s is not None
        self._limit_s = (lease_s or 0.0) * _SHARE
        self._on_renewal = on_renewal
        self._lock = threading.Lock()
        self._guard: _Guard | None = None
        self._held_since = 0.0
        self._confirmed_at = 0.0

    def renewed(self, renewal: Renewal) -> None:
        """Note what the server has said."""
        with self._lock:
            if renewal.is_lost or not self._holds():
                self._end()
            if not renewal.is_lost:
                self._confirm(renewal.asked_boot_s)
        self._on_renewal(renewal)

    def _confirm(self, asked_at: float) -> None:
        if self._guard is None:
            try:
                self._guard = _Guard(self._limit_s, asked_at, get_temp_dir())
            except ChildStartError as error:
                _LOG.error("event=guard_start_failed error=%r", str(error))
                return
            self._held_since = clock.boot_s()
        self._confirmed_at = asked_at
        self._guard.confirm(asked_at)

    def _holds(self) -> bool:
        return (
            self._guard is not None
            and self._guard.is_alive
            and clock.boot_s() < self._confirmed_at + self._limit_s
        )

    def _end(self) -> None:
        if self._guard is not None:
            self._guard.close()
        self._guard = None

    def may_run(self, since: float) -> bool:
        """Return whether a job that was asked for at `since` is surely not another worker's by now."""
        if not self._is_needed:
            return True
        with self._lock:
            return self._holds() and since >= self._held_since

    @property
    def line(self) -> Connection | None:
        """What each child holds, and ends with; raise ChildStartError while the lease is not held."""
        if not self._is_needed:
            return None
        with self._lock:
            if not self._holds() or self._guard is None:
                raise ChildStartError("the queue's server has not confirmed the worker's lease")
            return self._guard.line

    def close(self) -> None:
        """End the guard, and with it the children."""
        with self._lock:
            self._end()


class _Guard:
    """The process that counts the time; `line` closes when it ends."""

    def __init__(self, limit_s: float, confirmed_at: float, temporary: str) -> None:
        theirs, self._orders = multiprocessing.Pipe(duplex=False)
        self.line, held = multiprocessing.Pipe(duplex=False)
        try:
            self._process = start_process(_watch, theirs, held, limit_s, confirmed_at, temporary)
        except BaseException:
            for end in (self._orders, self.line):
                end.close()
            raise
        finally:
            theirs.close()
            held.close()

    @property
    def is_alive(self) -> bool:
        return not self.line.poll(0)

    def confirm(self, asked_at: float) -> None:
        with contextlib.suppress(OSError):
            self._orders.send_bytes(_MOMENT.pack(asked_at))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._orders.send_bytes(_LEAVE)
        self._orders.close()
        self._process.join(5)
        self.line.close()


def _watch(
    orders: Connection, held: Connection, limit_s: float, confirmed_at: float, temporary: str
) -> None:
    """End when the lease was not confirmed for `limit_s`, or with the worker; `held` closes with us.

    A worker that was killed leaves its folder `temporary` to us.
    """
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    until = confirmed_at + limit_s
    try:
        while (left_s := until - clock.boot_s()) > 0:
            if orders.poll(min(left_s, _TICK_S)):
                order = orders.recv_bytes()
                until = 0.0 if order == _LEAVE else max(until, _MOMENT.unpack(order)[0] + limit_s)
    except EOFError:
        held.close()
        shutil.rmtree(temporary, ignore_errors=True)
    os._exit(0)
