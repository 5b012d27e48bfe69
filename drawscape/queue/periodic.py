"""Jobs by the clock: entries of a timetable, which every worker's scheduler checks once a second."""

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drawscape import durations
from drawscape.errors import DuplicateJobError, JobOptionError
from drawscape.queue import clock
from drawscape.queue.queue import Queue

_LOG = logging.getLogger("huey.drawscape")

_MINUTE_S = 60
_STALL_MINUTES = 10
"""A scheduler that was held up for so long, as by a full disk, still makes up for those minutes.

After a longer gap, as when the machine was suspended, only `catch_up` does."""


@dataclass(frozen=True)
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

    def enqueue(self, queue: Queue, minute: int) -> None:
        """Queue the job of a minute, counted from 1970; the minute is part of its id, so it is there once."""
        stamp = datetime.fromtimestamp(minute * _MINUTE_S, UTC).strftime("%Y%m%dT%H%M")
        options = {"job_id": f"{self.name}-{stamp}"[-128:], **self.arguments}
        try:
            queue.enqueue(self.task, (), options)
        except DuplicateJobError:  # another worker was first
            return

    def falls_on(self, minute: int) -> bool:
        """Return whether it is due in that minute."""
        moment = datetime.fromtimestamp(minute * _MINUTE_S, self.zone)
        return bool(self.is_due(moment.replace(tzinfo=None)))


class Timetable:
    """The periodic jobs of a huey."""

    def __init__(self) -> None:
        self.entries: dict[str, PeriodicJob] = {}
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def add(
        self,
        is_due: Callable[[datetime], bool],
        task: str | Callable[..., Any],
        arguments: Mapping[str, Any],
        *,
        name: str | None,
        zone: tzinfo | None,
        catch_up: durations.Duration,
    ) -> PeriodicJob:
        """Return the new entry; raise JobOptionError for a name that another has."""
        path = task if isinstance(task, str) else f"{task.__module__}.{task.__qualname__}"
        # `<locals>` and letters that no id takes
        key = re.sub(r"\W", "_", path if name is None else name, flags=re.ASCII)
        if key in self.entries:
            raise JobOptionError(
                f"a periodic job is called {key!r} already; give one of them another name with name='...'"
            )
        catch_up_s = 0.0 if catch_up is None else durations.seconds(catch_up, "catch_up")
        entry = PeriodicJob(key, is_due, task, arguments, zone, catch_up_s)
        self.entries[key] = entry
        return entry

    def run(self, queue: Queue, now: float | None = None) -> None:
        """Queue what has come due since the last look; one entry's error does not stop the others."""
        minute = int((clock.now() if now is None else now) // _MINUTE_S)
        with self._lock:
            for name, entry in self.entries.items():
                if self._seen.get(name) == minute:
                    continue
                try:
                    for one in range(self._first(queue, entry, minute), minute + 1):
                        if entry.falls_on(one):
                            entry.enqueue(queue, one)
                    if entry.catch_up_s:
                        database = queue.database
                        note = {"name": f"periodic {name}", "value": str(minute)}
                        database.write(database.sql.NOTE, **note)
                except Exception:  # noqa: BLE001 - whatever a rule or a task raises
                    _LOG.exception("event=periodic_job_failed name=%s", name)
                self._seen[name] = minute

    def _first(self, queue: Queue, entry: PeriodicJob, minute: int) -> int:
        seen = self._seen.get(entry.name)
        if seen is not None and seen >= minute - _STALL_MINUTES:
            return min(
                seen + 1, minute
            )  # a clock that was set back repeats nothing: the ids are taken
        if not entry.catch_up_s:
            return minute
        database = queue.database
        noted = database.read(database.sql.NOTED, name=f"periodic {entry.name}")
        if not noted:
            return minute
        earliest = minute - int(entry.catch_up_s // _MINUTE_S)
        return max(min(int(noted[0][0]) + 1, minute), earliest)


def zone_of(name: str | None, *, utc: bool) -> tzinfo | None:
    """Return the time zone `name`, else UTC or None for this machine's own; raise JobOptionError."""
    if name is None:
        return UTC if utc else None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise JobOptionError(f"tz={name!r}: {error}; give a name such as 'Europe/Berlin'") from None
