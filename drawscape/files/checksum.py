"""Checksums of files, read in pieces."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

_PIECE = 1 << 20


def sha256(path: Path, tell: Callable[[float], object] = lambda fraction: None) -> str:
    """Return the file's SHA-256 in hexadecimal; `tell` takes the fraction that has been read."""
    size = max(1, path.stat().st_size)
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            done += len(piece)
            tell(min(1.0, done / size))
    return digest.hexdigest()
