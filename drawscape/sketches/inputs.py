"""What a drawing reads beside its parameters: through the library, and behind its back."""

import gc
import hashlib
import os
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from drawscape.settings import readable_path

_CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".zip", ".pth", ".egg-link")
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")
_FILES = ("open", "os.listdir", "os.scandir", "sqlite3.connect", "shutil.copyfile")
_OTHER = ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec")
_EVENTS = frozenset((*_NETWORK, *_FILES, *_OTHER))


@dataclass
class Inputs:
    """What was read while a sketch drew: digests of files by name, and what cannot be compared later."""

    files: dict[str, str] = field(default_factory=dict)
    volatile: set[str] = field(default_factory=set)


def with_former(inputs: Inputs, code: str, values: Iterable[Any]) -> Inputs:
    """Return `inputs` with what the same code has read for other drawings of this process.

    A helper that keeps what it has read opens its file for the first drawing alone. A file in whose name one
    of the parameters' `values` stands belongs to the drawings with that value.
    """
    named = [str(value) for value in values if isinstance(value, (str, int)) and str(value)]
    files = {n: d for n, d in inputs.files.items() if not any(value in n for value in named)}
    if files or inputs.volatile:
        former = _former.setdefault(code, Inputs())
        former.files |= files
        former.volatile |= inputs.volatile
    known = _former.get(code, Inputs())
    return Inputs({**known.files, **inputs.files}, known.volatile | inputs.volatile)


_former: dict[str, Inputs] = {}


class _Current(threading.local):
    inputs: Inputs | None = None
    collecting: bool = False
    """Whether the garbage of others is cleared away, which may open files: a sketch has no part in that."""


_current = _Current()
_installed = threading.Lock()


def read_input(name: str | os.PathLike[str]) -> bytes:
    """Return the content of a file that a task may read; the drawing's recipe remembers its digest.

    A sketch that reads its files so is drawn anew when one of them has changed, and found again otherwise.
    Raises ForbiddenPathError, FileNotFoundError as `settings.readable_path` does.

    >>> from drawscape.settings import home
    >>> _ = (home() / "notes.txt").write_text("a line")
    >>> read_input("notes.txt")
    b'a line'
    """
    inputs, _current.inputs = _current.inputs, None
    try:
        content = readable_path(name).read_bytes()
    finally:
        _current.inputs = inputs
    if inputs is not None:
        inputs.files[os.fspath(name)] = digest_of(content)
    return content


def digest_of(content: bytes) -> str:
    """Return the digest of a file's content that recipes hold."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_now(name: str) -> str | None:
    """Return the digest of the input file `name` as it is now, None when it cannot be read.

    A file that has not been touched is not read again.
    """
    try:
        path = readable_path(name)
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        known = _digests.get(path)
        if known is None or known[0] != stamp:
            known = _digests[path] = (stamp, digest_of(path.read_bytes()))
    except (OSError, ValueError):
        return None
    return known[1]


_digests: dict[Path, tuple[tuple[int, int], str]] = {}


@contextmanager
def watched(inputs: Inputs) -> Iterator[None]:
    """Note in `inputs` what this thread reads meanwhile.

    Python's audit events report files, sockets and processes. They report neither the clock nor whether a
    file was looked for, nor what a library in C opens by itself, nor what another thread reads.
    """
    _install()
    former, _current.inputs = _current.inputs, inputs
    try:
        yield
    finally:
        _current.inputs = former


def _install() -> None:
    """Add the hook once; it stays for the life of the process, and outside of a drawing does nothing."""
    if _installed.acquire(blocking=False):
        sys.addaudithook(_noticed)
        gc.callbacks.append(_collected)


def _collected(phase: str, _details: object, *, current: _Current = _current) -> None:
    current.collecting = phase == "start"


def _noticed(
    event: str,
    arguments: tuple[object, ...],
    *,
    events: frozenset[str] = _EVENTS,  # by default: this module's names are gone before the hook is
    current: _Current = _current,
) -> None:
    inputs = current.inputs if event in events else None
    if inputs is None or current.collecting or _importing():
        return
    if event not in _FILES:
        inputs.volatile.add("the network" if event in _NETWORK else "another program")
        return
    name = arguments[0]
    if event == "open" and _is_made_anew(arguments[2]):
        return
    if isinstance(name, (str, bytes)) and not _belongs_to_python(os.fsdecode(name)):
        inputs.volatile.add(f"the file {Path(os.fsdecode(name)).name!r}")


def _is_made_anew(flags: object) -> bool:
    """Return whether a file is opened only if there is none, as what libraries keep for a moment."""
    return isinstance(flags, int) and bool(flags & os.O_EXCL)


def _importing() -> bool:
    """Return whether a module is being imported: what it does meanwhile, a drawing does not depend on."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _belongs_to_python(path: str) -> bool:
    """Return whether a file is code, or comes along with an installed package."""
    if path.endswith(_CODE) or path.startswith(
        ("/proc/", "/sys/", "/dev/", "/etc/", "<", ":memory:")
    ):
        return True
    full = os.path.abspath(path)
    return full.startswith(_PACKAGES) or "__pycache__" in full


_PACKAGES = tuple(
    {
        os.path.abspath(folder) + os.sep
        for folder in (*sysconfig.get_paths().values(), str(Path(__file__).parents[1]))
    }
)
