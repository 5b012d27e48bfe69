"""A huey that also runs jobs: built and used like SqliteHuey, started by `huey_consumer`."""

import os
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from huey.api import Huey, SqliteHuey
from huey.consumer import Consumer
from huey.serializer import Serializer
from huey.storage import BlackHoleStorage, SqliteStorage

from drawscape.errors import QueueError
from drawscape.queue.codec import Codec
from drawscape.queue.consumer import JobConsumer
from drawscape.queue.engines.engine import Engine, open_engine
from drawscape.queue.engines.file_guard import existing, opening
from drawscape.queue.engines.sqlite import NORMAL, Connection, SqliteEngine
from drawscape.queue.job_queue import Queue
from drawscape.queue.key_file import key_of
from drawscape.queue.retention import KEEP, Keep
from drawscape.settings import LIBRARY_TASK_MODULES, StrPath

_JOBS_WAIT_S = 0.5
"""The longest wait of the thread that runs jobs for the file or server: a time limit may expire meanwhile."""

_JOBS_SILENCE_S = 15.0
"""The longest silence of a server for that thread; writing a result of 500 MB may take some seconds."""


class SignedMessages(Serializer):  # type: ignore[misc]
    """huey's own tasks and results, signed with the queue's key as jobs are."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    @cached_property
    def codec(self) -> Codec:
        return Codec(key_of(self._engine))

    def _serialize(self, data: Any) -> bytes:
        return self.codec.dumps(data)

    def _deserialize(self, data: bytes) -> Any:
        return self.codec.loads(bytes(data))


class RunsJobs(Huey):  # type: ignore[misc]
    """The methods that a huey with a `job` table adds to huey's own.

    Its consumer runs jobs in child processes, with any worker type, and huey's own tasks as huey does, in
    its threads. `home` is the folder in which jobs run. Functions of `task_modules` may be
    jobs, and its workers run jobs of `lanes` only, if there are any. Its worker removes
    ended jobs every `prune_every_s` seconds, within the limits of `keep`. After SIGTERM running jobs have
    `grace_s` seconds to end.
    """

    def __init__(
        self,
        name: str,
        *args: Any,
        engine: Engine,
        home: StrPath,
        task_modules: Sequence[str] = LIBRARY_TASK_MODULES,
        lanes: Sequence[str] = (),
        keep: Keep = KEEP,
        prune_every_s: float = 600.0,
        grace_s: float = 0.0,
        **options: Any,
    ) -> None:
        self.home = Path(home)
        self.grace_s = grace_s
        self.task_modules = tuple(task_modules)
        self.lanes = tuple(lanes)
        self.keep = keep
        self.prune_every_s = prune_every_s
        self.task_waits = threading.Event()
        """Set when one of huey's own tasks waits."""
        super().__init__(name, *args, **{"serializer": SignedMessages(engine), **options})

    def queue(self) -> Queue:
        """Return its jobs as callers see them, with new connections."""
        return Queue.on(self.storage.jobs.another(), self.name, self.home, self.task_modules)

    def create_consumer(self, **options: Any) -> Consumer:
        """Return a consumer for `huey_consumer`; every `-k` becomes threads that hold a child each."""
        return JobConsumer(self, **options)


class JobStorage(SqliteStorage):  # type: ignore[misc]
    """A drop-in SqliteStorage whose file also holds the jobs.

    `jobs` is the file for the thread that runs jobs (`synchronous=NORMAL`). `watched` is the same file for
    the threads that check for changes by others, or prune.
    """

    has_tasks = True
    _conn: Any
    begin_sql = "begin immediate"  # an exclusive lock would block readers, which WAL allows

    def __init__(self, name: str = "huey", filename: str = "huey.db", **options: Any) -> None:
        self._wanted = options.pop("create_tables", True)
        # `jobs` creates the file; connections opened later never create one.
        path = existing(Path(filename).resolve())
        super().__init__(name, path, create_tables=False, uri=True, factory=Connection, **options)
        timeout_s = float(options.get("timeout", 60))
        short_s = min(timeout_s, _JOBS_WAIT_S)
        self.jobs = SqliteEngine(filename, synchronous=NORMAL, timeout_s=short_s)
        self.watched = SqliteEngine(filename, synchronous=NORMAL, timeout_s=timeout_s)

    @property
    def conn(self) -> Any:
        """huey's own connection; the tables are made with the first one, not with the object."""
        if self._conn is None:
            with self.jobs.named_errors():
                self.jobs.open()  # makes the file, mode 0600, and our tables
                self.jobs.close()
                with opening(self.jobs.path):
                    connection = self._create_connection()
                for statement in self.ddl if self._wanted else ():
                    connection.execute(statement)
                self._conn = connection
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
        filename: StrPath = "huey.db",
        home: StrPath | None = None,
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
    """Holds no tasks of huey's own; `jobs` is for the dispatcher, `watched` for the thread that checks."""

    has_tasks = False

    def __init__(self, name: str, *, jobs: Engine) -> None:
        super().__init__(name)
        self.jobs = jobs
        self.watched = jobs.another()

    @property
    def conn(self) -> None:
        """None; reading it creates the tables."""
        self.jobs.open()

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Raise QueueError: only jobs run on Postgres."""
        raise QueueError(
            f"huey's own tasks do not run on {self.jobs.label}: queue a job, or keep them in "
            "another SqliteHuey"
        )

    def add_to_schedule(self, data: bytes, ts: Any) -> None:
        """Raise QueueError, as `enqueue` does."""
        self.enqueue(data)


class JobPostgresHuey(RunsJobs, Huey):  # type: ignore[misc]
    """A Huey with a `job` table: `JobPostgresHuey('background', url='postgresql://...', home='.')`.

    The key is in the home's `.drawscape/`.
    """

    storage_class = JobsOnlyStorage

    def __init__(
        self, name: str = "huey", *args: Any, url: str, home: StrPath, **options: Any
    ) -> None:
        engine: Any = open_engine(url, Path(home) / ".drawscape")
        engine.patience_s, engine.silence_s = _JOBS_WAIT_S, _JOBS_SILENCE_S
        super().__init__(name, *args, engine=engine, home=home, jobs=engine, **options)
