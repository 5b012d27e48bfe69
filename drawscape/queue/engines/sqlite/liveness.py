"""Who is alive: each worker holds an OS lock on a file of its own, and the dead hold none.

POSIX record locks (`fcntl.lockf`): a forked child does not inherit them, the kernel frees them with the
process, and no clock is involved. Closing any descriptor of a locked file drops the process's locks on
it, so a process never opens its own workers' files again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

_INFO_BYTES = 4096
_TROUBLE_CHARS = 500

_HELD: dict[str, int] = {}
"""Locks of this process: worker id to descriptor."""


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker says of itself in its lock file.

    `started_at` in seconds since 1970; `trouble` is why it runs nothing, though alive.
    """

    id: str
    pid: int
    slots: int
    queue: str
    started_at: float
    trouble: str | None = None


def announce(folder: Path, info: WorkerInfo) -> None:
    """Take the lock that says `info.id` is alive, for as long as this process lives.

    The file gets its name only once it is locked, so nobody ever sees it without its lock.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = folder / f".{info.id}"
    descriptor = os.open(temporary, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.lockf(descriptor, fcntl.LOCK_EX)
    _write(descriptor, info)
    os.rename(temporary, folder / f"{info.id}.lock")
    _HELD[info.id] = descriptor


def note_trouble(worker: str, trouble: str | None) -> None:
    """Write into the lock file of `worker`, one of this process, why it runs nothing; None: it does."""
    descriptor = _HELD.get(worker)
    if descriptor is not None:
        info = WorkerInfo(**json.loads(os.pread(descriptor, _INFO_BYTES, 0)))
        _write(descriptor, replace(info, trouble=trouble and trouble[:_TROUBLE_CHARS]))


def _write(descriptor: int, info: WorkerInfo) -> None:
    """One write of a fixed length: whoever reads meanwhile sees the old words or the new ones."""
    os.pwrite(descriptor, json.dumps(asdict(info)).encode().ljust(_INFO_BYTES), 0)


def retire(folder: Path, worker: str) -> None:
    """Give up the lock of `worker` and remove its file."""
    descriptor = _HELD.pop(worker, None)
    (folder / f"{worker}.lock").unlink(missing_ok=True)
    if descriptor is not None:
        os.close(descriptor)


def is_alive(folder: Path, worker: str) -> bool:
    """Return whether a process holds the lock of `worker`."""
    if worker in _HELD:
        return True
    try:
        descriptor = os.open(folder / f"{worker}.lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        # A shared lock: two that look at the same time do not disturb each other.
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def living(folder: Path) -> list[WorkerInfo]:
    """Return the workers that are alive, oldest first; the files of dead ones are left to recovery."""
    found = []
    for path in folder.glob("*.lock"):
        if is_alive(folder, path.stem):
            with contextlib.suppress(OSError, ValueError, TypeError):
                found.append(WorkerInfo(**json.loads(_read(path))))
    return sorted(found, key=lambda info: info.started_at)


def _read(path: Path) -> bytes:
    """Read a lock file; our own through the descriptor that we hold, for opening it would drop the lock."""
    held = _HELD.get(path.stem)
    if held is not None:
        return os.pread(held, _INFO_BYTES, 0)
    return path.read_bytes()


def forget_dead(folder: Path, older_than_s: float = 3600.0) -> None:
    """Remove lock files whose workers are dead since a while."""
    for path in folder.glob("*.lock"):
        with contextlib.suppress(OSError):
            if (
                not is_alive(folder, path.stem)
                and time.time() - path.stat().st_mtime > older_than_s
            ):
                path.unlink()
