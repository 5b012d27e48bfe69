"""Which process is meant by a number: numbers come again, and mean nothing after a boot or elsewhere."""

import functools
import os
import sys
from pathlib import Path


@functools.cache
def boot_id() -> str:
    """Return what names this boot of the machine and this space of process ids, empty where unknown."""
    if sys.platform != "linux":
        return ""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}-{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


def started_at(pid: int) -> int | None:
    """Return when the living process `pid` started, in clock ticks since the boot; None if there is none.

    A zombie counts as none. Where there is no /proc this is None for every process.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])
