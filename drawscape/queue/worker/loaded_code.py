"""The source files that a child has imported, and whether one has changed since."""

import os
import site
import sys
import sysconfig
import time

_PERIOD_S = 0.1
"""In a backlog files are checked ten times a second; a job that came after the last check has its own."""


class LoadedCode:
    """The source files of the modules that this process has imported, outside of installed packages."""

    def __init__(self) -> None:
        self._count = 0
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._looked_at = time.time()
        paths = sysconfig.get_paths()
        kinds = ("stdlib", "platstdlib", "purelib", "platlib")
        self._installed = (*(paths[kind] for kind in kinds), *site.getsitepackages())

    def note(self, since: float = 0.0) -> None:
        """Remember the files of modules that were imported since the last call, which was at `since`.

        A file that was written after that may have been read before it was written: it counts as changed.
        """
        if len(sys.modules) == self._count:
            return
        self._count = len(sys.modules)
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if file and file not in self._stamps and not file.startswith(self._installed):
                stamp = _stamp(file)
                surely_read = since == 0.0 or (stamp is not None and stamp[0] < since * 1e9)
                self._stamps[file] = stamp if surely_read else None

    def is_stale(self, created_at: float) -> bool:
        """Return whether a file has changed, for a job that was queued at `created_at` (seconds)."""
        now = time.time()
        if created_at < self._looked_at and 0 <= now - self._looked_at < _PERIOD_S:
            return False
        self._looked_at = now
        return any(_stamp(file) != stamp for file, stamp in self._stamps.items())


def _stamp(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
