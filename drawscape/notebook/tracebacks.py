"""A worker's traceback as the notebook can show it: with the lines of the cell, from the cell on."""

import inspect
import linecache
import re
from collections.abc import Callable
from typing import Any

_FRAME = re.compile(r'^  File "(?P<file>[^"]*)", line (?P<line>\d+), in (?P<name>\S+)')
_CARRIED = "<dynamic-code>"
"""What the pickler writes for the file of a function that travelled without one."""


def with_source(traceback: str, function: Callable[..., Any] | None) -> str:
    """Return `traceback` beginning at the first frame of `function`'s cell, each of them with its line.

    The worker has no source of what came from a cell; the notebook has. Without such frames, or
    without a function, the text is returned as it is.
    """
    lines = traceback.splitlines()
    ours = [
        i for i, line in enumerate(lines) if (m := _FRAME.match(line)) and m["file"] == _CARRIED
    ]
    if function is None or not ours:
        return traceback
    heads = [i for i in range(ours[0]) if _FRAME.match(lines[i])]
    kept = lines[: heads[0]] if heads else lines[: ours[0]]
    for line in lines[ours[0] :]:
        kept += _frame_lines(line, function)
    return "\n".join(kept) + "\n"


def _frame_lines(line: str, function: Callable[..., Any]) -> list[str]:
    frame = _FRAME.match(line)
    if frame is None or frame["file"] != _CARRIED:
        return [line]
    number, name = int(frame["line"]), frame["name"]
    source = linecache.getline(_file_of(name, inspect.unwrap(function)), number).strip()
    head = f"  In this notebook, line {number} of the cell, in {name}"
    return [head, f"    {source}"] if source else [head]


def _file_of(name: str, function: Any) -> str:
    """Return the file, or the cell's name, of the function called `name` that `function` may have called."""
    helper = inspect.unwrap(getattr(function, "__globals__", {}).get(name, function))
    code = getattr(helper, "__code__", None) or getattr(function, "__code__", None)
    return str(getattr(code, "co_filename", ""))
