"""Who is alive: each worker holds an OS lock on its file, and the dead hold none.

POSIX record locks (`fcntl.lockf`): a forked child does not inherit them, the kernel releases them with the
process, and no clock is involved. They have one weakness. Closing any descriptor of the file in the worker's
process (a task that archives the home) releases the lock, and anyone may remove the file. So a worker renews
both once a second (`renew`). One without a lock is dead if its process is gone, or if nothing is known of it
for `_GRACE_S` (`is_dead`).
"""

import contextlib
import fcntl
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path

from drawscape.queue.engines.engine import Renewal, WorkerInfo

_INFO_BYTES = 4096
_GRACE_S = 5.0
"""A living worker announces itself again within a second or so, on a busy machine two."""

_CHECK_S = 0.02
_FIELDS = {field.name for field in fields(WorkerInfo)}

_HELD: dict[str, int] = {}
"""Locks of this process: worker id to descriptor."""

_HELD_LOCK = threading.RLock()
"""Held while a descriptor is exchanged or written through: once closed, its number may be another file's."""


class Locks:
    """The workers whose lock files lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unknown: dict[str, tuple[float, float]] = {}
        """Workers of which nothing certain is known: since when, and asked when last (monotonic seconds)."""

    def announce(self, info: WorkerInfo, on_renewal: Callable[[Renewal], bool]) -> None:
        """Take the lock that shows that `info.id` is alive, for as long as this process lives.

        The file gets its name only once it is locked, so nobody ever sees it without its lock. Nothing cuts
        a worker off from a file: `on_renewal` is not called.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        temporary = self._folder / f".{info.id}"
        with _HELD_LOCK:
            descriptor = os.open(temporary, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.lockf(descriptor, fcntl.LOCK_EX)
            _write(
                descriptor,
                replace(
                    info,
                    boot=process_space(),
                    process_started=started_at(info.pid),
                    inode=os.fstat(descriptor).st_ino,
                ),
            )
            os.rename(temporary, self._path(info.id))
            _HELD[info.id] = descriptor

    def renew(self, worker: str) -> bool:
        """Return whether the lock of `worker`, one of this process, had to be announced again.

        Taking a lock that is still held changes nothing; one that was released is taken again.
        """
        with _HELD_LOCK:
            descriptor = _HELD.get(worker)
            if descriptor is None:  # retired
                return False
            with contextlib.suppress(OSError):
                named, held = os.stat(self._path(worker)), os.fstat(descriptor)
                if (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino):
                    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return False
            if (info := _read(descriptor)) is not None:
                self.announce(info, lambda _: True)
            os.close(descriptor)
            return True

    def retire(self, worker: str) -> None:
        """Remove the lock and the file of `worker`, one of this process."""
        with _HELD_LOCK:
            descriptor = _HELD.pop(worker, None)
            self._path(worker).unlink(missing_ok=True)
            if descriptor is not None:
                os.close(descriptor)

    def forget_dead(self) -> None:
        """Remove the lock files of dead workers, whose jobs have been recovered."""
        for path in self._folder.glob("*.lock"):
            if self._check(path.stem)[0] is False:
                with contextlib.suppress(OSError):
                    path.unlink()

    def is_alive(self, worker: str | None) -> bool:
        """Return whether the worker with that id is alive."""
        return worker is not None and self._check(worker)[0] is True

    def is_dead(self, worker: str | None) -> bool:
        """Return whether `worker` counts as dead.

        Of some nothing certain is known: their file is gone, or a copy. They are dead after some seconds in
        which this process has asked again and again, and seen no sign of life.
        """
        if worker is None:
            return True
        is_alive = self._check(worker)[0]
        if is_alive is not None:
            self._unknown.pop(worker, None)
            return not is_alive
        now = time.monotonic()
        since, asked = self._unknown.get(worker, (now, now))
        if now - asked > _GRACE_S / 2:  # what was unknown long ago may have been known in between
            since = now
        self._unknown[worker] = since, now
        return now - since >= _GRACE_S

    def await_sign(self, worker: str | None) -> bool:
        """Return whether the worker lives, once that is certain."""
        while not self.is_alive(worker):
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
        """Return whether a worker is alive (None: uncertain), and its own description."""
        with _HELD_LOCK:
            if worker in _HELD:
                return True, _read(_HELD[worker])
        try:
            file = open(self._path(worker), "rb", buffering=0)  # noqa: SIM115
        except OSError:
            return None, None
        with file:
            info = _read(file.fileno())
            try:  # a shared lock: two checks at once do not disturb each other
                fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True, info
            return _is_running(info, os.fstat(file.fileno()).st_ino), info


def _write(descriptor: int, info: WorkerInfo) -> None:
    """One write of a fixed length: a reader meanwhile sees the old text or the new one."""
    os.pwrite(descriptor, json.dumps(asdict(info)).encode().ljust(_INFO_BYTES), 0)


def _read(descriptor: int) -> WorkerInfo | None:
    with contextlib.suppress(OSError, ValueError, TypeError):
        found = json.loads(os.pread(descriptor, _INFO_BYTES, 0))
        found["lanes"] = tuple(found.get("lanes", ()))
        return WorkerInfo(**{name: value for name, value in found.items() if name in _FIELDS})
    return None


def _is_running(info: WorkerInfo | None, inode: int) -> bool | None:
    """Return whether the process runs that the unlocked file names, None where that is not certain."""
    if info is None or info.inode != inode:  # a copy, or of an older version
        return None
    here = process_space()
    if info.boot != here:
        same_machine = info.boot.rpartition("-")[0] == here.rpartition("-")[0]
        return None if same_machine else False
    if info.process_started is not None:
        return started_at(info.pid) == info.process_started
    return None  # where there is no /proc


@cache
def boot_id() -> str | None:
    """Return what names this run of the machine, None where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


@cache
def process_space() -> str:
    """Return what names this run of the machine and its space of process ids, empty where unknown."""
    if boot_id() is None or sys.platform != "linux":
        return ""
    return f"{boot_id()}-{os.stat('/proc/self/ns/pid').st_ino}"


def started_at(pid: int) -> int | None:
    """Return when the living process `pid` started, in clock ticks since the boot; None if there is none.

    Numbers of processes come again. A zombie counts as none. Without /proc this is None for every process.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
