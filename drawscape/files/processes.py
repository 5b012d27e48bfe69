"""Whether another process still runs."""

from __future__ import annotations

import os
from pathlib import Path


def is_alive(process_id: int) -> bool:
    """Return whether the process runs; True where that cannot be told."""
    if os.name == "nt":
        return True  # signal 0 would end the process there
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(process_id)


def _is_zombie(process_id: int) -> bool:
    """Return whether the process is dead and only not yet buried, as can last in a container."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]
