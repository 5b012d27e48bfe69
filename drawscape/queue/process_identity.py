"""What names a process for good: numbers of processes come again."""

import os
import sys
from functools import cache
from pathlib import Path


@cache
def boot_id() -> str | None:
    """Return what names this run of the machine, None where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


@cache
def process_space() -> str:
    """Return what names this run of the machine and its space of process ids, empty where unknown."""
    if boot_id() is None or sys.platform != "linux":
        return ""
    return f"{boot_id()}-{os.stat('/proc/self/ns/pid').st_ino}"


def started_at(pid: int) -> int | None:
    """Return when the living process `pid` started, in clock ticks since the boot; None if there is none.

    Numbers of processes come again. A zombie counts as none. Without /proc this is None for every process.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
