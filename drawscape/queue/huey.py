"""A huey that also runs jobs: built and used like SqliteHuey, started by `huey_consumer`."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from huey.api import Huey, SqliteHuey
from huey.consumer import Consumer
from huey.serializer import Serializer

from drawscape.durations import Duration
from drawscape.queue.codec import Codec
from drawscape.queue.engines.engine import Database
from drawscape.queue.engines.sqlite.storage import JobStorage
from drawscape.queue.engines.target import open_database
from drawscape.queue.key import key_of
from drawscape.queue.options import whole
from drawscape.queue.periodic import PeriodicJob, Timetable, zone_of
from drawscape.queue.table.keep import KEEP, Keep
from drawscape.settings import LIBRARY_TASK_MODULES


class SignedMessages(Serializer):  # type: ignore[misc]
    """huey's own tasks and results, signed with the queue's key as jobs are."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._codec: Codec | None = None

    @property
    def codec(self) -> Codec:
        """The codec, its key read when first needed."""
        if self._codec is None:
            self._codec = Codec(key_of(self._database))
        return self._codec

    def _serialize(self, data: Any) -> bytes:
        return self.codec.dumps(data)

    def _deserialize(self, data: bytes) -> Any:
        return self.codec.loads(bytes(data))


class RunsJobs(Huey):  # type: ignore[misc]
    """What a huey with a `job` table has beside huey's own.

    Its consumer runs jobs in child processes, whatever worker type it is asked for, and huey's own tasks
    as huey does, in its threads. `home` is the folder in which jobs run, `task_modules` are the modules
    whose functions may be jobs; its workers run jobs of `lanes` only, if there are any. Its worker removes
    ended jobs every `prune_every_s` seconds, but for those to `keep`. A child process is replaced after
    `max_jobs_per_child` jobs.
    """

    def __init__(
        self,
        name: str,
        *args: Any,
        database: Database,
        home: str | os.PathLike[str],
        task_modules: Sequence[str] = LIBRARY_TASK_MODULES,
        serializer: Serializer | None = None,
        lanes: Sequence[str] = (),
        keep: Keep = KEEP,
        prune_every_s: float = 600.0,
        max_jobs_per_child: int | None = None,
        **options: Any,
    ) -> None:
        self.home = Path(home)
        self.task_modules = tuple(task_modules)
        self.lanes = tuple(lanes)
        self.keep = keep
        self.timetable = Timetable()
        self.prune_every_s = prune_every_s
        if max_jobs_per_child is not None:
            whole(max_jobs_per_child, "max_jobs_per_child", low=1)
        self.max_jobs_per_child = max_jobs_per_child
        super().__init__(name, *args, serializer=serializer or SignedMessages(database), **options)

    def create_consumer(self, **options: Any) -> Consumer:
        """Return a consumer for `huey_consumer`; every `-k` becomes threads that hold a child each."""
        from drawscape.queue.worker.consumer import JobConsumer

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
        `name` distinguishes several entries of one task. `tz='Europe/Berlin'` reads the entry in that zone
        (by default in UTC, as huey does): an hour that the clock skips in spring has no minutes, one that
        comes twice in autumn has each of them twice. With `catch_up='1d'` the minutes of the last day that
        no worker saw are made up for. Raises JobOptionError.
        """
        zone = zone_of(tz, utc=self.utc)
        return self.timetable.add(
            validate_datetime, task, kwargs, name=name, zone=zone, catch_up=catch_up
        )


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
        super().__init__(
            name,
            *args,
            database=open_database(path),
            home=_home_of(path) if home is None else home,
            filename=os.fspath(path),
            **options,
        )


def _home_of(database: Path) -> Path:
    folder = database.parent
    return folder.parent if folder.name == ".drawscape" else folder
