"""How much memory one job may take."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from drawscape.errors import SettingsError

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SHARE = 0.8
"""Of what there is: a job that asks for more fails with a named error, before the system starts to kill."""

CGROUPS = Path("/sys/fs/cgroup")


def memory_limit_bytes() -> int | None:
    """Return the limit of a job's memory in bytes; None for no limit.

    `DRAWSCAPE_JOB_MEMORY` names it (`'2G'`, `'512M'`, bytes, or `'none'`); by default 80 % of the machine's
    or, in a container or a service with a limit of its own, of that.
    Raises SettingsError for a malformed value.
    """
    text = os.environ.get("DRAWSCAPE_JOB_MEMORY", "").strip()
    if not text:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        own = Path("/proc/self/cgroup")
        return int(_SHARE * min([machine, *cgroup_limits(own, CGROUPS)]))
    if text.lower() == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text, re.IGNORECASE)
    if not found:
        raise SettingsError(f"DRAWSCAPE_JOB_MEMORY={text!r}: write '2G', '512M', bytes, or 'none'")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def cgroup_limits(membership: Path, root: Path) -> Iterator[int]:
    """Yield the memory limits that the control groups named in `membership`, and those above, set.

    `membership` has a line `0::/path` for version 2 and `9:memory:/path` for version 1 (cgroups(7)).
    """
    with contextlib.suppress(OSError):
        for line in membership.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                yield from _limits_of(root, path, "memory.max")
            elif "memory" in controllers.split(","):
                yield from _limits_of(root / "memory", path, "memory.limit_in_bytes")


def _limits_of(root: Path, path: str, name: str) -> Iterator[int]:
    group = root / path.strip("/")
    for folder in (group, *group.parents):
        with contextlib.suppress(OSError, ValueError):  # no such group in this view, or "max"
            yield int((folder / name).read_text())
        if folder == root:
            return
