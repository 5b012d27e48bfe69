"""A handle on many jobs that were queued together."""

import time
from collections.abc import Iterator
from typing import Any

from drawscape.durations import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue.job import Job
from drawscape.queue.queue import Queue
from drawscape.queue.status import OPEN, Status
from drawscape.queue.table.control import cancel_many, retry_failed
from drawscape.queue.table.query import count_by_status, list_rows

_LOOK_S = 0.003
_PAGE = 500

_ENDED_AFTER = """
select ended_at, seq, id from job where batch = ? and ended_at is not null and (ended_at, seq) > (?, ?)
order by ended_at, seq limit ?
"""


class Batch:
    """Jobs that were queued in one transaction: counts, progress, waiting, cancelling as one."""

    def __init__(self, queue: Queue, batch_id: str) -> None:
        self._queue = queue
        self._id = batch_id
        with queue.database.translated():
            row = queue.database.connection.execute(
                "select total from job_batch where id = ?", (batch_id,)
            ).fetchone()
        if row is None:
            raise JobNotFoundError(f"no batch has the id {batch_id!r}, or it has been pruned")
        self._total = int(row[0])
        self.following: Job | None = None
        """The job that runs when all are done, if one was asked for."""

    @property
    def id(self) -> str:
        """The batch's id; a job may depend on it."""
        return self._id

    def __len__(self) -> int:
        return self._total

    @property
    def jobs(self) -> list[Job]:
        """The jobs, in the order of their calls."""
        rows = list_rows(self._queue.database, self._queue.name, batch=self._id, limit=None)
        return [Job(self._queue, row.id) for row in reversed(rows)]

    @property
    def counts(self) -> dict[str, int]:
        """How many jobs have each status."""
        return count_by_status(self._queue.database, self._queue.name, self._id)

    @property
    def done(self) -> int:
        """How many jobs have ended; those that were removed since had."""
        counts = self.counts
        return self._total - sum(counts[status] for status in OPEN)

    @property
    def ended(self) -> bool:
        """Whether every job has ended."""
        return self._first("select 1 from job where batch = ? and ended_at is null limit 1") is None

    def _first(self, statement: str) -> Any:
        with self._queue.database.translated():
            return self._queue.database.connection.execute(statement, (self._id,)).fetchone()

    @property
    def progress(self) -> float:
        """How far the batch is, 0 to 1, running jobs counted by their own progress."""
        if self._total == 0:
            return 1.0
        running = self._first(
            "select coalesce(sum(progress), 0) from job "
            "where status = 'started' and coalesce(batch, '') = ?"
        )[0]
        return min(1.0, (self.done + float(running)) / self._total)

    def as_completed(self, timeout: Duration = None) -> Iterator[Job]:
        """Yield each job soon after it has ended, first those that ended first; JobTimeout after `timeout`.

        A job that is removed before its turn, being old or by `delete`, is left out.
        """
        seen: set[int] = set()
        cursor = (0.0, 0)
        for over in self._looks(timeout):
            if (
                over
            ):  # once more from the start: a clock that was set back puts an end before the cursor
                cursor = (0.0, 0)
            while page := self._ended_after(cursor):
                cursor = page[-1][:2]
                for _, seq, job_id in page:
                    if seq not in seen:
                        seen.add(seq)
                        yield Job(self._queue, job_id)

    def _ended_after(self, cursor: tuple[float, int]) -> list[Any]:
        with self._queue.database.translated():
            return self._queue.database.connection.execute(
                _ENDED_AFTER, (self._id, *cursor, _PAGE)
            ).fetchall()

    def _looks(self, timeout: Duration) -> Iterator[bool]:
        """Yield after each change whether the batch has ended, until it has; JobTimeout after `timeout`."""
        limit_s = None if timeout is None else seconds(timeout, "timeout")
        began, version = time.monotonic(), None
        while True:
            now = self._queue.database.version()
            if now != version:
                version, over = now, self.ended
                yield over
                if over:
                    return
            if limit_s is not None and time.monotonic() - began >= limit_s:
                raise JobTimeout(f"{self.done} of {self._total} jobs ended within {limit_s:g} s")
            time.sleep(_LOOK_S)

    __iter__ = as_completed

    def wait(self, timeout: Duration = None) -> list[Any]:
        """Return the results in the order of the calls, once all jobs have ended.

        Raises JobFailed when some did not finish (the text counts them and quotes the first), JobTimeout
        after `timeout`, JobNotFoundError when some were removed.
        """
        for _ in self._looks(timeout):
            pass
        return self._results()

    def _results(self) -> list[Any]:
        rows = list_rows(self._queue.database, self._queue.name, batch=self._id, limit=None)
        bad = [row for row in reversed(rows) if row.status != Status.FINISHED]
        if bad:
            first = bad[0]
            raise JobFailed(
                f"{len(bad)} of {self._total} jobs did not finish; the first, {first.id}, "
                f"{first.status}: {first.error or ''}"
            )
        if len(rows) < self._total:
            raise JobNotFoundError(
                f"{self._total - len(rows)} of {self._total} jobs were removed, and their results with them"
            )
        return [Job(self._queue, row.id).result for row in reversed(rows)]

    def cancel(self, grace: Duration = 0.0) -> int:
        """Return how many jobs were kept from running or asked to stop."""
        queue = self._queue
        return cancel_many(
            queue.database, queue.name, batch=self._id, grace_s=seconds(grace, "grace")
        )

    def retry(self) -> list[Job]:
        """Queue the jobs of the batch that failed again, and return them; what follows waits anew."""
        ids = retry_failed(self._queue.database, self._queue.name, batch=self._id)
        return [Job(self._queue, job_id) for job_id in ids]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"<Batch {self._id} of {self._total}: {counts or 'empty'}>"
