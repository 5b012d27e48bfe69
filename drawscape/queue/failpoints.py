"""Named places where a test may kill the process: `DRAWSCAPE_FAILPOINT=ack.before[:count]`.

Without the variable, which is how everyone but the chaos tests runs, a failpoint does nothing.
"""

from __future__ import annotations

import os
import signal

NAMES = (
    "insert.before_commit",
    "insert.after_commit",
    "claim.committed",
    "child.before_start",
    "run.middle",
    "result.serialised",
    "ack.before_commit",
    "ack.after_commit",
)

_name, _, _count = os.environ.get("DRAWSCAPE_FAILPOINT", "").partition(":")
_left = int(_count or 1)


def _armed(name: str) -> None:
    global _left
    if name == _name:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _disarmed(name: str) -> None:
    return None


failpoint = _armed if _name else _disarmed
