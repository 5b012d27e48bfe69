"""The lease of a worker on Postgres, as its children see it.

Others may have the jobs of a worker that was silent for a whole lease. So its children end when two thirds
of that are over, also when the worker itself is stopped or swapped out. A small process beside the worker
counts the time. Each child holds a pipe to it: when that process ends, the kernel kills each child's group.
"""

import contextlib
import logging
import multiprocessing
import os
import signal
import struct
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from drawscape import clock
from drawscape.queue.engines.engine import Renewal
from drawscape.queue.worker.child_process import ChildStartError, start_process

_SHARE = 2 / 3
"""Of a lease, after which children end: the rest is for whatever is slow."""

_TICK_S = 1.0
"""The clock goes on while the machine sleeps, and the wait for a message does not."""

_MOMENT = struct.Struct("d")

_LOG = logging.getLogger("huey.drawscape")


class Lease:
    """The lease of a worker as its slots see it; moments are in seconds since the machine was started.

    With `lease_s` None the worker is alive as long as its process, and all may run. `on_renewal(renewal)` is
    called after each, in the thread that renews; it returns whether all that runs is still the worker's.
    """

    def __init__(self, lease_s: float | None, on_renewal: Callable[[Renewal], bool]) -> None:
        self._limit_s = None if lease_s is None else lease_s * _SHARE
        self._on_renewal = on_renewal
        self._lock = threading.Lock()
        self._guard: tuple[Any, Connection, Connection] | None = None
        """The process that counts the time, what tells it of a renewal, and the line."""
        self._confirmed_at = self._held_since = 0.0

    def renewed(self, renewal: Renewal) -> bool:
        """Note what the server has said; return whether all that runs is still the worker's."""
        with self._lock:
            if renewal.is_lost or not self._holds():
                self._end()
            if not renewal.is_lost:
                self._confirm(renewal.asked_boot_s)
        return self._on_renewal(renewal)

    def _confirm(self, asked_at: float) -> None:
        try:
            self._guard = self._guard or self._start_guard(asked_at)
        except (OSError, EOFError) as error:
            _LOG.error("event=guard_start_failed error=%r", str(error))
            return
        self._confirmed_at = asked_at
        with contextlib.suppress(OSError):
            self._guard[1].send_bytes(_MOMENT.pack(asked_at))

    def _start_guard(self, asked_at: float) -> tuple[Any, Connection, Connection]:
        told, orders = multiprocessing.Pipe(duplex=False)
        line, held = multiprocessing.Pipe(duplex=False)
        process = start_process(_watch, told, held, self._limit_s, asked_at)
        told.close()
        held.close()
        self._held_since = clock.boot_s()
        return process, orders, line

    def _holds(self) -> bool:
        """Return whether the lease was confirmed lately, and the process lives."""
        until = self._confirmed_at + (self._limit_s or 0.0)
        return self._guard is not None and clock.boot_s() < until and not self._guard[2].poll(0)

    def _end(self) -> None:
        if self._guard is not None:
            process, orders, line = self._guard
            orders.close()
            process.join(5)
            line.close()
        self._guard = None

    def may_run(self, since: float) -> bool:
        """Return whether a job that was asked for at `since` is surely not another worker's by now."""
        if self._limit_s is None:
            return True
        with self._lock:
            return self._holds() and since >= self._held_since

    @property
    def line(self) -> Connection | None:
        """What each child holds, and ends with; raise ChildStartError while the lease is not held."""
        if self._limit_s is None:
            return None
        with self._lock:
            if self._guard is None or not self._holds():
                raise ChildStartError("the queue's server has not confirmed the worker's lease")
            return self._guard[2]

    def close(self) -> None:
        with self._lock:
            self._end()


def _watch(orders: Connection, _held: Connection, limit_s: float, confirmed_at: float) -> None:
    """End when the lease was not confirmed for `limit_s`, or with the worker; the line closes with us."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    until = confirmed_at + limit_s
    with contextlib.suppress(EOFError):
        while (left_s := until - clock.boot_s()) > 0:
            if orders.poll(min(left_s, _TICK_S)):
                until = max(until, _MOMENT.unpack(orders.recv_bytes())[0] + limit_s)
    os._exit(0)
