"""Handles on one job and on many: each attribute reads the table, so that it is never stale."""

import codecs
import math
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from drawscape import clock
from drawscape.clock import Duration, seconds
from drawscape.errors import JobFailed, JobNotFoundError, JobTimeout
from drawscape.queue import store
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.queue import JobReference, Queue, whole
from drawscape.queue.row import ENDED, OPEN, STATUSES, JobMeta, JobSnapshot, Status, unknown_job
from drawscape.queue.store import ALL_LANES
from drawscape.queue.task import origin_of

_CHECK_S = 0.003
_EAGER_S, _EAGER_CHECK_S = 0.05, 0.0005  # most of the jobs that are waited for take no longer
_FOLLOW_S = 0.05
_NOBODY_AFTER_S = 2.0
_LOG_BYTES = 1_048_576

DROPPED = b"[... earlier output was dropped ...]\n"


def _fact(name: str, words: str) -> Any:
    return property(lambda job: getattr(job.refresh(), name), doc=words)


class Job(JobReference):
    """One job of a queue: what it is, how far it is, what came of it, and what can be done with it."""

    def refresh(self) -> JobSnapshot:
        """Return what is known of the job now. Raises JobNotFoundError when it was removed."""
        row = self._queue.find(self.id)
        if row is None:
            raise JobNotFoundError(unknown_job(self.id))
        return row

    status = _fact(
        "status",
        "`queued`, `scheduled`, `deferred`, `started`, `finished`, `failed`, `stopped`, `canceled`.",
    )
    reason = _fact(
        "reason",
        "Why it failed: `exception`, `timeout`, `crashed`, `lost`, `invalid` or `dependency`.",
    )
    ended = _fact("ended", "Whether it is over, however it went.")
    task = _fact("task", "The dotted path of the function that runs.")
    error = _fact(
        "error", "The worker's traceback or sentence, for a job that failed or will be retried."
    )
    progress = _fact("progress", "How far it is, 0 to 1.")
    message = _fact("message", "What the task last said of its progress.")
    description = _fact("description", "The words given as `job_description`.")
    created_at = _fact("created_at", "When it was queued, in UTC.")
    started_at = _fact("started_at", "When its present or last run began, in UTC.")
    ended_at = _fact("ended_at", "When it ended, in UTC.")

    @property
    def result(self) -> Any:
        """What the task returned; None until it is finished. Reading does not consume it."""
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
        """The job's own notes: `job_meta` and what the task added. A change is saved, or refused."""
        save = partial(store.save_meta, self._database, self.id)
        return JobMeta(self.refresh().meta, save)

    @property
    def priority(self) -> int:
        """How soon it runs; may be set until it begins."""
        return self.refresh().priority

    @priority.setter
    def priority(self, value: int) -> None:
        store.set_priority(self._database, self.id, whole(value, "job_priority"))

    @property
    def queued_by(self) -> str | None:
        """The versions of Drawscape and Python that queued it; None of a job from before version 0.3."""
        rows = self._database.read(self._database.HEADER, id=self.id)
        versions = origin_of(rows[0][0])[0] if rows else []
        return f"Drawscape {versions[1]}, Python {versions[0]}" if versions else None

    @property
    def preview(self) -> bytes | None:
        """The drawing so far, while it runs or after it was stopped; None when there is none."""
        rows = self._database.read(self._database.PREVIEW, id=self.id)
        return bytes(rows[0][0]) if rows else None

    def logs(self) -> str:
        """Return what the task printed and logged; of a very long log the last MiB."""
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
        return explain(self._queue, self.refresh())

    def cancel(self, grace: Duration = 0.0) -> bool:
        """Return whether it was kept from running (`canceled`) or asked to stop (`stopped`).

        With `grace`, a running task is asked first, by an exception that `except Exception` lets
        pass, and killed if it has not ended by then.
        """
        return store.cancel(self._database, self.id, seconds(grace, "grace"))

    stop = cancel

    def retry(self) -> "Job":
        """Queue a failed, stopped or canceled job again, under its id; return it."""
        store.requeue(self._database, self.id, self._queue.code(), store.RETRIED)
        return self

    def requeue(self) -> "Job":
        """Queue any job that has ended again, under its id; return it."""
        store.requeue(self._database, self.id, self._queue.code())
        return self

    def delete(self) -> None:
        """Remove an ended job with its log and preview."""
        store.delete(self._database, self.id)

    def wait(self, timeout: Duration = None) -> Any:
        """Return the result once the job is finished.

        Raises JobFailed, with the worker's traceback in its text, when it ended otherwise, and JobTimeout
        when that took longer than `timeout`.
        """
        for pause_s in _pauses(self, timeout):
            time.sleep(pause_s)
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Any]:
        return self._wait_async().__await__()

    async def _wait_async(self) -> Any:
        import asyncio  # a third of this module's import time, and code that awaits has it already

        for pause_s in _pauses(self, None):
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


def _pauses(waited: "Job | Batch", timeout: Duration) -> Iterator[float]:
    """Yield pauses in seconds until `waited` has ended, and 0 after each change.

    Raises JobTimeout after `timeout`.
    """
    queue = waited._queue
    limit_s = math.inf if timeout is None else seconds(timeout, "timeout")
    began, seen, asked = time.monotonic(), None, False
    while True:
        version = queue.database.version()
        if version != seen:
            seen, over = version, waited.ended
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
            raise JobTimeout(f"{waited._words()} after {limit_s:g} s; it has not been canceled")
        yield _EAGER_CHECK_S if waited_s < _EAGER_S else _CHECK_S


class Batch:
    """Jobs that were queued in one transaction: counts, progress, waiting, cancelling as one."""

    def __init__(self, queue: Queue, batch_id: str) -> None:
        self._queue = queue
        self._database = queue.database
        self.id = batch_id
        """A job may depend on it."""
        rows = self._read(queue.database.BATCH)
        if not rows:
            raise JobNotFoundError(f"no batch has the id {batch_id!r}, or it has been pruned")
        self._total = int(rows[0][0])
        self.description: str = rows[0][1] or ""
        """The words given as `batch_description`."""
        self.following: Job | None = None
        """The job that runs when all are done, if one was asked for."""

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
        rows = dict(self._read(self._database.BATCH_COUNTS))
        still_open, ended = rows.pop("open"), rows.pop("ended")
        counts = {**dict.fromkeys(STATUSES, 0), **rows}
        counts[Status.QUEUED] = still_open - sum(counts[status] for status in OPEN)
        counts[Status.FINISHED] = ended - sum(counts[status] for status in ENDED)
        return counts

    @property
    def done(self) -> int:
        """How many jobs have ended; those that were removed since had."""
        counts = self.counts
        return self._total - sum(counts[status] for status in OPEN)

    @property
    def ended(self) -> bool:
        """Whether every job has ended."""
        return not self._read(self._database.BATCH_OPEN)

    @property
    def progress(self) -> float:
        """How far the batch is, 0 to 1, running jobs counted by their own progress."""
        if self._total == 0:
            return 1.0
        running = self._read(self._database.BATCH_PROGRESS)[0][0]
        return min(1.0, (self.done + float(running)) / self._total)

    def as_completed(self, timeout: Duration = None) -> Iterator[Job]:
        """Yield each job soon after it has ended, first those that ended first; JobTimeout after `timeout`.

        A job that is removed before its turn, being old or by `delete`, is left out.
        """
        seen: set[int] = set()
        cursor = (0.0, 0)
        for pause_s in chain(_pauses(self, timeout), [None]):
            if pause_s:
                time.sleep(pause_s)
                continue
            if pause_s is None:  # again: a clock that was set back puts an end before the cursor
                cursor = (0.0, 0)
            while page := self._read(self._database.BATCH_ENDED, ended_at=cursor[0], seq=cursor[1]):
                cursor = page[-1][:2]
                for _, seq, job_id in page:
                    if seq not in seen:
                        seen.add(seq)
                        yield Job(self._queue, job_id)

    def _words(self) -> str:
        return f"batch {self.id}: {self.done} of {self._total} jobs have ended"

    __iter__ = as_completed

    def wait(self, timeout: Duration = None) -> list[Any]:
        """Return the results in the order of the calls, once all jobs have ended.

        Raises JobFailed when some did not finish (the text counts them and quotes the first), JobTimeout
        after `timeout`, JobNotFoundError when some were removed.
        """
        for pause_s in _pauses(self, timeout):
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
        """Return how many jobs were kept from running or asked to stop."""
        grace_s = seconds(grace, "grace")
        return store.cancel_many(self._database, self._queue.name, batch=self.id, grace_s=grace_s)

    def retry(self) -> list[Job]:
        """Queue the jobs of the batch that failed again, and return them; what follows waits again."""
        return retry_failed(self._queue, batch=self.id)

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"<Batch {self.id} of {self._total}: {counts or 'empty'}>"


def retry_failed(queue: Queue, **chosen: str | None) -> list[Job]:
    """Queue the failed jobs of a task, a reason or a batch again, and return them."""
    ids = store.retry_failed(queue.database, queue.name, queue.code(), **chosen)
    return [Job(queue, job_id) for job_id in ids]


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
    group = store.group_of(database, row.id)
    if row.due_at is not None and row.status == "scheduled":
        wait_s = max(0.0, row.due_at.timestamp() - clock.now())
        yield f"It is scheduled for {_clock(row.due_at)}, in {wait_s:.1f} s."
        if refusals := row.details.get("refused_by"):
            yield "It waits for a worker that has its code. It was refused by:"
            yield _indented("\n".join(refusals.values()))
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
    for one in workers:
        if one.trouble:
            yield f"Worker {one.pid} on {one.host}: {one.trouble}."


def jobs_ahead(queue: Queue, row: JobSnapshot) -> int:
    """Return how many queued jobs come before the queued job `row`."""
    return int(queue.database.read(queue.database.AHEAD, **row._asdict())[0][0])


def _how_running(queue: Queue, row: JobSnapshot) -> Words:
    since_s = clock.now() - row.started_at.timestamp() if row.started_at else 0.0
    hosts = [one.host for one in queue.database.workers.living() if one.id == row.worker]
    where = f"process {row.pid}{f' on {hosts[0]}' if hosts and queue.database.is_server else ''}"
    yield f"It has been running for {max(0.0, since_s):.1f} s ({where}), {row.progress:.0%} done."
    yield row.message and f"Its last message: {row.message}"
    if row.timeout_s is not None:
        yield f"Its time limit is {row.timeout_s:g} s."
    if row.stop_grace_s is not None:
        yield "It was asked to stop."
    if not hosts and not queue.database.workers.is_alive(row.worker):
        yield "Its worker is dead; the next worker that is alive takes the job over."


def _how_ended(_queue: Queue, row: JobSnapshot) -> Words:
    # One that was canceled between two tries has a start, but did not run until its end.
    if row.started_at is not None and row.ended_at is not None and row.status != "canceled":
        took_s = (row.ended_at - row.started_at).total_seconds()
        yield f"It ran for {took_s:.2f} s, until {_clock(row.ended_at)}."
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


def _clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _plural(count: int, noun: str) -> str:
    return f"{count or 'No'} {noun}{'s' if count > 1 else ''}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


_WATCH_S = 0.01
_STUMBLE_S = 0.5  # until the next check when the file is locked or gone
_NEWEST = 200

Callback = Callable[[Job], None]


class Watch:
    """A subscription; `close` ends it."""

    def __init__(
        self, watcher: "Watcher", callback: Callback, job_ids: Sequence[str] | None
    ) -> None:
        self._watcher = watcher
        self.callback = callback
        self.job_ids = job_ids and [*job_ids]
        self.seen: dict[str, JobSnapshot] = {}

    def close(self) -> None:
        """Let the callback be called no more."""
        self._watcher.watches.pop(self, None)


class Watcher:
    """Calls back with each job that changed; its thread lives while somebody watches."""

    def __init__(self, queue: Queue) -> None:
        import logging  # who only queues jobs needs none

        self._log = logging.getLogger("drawscape.watch")
        self._queue = queue
        self._reader = replace(queue, database=queue.database.another())
        self._lock = threading.Lock()
        self.watches: dict[Watch, None] = {}
        self._is_running = False
        self._changed = threading.Event()

    def add(self, callback: Callback, job_ids: Sequence[str] | None = None) -> Watch:
        """Call `callback(job)` now and whenever a job of `job_ids` (None: the newest of all) changes."""
        watch = Watch(self, callback, job_ids)
        with self._lock:
            self.watches[watch] = None
            self._changed.set()
            if not self._is_running:
                threading.Thread(target=self._run, name="drawscape-watch", daemon=True).start()
                self._is_running = True
        return watch

    def _run(self) -> None:
        version: object = None
        while True:
            with self._lock:
                watches = [*self.watches]
                if not watches:
                    self._is_running = False
                    break
                if self._changed.is_set():  # somebody has joined, who is among `watches`
                    self._changed.clear()
                    version = None
            try:
                now = self._reader.database.version()
                if now != version:
                    for watch in watches:
                        self._notify(watch)
                    version = now
            except Exception:  # noqa: BLE001 - a locked file passes; the watch goes on
                self._log.exception("the watch of %s stumbled", self._queue.label)
                version = None
                time.sleep(_STUMBLE_S)
            self._changed.wait(_WATCH_S)
        self._reader.database.close()

    def _notify(self, watch: Watch) -> None:
        engine = self._reader.database
        if watch.job_ids is None:
            found = reversed(self._reader.newest(limit=_NEWEST))
        else:
            rows = engine.read(engine.JOBS, ids=engine.list_value(watch.job_ids))
            found = map(JobSnapshot.of, rows)
        before, watch.seen = watch.seen, {row.id: row for row in found}
        for job_id, row in watch.seen.items():
            if before.get(job_id) != row:
                try:
                    watch.callback(Job(self._queue, job_id))
                except Exception:  # noqa: BLE001 - one callback's fault must not silence the others
                    self._log.exception("a callback failed for job %s", job_id)
