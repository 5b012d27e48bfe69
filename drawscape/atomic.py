"""Files that are complete or missing, even if the writing process is killed.

A file is written beside its place with a hidden temporary name (`.spiral.svg.<number>-<number>.part`),
flushed to the disk, then renamed. Its writer holds a lock on it, which ends with the process. A temporary
file without a lock is a leftover of a killed writer. The next writer in that folder removes it, and so does a
worker that starts. On sshfs and Syncthing, other machines do not see a lock. So a folder that machines
share (`DRAWSCAPE_OUTPUT`) keeps a leftover for an hour.
"""

import errno
import fcntl
import itertools
import os
import re
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir

from drawscape.settings import shared_output

_PART = re.compile(r"\..*\.\d+-\d+\.part", re.DOTALL)
_SWEEP_EVERY_S = 1.0  # in one folder: thousands of files must not list it thousands of times
_SHARED_LEFTOVER_S = 3600.0  # a living writer writes at least once an hour
_STEM_CHARS = 50  # of at most four bytes: with the rest below the 255 bytes that file systems allow

_numbers = itertools.count()
_swept: dict[Path, float] = {}


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield an empty temporary file beside `path`; it is renamed to `path` when the block succeeds.

    The bytes are flushed before the renaming: after a power cut the file is the old one, the new one or
    none. When the block raises, the temporary file is removed and `path` is unchanged. A link stays a link:
    the file that it leads to is replaced. A device, pipe or socket is written into. The folder must
    exist: an OSError names `path`, not the temporary one.
    """
    if is_special(path):
        with scratch_folder(Path(gettempdir())) as folder:
            yield folder / path.name
            with (folder / path.name).open("rb") as made, path.open("wb", buffering=0) as stream:
                shutil.copyfileobj(made, stream)
        return
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    if path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    try:
        with _locked(path) as temporary:
            yield temporary
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
            temporary.replace(path)
    except OSError as error:
        if error.filename and _PART.fullmatch(os.path.basename(error.filename)):
            raise type(error)(error.errno, error.strerror, str(path)) from None
        raise
    _sweep_now_and_then(path.parent)  # a killed writer may still have held its lock at the start


def is_special(path: Path) -> bool:
    """Return whether `path` leads to an existing special file: a device, a pipe.

    >>> is_special(Path(os.devnull))
    True
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def write_atomic(path: Path, pieces: Iterable[bytes]) -> None:
    """Write `pieces`, one after the other, as the file `path`: completely or not at all."""
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        stream.writelines(pieces)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`, created if necessary; the folder is removed after the block.

    The next call removes the folders of killed processes.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with _locked(parent / "scratch", folder=True) as made:
        yield made


def sweep(folder: Path) -> list[Path]:
    """Remove leftovers of dead writers in `folder`, not below it, and return their paths."""
    removed = []
    with suppress(OSError), os.scandir(folder) as entries:  # it may be gone or unreadable
        for entry in entries:
            if not _PART.fullmatch(entry.name):
                continue
            # It may be in use, another sweep may be faster, or it is not ours.
            with suppress(OSError):
                if shared_output() and time.time() - entry.stat().st_mtime < _SHARED_LEFTOVER_S:
                    continue  # another machine may be writing it, without a visible lock here
                held = os.open(entry, os.O_RDONLY)
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(Path(entry))
                    removed.append(Path(entry))
                finally:
                    os.close(held)
    return removed


def sweep_tree(folder: Path) -> list[Path]:
    """Remove leftovers of dead writers in `folder` and below it, and return their paths."""
    return [part for inside, _, _ in os.walk(folder) for part in sweep(Path(inside))]


@contextmanager
def _locked(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Yield a new file or folder beside `path` that no sweep removes; it is removed at the end."""
    _sweep_now_and_then(path.parent)
    while True:
        stem = f".{path.name[:_STEM_CHARS]}.{os.getpid()}-{next(_numbers)}.part"
        made = path.with_name(stem)
        try:
            if folder:
                made.mkdir(mode=0o700)
            held = os.open(
                made, os.O_RDONLY if folder else os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666
            )
        except FileExistsError:  # from another machine, or from before the last boot
            continue
        except FileNotFoundError:
            if folder and path.parent.exists():  # a sweep came in between
                continue
            raise
        with suppress(OSError):  # without locks for files, no sweep removes anything
            fcntl.flock(held, fcntl.LOCK_EX)
        if made.exists():  # otherwise a sweep came in between
            break
        os.close(held)
    try:
        yield made
    finally:
        _remove(made)
        os.close(held)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sweep_now_and_then(folder: Path) -> None:
    now = time.monotonic()
    if now - _swept.get(folder, -_SWEEP_EVERY_S) >= _SWEEP_EVERY_S:
        _swept[folder] = now
        sweep(folder)
