"""A handle on one job: every look at an attribute reads the table, so that it is never stale."""

import codecs
import time
import warnings
from collections.abc import Generator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from drawscape.durations import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue.meta import JobMeta
from drawscape.queue.options import priority_of
from drawscape.queue.queue import Queue
from drawscape.queue.table import control
from drawscape.queue.table.query import origin_of, read_log, read_row, require
from drawscape.queue.table.records import JobRow, parsed, utc

if TYPE_CHECKING:
    from drawscape.queue.snapshot import JobSnapshot

_LOOK_S = 0.003
_EAGER_S, _EAGER_LOOK_S = 0.05, 0.001  # most of the jobs that are waited for take no longer
_NOBODY_AFTER_S = 2.0


class Job:
    """One job of a queue: what it is, how far it is, what came of it, and what can be done with it."""

    def __init__(self, queue: Queue, job_id: str) -> None:
        self._queue = queue
        self._id = job_id

    @property
    def id(self) -> str:
        """The job's id."""
        return self._id

    def refresh(self) -> "JobSnapshot":
        """Return what is known of the job now. Raises JobNotFoundError when it was removed."""
        from drawscape.queue.snapshot import snapshot

        return snapshot(self._row())

    def _row(self) -> JobRow:
        return require(read_row(self._queue.database, self._id), self._id)

    @property
    def status(self) -> str:
        """`queued`, `scheduled`, `deferred`, `started`, `finished`, `failed`, `stopped`, `canceled`."""
        return self._row().status

    @property
    def reason(self) -> str | None:
        """Why it failed: `exception`, `timeout`, `crashed`, `lost`, `invalid` or `dependency`."""
        return self._row().reason

    @property
    def ended(self) -> bool:
        """Whether it is over, however it went."""
        return self._row().ended

    @property
    def task(self) -> str:
        """The dotted path of the function that runs."""
        return self._row().task

    @property
    def result(self) -> Any:
        """What the task returned; None until it is finished. Reading does not consume it."""
        if self._row().status != "finished":
            return None
        return self._queue.result_of(self._id)

    @property
    def error(self) -> str | None:
        """The worker's traceback or sentence, for a job that failed or will be retried."""
        return self._row().error

    @property
    def progress(self) -> float:
        """How far it is, 0 to 1."""
        return self._row().progress

    @property
    def message(self) -> str | None:
        """What the task last said of its progress."""
        return self._row().message

    @property
    def ahead(self) -> int | None:
        """How many queued jobs come first; None once it no longer waits in the queue."""
        from drawscape.queue.explanation import jobs_ahead

        row = self._row()
        return jobs_ahead(self._queue, row) if row.status == "queued" else None

    @property
    def meta(self) -> JobMeta:
        """The job's own notes: `job_meta` and what the task added. A change is saved, or refused."""
        return JobMeta(self._queue.database, self._id, parsed(self._row().meta))

    @property
    def priority(self) -> int:
        """How soon it runs; may be set until it begins."""
        return self._row().priority

    @priority.setter
    def priority(self, value: int) -> None:
        control.set_priority(self._queue.database, self._id, priority_of(value))

    @property
    def description(self) -> str | None:
        """The words given as `job_description`."""
        return self._row().description

    @property
    def queued_by(self) -> str | None:
        """The versions of Drawscape and Python that queued it; None of a job from before version 0.3."""
        origin = origin_of(self._queue.database, self._id)
        return None if origin is None else f"Drawscape {origin.drawscape}, Python {origin.python}"

    @property
    def created_at(self) -> datetime:
        """When it was queued, in UTC."""
        stamp = utc(self._row().created_at)
        if stamp is None:
            raise JobNotFoundError(f"job {self._id} has no creation time; its row is damaged")
        return stamp

    @property
    def started_at(self) -> datetime | None:
        """When its present or last run began, in UTC."""
        return utc(self._row().started_at)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, in UTC."""
        return utc(self._row().ended_at)

    @property
    def preview(self) -> bytes | None:
        """The drawing so far, while it runs or after it was stopped; None when there is none."""
        return self._queue.database.traces.preview(self._id)

    def logs(self) -> str:
        """Return what the task printed and logged; of a very long log the last one or two MiB."""
        return self._read_log(0)[0].decode(errors="replace")

    def _read_log(self, position: int) -> tuple[bytes, int]:
        """Return the log from `position` on and where it ends: while it grows and when it is long, the trace.

        A short log goes into the job's row, whole, before the trace goes, so that no look misses it.
        """
        found = self._queue.database.traces.read_log(self._id, position)
        whole = read_log(self._queue.database, self._id)
        if found is not None and found[1] >= len(whole):
            return found
        return whole[position:], max(position, len(whole))

    def follow_logs(self) -> Iterator[str]:
        """Yield what the task prints as it prints it, until the job has ended."""
        decoder = codecs.getincrementaldecoder("utf-8")(
            "replace"
        )  # a character may come in two halves
        position = 0
        while True:
            over = self.ended
            data, position = self._read_log(position)
            if data:
                yield decoder.decode(data)
            elif over:
                return
            else:
                time.sleep(0.05)

    def explain(self) -> str:
        """Return in words why it still waits, how it runs, or why it failed."""
        from drawscape.queue.explanation import explain

        return explain(self._queue, self._row())

    def cancel(self, grace: Duration = 0.0) -> bool:
        """Return whether it was kept from running (`canceled`) or asked to stop (`stopped`).

        With `grace`, a running task is asked first, by an exception that is no Exception, and killed if it
        has not ended by then.
        """
        return control.cancel(self._queue.database, self._id, seconds(grace, "grace"))

    stop = cancel

    def retry(self) -> "Job":
        """Queue a failed, stopped or canceled job again, under its id; return it."""
        control.retry(self._queue.database, self._id)
        return self

    def requeue(self) -> "Job":
        """Queue any job that has ended again, under its id; return it."""
        control.requeue(self._queue.database, self._id)
        return self

    def delete(self) -> None:
        """Remove an ended job with its log and preview."""
        control.delete(self._queue.database, self._id)

    def wait(self, timeout: Duration = None) -> Any:
        """Return the result once the job is finished.

        Raises JobFailed, with the worker's traceback in its text, when it ended otherwise, and JobTimeout
        when that took longer than `timeout`.
        """
        for pause_s in self._looks(None if timeout is None else seconds(timeout, "timeout")):
            time.sleep(pause_s)
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> Any:
        import asyncio  # a third of this module's import time, and whoever awaits has it already

        for pause_s in self._looks(None):
            await asyncio.sleep(pause_s)
        return self._outcome()

    def _looks(self, limit_s: float | None) -> Iterator[float]:
        """Yield pauses until the job has ended."""
        began = time.monotonic()
        seen = None
        asked = False
        while True:
            version = self._queue.database.version()
            if version != seen:
                seen = version
                if self._row().ended:
                    return
            waited_s = time.monotonic() - began
            if limit_s is not None and waited_s >= limit_s:
                raise JobTimeout(
                    f"job {self._id} is {self.status} after {limit_s:g} s; it has not been canceled"
                )
            if not asked and waited_s > _NOBODY_AFTER_S:
                asked = True
                self._warn_if_nobody_works()
            yield _EAGER_LOOK_S if waited_s < _EAGER_S else _LOOK_S

    def _warn_if_nobody_works(self) -> None:
        if not self._queue.database.workers.living():
            warnings.warn(
                "no worker is alive; start one with `drawscape worker` or `huey_consumer workers.huey`",
                stacklevel=4,
            )

    def _outcome(self) -> Any:
        row = self._row()
        if row.status == "finished":
            return self.result
        if row.status == "failed":
            raise JobFailed(
                f"job {self._id} ({row.task}) failed, reason {row.reason}:\n{row.error}"
            )
        raise JobFailed(f"job {self._id} ({row.task}) was {row.status} before it finished")

    def __repr__(self) -> str:
        row = read_row(self._queue.database, self._id)
        if row is None:
            return f"<Job {self._id} not_found>"
        extra = f" {row.progress:.0%}" if row.status == "started" else ""
        return f"<Job {self._id} {row.task} {row.status}{extra}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.id == self._id

    def __hash__(self) -> int:
        return hash(self._id)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show a finished drawing as `<img>`: that survives saving, reopening and untrusted notebooks."""
        from drawscape.image_tag import file_tag

        result = self.result if self._row().status == "finished" else None
        picture = file_tag(result) if isinstance(result, str) else None
        return {"text/plain": repr(self)} | ({} if picture is None else {"text/html": picture})
