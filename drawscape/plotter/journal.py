"""What happened to a plot, line by line, on disk: runs, questions, requests, and each stroke executed.

Several processes append (the run, a terminal, a page) and each reads what the others wrote. A line is one
JSON object; `e` names the event, `t` is the time. A line that a power cut left unfinished is cut off by the
next that appends; any other damage is an error.
"""

import fcntl
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from drawscape.errors import JournalError
from drawscape.geometry.lines import Ints

Event = dict[str, Any]

RUNNING = ("waiting", "plotting", "paused")
"""States that need a living run; without one the plot is interrupted."""


class Journal:
    """The journal of one plan; `news` reads it, `append` adds to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = self._written = self._synced = 0
        self._disk = ThreadPoolExecutor(1)

    def append(self, event: str, *, soon: bool = False, **values: Any) -> None:
        """Write one event; it is on the disk when this returns.

        With `soon` a thread sees to that: the line outlives this process at once, and a power cut of the
        computer once `unsynced` no longer counts it.
        """
        line = orjson.dumps({"e": event, "t": round(time.time(), 3), **values}) + b"\n"
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _cut_torn_line(handle)
            os.write(handle, line)
            if not soon:
                os.fdatasync(handle)
        finally:
            os.close(handle)
        if soon:
            self._written += 1
            self._disk.submit(self._sync, self._written)

    def _sync(self, written: int) -> None:
        with self.path.open("rb") as file:
            os.fdatasync(file.fileno())
        self._synced = written

    @property
    def unsynced(self) -> int:
        """How many of the last lines may not be on the disk yet."""
        return self._written - self._synced

    def news(self) -> list[Event]:
        """Return the events since the last call; raises JournalError for a damaged line."""
        if self.path.stat().st_size <= self._read:
            return []
        with self.path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        found = []
        for line in whole.splitlines():
            try:
                event = orjson.loads(line)
                _ = event["e"], event["t"]
            except (orjson.JSONDecodeError, KeyError, TypeError):
                raise JournalError(
                    f"journal {self.path} is damaged at {line[:60]!r}; nothing is guessed from it: "
                    "plot the drawing again, from the stroke that you see last on the paper"
                ) from None
            found.append(event)
        self._read += len(whole)
        return found


def _cut_torn_line(handle: int) -> None:
    """Cut off what is behind the last line's end: its writer was killed, or the power was cut."""
    size = os.fstat(handle).st_size
    if size == 0 or os.pread(handle, 1, size - 1) == b"\n":
        return
    start = max(0, size - 4096)
    tail = os.pread(handle, size - start, start)
    os.ftruncate(handle, start + tail.rfind(b"\n") + 1)


class State:
    """What the events of a journal add up to; `take` adds one more.

    `drawing` is the file that the plot was made from, `plan` the hash of its plan. `state` is ready, waiting,
    plotting, paused, interrupted, done, abandoned or damaged; `done` the last stroke executed, counted from
    1; `first` how many the last run left out; `drawn` (M,) how often each was drawn. `question` is what a
    waiting plot asks for: paper, pen or position.
    """

    def __init__(self) -> None:
        self.state = "ready"
        self.machine = self.drawing = self.plan = ""
        self.done = self.first = self.runs = 0
        self.drawn: Ints = np.zeros(0, dtype=np.int64)
        self.begun: set[str] = set()
        self.job = self.question = self.text = self.reason = ""
        self.clean = False
        self.seconds = self.created = self.changed = 0.0
        self._since: float | None = None

    def take(self, event: Event) -> None:
        """Add one event."""
        kind, at = event["e"], event["t"]
        if self._since is not None:
            self.seconds += max(0.0, at - self._since)
        self.changed = at
        match kind:
            case "plot":
                self.machine, self.drawing = event["machine"], event["drawing"]
                self.plan, self.created = event["plan"], at
                self.drawn = np.zeros(event["strokes"], dtype=np.int64)
            case "stroke":
                self.done = event["k"]
                self.drawn[self.done - 1] += 1
            case "queued":
                self.state, self.job = "ready", event["job"]
            case "start":
                self.runs += 1
                self.begun.add(event["run"])
                self.done = self.first = event["first"]
                self.state, self.clean, self.reason = "plotting", False, ""
            case "ask":
                self.state, self.question, self.text = "waiting", event["for"], event["text"]
            case "abandoned" | "paused" | "interrupted" | "done" | "plotting":
                self.state, self.question, self.text = kind, "", ""
                self.reason = event.get("reason", "")
                self.clean = event.get("clean", False)
                self.done = event.get("k", self.done)
        self._since = at if self.state == "plotting" else None

    @property
    def label(self) -> str:
        """Return the state in words, with what a waiting plot waits for."""
        return f"waiting for {self.question}" if self.state == "waiting" else self.state
