"""Files that are whole or absent, whatever kills the process that writes them.

A file is written beside its place under a hidden temporary name, flushed to the disk, then renamed. The
temporary name says who writes it (`.spiral.svg.<machine>-<pid>-<start>-<number>.part`), so what a killed
writer left differs from what a living one writes: the next to write in that folder removes it, as does a
worker at its start.
"""

import hashlib
import itertools
import os
import platform
import re
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import gettempdir

from drawscape.settings import publish

_PART = re.compile(r"\..*\.([0-9a-f]{8})-(\d+)-(\d+)-\d+\.part", re.DOTALL)
_PART_OF_0_2 = re.compile(r"\..+\.(\d+|[a-z0-9_]{8})\.part", re.DOTALL)  # a pid, or random
_FOREIGN_AGE_S = 86400.0  # a writer on another machine or of version 0.2 has finished by then
_SWEEP_EVERY_S = 1.0  # in one folder: so thousands of files in a row do not look at it thousandfold
_STEM_CHARS = 50  # of four bytes at most: with the rest below the 255 bytes that file systems allow

_numbers = itertools.count()
_swept: dict[Path, float] = {}


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name `path` when the block ends well.

    The bytes are flushed to the disk before the renaming, so after a power cut too the file is the
    old one, the new one or none. In the output folder it is written into the object store, too, if
    `DRAWSCAPE_OUTPUT` names one. When the block raises, the temporary file goes and `path` stays as
    it was. A link stays a link: the file that it leads to is replaced. A device, pipe or socket is
    written into. The folder must exist: an OSError names `path`, not the temporary one.
    """
    if is_special(path):
        with scratch_folder(Path(gettempdir())) as folder:
            yield folder / path.name
            with (folder / path.name).open("rb") as made, path.open("wb", buffering=0) as stream:
                shutil.copyfileobj(made, stream)
        return
    path = Path(os.path.realpath(path)) if path.is_symlink() else path
    temporary = temporary_path(path)
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        publish(temporary, path)  # first: a file that stands is in the store, too
        temporary.replace(path)
    except OSError as error:
        if error.filename == str(temporary):
            raise type(error)(error.errno, error.strerror, str(path)) from None
        raise
    finally:
        temporary.unlink(missing_ok=True)
    _sweep_now_and_then(
        path.parent
    )  # a killed writer may still have been dying when this one began


def is_special(path: Path) -> bool:
    """Return whether `path` leads to something that is there and no regular file: a device, a pipe.

    >>> is_special(Path(os.devnull))
    True
    """
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def write_atomic(path: Path, pieces: Iterable[bytes]) -> None:
    """Write `pieces`, one after the other, as the file `path`: whole or, if that fails, not at all."""
    with atomic_path(path) as temporary, temporary.open("xb") as stream:
        stream.writelines(pieces)


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`, which is made if need be; the folder goes when the block ends.

    What a killed process left is removed by the next that asks for one.
    """
    parent.mkdir(parents=True, exist_ok=True)
    folder = temporary_path(parent / "scratch")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def temporary_path(path: Path) -> Path:
    """Return a name beside `path` that sweeps know as this process's, once that is dead as anyone's."""
    _sweep_now_and_then(path.parent)
    writer = _writer(os.getpid())
    return path.with_name(f".{path.name[:_STEM_CHARS]}.{writer}-{next(_numbers)}.part")


def sweep(folder: Path) -> list[Path]:
    """Remove what dead writers left in `folder`, not below it, and return what was removed.

    A part of another machine, boot or container, whose processes cannot be seen from here, is taken
    for left behind after a day without a change.
    """
    removed = []
    with suppress(OSError), os.scandir(folder) as entries:  # it may be gone, or not readable
        for entry in entries:
            if entry.name.endswith(".part") and _is_left_behind(entry):
                with suppress(OSError):  # another sweep was faster, or the folder is not ours
                    remove = shutil.rmtree if entry.is_dir(follow_symlinks=False) else os.unlink
                    remove(entry)
                    removed.append(Path(entry))
    return removed


def sweep_tree(folder: Path) -> list[Path]:
    """Remove what dead writers left in `folder` and below it, and return what was removed."""
    return [part for inside, _, _ in os.walk(folder) for part in sweep(Path(inside))]


def _sweep_now_and_then(folder: Path) -> None:
    now = time.monotonic()
    if now - _swept.get(folder, -_SWEEP_EVERY_S) >= _SWEEP_EVERY_S:
        _swept[folder] = now
        sweep(folder)


def _is_left_behind(entry: os.DirEntry[str]) -> bool:
    name = _PART.fullmatch(entry.name)
    if name and name[1] == _machine():
        return not _is_running(int(name[2]), int(name[3]))
    if name or _PART_OF_0_2.fullmatch(entry.name):
        with suppress(FileNotFoundError):
            return time.time() - entry.stat(follow_symlinks=False).st_mtime > _FOREIGN_AGE_S
    return False


@cache
def _writer(process_id: int) -> str:
    """Return how temporary names call this process; it asks for its id, since it may be a fork."""
    return f"{_machine()}-{process_id}-{_start(process_id) or 0}"


@cache
def _machine() -> str:
    """Return eight hex digits for all processes that see each other's ids: host, boot, container."""
    facts = [platform.node()]
    with suppress(OSError):  # Linux only; elsewhere the host's name has to do
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        facts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:8]


def _is_running(process_id: int, start: int) -> bool:
    """Return whether the process that began at `start` still runs; True where that cannot be seen."""
    if os.name == "nt":
        return True  # signal 0 would end the process there
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    now = _start(process_id)
    return now is None or now == start


def _start(process_id: int) -> int | None:
    """Return when the process began, in ticks since boot; -1 if it is a zombie, None if unknown."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = status.rpartition(")")[2].split()  # the name before it may hold blanks and brackets
    return -1 if fields[0] == "Z" else int(fields[19])
