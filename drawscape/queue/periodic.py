"""Periodic jobs: a task that is queued in each minute that a rule such as `crontab(...)` names."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from drawscape.errors import DuplicateJobError
from drawscape.queue.job_queue import Queue

MINUTE_S = 60
_STALL_MINUTES = 10
"""A scheduler that was held up for so long, as by a full disk, still makes up for those minutes.

After a longer gap, as when the machine was suspended, only `catch_up` does."""


@dataclass
class PeriodicJob:
    """A task that is queued in every minute for which `is_due` holds.

    `is_due` is given the minute in the time zone `zone`, without one. Minutes that no worker saw are made
    up for if they lie within the last `catch_up_s` seconds.
    """

    name: str
    is_due: Callable[[datetime], bool]
    task: str | Callable[..., Any]
    arguments: Mapping[str, Any]
    zone: tzinfo | None
    catch_up_s: float
    seen: int | None = None
    """The last minute, counted from 1970, whose job this worker has queued, if one was due."""

    def run(self, queue: Queue, minute: int) -> None:
        """Queue the jobs of all minutes until `minute`, if no other worker was first.

        Raises QueueError while the queue is locked or its disk is full; the next call goes on where this one
        ended.
        """
        first = self._first(queue, minute)
        self.seen = first - 1
        for one in range(first, minute + 1):
            moment = datetime.fromtimestamp(one * MINUTE_S, UTC)
            if self.is_due(moment.astimezone(self.zone).replace(tzinfo=None)):
                job_id = f"{self.name}-{moment:%Y%m%dT%H%M}"[-128:]
                with suppress(DuplicateJobError):
                    queue.enqueue(self.task, (), {"job_id": job_id, **self.arguments})
            self.seen = one
        if self.catch_up_s:
            note = {"name": f"periodic {self.name}", "value": str(minute)}
            queue.database.write(queue.database.NOTE, **note)

    def _first(self, queue: Queue, minute: int) -> int:
        if self.seen is not None and self.seen >= minute - _STALL_MINUTES:
            return min(self.seen + 1, minute)  # of a clock that was set back the ids are taken
        if not self.catch_up_s:
            return minute
        noted = queue.database.read(queue.database.NOTED, name=f"periodic {self.name}")
        last = int(noted[0][0]) if noted else minute
        return max(min(last + 1, minute), minute - int(self.catch_up_s // MINUTE_S))
