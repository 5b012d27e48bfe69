"""A handle on one job: each attribute reads the table, so that it is never stale."""

import codecs
import time
from collections.abc import Generator, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from drawscape.durations import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError
from drawscape.queue import changes
from drawscape.queue.codec import origin_of
from drawscape.queue.explanation import explain, jobs_ahead
from drawscape.queue.job_queue import JobReference
from drawscape.queue.meta import JobMeta
from drawscape.queue.options import whole
from drawscape.queue.snapshot import JobSnapshot, unknown_job
from drawscape.queue.status import Status
from drawscape.queue.waiting import pauses

_FOLLOW_S = 0.05
_LOG_BYTES = 1_048_576

DROPPED = b"[... earlier output was dropped ...]\n"


class Job(JobReference):
    """One job of a queue: its facts, its progress, its result, and its controls."""

    def refresh(self) -> JobSnapshot:
        """Return the job as it is now. Raises JobNotFoundError when it was removed."""
        row = self._queue.find(self.id)
        if row is None:
            raise JobNotFoundError(unknown_job(self.id))
        return row

    @property
    def status(self) -> str:
        """Where it is: `queued`, `scheduled`, `deferred`, `started` or how it ended."""
        return self.refresh().status

    @property
    def reason(self) -> str | None:
        """Why it failed or was canceled: a word of `drawscape.jobs.Reason`."""
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
    def error(self) -> str | None:
        """The worker's traceback or sentence, for a job that failed or will be tried again."""
        return self.refresh().error

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""
        return self.refresh().progress

    @property
    def message(self) -> str | None:
        """The last message of the task's progress."""
        return self.refresh().message

    @property
    def description(self) -> str | None:
        """The words given as `job_description`, or the task's own."""
        return self.refresh().description

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
    def result(self) -> Any:
        """The value that the task returned; None until it is finished. Reading does not consume it."""
        if self.refresh().status != Status.FINISHED:
            return None
        return self._queue.result_of(self.id)

    @property
    def ahead(self) -> int | None:
        """How many queued jobs come first; None once it no longer waits in the queue."""
        job = self.refresh()
        return jobs_ahead(self._queue, job) if job.status == Status.QUEUED else None

    @property
    def meta(self) -> JobMeta:
        """The job's own notes: `job_meta` and the task's additions. A change is saved, or refused."""
        save = partial(changes.save_meta, self._database, self.id)
        return JobMeta(self.refresh().meta, save)

    @property
    def priority(self) -> int:
        """How soon it runs; may be set until it begins."""
        return self.refresh().priority

    @priority.setter
    def priority(self, value: int) -> None:
        changes.set_priority(self._database, self.id, whole(value, "job_priority"))

    @property
    def queued_by(self) -> str | None:
        """The versions of Drawscape and Python that queued it; None of a job from before version 0.3."""
        rows = self._database.read(self._database.HEADER, id=self.id)
        versions = origin_of(rows[0][0])[0] if rows else []
        return f"Drawscape {versions[1]}, Python {versions[0]}" if versions else None

    @property
    def preview(self) -> bytes | None:
        """The drawing so far, while it runs or after it was stopped; None without a drawing."""
        rows = self._database.read(self._database.PREVIEW, id=self.id)
        return bytes(rows[0][0]) if rows else None

    def logs(self) -> str:
        """Return the task's output and log; of a very long log the last MiB."""
        return self._read_log(0)[0].decode(errors="replace")

    def _read_log(self, position: int) -> tuple[bytes, int]:
        database = self._database
        rows = database.read(database.LOG_ROWS, id=self.id, position=position)
        if not rows:
            return b"", position
        end = rows[-1][0] + rows[-1][2]
        first = max(rows[0][0], end - _LOG_BYTES + len(DROPPED))  # a row may reach beyond the cap
        start = max(first, position)
        data = b"".join(bytes(text or b"")[max(0, start - at) :] for at, text, _ in rows)
        if first > position:  # what came before was dropped, to the middle of a line
            data = DROPPED + data.partition(b"\n")[2]
        return data, end

    def follow_logs(self) -> Iterator[str]:
        """Yield the task's output as it comes, until the job has ended."""
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
        return explain(self._queue, self.refresh())

    def cancel(self, grace: Duration = 0.0) -> bool:
        """Return whether it was kept from running (`canceled`) or asked to stop (`stopped`).

        With `grace`, a running task is asked first, by an exception that `except Exception` lets
        pass, and killed if it has not ended by then.
        """
        return changes.cancel(self._database, self.id, seconds(grace, "grace"))

    stop = cancel

    def retry(self) -> "Job":
        """Queue a failed, stopped or canceled job again, under its id; return it."""
        changes.requeue(self._database, self.id, self._queue.code(), changes.RETRIED)
        return self

    def requeue(self) -> "Job":
        """Queue any job that has ended again, under its id; return it."""
        changes.requeue(self._database, self.id, self._queue.code())
        return self

    def delete(self) -> None:
        """Remove an ended job with its log and preview."""
        changes.delete(self._database, self.id)

    def wait(self, timeout: Duration = None) -> Any:
        """Return the result once the job is finished.

        Raises JobFailed, with the worker's traceback in its text, when it ended otherwise, and JobTimeout
        when that took longer than `timeout`.
        """
        for pause_s in pauses(self._queue, lambda: self.ended, self._words, timeout):
            time.sleep(pause_s)
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> Any:
        import asyncio  # a third of this module's import time, and code that awaits has it already

        for pause_s in pauses(self._queue, lambda: self.ended, self._words, None):
            await asyncio.sleep(pause_s)
        return self._outcome()

    def _words(self) -> str:
        return f"job {self.id} is {self.status}"

    def _outcome(self) -> Any:
        job = self.refresh()
        if job.status == Status.FINISHED:
            return self._queue.result_of(self.id)
        if job.status == Status.FAILED:
            raise JobFailed(f"job {self.id} ({job.task}) failed, reason {job.reason}:\n{job.error}")
        raise JobFailed(f"job {self.id} ({job.task}) was {job.status} before it finished")

    def __repr__(self) -> str:
        job = self._queue.find(self.id)
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
