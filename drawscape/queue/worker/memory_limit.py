"""The memory limit of a job: DRAWSCAPE_JOB_MEMORY, or 80 % of the memory of machine or container."""

import contextlib
import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path

from drawscape.errors import SettingsError

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_MEMORY_SHARE = 0.8
"""The share of all memory that one job may have: beyond it a job fails by name, before the system kills."""

CGROUPS = Path("/sys/fs/cgroup")


def memory_limit_bytes() -> int | None:
    """Return the limit of a job's memory in bytes; None for no limit.

    `DRAWSCAPE_JOB_MEMORY` names it: `'2G'`, `'512M'`, bytes, or `'none'`. By default it is 80 % of the
    machine's memory, or of the limit of its container or service.
    Raises SettingsError for a malformed value.
    """
    text = os.environ.get("DRAWSCAPE_JOB_MEMORY", "").strip()
    if not text:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        own = Path("/proc/self/cgroup")
        return int(_MEMORY_SHARE * min([machine, *cgroup_limits(own, CGROUPS)]))
    if text.lower() == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text, re.IGNORECASE)
    if not found:
        raise SettingsError(f"DRAWSCAPE_JOB_MEMORY={text!r}: write '2G', '512M', bytes, or 'none'")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def cgroup_limits(membership: Path, root: Path) -> Iterator[int]:
    """Yield the memory limits that the control group named in `membership`, and those above, set.

    `membership` has a line `0::/path` (cgroups(7), version 2).
    """
    with contextlib.suppress(OSError):
        for line in membership.read_text().splitlines():
            group = root / line.removeprefix("0::").strip("/")
            for folder in (group, *group.parents) if line.startswith("0::") else ():
                with contextlib.suppress(OSError, ValueError):  # none in this view, or "max"
                    yield int((folder / "memory.max").read_text())
                if folder == root:
                    break


def limit_memory(limit_bytes: int | None) -> None:
    """Make an allocation beyond the limit a MemoryError; None: no limit."""
    if limit_bytes is not None:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
