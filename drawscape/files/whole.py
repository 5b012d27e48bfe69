"""Files that are either whole or absent, whatever kills the process that writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drawscape.files.processes import is_alive


@contextmanager
def whole_or_absent(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the name `path` when the block ends well.

    The bytes are flushed to the disk before the renaming, so after a power cut too the file is the
    old one, the new one or none. When the block raises, the temporary file goes and `path` stays as
    it was. What a killed process left behind is removed by the next one that writes `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
        _sweep(path)  # the writer that was killed may have been dying still when this one began
    finally:
        temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _sweep(path: Path) -> None:
    """Remove temporary files of `path` whose writers are no more."""
    prefix = f".{path.name}."
    for left in path.parent.iterdir():
        owner = left.name[len(prefix) : -len(".part")]
        ours = left.name.startswith(prefix) and left.name.endswith(".part") and owner.isdigit()
        if ours and not is_alive(int(owner)):
            left.unlink(missing_ok=True)
