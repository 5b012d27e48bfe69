"""A huey that also runs jobs: built and used like SqliteHuey, started by `huey_consumer`."""

import logging
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from huey.api import Huey, SqliteHuey
from huey.consumer import Consumer
from huey.serializer import Serializer
from huey.storage import BlackHoleStorage, SqliteStorage

from drawscape.durations import Duration, seconds
from drawscape.errors import DuplicateJobError, JobOptionError, QueueError
from drawscape.queue import clock
from drawscape.queue.engines.engine import Engine, open_engine
from drawscape.queue.engines.sqlite import NORMAL, Connection, SqliteEngine, existing, opening
from drawscape.queue.options import whole
from drawscape.queue.queue import Queue
from drawscape.queue.retention import KEEP, Keep
from drawscape.queue.task import Codec, key_of
from drawscape.settings import LIBRARY_TASK_MODULES

_LOG = logging.getLogger("huey.drawscape")

_JOBS_WAIT_S = 2.0
"""The thread that runs jobs waits no longer for the file or server: a time limit may be over meanwhile."""

_JOBS_SILENCE_S = 15.0
"""Nor for a server that is silent; an end with a result of 500 MB may take it some seconds."""

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


class SignedMessages(Serializer):  # type: ignore[misc]
    """huey's own tasks and results, signed with the queue's key as jobs are."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine
        self._codec: Codec | None = None

    @property
    def codec(self) -> Codec:
        """The codec, its key read when first needed."""
        if self._codec is None:
            self._codec = Codec(key_of(self._engine))
        return self._codec

    def _serialize(self, data: Any) -> bytes:
        return self.codec.dumps(data)

    def _deserialize(self, data: bytes) -> Any:
        return self.codec.loads(bytes(data))


class RunsJobs(Huey):  # type: ignore[misc]
    """What a huey with a `job` table has beside huey's own.

    Its consumer runs jobs in child processes, whatever worker type it is asked for, and huey's own tasks
    as huey does, in its threads. `home` is the folder in which jobs run. Functions of `task_modules` may be
    jobs, and its workers run jobs of `lanes` only, if there are any. Its worker removes
    ended jobs every `prune_every_s` seconds, but for those to `keep`. A child process is replaced after
    `max_jobs_per_child` jobs. After SIGTERM running jobs have `grace_s` seconds to end.
    """

    def __init__(
        self,
        name: str,
        *args: Any,
        engine: Engine,
        home: str | os.PathLike[str],
        task_modules: Sequence[str] = LIBRARY_TASK_MODULES,
        serializer: Serializer | None = None,
        lanes: Sequence[str] = (),
        keep: Keep = KEEP,
        prune_every_s: float = 600.0,
        max_jobs_per_child: int | None = None,
        grace_s: float = 0.0,
        **options: Any,
    ) -> None:
        self.home = Path(home)
        self.grace_s = grace_s
        self.task_modules = tuple(task_modules)
        self.lanes = tuple(lanes)
        self.keep = keep
        self.timetable = Timetable()
        self.prune_every_s = prune_every_s
        if max_jobs_per_child is not None:
            whole(max_jobs_per_child, "max_jobs_per_child", low=1)
        self.max_jobs_per_child = max_jobs_per_child
        super().__init__(name, *args, serializer=serializer or SignedMessages(engine), **options)

    def queue(self) -> Queue:
        """Return its jobs as callers see them, with connections of their own."""
        return Queue.on(self.storage.jobs.another(), self.name, self.home, self.task_modules)

    def create_consumer(self, **options: Any) -> Consumer:
        """Return a consumer for `huey_consumer`; every `-k` becomes threads that hold a child each."""
        from drawscape.queue.worker.worker import JobConsumer

        return JobConsumer(self, **options)

    def periodic_job(
        self,
        validate_datetime: Callable[..., bool],
        task: str | Callable[..., Any],
        *,
        name: str | None = None,
        tz: str | None = None,
        catch_up: Duration = None,
        **kwargs: Any,
    ) -> PeriodicJob:
        """Queue `task` with `kwargs` in each minute for which `validate_datetime` (`crontab(...)`) holds.

        However many workers run, and whether they are busy or not, the minute's job is queued once.
        `name` distinguishes several entries of one task. `tz='Europe/Berlin'` reads the entry in that zone,
        by
        default in UTC. An hour that the clock skips in spring has no minutes, one that comes twice in autumn
        has each of them twice. With `catch_up='1d'` the minutes of the last day that
        no worker saw are made up for. Raises JobOptionError.
        """
        zone = zone_of(tz, utc=self.utc)
        path = task if isinstance(task, str) else f"{task.__module__}.{task.__qualname__}"
        # `<locals>` and letters that no id takes
        key = re.sub(r"\W", "_", path if name is None else name, flags=re.ASCII)
        entries = self.timetable.entries
        if key in entries:
            raise JobOptionError(
                f"a periodic job is called {key!r} already; give one of them another name with name='...'"
            )
        catch_up_s = 0.0 if catch_up is None else seconds(catch_up, "catch_up")
        entries[key] = PeriodicJob(key, validate_datetime, task, kwargs, zone, catch_up_s)
        return entries[key]


class JobStorage(SqliteStorage):  # type: ignore[misc]
    """A drop-in SqliteStorage whose file also holds the jobs.

    `jobs` is the file for the thread that runs jobs (`synchronous=NORMAL`). `watched` is the same file for
    those that look for changes made by others, or prune.
    """

    has_tasks = True
    begin_sql = "begin immediate"  # an exclusive lock would shut out readers that WAL lets in

    def __init__(self, name: str = "huey", filename: str = "huey.db", **options: Any) -> None:
        self._made = False
        self._conn: Any = None
        self._wanted = options.pop("create_tables", True)
        # `jobs` makes the file; those who open it later find it there, or make none.
        path = existing(Path(filename).resolve())
        super().__init__(name, path, create_tables=False, uri=True, factory=Connection, **options)
        timeout_s = float(options.get("timeout", 60))
        short_s = min(timeout_s, _JOBS_WAIT_S)
        self.jobs = SqliteEngine(filename, synchronous=NORMAL, timeout_s=short_s)
        self.watched = SqliteEngine(filename, synchronous=NORMAL, timeout_s=timeout_s)

    @property
    def conn(self) -> Any:
        """huey's own connection; the tables are made with the first one, not with the object."""
        with self.jobs.named_errors():
            if not self._made:
                self.jobs.open()  # makes the file, mode 0600, and our tables
                self.jobs.close()
                with closing(self._create_connection()) as connection:
                    for statement in self.ddl if self._wanted else ():
                        connection.execute(statement)
                self._made = True
            if self._conn is None:
                with opening(self.jobs.path):
                    self._conn = self._create_connection()
        return self._conn


class JobHuey(RunsJobs, SqliteHuey):  # type: ignore[misc]
    """A SqliteHuey with a `job` table: `JobHuey('background', filename='queue.db')`.

    `home` is by default the folder that holds the queue's folder.
    """

    storage_class = JobStorage

    def __init__(
        self,
        name: str = "huey",
        *args: Any,
        filename: str | os.PathLike[str] = "huey.db",
        home: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> None:
        path = Path(filename).resolve()
        folder = path.parent
        if home is None:
            home = folder.parent if folder.name == ".drawscape" else folder
        super().__init__(
            name, *args, engine=open_engine(path), home=home, filename=os.fspath(path), **options
        )


class JobsOnlyStorage(BlackHoleStorage):  # type: ignore[misc]
    """Holds no task of huey's own; `jobs` is for a worker's threads, `watched` for the one that looks."""

    has_tasks = False

    def __init__(self, name: str, *, jobs: Engine) -> None:
        super().__init__(name)
        self.jobs = jobs
        self.watched = jobs.another()

    @property
    def conn(self) -> None:
        """Nothing; asking for it makes the tables."""
        self.jobs.open()

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Raise QueueError: only jobs run on Postgres."""
        raise QueueError(
            f"huey's own tasks do not run on {self.jobs.label}: queue a job, or keep them in a "
            "SqliteHuey of their own"
        )

    def add_to_schedule(self, data: bytes, ts: Any) -> None:
        """Raise QueueError, as `enqueue` does."""
        self.enqueue(data)


class JobPostgresHuey(RunsJobs, Huey):  # type: ignore[misc]
    """A Huey with a `job` table: `JobPostgresHuey('background', url='postgresql://...', home='.')`.

    The key lies in the home's `.drawscape/`.
    """

    storage_class = JobsOnlyStorage

    def __init__(
        self,
        name: str = "huey",
        *args: Any,
        url: str,
        home: str | os.PathLike[str],
        **options: Any,
    ) -> None:
        engine: Any = open_engine(url, Path(home) / ".drawscape")
        engine.patience_s, engine.silence_s = _JOBS_WAIT_S, _JOBS_SILENCE_S
        super().__init__(name, *args, engine=engine, home=home, jobs=engine, **options)
