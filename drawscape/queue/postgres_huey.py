"""The huey whose jobs and own tasks are in a Postgres database."""

import os
from pathlib import Path
from typing import Any

from huey.api import PostgresHuey

from drawscape.queue.engines.postgres.storage import JobPostgresStorage
from drawscape.queue.engines.target import open_database
from drawscape.queue.huey import RunsJobs


class JobPostgresHuey(RunsJobs, PostgresHuey):  # type: ignore[misc]
    """A PostgresHuey with a `job` table: `JobPostgresHuey('background', url='postgresql://...', home='.')`.

    Logs, previews and the key lie in the home's `.drawscape/`.
    """

    storage_class = JobPostgresStorage

    def __init__(
        self,
        name: str = "huey",
        *args: Any,
        url: str,
        home: str | os.PathLike[str],
        **options: Any,
    ) -> None:
        folder = Path(home) / ".drawscape"
        database = open_database(url, folder)
        super().__init__(
            name, *args, database=database, home=home, url=url, folder=folder, **options
        )
