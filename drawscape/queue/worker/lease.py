"""The lease of a worker on Postgres, as its children see it.

Others may have the jobs of a worker that was silent for a whole lease. So its children end after two thirds
of that, even when the worker itself is stopped or swapped out. A small process beside the worker
counts the time. Each child holds a pipe to it: when the process ends, the kernel kills each child's group.
"""

import contextlib
import ctypes
import logging
import multiprocessing
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from drawscape import clock
from drawscape.queue.engines.engine import Renewal
from drawscape.queue.worker.child_process import ChildStartError, start_process

_SHARE = 2 / 3
"""The share of a lease after which children end; the rest allows for slow machines."""

_CHECK_S = 1.0
"""The clock runs on while the machine sleeps, but the wait for a message does not."""

_MOMENT = struct.Struct("d")

_LOG = logging.getLogger("huey.drawscape")


class _Timer(NamedTuple):
    """The process that counts the time."""

    process: Any
    renewals: Connection
    """Sends the time of each confirmation."""
    lifeline: Connection
    """Closed with the process."""


class ChildLease:
    """The lease of a worker as its slots see it; moments are in seconds since the machine was started.

    `on_renewal(renewal)` is called after each renewal, in the renewing thread. It returns whether all running
    jobs are still the worker's.
    """

    def __init__(self, lease_s: float, on_renewal: Callable[[Renewal], bool]) -> None:
        self._limit_s = lease_s * _SHARE
        self._on_renewal = on_renewal
        self._lock = threading.Lock()
        self._timer: _Timer | None = None
        self._confirmed_at = self._held_since = 0.0

    def renewed(self, renewal: Renewal) -> bool:
        """Note a confirmed renewal; return whether all running jobs are still the worker's."""
        with self._lock:
            if renewal.is_lost or not self._holds():
                self._end()
            if not renewal.is_lost:
                self._confirm(renewal.asked_boot_s)
        return self._on_renewal(renewal)

    def _confirm(self, asked_at: float) -> None:
        try:
            self._timer = self._timer or self._start_timer(asked_at)
        except (OSError, EOFError) as error:
            _LOG.error("event=lease_timer_start_failed error=%r", str(error))
            return
        self._confirmed_at = asked_at
        with contextlib.suppress(OSError):
            self._timer.renewals.send_bytes(_MOMENT.pack(asked_at))

    def _start_timer(self, asked_at: float) -> _Timer:
        received, renewals = multiprocessing.Pipe(duplex=False)
        lifeline, held = multiprocessing.Pipe(duplex=False)
        process = start_process(_count_down, received, held, self._limit_s, asked_at)
        received.close()
        held.close()
        self._held_since = clock.boot_s()
        return _Timer(process, renewals, lifeline)

    def _holds(self) -> bool:
        """Return whether the lease was confirmed recently, and the timer lives."""
        if self._timer is None or clock.boot_s() >= self._confirmed_at + self._limit_s:
            return False
        return not self._timer.lifeline.poll(0)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.renewals.close()
            self._timer.process.join(5)
            self._timer.lifeline.close()
        self._timer = None

    def may_run(self, since: float) -> bool:
        """Return whether a job requested at `since` surely does not belong to another worker by now."""
        with self._lock:
            return self._holds() and since >= self._held_since

    @property
    def lifeline(self) -> Connection:
        """The pipe that each child holds, and ends with; raise ChildStartError without a held lease."""
        with self._lock:
            if self._timer is None or not self._holds():
                raise ChildStartError("the queue's server has not confirmed the worker's lease")
            return self._timer.lifeline

    def close(self) -> None:
        with self._lock:
            self._end()


def _count_down(
    renewals: Connection, _held: Connection, limit_s: float, confirmed_at: float
) -> None:
    """End when the lease is not confirmed for `limit_s`, or with the worker; `_held` then closes."""
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    until = confirmed_at + limit_s
    end_at = _kernel_timer()
    with contextlib.suppress(EOFError):
        while (left_s := until - clock.boot_s()) > 0:
            end_at(until)
            if renewals.poll(min(left_s, _CHECK_S)):
                until = max(until, _MOMENT.unpack(renewals.recv_bytes())[0] + limit_s)
    os._exit(0)


def _kernel_timer() -> Callable[[float], object]:
    """Return a function that sets when the kernel kills this process, even while it is stopped (Linux).

    After the machine has slept, the kernel is up to a second faster than our own check.
    """
    if sys.platform != "linux":
        return lambda _: None
    library, timer = ctypes.CDLL(None), ctypes.c_void_p()
    by_signal = (ctypes.c_int * 16)(
        0, 0, signal.SIGKILL, 0
    )  # struct sigevent: value, signal, SIGEV_SIGNAL
    if library.timer_create(time.CLOCK_BOOTTIME, by_signal, ctypes.byref(timer)):
        return lambda _: None

    def kill_at(moment_s: float) -> None:
        # struct itimerspec: no interval, then seconds and nanoseconds of the moment.
        moment = (ctypes.c_long * 4)(0, 0, int(moment_s), int(moment_s % 1 * 1e9))
        library.timer_settime(timer, 1, moment, None)  # 1: TIMER_ABSTIME

    return kill_at
