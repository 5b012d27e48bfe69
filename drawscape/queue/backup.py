"""A copy of a queue that lives, and a look whether one is whole."""

import os
import shutil
from pathlib import Path

from drawscape.errors import QueueError
from drawscape.queue.queue import Queue
from drawscape.queue.status import SQL_ENDED, SQL_OPEN

_RULES = (
    (
        "{} ended without a moment at which it did",
        f"select count(*) from job where status in {SQL_ENDED} and ended_at is null",
    ),
    (
        "{} that did not end has a moment at which it did",
        f"select count(*) from job where status in {SQL_OPEN} and ended_at is not null",
    ),
    (
        "{} waits for nothing, and is deferred",
        "select count(*) from job where status = 'deferred' and not exists (select 1 from "
        "job_dependency where job_id = job.id and done = 0)",
    ),
    (
        "{} waits for another number of jobs than its row says",
        "select count(*) from job where status = 'deferred' and waits_for != (select count(*) from "
        "job_dependency where job_id = job.id and done = 0)",
    ),
    (
        "{} waits for a job or batch that is gone",
        "select count(*) from job join job_dependency on job_id = job.id where status = 'deferred' "
        "and done = 0 and not exists (select 1 from job as needed where needed.id = depends_on) "
        "and not exists (select 1 from job_batch where job_batch.id = depends_on)",
    ),
    (
        "{} is scheduled for no time",
        "select count(*) from job where status = 'scheduled' and due_at is null",
    ),
    (
        "{} is missing in the counts of ended jobs, or there too often",
        f"select coalesce((select count(*) from job where status in {SQL_ENDED}), 0) "
        "- coalesce((select sum(count) from job_count), 0)",
    ),
)


def write(queue: Queue, file: Path) -> Path:
    """Write a copy of `queue` to `file` and its key beside it, while others use it; return the key's path.

    Raises QueueError when one of them exists.
    """
    key = file.with_suffix(".key")
    for path in (file, key):
        if path.exists():
            raise QueueError(f"{path} exists; give a new name")
    queue.database.backup(file)
    os.chmod(file, 0o600)
    with open(os.open(key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as copy:
        copy.write(queue.codec.key)
    shutil.copymode(file, key)
    return key


def problems(queue: Queue) -> list[str]:
    """Return what is wrong with a queue, in sentences."""
    found = queue.database.damage()
    with queue.database.translated():
        for sentence, statement in _RULES:
            count = abs(int(queue.database.connection.execute(statement).fetchone()[0]))
            if count:
                found.append(sentence.format(f"{count} job{'' if count == 1 else 's'}:"))
    return found
