"""A handle on many jobs that were queued together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue.controlling import cancel_batch
from drawscape.queue.durations import Duration, seconds
from drawscape.queue.job import Job
from drawscape.queue.querying import count_by_status, data_version, list_rows
from drawscape.queue.schema import ENDED, WAITING
from drawscape.queue.submitting import Queue

_LOOK_S = 0.003


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
            raise JobNotFoundError(
                f"no batch has the id {batch_id!r} (or it was removed, being old)"
            )
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
        return self._total - sum(counts[status] for status in (*WAITING, "started"))

    @property
    def ended(self) -> bool:
        """Whether every job has ended."""
        return self.done >= self._total

    @property
    def progress(self) -> float:
        """How far the batch is, 0 to 1, running jobs counted by their own progress."""
        if self._total == 0:
            return 1.0
        with self._queue.database.translated():
            running = self._queue.database.connection.execute(
                "select total(progress) from job where batch = ? and status = 'started'",
                (self._id,),
            ).fetchone()[0]
        return min(1.0, (self.done + float(running)) / self._total)

    def as_completed(self, timeout: Duration = None) -> Iterator[Job]:
        """Yield each job once it has ended, in the order of their ends; JobTimeout after `timeout`.

        A job that is removed before its turn, being old or by `delete`, is left out.
        """
        limit_s = None if timeout is None else seconds(timeout, "timeout")
        began, seen, version = time.monotonic(), set[str](), None
        connection = self._queue.database.connection
        while len(seen) < self._total:
            now = data_version(connection)
            if now != version:
                version = now
                over = self.ended
                rows = list_rows(
                    self._queue.database, self._queue.name, batch=self._id, status=ENDED, limit=None
                )
                for row in sorted(rows, key=lambda row: row.ended_at or 0.0):
                    if row.id not in seen:
                        seen.add(row.id)
                        yield Job(self._queue, row.id)
                if over:
                    return
                continue
            if limit_s is not None and time.monotonic() - began >= limit_s:
                raise JobTimeout(f"{len(seen)} of {self._total} jobs ended within {limit_s:g} s")
            time.sleep(_LOOK_S)

    __iter__ = as_completed

    def wait(self, timeout: Duration = None) -> list[Any]:
        """Return the results in the order of the calls, once all jobs have ended.

        Raises JobFailed when some did not finish (the text counts them and quotes the first), JobTimeout
        after `timeout`, JobNotFoundError when some were removed.
        """
        limit_s = None if timeout is None else seconds(timeout, "timeout")
        began, version = time.monotonic(), None
        connection = self._queue.database.connection
        while True:
            now = data_version(connection)
            if now != version and self.ended:
                break
            version = now
            if limit_s is not None and time.monotonic() - began >= limit_s:
                raise JobTimeout(f"{self.done} of {self._total} jobs ended within {limit_s:g} s")
            time.sleep(_LOOK_S)
        return self._results()

    def _results(self) -> list[Any]:
        rows = list_rows(self._queue.database, self._queue.name, batch=self._id, limit=None)
        bad = [row for row in reversed(rows) if row.status != "finished"]
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
        """Return how many jobs were kept from running or told to stop."""
        locks = self._queue.folder / "workers"
        return cancel_batch(self._queue.database, locks, self._id, seconds(grace, "grace"))

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"<Batch {self._id} of {self._total}: {told or 'empty'}>"
