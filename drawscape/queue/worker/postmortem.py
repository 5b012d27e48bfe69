"""What killed a child, in words."""

import signal
from typing import Any

_FATAL = "Fatal Python error"


def describe_death(
    exit_code: int | None, log: str, peak_kb: int | None
) -> tuple[str, dict[str, Any]]:
    """Return a sentence and details for a child that ended with `exit_code` without an answer.

    `log` is the end of what it printed, where faulthandler leaves the stack; `peak_kb` its memory.
    """
    detail: dict[str, Any] = {"exit_code": exit_code}
    text = "its process ended without a result"
    if exit_code is not None and exit_code < 0:
        name = _signal_name(-exit_code)
        detail["signal"] = name
        text = f"its process was killed by {name}"
        if name == "SIGKILL":
            text += ", perhaps by the system for want of memory"
    elif exit_code is not None:
        text = f"its process left with exit code {exit_code}"
    if peak_kb:
        text += f" (peak memory {peak_kb / 1024:.0f} MB)"
    if _FATAL in log:
        detail["stack"] = log[log.rindex(_FATAL) :]
        text += "\n" + detail["stack"]
    return text, detail


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
