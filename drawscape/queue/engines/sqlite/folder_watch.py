"""Writes in a folder and the commits behind them, by Linux's inotify; elsewhere there is a short pause."""

import contextlib
import ctypes
import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

_FIRST_LOOK_S = 0.0005  # about what a flush to the disk takes between the write and the commit
_LOOK_S = 0.002
_ATTENTIVE_S = 0.1  # looks go on for so long after a write: the slowest flush is behind us then

_IN_MODIFY = 0x2
_IN_NONBLOCK, _IN_CLOEXEC = 0o4000, 0o2000000

PAUSE_S = 0.004
"""Where the system reports no writes, the caller looks this often: 1 % of a core, half of it in latency."""


class CommitWatch:
    """Waits for commits to a file in `folder`, whose begin is what the kernel reports."""

    is_selective = False

    def __init__(self, folder: Path, version: Callable[[], object]) -> None:
        self.version = version
        self._writes = FolderWatch(folder)
        self._attentive_until = 0.0

    def wait(self, timeout_s: float) -> None:
        """Return soon after a write, again and again until its commit is there, or after `timeout_s`."""
        if time.monotonic() < self._attentive_until:
            time.sleep(_LOOK_S)
        elif self._writes.wait(timeout_s):
            self._attentive_until = time.monotonic() + _ATTENTIVE_S
            time.sleep(_FIRST_LOOK_S)

    def close(self) -> None:
        """Wait no more."""
        self._writes.close()


class FolderWatch:
    """Waits until a file that lies in `folder` is written.

    A write is reported when it begins, not when the transaction that it belongs to is over: whoever waits for
    a commit looks a few times after that.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = _watched(folder)
        self._poll = select.poll()
        if self._descriptor is not None:
            self._poll.register(self._descriptor, select.POLLIN)

    def wait(self, timeout_s: float) -> bool:
        """Return whether something was written, or may have been, within `timeout_s`."""
        if self._descriptor is None:
            time.sleep(min(PAUSE_S, timeout_s))
            return True
        if not self._poll.poll(timeout_s * 1000):
            return False
        with contextlib.suppress(BlockingIOError):
            while len(os.read(self._descriptor, 65_536)) > 32_768:
                pass
        return True

    def close(self) -> None:
        """Wait no more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _watched(folder: Path) -> int | None:
    """Return an inotify descriptor on `folder`, or None where there is none to be had."""
    if sys.platform != "linux":
        return None
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = int(libc.inotify_init1(_IN_NONBLOCK | _IN_CLOEXEC))
    except (OSError, AttributeError):
        return None
    if descriptor < 0:
        return None
    if libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_MODIFY) < 0:
        os.close(descriptor)
        return None
    return descriptor
