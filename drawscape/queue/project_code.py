"""The Python files of a home, which are sent with its jobs if workers may have others.

A job names the digest of its caller's files. A child process whose home has others gets them from the queue
and runs the job with those. So no old sketch is drawn, and a new one needs no deployment.
"""

import hashlib
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from drawscape import clock
from drawscape.atomic import scratch_folder
from drawscape.errors import QueueError
from drawscape.queue.codec import Codec
from drawscape.queue.engines.engine import Engine

LARGEST_BYTES = 20_000_000
"""The limit for all files: a home with more contains something other than sketches and tasks."""

PUBLISH_S = 3600.0
KEEP_S = 60 * 86_400.0
"""How long the queue keeps code after its last use; code that a waiting job needs is always kept."""

_PUBLISHED: dict[tuple[str, str], float] = {}
"""When this process has published which code where, in monotonic seconds."""

_SETTINGS = ("drawscape.toml", "pyproject.toml")  # they name the modules of tasks
_OTHERS = frozenset({"output", "node_modules", "__pycache__", "site-packages"})


def _found(home: str) -> Iterator[tuple[str, int, int]]:
    """Yield path, time in ns and size of each file of the code: Python files and settings."""
    for folder, folders, names in os.walk(home):
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = [one for one in folders if one[0] != "." and one not in _OTHERS]
        for name in names:
            is_code = name.endswith(".py") and name[0] != "."
            if is_code or (name in _SETTINGS and folder == home):
                file = os.path.join(folder, name)
                status = os.stat(file)
                yield os.path.relpath(file, home), status.st_mtime_ns, status.st_size


def digest_of(home: Path) -> str:
    """Return the digest of the code in `home`; raise QueueError if it is too large to send."""
    return _code_in(home)[0]


def _code_in(home: Path) -> tuple[str, dict[str, bytes]]:
    folder = os.fspath(home)
    return _read(folder, tuple(sorted(_found(folder))))


@lru_cache(4)
def _read(home: str, found: tuple[tuple[str, int, int], ...]) -> tuple[str, dict[str, bytes]]:
    size = sum(stamp[2] for stamp in found)
    if size > LARGEST_BYTES:
        raise QueueError(
            f"the Python files in {home} take {size / 1e6:.0f} MB, more than the "
            f"{LARGEST_BYTES / 1e6:.0f} MB that go along with a job: name another folder as "
            "DRAWSCAPE_HOME"
        )
    files = {}
    for path, *_ in found:
        with suppress(OSError):  # it was just removed
            files[path] = Path(home, path).read_bytes()
    digest = hashlib.blake2b(digest_size=16, person=b"drawscape.code")
    for path, data in files.items():
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    return digest.hexdigest(), files


def publish(engine: Engine, codec: Codec, home: Path) -> str:
    """Store the code in `home` in the queue, and return its digest."""
    (digest, files), now = _code_in(home), time.monotonic()
    key = engine.target, digest
    if now - _PUBLISHED.get(key, -PUBLISH_S) >= PUBLISH_S:
        archive = zlib.compress(codec.dumps(files, _about(digest)))
        engine.write(engine.PUBLISH_CODE, digest=digest, archive=archive)
        engine.write(engine.DROP_CODE, before=clock.now() - KEEP_S)
        _PUBLISHED[key] = now
    return digest


@contextmanager
def folder_with(engine: Engine, codec: Codec, home: Path, digest: str) -> Iterator[Path]:
    """Yield a folder with the code of that digest: `home`, or one that is removed after the block.

    Raises QueueError for code that is gone, SignatureMismatch for code that another key signed.
    """
    if digest_of(home) == digest:
        yield home
        return
    archive = engine.value(engine.CODE, digest=digest)
    if archive is None:
        raise QueueError(f"the code that it was queued with ({digest}) is gone: queue it again")
    files = codec.loads(zlib.decompress(archive), _about(digest))
    with scratch_folder(home / ".drawscape" / "code") as folder:
        for path, data in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        yield folder


def _about(digest: str) -> str:
    return f"code {digest}\n"
