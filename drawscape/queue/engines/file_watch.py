"""Waits for commits to the queue's file."""

import ctypes
import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Linux's inotify reports a write when it begins, not when its transaction is over: most flushes between the
# write and the commit take no longer than the first of these.
_EAGER_S, _EAGER_CHECK_S = 0.006, 0.00025
_ATTENTIVE_S, _CHECK_S = 0.1, 0.002  # the slowest flush is behind us then
_IN_MODIFY = 0x2
_IN_NONBLOCK, _IN_CLOEXEC = 0o4000, 0o2000000
_PAUSE_S = 0.004
"""Where the system reports no writes, the caller checks this often: 1 % of a core, half of it in latency."""


class FileWatch:
    """Waits for commits to a file in `folder`; the kernel reports when one begins."""

    def __init__(self, folder: Path, version: Callable[[], object]) -> None:
        self.version = version
        self._written_at = -_ATTENTIVE_S
        self._descriptor = _watched(folder)
        self._poll = select.poll()
        if self._descriptor is not None:
            self._poll.register(self._descriptor, select.POLLIN)

    def wait(self, timeout_s: float) -> None:
        """Return soon after a commit, or after about `timeout_s` without one."""
        if self._descriptor is None:
            time.sleep(min(_PAUSE_S, timeout_s))
            return
        since_s = time.monotonic() - self._written_at
        if since_s >= _EAGER_S:
            limit_s = timeout_s if since_s >= _ATTENTIVE_S else _CHECK_S
            if not self._poll.poll(limit_s * 1000):
                return
            with suppress(BlockingIOError):
                while len(os.read(self._descriptor, 65_536)) > 32_768:
                    pass
            self._written_at = time.monotonic()
        time.sleep(_EAGER_CHECK_S)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


def _watched(folder: Path) -> int | None:
    """Return an inotify descriptor on `folder`, None where the system has none."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    descriptor = int(libc.inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC))
    if descriptor < 0:  # a user may have so many
        return None
    if libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_MODIFY) < 0:
        os.close(descriptor)
        return None
    return descriptor
