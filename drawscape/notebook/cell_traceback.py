"""A worker's traceback with the lines of the notebook's cell, which the worker does not have."""

import inspect
import linecache
import re
from collections.abc import Callable
from functools import partial
from typing import Any

_FRAME = re.compile(r'^  File "', re.MULTILINE)
_CARRIED = re.compile(r'^  File "<dynamic-code>", line (\d+), in (\S+)', re.MULTILINE)
"""A frame of a function that was sent without its file; the pickler gives it this name."""


def with_source(traceback: str, function: Callable[..., Any]) -> str:
    """Return `traceback` from the first frame of `function`'s cell, each frame with its source line.

    The worker has no source of code from a cell; the notebook has. Without such frames the text is
    returned unchanged.
    """
    first, begin = _CARRIED.search(traceback), _FRAME.search(traceback)
    if not first or not begin:
        return traceback
    shown = partial(_with_line, inspect.unwrap(function))
    return traceback[: begin.start()] + _CARRIED.sub(shown, traceback[first.start() :])


def _with_line(function: Any, frame: re.Match[str]) -> str:
    """Return a frame of `function`, or of one that it may have called, in words and with its source line."""
    line, name = int(frame[1]), frame[2]
    called = inspect.unwrap(getattr(function, "__globals__", {}).get(name, function))
    code = getattr(called, "__code__", None) or getattr(function, "__code__", None)
    source = linecache.getline(getattr(code, "co_filename", ""), line).strip()
    words = f"  In this notebook, line {line} of the cell, in {name}"
    return f"{words}\n    {source}" if source else words
