"""Places in the code where a test may kill the process, named by DRAWSCAPE_FAILPOINT."""

import os
import signal

_armed = ""
_left = 0


def arm(name: str, count: int = 1) -> None:
    """Kill this process when it reaches `name` for the `count`-th time."""
    global _armed, _left
    _armed, _left = name, count


def failpoint(name: str) -> None:
    """Do nothing, unless this place is armed."""
    global _left
    if name != _armed:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


_name, _, _count = os.environ.get("DRAWSCAPE_FAILPOINT", "").partition(":")
if _name:
    arm(_name, int(_count or 1))
