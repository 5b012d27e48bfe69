"""A job in words: its state, its error in one line, the end of its output."""

import re
from datetime import datetime

from drawscape.durations import span_words
from drawscape.notebook.job_states import JobState

LONGEST_PRINTED = 20_000  # characters of a job's output that are shown

_MESSAGES = re.compile(
    r"^Traceback \(most recent call last\).*\n(?:[ \t].*\n|\n)*(.*)", re.MULTILINE
)
"""The line after the frames of each traceback."""


def status_words(job: JobState, verb: str = "drawing") -> str:
    """Return the state of `job` as a short phrase: 'waiting: 2 jobs ahead', 'drawing 40 %'.

    `verb` is the word for a job that runs.
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
    """Return the word for a running job of the task at that path: 'drawing' or 'working'."""
    return "drawing" if task.endswith("_svg") else "working"


def error_line(error: str | None) -> str:
    """Return the message of an error: in a traceback the line after the frames."""
    lines = (error or "").strip().splitlines()
    if not lines:
        return "no reason was recorded"
    traced = _MESSAGES.findall(error or "")
    return _without_module(traced[-1]) if traced else lines[0]


def more_than_a_line(error: str | None) -> str:
    """Return an error that is more than its `error_line`, else ''."""
    text = error or ""
    return "" if text.strip() == error_line(text) else text


def _without_module(line: str) -> str:
    """Drawscape's errors are shown by their text alone; others with their name, without its module."""
    name, colon, rest = line.partition(": ")
    if not colon or not all(part.isidentifier() for part in name.split(".")):
        return line
    return rest if name.startswith("drawscape.errors.") else f"{name.rpartition('.')[2]}: {rest}"


def duration_words(start: datetime | None, end: datetime | None) -> str:
    """Return the time between two moments, '' when one is unknown."""
    if start is None or end is None:
        return ""
    return span_words(max(0.0, (end - start).total_seconds()))


def tail_of(printed: str) -> str:
    """Return the end of a job's output; the rest is in `job.logs()`."""
    if len(printed) <= LONGEST_PRINTED:
        return printed
    return f"... the last {LONGEST_PRINTED:,} characters:\n{printed[-LONGEST_PRINTED:]}"
