"""What a person reads: a job's state, its traceback with the lines of the cell, names and sizes."""

import inspect
import linecache
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from drawscape.durations import span_words
from drawscape.notebook.kernel import JobState

LONGEST_PRINTED = 20_000  # characters of what was printed that are shown

_MESSAGES = re.compile(
    r"^Traceback \(most recent call last\).*\n(?:[ \t].*\n|\n)*(.*)", re.MULTILINE
)
"""The line after the frames of each traceback."""


def status_words(job: JobState, verb: str = "drawing") -> str:
    """Return the state of `job` as a short phrase: 'waiting: 2 jobs ahead', 'drawing 40 %'.

    `verb` says what the worker does meanwhile.
    """
    took = duration_words(job.started_at, job.ended_at)
    share = f" {job.progress:.0%}".replace("%", " %") if job.progress else ""
    ahead = f": {job.ahead} job{'s' if job.ahead != 1 else ''} ahead" if job.ahead else ""
    words = {
        "queued": f"waiting{': next in line' if job.ahead == 0 else ahead}",
        "scheduled": "scheduled for later",
        "deferred": "waiting for another job to finish",
        "started": f"{verb}{share}{f': {job.message}' if job.message else ''}",
        "finished": f"finished in {took}" if took else "finished",
        "stopped": f"stopped after {took}" if took else "stopped",
        "canceled": "canceled before it began",
        "failed": f"failed: {error_line(job.error)}",
    }
    return words.get(job.status, f"gone: {error_line(job.error)}")


def verb_of(task: str) -> str:
    """Return what a worker does with the task at that path."""
    return "drawing" if task.endswith("_svg") else "working"


def error_line(error: str | None) -> str:
    """Return the line of an error that says what is wrong: in a traceback the one after the frames."""
    lines = (error or "").strip().splitlines()
    if not lines:
        return "no reason was recorded"
    traced = _MESSAGES.findall(error or "")
    return _without_module(traced[-1]) if traced else lines[0]


def more_than_a_line(error: str | None) -> str:
    """Return an error of which `error_line` is not all, else ''."""
    text = error or ""
    return "" if text.strip() == error_line(text) else text


def _without_module(line: str) -> str:
    """An error of the project's own says all by its text; any other is named, without its module."""
    name, colon, rest = line.partition(": ")
    if not colon or not all(part.isidentifier() for part in name.split(".")):
        return line
    return rest if name.startswith("drawscape.errors.") else f"{name.rpartition('.')[2]}: {rest}"


def duration_words(start: datetime | None, end: datetime | None) -> str:
    """Return the time between two moments, '' when one is unknown."""
    if start is None or end is None:
        return ""
    return span_words(max(0.0, (end - start).total_seconds()))


def label_of(name: str) -> str:
    """Return a parameter's name as a person reads it: 'line_width' as 'line width'."""
    return name.strip("_").replace("_", " ")


def number_text(number: float) -> str:
    """Return the shortest text that reads as exactly that number.

    >>> number_text(1.25), number_text(45.0)
    ('1.25', '45')
    """
    return repr(number).removesuffix(".0")


def value_text(value: Any) -> str:
    """Return a value as Python reads it, a whole number of mm without its point."""
    return number_text(value) if isinstance(value, float) else repr(value)


def size_words(count: int) -> str:
    """Return a number of bytes as a person reads it: '812 bytes', '34 kB', '1.2 MB'."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 999_500 else f"{count / 1e6:.1f} MB"


def tail_of(printed: str) -> str:
    """Return the end of what was printed; the rest is in `job.logs()`."""
    if len(printed) <= LONGEST_PRINTED:
        return printed
    return f"... the last {LONGEST_PRINTED:,} characters:\n{printed[-LONGEST_PRINTED:]}"


_FRAME = re.compile(r'^  File "', re.MULTILINE)
_CARRIED = re.compile(r'^  File "<dynamic-code>", line (\d+), in (\S+)', re.MULTILINE)
"""A frame of a function that travelled without its file: that is the pickler's name for it."""


def with_source(traceback: str, function: Callable[..., Any] | None) -> str:
    """Return `traceback` beginning at the first frame of `function`'s cell, each of them with its line.

    The worker has no source of what came from a cell; the notebook has. Without such frames, or
    without a function, the text is returned as it is.
    """
    first, begin = _CARRIED.search(traceback), _FRAME.search(traceback)
    if not function or not first or not begin:
        return traceback
    shown = partial(_with_line, inspect.unwrap(function))
    return traceback[: begin.start()] + _CARRIED.sub(shown, traceback[first.start() :])


def _with_line(function: Any, frame: re.Match[str]) -> str:
    """Return a frame of `function`, or of one that it may have called, in words and with its line."""
    line, name = int(frame[1]), frame[2]
    called = inspect.unwrap(getattr(function, "__globals__", {}).get(name, function))
    code = getattr(called, "__code__", None) or getattr(function, "__code__", None)
    source = linecache.getline(getattr(code, "co_filename", ""), line).strip()
    words = f"  In this notebook, line {line} of the cell, in {name}"
    return f"{words}\n    {source}" if source else words
