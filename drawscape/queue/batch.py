"""A handle on the jobs that were queued in one transaction."""

import time
from typing import Any

from drawscape.durations import Duration
from drawscape.errors import JobFailed, JobNotFoundError
from drawscape.queue.changes import cancel_many, retry_failed
from drawscape.queue.job import Job, pauses
from drawscape.queue.job_queue import Queue
from drawscape.queue.snapshot import OPEN, STATUSES, JobSnapshot, Status


class Batch:
    """Jobs that were queued in one transaction: count them, wait for them or cancel them together."""

    def __init__(self, queue: Queue, batch_id: str, following: Job | None = None) -> None:
        self._queue = queue
        self._database = queue.database
        self.id = batch_id
        """A job may depend on it."""
        rows = self._read(queue.database.BATCH)
        if not rows:
            raise JobNotFoundError(f"no batch has the id {batch_id!r}, or it has been pruned")
        self._total = int(rows[0][0])
        self.description = rows[0][1] or ""
        """The text given as `batch_description`."""
        self.following = following
        """The job that runs when all have ended, if any."""

    def _read(self, statement: str, **values: Any) -> list[Any]:
        return self._database.read(statement, batch=self.id, **values)

    def __len__(self) -> int:
        return self._total

    def _snapshots(self) -> list[JobSnapshot]:
        return list(map(JobSnapshot.of, self._read(self._database.BATCH_JOBS)))

    @property
    def jobs(self) -> list[Job]:
        """The jobs, in the order of their calls."""
        return [Job(self._queue, job.id) for job in self._snapshots()]

    @property
    def counts(self) -> dict[str, int]:
        """How many jobs have each status."""
        return {**dict.fromkeys(STATUSES, 0), **dict(self._read(self._database.BATCH_COUNTS))}

    @property
    def done(self) -> int:
        """How many jobs have ended, including those removed since."""
        counts = self.counts
        return self._total - sum(counts[status] for status in OPEN)

    @property
    def ended(self) -> bool:
        """Whether every job has ended."""
        return not self._read(self._database.BATCH_OPEN)

    @property
    def progress(self) -> float:
        """The progress of the batch, 0 to 1; running jobs count with their own progress."""
        ((count, progress),) = self._read(self._database.BATCH_LEFT)
        left = count - progress
        return 1.0 - left / max(1, self._total)

    def _words(self) -> str:
        return f"batch {self.id}: {self.done} of {self._total} jobs have ended"

    def wait(self, timeout: Duration = None) -> list[Any]:
        """Return the results in the order of the calls, once all jobs have ended.

        Raises JobFailed when some did not finish (the text counts them and quotes the first), JobTimeout
        after `timeout`, JobNotFoundError when some were removed.
        """
        for pause_s in pauses(self._queue, lambda: self.ended, self._words, timeout):
            time.sleep(pause_s)
        jobs = self._snapshots()
        bad = [job for job in jobs if job.status != Status.FINISHED]
        if bad:
            first = bad[0]
            raise JobFailed(
                f"{len(bad)} of {self._total} jobs did not finish; the first, {first.id}, "
                f"{first.status}: {first.error or ''}"
            )
        if len(jobs) < self._total:
            raise JobNotFoundError(
                f"{self._total - len(jobs)} of {self._total} jobs were removed, and their results with them"
            )
        return [self._queue.result_of(job.id) for job in jobs]

    def cancel(self, grace: Duration = 0.0) -> int:
        """Return how many jobs were canceled or asked to stop."""
        return cancel_many(self._queue, grace, batch=self.id)

    def retry(self) -> list[Job]:
        """Queue the failed jobs of the batch again, and return them; dependent jobs wait again."""
        return retry_failed(self._queue, batch=self.id)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"<Batch {self.id} of {self._total}: {counts or 'empty'}>"
