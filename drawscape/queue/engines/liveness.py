"""Who is alive: each worker holds an OS lock on its file, and the dead hold none.

The locks are those of `flock`, which belong to an open file. The kernel releases them with the process, no
clock is involved, and nothing else that the process opens or closes matters. Anyone may remove the file, so a
worker makes it again once a second (`renew`). A worker whose file is missing for `_GRACE_S` counts as dead.
"""

import contextlib
import fcntl
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import IO

from drawscape.queue.engines.engine import Renewal, WorkerInfo

_GRACE_S = 5.0
"""A living worker announces itself again within about a second, or two on a busy machine."""

_CHECK_S = 0.02
_FIELDS = {field.name for field in fields(WorkerInfo)}


class Locks:
    """The workers whose lock files are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, tuple[WorkerInfo, int]] = {}
        """Workers of this process, and the descriptors of their locked files."""
        self._lock = threading.RLock()
        self._missing: dict[str, tuple[float, float]] = {}
        """Workers without a file: since when, and when last checked (monotonic seconds)."""

    def announce(self, info: WorkerInfo, on_renewal: Callable[[Renewal], bool]) -> None:
        """Take the lock that shows that `info.id` is alive, for as long as this process lives.

        The file gets its name only once it is locked, so nobody ever sees it without its lock. A worker
        cannot lose its connection to a file, so `on_renewal` is not called.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        temporary = self._folder / f".{info.id}"
        with self._lock:
            descriptor = os.open(temporary, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write(descriptor, info)
            os.rename(temporary, self._path(info.id))
            self._held[info.id] = info, descriptor

    def renew(self, worker: str) -> bool:
        """Return whether `worker`, one of this process, had to be announced again: its file was gone."""
        with self._lock:
            if worker not in self._held:  # retired
                return False
            info, descriptor = self._held[worker]
            with contextlib.suppress(OSError):
                if os.path.samefile(descriptor, self._path(worker)):
                    return False
            self.announce(info, lambda _: True)
            os.close(descriptor)
            return True

    def note_trouble(self, worker: str, trouble: str | None) -> None:
        """Note why `worker`, one of this process, runs nothing; None: it does. This opens no file."""
        with self._lock:
            if worker in self._held:
                info, descriptor = self._held[worker]
                self._held[worker] = replace(info, trouble=trouble), descriptor
                _write(descriptor, self._held[worker][0])

    def retire(self, worker: str) -> None:
        """Remove the lock and the file of `worker`, one of this process."""
        with self._lock:
            self._path(worker).unlink(missing_ok=True)
            if worker in self._held:
                os.close(self._held.pop(worker)[1])

    def forget_dead(self) -> None:
        """Remove the lock files of dead workers, whose jobs have been recovered."""
        for path in self._folder.glob("*.lock"):
            if self._check(path.stem)[0] is False:
                with contextlib.suppress(OSError):
                    path.unlink()

    def is_dead(self, worker: str | None) -> bool:
        """Return whether `worker` counts as dead.

        Without a file, it does after some seconds of repeated checks by this process.
        """
        if worker is None:
            return True
        is_alive = self._check(worker)[0]
        if is_alive is not None:
            self._missing.pop(worker, None)
            return not is_alive
        now = time.monotonic()
        since, asked = self._missing.get(worker, (now, now))
        if now - asked > _GRACE_S / 2:  # its file may have existed in between
            since = now
        self._missing[worker] = since, now
        return now - since >= _GRACE_S

    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives, once that is certain."""
        while worker is None or not self._check(worker)[0]:
            if self.is_dead(worker):
                return False
            time.sleep(_CHECK_S)
        return True

    def living(self) -> list[WorkerInfo]:
        checked = [self._check(path.stem) for path in self._folder.glob("*.lock")]
        found = [info for is_alive, info in checked if is_alive and info is not None]
        return sorted(found, key=lambda info: info.started_at)

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker}.lock"

    def _check(self, worker: str) -> tuple[bool | None, WorkerInfo | None]:
        """Return whether a worker is alive (None: it has no file), and its own description."""
        try:
            file = open(self._path(worker), "rb")  # noqa: SIM115
        except OSError:
            return None, None
        with file:
            return _is_locked(file), _read(file)


def _is_locked(file: IO[bytes]) -> bool:
    """Return whether another open file holds the lock; two shared locks do not conflict."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # what a worker of 0.4 holds
    except OSError:
        return True
    return False


def _write(descriptor: int, info: WorkerInfo) -> None:
    text = json.dumps(asdict(info)).encode()
    os.pwrite(descriptor, text, 0)
    os.truncate(descriptor, len(text))


def _read(file: IO[bytes]) -> WorkerInfo | None:
    with contextlib.suppress(OSError, ValueError, TypeError):
        found = json.loads(file.read())
        found["lanes"] = tuple(found.get("lanes", ()))
        return WorkerInfo(**{name: value for name, value in found.items() if name in _FIELDS})
    return None
