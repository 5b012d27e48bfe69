"""Handles on one job and on many: each attribute reads the table, so that it is never stale."""

import codecs
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, overload

from drawscape.durations import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue import control, lists
from drawscape.queue.options import priority_of
from drawscape.queue.payload import Origin
from drawscape.queue.queue import JobReference, Queue
from drawscape.queue.row import OPEN, JobMeta, JobSnapshot, Status

_CHECK_S = 0.003
_EAGER_S, _EAGER_CHECK_S = 0.05, 0.001  # most of the jobs that are waited for take no longer
_FOLLOW_S = 0.05
_NOBODY_AFTER_S = 2.0
_LOG_BYTES = 1_048_576

DROPPED = b"[... earlier output was dropped ...]\n"


class Job(JobReference):
    """One job of a queue: what it is, how far it is, what came of it, and what can be done with it."""

    def __init__(self, queue: Queue, job_id: str) -> None:
        self._queue = queue
        self.id = job_id

    def refresh(self) -> JobSnapshot:
        """Return what is known of the job now. Raises JobNotFoundError when it was removed."""
        return lists.read_job(self._queue.database, self.id)

    @property
    def status(self) -> str:
        """`queued`, `scheduled`, `deferred`, `started`, `finished`, `failed`, `stopped`, `canceled`."""
        return self.refresh().status

    @property
    def reason(self) -> str | None:
        """Why it failed: `exception`, `timeout`, `crashed`, `lost`, `invalid` or `dependency`."""
        return self.refresh().reason

    @property
    def ended(self) -> bool:
        """Whether it is over, however it went."""
        return self.refresh().ended

    @property
    def task(self) -> str:
        """The dotted path of the function that runs."""
        return self.refresh().task

    @property
    def result(self) -> Any:
        """What the task returned; None until it is finished. Reading does not consume it."""
        if self.refresh().status != Status.FINISHED:
            return None
        return self._queue.result_of(self.id)

    @property
    def error(self) -> str | None:
        """The worker's traceback or sentence, for a job that failed or will be retried."""
        return self.refresh().error

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""
        return self.refresh().progress

    @property
    def message(self) -> str | None:
        """What the task last said of its progress."""
        return self.refresh().message

    @property
    def ahead(self) -> int | None:
        """How many queued jobs come first; None once it no longer waits in the queue."""
        from drawscape.queue.explanation import jobs_ahead

        job = self.refresh()
        return jobs_ahead(self._queue, job) if job.status == Status.QUEUED else None

    @property
    def meta(self) -> JobMeta:
        """The job's own notes: `job_meta` and what the task added. A change is saved, or refused."""
        save = partial(control.save_meta, self._queue.database, self.id)
        return JobMeta(self.refresh().meta, save)

    @property
    def priority(self) -> int:
        """How soon it runs; may be set until it begins."""
        return self.refresh().priority

    @priority.setter
    def priority(self, value: int) -> None:
        control.set_priority(self._queue.database, self.id, priority_of(value))

    @property
    def description(self) -> str | None:
        """The words given as `job_description`."""
        return self.refresh().description

    @property
    def queued_by(self) -> str | None:
        """The versions of Drawscape and Python that queued it; None of a job from before version 0.3."""
        rows = self._queue.database.read(self._queue.database.sql.HEADER, id=self.id)
        origin = Origin.read(bytes(rows[0][0]))[0] if rows else None
        return None if origin is None else f"Drawscape {origin.drawscape}, Python {origin.python}"

    @property
    def created_at(self) -> datetime:
        """When it was queued, in UTC."""
        return self.refresh().created_at

    @property
    def started_at(self) -> datetime | None:
        """When its present or last run began, in UTC."""
        return self.refresh().started_at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, in UTC."""
        return self.refresh().ended_at

    @property
    def preview(self) -> bytes | None:
        """The drawing so far, while it runs or after it was stopped; None when there is none."""
        rows = self._queue.database.read(self._queue.database.sql.PREVIEW, id=self.id)
        return bytes(rows[0][0]) if rows else None

    def logs(self) -> str:
        """Return what the task printed and logged; of a very long log the last MiB."""
        return self._read_log(0)[0].decode(errors="replace")

    def _read_log(self, position: int) -> tuple[bytes, int]:
        """Return the log from `position` on, and where it ends."""
        database = self._queue.database
        rows = database.read(database.sql.LOG_ROWS, id=self.id, position=position)
        if not rows:  # versions before 0.4 kept a short log in the job's row
            short = database.read(database.sql.SHORT_LOG, id=self.id)
            whole = bytes(short[0][0] or b"") if short else b""
            return whole[position:], max(position, len(whole))
        end = rows[-1][0] + rows[-1][2]
        first = max(rows[0][0], end - _LOG_BYTES + len(DROPPED))  # a row may reach beyond the cap
        parts = [bytes(data)[max(0, max(first, position) - at) :] for at, data, _ in rows]
        if first > position:  # what came before was dropped, to the middle of a line
            parts = [DROPPED, b"".join(parts).partition(b"\n")[2]]
        return b"".join(parts), end

    def follow_logs(self) -> Iterator[str]:
        """Yield what the task prints as it prints it, until the job has ended."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a character may come in parts
        position = 0
        while True:
            over = self.ended
            data, position = self._read_log(position)
            if data:
                yield decoder.decode(data)
            elif over:
                return
            else:
                time.sleep(_FOLLOW_S)

    def explain(self) -> str:
        """Return in words why it still waits, how it runs, or why it failed."""
        from drawscape.queue.explanation import explain

        return explain(self._queue, self.refresh())

    def cancel(self, grace: Duration = 0.0) -> bool:
        """Return whether it was kept from running (`canceled`) or asked to stop (`stopped`).

        With `grace`, a running task is asked first, by an exception that is no Exception, and killed if it
        has not ended by then.
        """
        return control.cancel(self._queue.database, self.id, seconds(grace, "grace"))

    stop = cancel

    def retry(self) -> "Job":
        """Queue a failed, stopped or canceled job again, under its id; return it."""
        database = self._queue.database
        control.retry(database, self.id, self._queue.code())
        return self

    def requeue(self) -> "Job":
        """Queue any job that has ended again, under its id; return it."""
        database = self._queue.database
        control.requeue(database, self.id, code=self._queue.code())
        return self

    def delete(self) -> None:
        """Remove an ended job with its log and preview."""
        control.delete(self._queue.database, self.id)

    def wait(self, timeout: Duration = None) -> Any:
        """Return the result once the job is finished.

        Raises JobFailed, with the worker's traceback in its text, when it ended otherwise, and JobTimeout
        when that took longer than `timeout`.
        """
        for pause_s in self._pauses(None if timeout is None else seconds(timeout, "timeout")):
            time.sleep(pause_s)
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> Any:
        import asyncio  # a third of this module's import time, and whoever awaits has it already

        for pause_s in self._pauses(None):
            await asyncio.sleep(pause_s)
        return self._outcome()

    def _pauses(self, limit_s: float | None) -> Iterator[float]:
        """Yield pauses until the job has ended."""
        began = time.monotonic()
        seen = None
        asked = False
        while True:
            version = self._queue.database.version()
            if version != seen:
                seen = version
                if self.ended:
                    return
            waited_s = time.monotonic() - began
            if limit_s is not None and waited_s >= limit_s:
                raise JobTimeout(
                    f"job {self.id} is {self.status} after {limit_s:g} s; it has not been canceled"
                )
            if not asked and waited_s > _NOBODY_AFTER_S:
                asked = True
                if not self._queue.database.workers.living():
                    warnings.warn(
                        "no worker is alive; start one with `drawscape worker` or "
                        "`huey_consumer workers.huey`",
                        stacklevel=3,
                    )
            yield _EAGER_CHECK_S if waited_s < _EAGER_S else _CHECK_S

    def _outcome(self) -> Any:
        job = self.refresh()
        if job.status == Status.FINISHED:
            return self._queue.result_of(self.id)
        if job.status == Status.FAILED:
            raise JobFailed(f"job {self.id} ({job.task}) failed, reason {job.reason}:\n{job.error}")
        raise JobFailed(f"job {self.id} ({job.task}) was {job.status} before it finished")

    def __repr__(self) -> str:
        job = lists.find(self._queue.database, self.id)
        if job is None:
            return f"<Job {self.id} not_found>"
        extra = f" {job.progress:.0%}" if job.status == Status.STARTED else ""
        return f"<Job {self.id} {job.task} {job.status}{extra}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show a finished drawing as `<img>`: that survives saving, reopening and untrusted notebooks."""
        from drawscape.image_tag import file_tag

        result = self.result
        picture = file_tag(result) if isinstance(result, str) else None
        return {"text/plain": repr(self)} | ({} if picture is None else {"text/html": picture})


class JobList(Sequence[Job]):
    """The chosen jobs of a queue, the newest first, never held at once: a million take no memory.

    Each access reads the table again, so its length and its members are those of that moment.
    """

    def __init__(self, queue: Queue, choice: lists.Choice) -> None:
        self._queue = queue
        self._choice = choice

    def __iter__(self) -> Iterator[Job]:
        for job in self._choice:
            yield Job(self._queue, job.id)

    def __len__(self) -> int:
        return self._choice.count()

    @overload
    def __getitem__(self, index: int) -> Job: ...

    @overload
    def __getitem__(self, index: slice) -> list[Job]: ...

    def __getitem__(self, index: int | slice) -> Job | list[Job]:
        if isinstance(index, slice):
            wanted = range(len(self))[index]
            ahead = islice(self, min(wanted, default=0), max(wanted, default=-1) + 1)
            return list(ahead)[:: wanted.step]
        position = index + len(self) if index < 0 else index
        found = next(islice(self, position, None), None) if position >= 0 else None
        if found is None:
            raise IndexError(f"there is no job number {index} of {len(self)}")
        return found

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __repr__(self) -> str:
        return f"<{len(self):,} jobs>"


class Batch:
    """Jobs that were queued in one transaction: counts, progress, waiting, cancelling as one."""

    def __init__(self, queue: Queue, batch_id: str) -> None:
        self._queue = queue
        self._id = batch_id
        rows = self._read(queue.database.sql.BATCH)
        if not rows:
            raise JobNotFoundError(f"no batch has the id {batch_id!r}, or it has been pruned")
        self._total = int(rows[0][0])
        self.following: Job | None = None
        """The job that runs when all are done, if one was asked for."""

    def _read(self, statement: str, **values: Any) -> list[Any]:
        return self._queue.database.read(statement, batch=self._id, **values)

    @property
    def id(self) -> str:
        """The batch's id; a job may depend on it."""
        return self._id

    def __len__(self) -> int:
        return self._total

    def _snapshots(self) -> list[JobSnapshot]:
        """Return the jobs, in the order of their calls."""
        return list(map(JobSnapshot.of, self._read(self._queue.database.sql.BATCH_JOBS)))

    @property
    def jobs(self) -> list[Job]:
        """The jobs, in the order of their calls."""
        return [Job(self._queue, job.id) for job in self._snapshots()]

    @property
    def counts(self) -> dict[str, int]:
        """How many jobs have each status."""
        return lists.count_batch(self._queue.database, self._id)

    @property
    def done(self) -> int:
        """How many jobs have ended; those that were removed since had."""
        counts = self.counts
        return self._total - sum(counts[status] for status in OPEN)

    @property
    def ended(self) -> bool:
        """Whether every job has ended."""
        return not self._read(self._queue.database.sql.BATCH_OPEN)

    @property
    def progress(self) -> float:
        """How far the batch is, 0 to 1, running jobs counted by their own progress."""
        if self._total == 0:
            return 1.0
        running = self._read(self._queue.database.sql.BATCH_PROGRESS)[0][0]
        return min(1.0, (self.done + float(running)) / self._total)

    def as_completed(self, timeout: Duration = None) -> Iterator[Job]:
        """Yield each job soon after it has ended, first those that ended first; JobTimeout after `timeout`.

        A job that is removed before its turn, being old or by `delete`, is left out.
        """
        seen: set[int] = set()
        cursor = (0.0, 0)
        for over in self._changes(timeout):
            if over:  # once more from the start: a clock that was set back puts an end before it
                cursor = (0.0, 0)
            while page := self._read(
                self._queue.database.sql.BATCH_ENDED, ended_at=cursor[0], seq=cursor[1]
            ):
                cursor = page[-1][:2]
                for _, seq, job_id in page:
                    if seq not in seen:
                        seen.add(seq)
                        yield Job(self._queue, job_id)

    def _changes(self, timeout: Duration) -> Iterator[bool]:
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
            time.sleep(_CHECK_S)

    __iter__ = as_completed

    def wait(self, timeout: Duration = None) -> list[Any]:
        """Return the results in the order of the calls, once all jobs have ended.

        Raises JobFailed when some did not finish (the text counts them and quotes the first), JobTimeout
        after `timeout`, JobNotFoundError when some were removed.
        """
        for _ in self._changes(timeout):
            pass
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
        """Return how many jobs were kept from running or asked to stop."""
        queue, grace_s = self._queue, seconds(grace, "grace")
        return control.cancel_many(queue.database, queue.name, batch=self._id, grace_s=grace_s)

    def retry(self) -> list[Job]:
        """Queue the jobs of the batch that failed again, and return them; what follows waits again."""
        queue = self._queue
        code = queue.code()
        ids = control.retry_failed(queue.database, queue.name, batch=self._id, code=code)
        return [Job(queue, job_id) for job_id in ids]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"<Batch {self._id} of {self._total}: {counts or 'empty'}>"
