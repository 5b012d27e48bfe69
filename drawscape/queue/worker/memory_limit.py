"""The memory limit of a job: DRAWSCAPE_JOB_MEMORY, or 80 % of the memory of the machine."""

import contextlib
import os
import re
import resource

from drawscape.errors import SettingsError

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_MEMORY_SHARE = 0.8
"""The share of all memory that one job may have: beyond it a job fails before the system kills it."""


def memory_limit_bytes() -> int | None:
    """Return the limit of a job's memory in bytes; None for no limit.

    `DRAWSCAPE_JOB_MEMORY` sets it: `'2G'`, `'512M'`, bytes, or `'none'`. The default is 80 % of the
    machine's memory: in a container, set the container's limit.
    Raises SettingsError for a malformed value.
    """
    text = os.environ.get("DRAWSCAPE_JOB_MEMORY", "").strip()
    if not text:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return int(_MEMORY_SHARE * machine)
    if text.lower() == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text, re.IGNORECASE)
    if not found:
        raise SettingsError(f"DRAWSCAPE_JOB_MEMORY={text!r}: write '2G', '512M', bytes, or 'none'")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def limit_memory(limit_bytes: int | None) -> None:
    """Make allocations beyond the limit raise MemoryError; None: no limit."""
    if limit_bytes is not None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
