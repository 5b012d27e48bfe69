"""The huey whose jobs are in a Postgres database; huey's own tasks need a file."""

import os
from pathlib import Path
from typing import Any

from huey.api import Huey
from huey.storage import BlackHoleStorage

from drawscape.errors import QueueError
from drawscape.queue.engines.engine import Database
from drawscape.queue.engines.target import open_database
from drawscape.queue.huey import RunsJobs


class JobsOnlyStorage(BlackHoleStorage):  # type: ignore[misc]
    """Holds no task of huey's own; `jobs` is for a worker's threads, `watched` for the one that looks."""

    def __init__(self, name: str, *, jobs: Database) -> None:
        super().__init__(name)
        self.jobs = jobs
        self.watched = jobs.another()

    @property
    def conn(self) -> None:
        """Nothing; asking for it makes the tables."""
        self.jobs.connection  # noqa: B018

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
        database = open_database(url, Path(home) / ".drawscape")
        super().__init__(name, *args, database=database, home=home, jobs=database, **options)
