"""A handle on many jobs that were queued together."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from drawscape.durations import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue.engines.engine import Database
from drawscape.queue.job import Job
from drawscape.queue.queue import Queue
from drawscape.queue.status import WAITING
from drawscape.queue.table.control import cancel_batch
from drawscape.queue.table.query import count_by_status, list_rows

_LOOK_S = 0.003
_RANGES_A_LOOK = 100  # some 0.2 ms; more are only there when many jobs wait for another try
_ANY_LEFT = """
select 1 from job where batch = ? and status in ('queued', 'scheduled', 'deferred', 'started') limit 1
"""

_ENDED_IN = """
with span (first, last) as (values {spans}),
    over (status) as (values ('finished'), ('failed'), ('stopped'), ('canceled'))
select seq, id from span cross join over cross join job indexed by job_batch_status
where batch = ? and job.status = over.status and seq between first and last order by ended_at, seq
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
        return self._total - sum(counts[status] for status in (*WAITING, "started"))

    @property
    def ended(self) -> bool:
        """Whether every job has ended."""
        with self._queue.database.translated():
            found = self._queue.database.connection.execute(_ANY_LEFT, (self._id,)).fetchone()
        return found is None

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
        """Yield each job soon after it has ended, first those that ended first; JobTimeout after `timeout`.

        A job that is removed before its turn, being old or by `delete`, is left out.
        """
        limit_s = None if timeout is None else seconds(timeout, "timeout")
        began, version = time.monotonic(), None
        unseen = _Unseen(self._queue.database, self._id)
        count, over, to_look_at = 0, False, 0
        while count < self._total:
            if to_look_at <= 0 and (now := self._queue.database.version()) != version:
                version, over, to_look_at = now, self.ended, len(unseen)
            if to_look_at > 0:
                to_look_at -= _RANGES_A_LOOK
                for job_id in unseen.take():
                    count += 1
                    yield Job(self._queue, job_id)
            if to_look_at <= 0 and over:
                return
            if limit_s is not None and time.monotonic() - began >= limit_s:
                raise JobTimeout(f"{count} of {self._total} jobs ended within {limit_s:g} s")
            time.sleep(_LOOK_S)

    __iter__ = as_completed

    def wait(self, timeout: Duration = None) -> list[Any]:
        """Return the results in the order of the calls, once all jobs have ended.

        Raises JobFailed when some did not finish (the text counts them and quotes the first), JobTimeout
        after `timeout`, JobNotFoundError when some were removed.
        """
        limit_s = None if timeout is None else seconds(timeout, "timeout")
        began, version = time.monotonic(), None
        while True:
            now = self._queue.database.version()
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
        return cancel_batch(self._queue.database, self._id, seconds(grace, "grace"))

    def __repr__(self) -> str:
        told = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"<Batch {self._id} of {self._total}: {told or 'empty'}>"


class _Unseen:
    """The jobs of a batch that were not seen ended yet, as ranges of their numbers.

    A look reads what has ended in those ranges and nothing twice, so that a walk through the whole batch
    takes time in proportion to its length. Jobs end nearly in the order of their numbers: there are about
    as many ranges as jobs that were overtaken, which are those that run or wait for another try.
    """

    def __init__(self, database: Database, batch_id: str) -> None:
        self._database = database
        self._batch = batch_id
        with database.translated():
            first, last = database.connection.execute(
                "select min(seq), max(seq) from job where batch = ?", (batch_id,)
            ).fetchone()
        self._ranges: deque[tuple[int, int]] = deque([] if first is None else [(first, last)])

    def __len__(self) -> int:
        """How many ranges there are; as many are to be looked at to have looked at all."""
        return len(self._ranges)

    def take(self) -> list[str]:
        """Return the ids of what has ended in the ranges whose turn it is, in the order of the ends."""
        turn = [self._ranges.popleft() for _ in range(min(len(self._ranges), _RANGES_A_LOOK))]
        spans = ", ".join(["(?, ?)"] * len(turn))
        bounds = [bound for span in turn for bound in span]
        with self._database.translated():
            found = self._database.connection.execute(
                _ENDED_IN.format(spans=spans), (*bounds, self._batch)
            ).fetchall()
        self._ranges.extend(_without(turn, [seq for seq, _ in found]))
        return [job_id for _, job_id in found]


def _without(spans: Sequence[tuple[int, int]], numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield what is left of the disjoint `spans`, bounds included, without `numbers`, all in one of them."""
    rest = deque(sorted(numbers))
    for first, last in sorted(spans):
        while rest and rest[0] <= last:
            number = rest.popleft()
            if first < number:
                yield first, number - 1
            first = number + 1
        if first <= last:
            yield first, last
