"""A handle on one job: each attribute reads the table, so it is never stale."""

import codecs
import math
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from drawscape import clock
from drawscape.durations import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError, JobStateError, JobTimeout
from drawscape.queue.dependencies import is_open, reopen, settle, stop_without_workers
from drawscape.queue.engines.engine import Transaction, WorkerInfo
from drawscape.queue.job_queue import JobReference, Queue
from drawscape.queue.options import ALL_LANES, group_of, whole
from drawscape.queue.snapshot import ENDED, JobSnapshot, Status, unknown_job

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
        """Its state: `queued`, `scheduled`, `deferred`, `started`, or how it ended."""
        return self.refresh().status

    @property
    def reason(self) -> str | None:
        """Why it failed or was canceled: a word of `drawscape.jobs.Reason`."""
        return self.refresh().reason

    @property
    def ended(self) -> bool:
        """Whether it is in a final state."""
        return self.refresh().ended

    @property
    def task(self) -> str:
        """The dotted path of the function that runs."""
        return self.refresh().task

    @property
    def error(self) -> str | None:
        """The worker's traceback or sentence, for a job that failed or will be retried."""
        return self.refresh().error

    @property
    def progress(self) -> float:
        """Its progress, 0 to 1."""
        return self.refresh().progress

    @property
    def message(self) -> str | None:
        """The last message of the task's progress."""
        return self.refresh().message

    @property
    def description(self) -> str | None:
        """The text given as `job_description`, or the task's own."""
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
        """How many queued jobs come first; None if it does not wait in the queue."""
        job = self.refresh()
        return jobs_ahead(self._queue, job) if job.status == Status.QUEUED else None

    @property
    def meta(self) -> dict[str, Any]:
        """The job's notes: `job_meta` and what its task has added by `current_job().meta`."""
        return self.refresh().meta

    @contextmanager
    def _locked(self) -> Iterator[tuple[Transaction, str]]:
        """Yield its status and a transaction in which nobody else can change the job."""
        with self._database.transaction() as run:
            rows = run(run.LOCK, id=self.id)
            if not rows:
                raise JobNotFoundError(unknown_job(self.id))
            yield run, rows[0][0]

    @property
    def priority(self) -> int:
        """Its priority, larger numbers first; it may be set until the job begins."""
        return self.refresh().priority

    @priority.setter
    def priority(self, value: int) -> None:
        priority = whole(value, "job_priority")
        with self._locked() as (run, status):
            if not run(run.SET_PRIORITY, id=self.id, priority=priority):
                raise JobStateError(
                    f"job {self.id} is {status}; a priority changes only jobs that wait"
                )

    @property
    def preview(self) -> bytes | None:
        """The drawing so far, while it runs or after it was stopped; None without a drawing."""
        picture = self._database.value(self._database.PREVIEW, id=self.id)
        return None if picture is None else bytes(picture)

    def logs(self) -> str:
        """Return the task's output and log; of a very long one, the last MiB."""
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
        if first > position:  # the start was dropped, up to the middle of a line
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
        """Cancel it if it waits (`canceled`), stop it if it runs (`stopped`); return whether either was done.

        With `grace`, a running task first gets an exception that `except Exception` does not catch, and is
        killed if it has not ended by then.
        """
        grace_s = seconds(grace, "grace")
        with self._locked() as (run, _):
            if run(run.CANCEL, id=self.id):
                settle(run, Status.CANCELED, self.id)
                return True
            asked = run(run.ASK_TO_STOP, id=self.id, grace_s=grace_s)
        stop_without_workers(self._database, asked)
        return bool(asked)

    stop = cancel

    def requeue(self) -> "Job":
        """Queue an ended job again, under its id; return it.

        Used retries stay used. Raises JobStateError if it has not ended, or cannot wait again.
        """
        code = self._queue.code()
        with self._locked() as (run, status):
            if status not in ENDED:  # raised inside: the transaction changes nothing
                raise JobStateError(
                    f"job {self.id} is {status}; only one that has ended runs again"
                )
            if not reopen(run, [self.id], code):
                raise JobStateError(
                    f"job {self.id} cannot be queued again while another job with its job_unique key is "
                    "active"
                )
            if not is_open(run, self.id):
                obstacle = run(run.OBSTACLE, id=self.id)[0][0]
                raise JobStateError(
                    f"job {self.id} depends on {obstacle}, which did not finish; queue that again first"
                )
        return self

    retry = requeue

    def delete(self) -> None:
        """Remove an ended job with its log and preview.

        Raises JobStateError while it, or a job that depends on it, has not ended.
        """
        with self._locked() as (run, status):
            if status not in ENDED:
                raise JobStateError(f"job {self.id} is {status}; cancel it first")
            if needing := run(run.NEEDED_BY, id=self.id):
                raise JobStateError(
                    f"job {needing[0][0]}, which has not ended, depends on {self.id}; cancel that first"
                )
            run(run.DELETE, id=self.id)

    def wait(self, timeout: Duration = None) -> Any:
        """Return the result once the job is finished.

        Raises JobFailed, with the worker's traceback in its text, when it ended otherwise, and JobTimeout
        after `timeout`.
        """
        for pause_s in pauses(self._queue, lambda: self.ended, self._words, timeout):
            time.sleep(pause_s)
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Any]:
        """Wait as `wait` does, for `await job` in a cell, while the kernel's event loop runs on."""
        import asyncio  # a third of this module's import time; code that awaits has it already

        for pause_s in pauses(self._queue, lambda: self.ended, self._words, None):
            yield from asyncio.sleep(pause_s).__await__()
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
        """Show a finished drawing as `<img>`, which survives saving, reopening and untrusted notebooks."""
        from drawscape.image_tag import file_tag

        result = self.result
        picture = file_tag(result) if isinstance(result, str) else None
        return {"text/plain": repr(self)} | ({} if picture is None else {"text/html": picture})


_CHECK_S = 0.003
_EAGER_S, _EAGER_CHECK_S = 0.05, 0.0005  # most jobs that callers wait for take no longer
_NOBODY_AFTER_S = 2.0


def pauses(
    queue: Queue, has_ended: Callable[[], bool], words: Callable[[], str], timeout: Duration
) -> Iterator[float]:
    """Yield pauses in seconds until the job or batch `has_ended`, and 0 after each change.

    Raises JobTimeout after `timeout`; `words` gives its progress.
    """
    limit_s = math.inf if timeout is None else seconds(timeout, "timeout")
    began, seen, asked = time.monotonic(), None, False
    while True:
        version = queue.database.version()
        if version != seen:
            seen, over = version, has_ended()
            yield 0.0
            if over:
                return
        waited_s = time.monotonic() - began
        if not asked and waited_s >= _NOBODY_AFTER_S:
            asked = True
            if not queue.database.workers.living():
                warnings.warn(
                    "no worker is alive; start one with `drawscape worker` or "
                    "`huey_consumer workers.huey`",
                    stacklevel=3,
                )
        if waited_s >= limit_s:
            raise JobTimeout(f"{words()} after {limit_s:g} s; it has not been canceled")
        yield _EAGER_CHECK_S if waited_s < _EAGER_S else _CHECK_S


def explain(queue: Queue, row: JobSnapshot) -> str:
    """Return in words why the job waits, how it runs, or how it ended."""
    parts = _why_waiting if row.waiting else _how_ended if row.ended else _how_running
    lines = [f"{row.task} is {row.status}.", *filter(None, parts(queue, row))]
    if row.recoveries:
        lines.append(f"It was recovered from a dead worker {_times(row.recoveries)}.")
    if row.attempts > 1:
        lines.append(f"It was started {_times(row.attempts)}.")
    return "\n".join(lines)


Words = Iterator[str | None]


def _why_waiting(queue: Queue, row: JobSnapshot) -> Words:
    database = queue.database
    group = group_of(database, row.id)
    if row.due_at is not None and row.status == "scheduled":
        wait_s = max(0.0, row.due_at.timestamp() - clock.now())
        yield f"It is scheduled for {_local_time(row.due_at)}, in {wait_s:.1f} s."
        if row.error:
            yield f"It is tried again then ({_times(row.retries)} left); it had failed with:"
            yield _indented(row.error)
    elif row.status == "deferred":
        needed = database.read(database.OPEN_DEPENDENCIES, id=row.id)
        names = [f"{one} ({status})" for one, status in needed]
        yield f"It waits for {', '.join(names) or 'others'}."
    else:
        ahead = jobs_ahead(queue, row)
        yield f"{_plural(ahead, 'job')} {'are' if ahead > 1 else 'is'} ahead of it."
        for (lane,) in database.read(database.PAUSED, queue=queue.name):
            if lane in (ALL_LANES, group.lane):
                yield f"{'The queue' if lane == ALL_LANES else f'Its lane, {lane!r},'} is paused."
        if group.most is not None:
            yield f"At most {group.most} with the limit key {group.limit_key!r} run at once."
    if group.lane != "default":
        yield f"It waits in the lane {group.lane!r}."
    yield from _who_works(database.workers.living(), group.lane)


def _who_works(workers: Sequence[WorkerInfo], lane: str) -> Words:
    if not workers:
        yield "No worker is alive: start one with `drawscape worker` or `huey_consumer workers.huey`."
        return
    if not any(not worker.lanes or lane in worker.lanes for worker in workers):
        yield (
            f"No worker that is alive serves its lane, {lane!r}: start one with "
            f"`drawscape worker --lanes {lane}`."
        )
    slots = sum(worker.slots for worker in workers)
    yield f"Alive: {_plural(len(workers), 'worker')} with {_plural(slots, 'slot')}."
    for worker in workers:
        if worker.trouble:
            yield f"Worker {worker.pid} on {worker.host}: {worker.trouble}."


def jobs_ahead(queue: Queue, row: JobSnapshot) -> int:
    """Return how many queued jobs come before the queued job `row`."""
    return int(queue.database.value(queue.database.AHEAD, **row._asdict()))


def _how_running(queue: Queue, row: JobSnapshot) -> Words:
    since_s = clock.now() - row.started_at.timestamp() if row.started_at else 0.0
    own = [worker for worker in queue.database.workers.living() if worker.id == row.worker]
    where = f"process {row.pid}"
    if own and queue.database.is_server:
        where += f" on {own[0].host}"
    yield f"It has been running for {max(0.0, since_s):.1f} s ({where}), {row.progress:.0%} done."
    yield row.message and f"Its last message: {row.message}"
    if row.timeout_s is not None:
        yield f"Its time limit is {row.timeout_s:g} s."
    if row.stop_grace_s is not None:
        yield "It was asked to stop."
    if not own:
        yield "Its worker is dead; the next worker that is alive takes the job over."


def _how_ended(_queue: Queue, row: JobSnapshot) -> Words:
    # A job canceled between two tries has a start, but did not run until its end.
    if row.started_at is not None and row.ended_at is not None and row.status != "canceled":
        took_s = (row.ended_at - row.started_at).total_seconds()
        yield f"It ran for {took_s:.2f} s, until {_local_time(row.ended_at)}."
    details = row.details
    yield row.reason and f"Reason: {row.reason}."
    yield details.get("signal") and f"Signal: {details['signal']}."
    yield f"Peak memory: {row.peak_kb / 1024:.0f} MB." if row.peak_kb else None
    stack = details.get("stack") or ""
    for title, text in (
        ("Error", row.error),
        ("Where it was", stack if stack not in (row.error or "") else None),
        ("The last lines that it printed", details.get("log")),
    ):
        yield f"{title}:\n{_indented(text)}" if text else None


def _local_time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _plural(count: int, noun: str) -> str:
    return f"{count or 'No'} {noun}{'s' if count > 1 else ''}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
