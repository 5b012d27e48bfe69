"""What runs in a job: what a task knows of its job, and one call of it from its message to its result.

Outside of a worker the context does nothing.
"""

import inspect
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, SupportsFloat

from drawscape import clock, output_store
from drawscape.clock import failpoint
from drawscape.errors import (
    JobNotFoundError,
    NotSerializableError,
    QueueError,
    TaskNotAllowedError,
    TaskNotFoundError,
)
from drawscape.project_modules import replace_folder
from drawscape.queue.engines.engine import WorkerInfo, is_url, open_engine
from drawscape.queue.project_code import digest_of, folder_with
from drawscape.queue.queue import Queue
from drawscape.queue.row import Claim, JobMeta, Outcome, checked_notes, new_id, parsed
from drawscape.queue.store import acknowledge
from drawscape.queue.task import (
    Codec,
    OtherPythonError,
    ResultOf,
    SignatureMismatch,
    load,
    mapped,
    of_call,
    of_result,
    portable_paths,
)
from drawscape.settings import CODE_FOLDER, output_of, project_task_modules, shared_output

PROGRESS_PERIOD_S = 0.05
"""At most 20 progress messages a second leave a job."""

PREVIEW_PERIOD_S = 0.25
"""A preview is a whole picture: four a second are enough for an eye, and cheap to write."""

FIRST_PREVIEW_S = 0.4
"""A job that takes no longer makes no preview: its result would be there before anybody has seen it."""

PREVIEW_BYTES = 4_000_000
"""Of the largest preview that is passed on."""

_MESSAGE_CHARS = 2_000

Preview = str | bytes | Callable[[], "str | bytes | Any"]


class JobContext:
    """The job that the calling code runs in."""

    id: str | None = None
    """The job's id; None outside of a worker."""
    is_canceled = False
    """Whether the job was asked to stop."""

    def __init__(self) -> None:
        self.meta: MutableMapping[str, Any] = {}

    def progress(
        self, fraction: float, message: str | None = None, preview: Preview | None = None
    ) -> None:
        """Report how far the task is, 0 to 1, with a few words and the drawing so far.

        Calls may come as often as they like: at most 20 a second are written, and the last always is.
        `preview` may be a function; it is called only when a picture is due, the first after 0.4 s.
        """

    def log(self, text: str) -> None:
        """Add a line to the job's log; outside of a worker it is printed to stderr."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class RunningJob(JobContext):
    """The context inside a child process: limits the rate, keeps the last value, sends the rest.

    `send` is given what has changed by its name in the table: progress, message, meta, picture.
    """

    def __init__(
        self, job_id: str, meta: dict[str, Any], send: Callable[[dict[str, Any]], object]
    ) -> None:
        self.id = job_id
        self._send = send
        self._lock = threading.RLock()
        self._fraction = 0.0
        self._message: str | None = None
        self._pending = False
        self._meta_changed = False
        self._preview: Preview | None = None
        self._next_s = 0.0
        self._next_preview_s = time.monotonic() + FIRST_PREVIEW_S
        self._flusher: threading.Thread | None = None
        self._values = meta
        self.meta = JobMeta(meta, self._note_meta)

    def progress(
        self, fraction: float, message: str | None = None, preview: Preview | None = None
    ) -> None:
        self._fraction = fraction
        if message is not None:
            self._message = message
        if preview is not None:
            self._preview = preview
        self._pending = True
        if time.monotonic() >= self._next_s:
            self.flush()
        if self._pending:
            self._flush_later()

    def _note_meta(self, change: Mapping[str, Any], gone: Sequence[str]) -> None:
        self._values.update(change)
        self._meta_changed = self._pending = True
        self._flush_later()

    def flush(self, *, with_preview: bool = True, last: bool = False) -> None:
        """Send what is pending now; the `last` flush sends a preview even if it was not due yet."""
        with self._lock:
            if not self._pending:
                return
            self._pending = False
            self._next_s = time.monotonic() + PROGRESS_PERIOD_S
            picture = self._due_preview(last) if with_preview else None
            # A ready picture that is not due yet is sent by the flusher; a function waits for the task.
            self._pending = self._preview is not None and not callable(self._preview)
            fraction = float(self._fraction)
            if not 0.0 <= fraction <= 1.0:
                fraction = float(fraction > 1.0)  # NaN, of 0 steps done of 0, is 0
            changes: dict[str, Any] = {"progress": fraction}
            if self._message is not None:
                changes["message"] = storable(self._message, _MESSAGE_CHARS)
            if self._meta_changed:
                self._meta_changed = False
                # A copy, for other threads may add notes meanwhile.
                changes["meta"] = checked_notes({**self._values})
            if picture is not None:
                changes["picture"] = picture
            failpoint("run.middle")
            self._send(changes)

    def _due_preview(self, last: bool) -> bytes | None:
        now = time.monotonic()
        if self._preview is None or (now < self._next_preview_s and not last):
            return None
        picture = self._preview() if callable(self._preview) else self._preview
        self._preview = None
        # Drawing a preview is work of the job's own: it never takes more than a fifth of the time.
        self._next_preview_s = now + max(PREVIEW_PERIOD_S, 5 * (time.monotonic() - now))
        data = picture.encode() if isinstance(picture, str) else bytes(picture)
        if len(data) > PREVIEW_BYTES:
            self.log(f"a preview of {len(data)} bytes is left out")
            return None
        return data

    def close(self, *, with_preview: bool) -> None:
        """Send what is pending; a preview or notes that cannot be sent are not the task's outcome."""
        try:
            if with_preview and self._preview is not None:
                self._pending = True
            self.flush(with_preview=with_preview, last=True)
        except Exception as cause:  # noqa: BLE001 - as above
            self.log(f"the last progress is lost: {cause!r}")
        finally:
            if self._flusher is not None:
                self._ended.set()
                self._flusher.join(1)

    def _flush_later(self) -> None:
        """Without a further call of `progress`, a thread brings the last value out."""
        if self._flusher is None:
            self._ended = threading.Event()
            self._flusher = threading.Thread(target=self._flush_when_due, daemon=True)
            self._flusher.start()

    def _flush_when_due(self) -> None:
        while not self._ended.wait(PROGRESS_PERIOD_S):
            if self._pending and time.monotonic() >= self._next_s:
                # A preview function walks the canvas while the task draws on it, so only the task's own
                # thread may call it.
                self.flush(with_preview=not callable(self._preview))


_NOWHERE = JobContext()
_current: JobContext = _NOWHERE


def current_job() -> JobContext:
    """Return the job that runs the calling code, or one that does nothing outside of a worker.

    >>> def rule(width):
    ...     current_job().progress(0.5, "half of it")
    ...     return 2 * width
    >>> enqueue_background_job(rule, 21).wait(60)
    42
    """
    return _current


def set_current(job: JobContext = _NOWHERE) -> None:
    """Make `job` the current one of this process; by default there is none."""
    global _current
    _current = job


_ERROR_CHARS = 100_000


class JobStopped(BaseException):
    """Raised inside a task that was asked to stop; no `except Exception` catches it."""


@dataclass(frozen=True)
class ChildSettings:
    """What a child needs to know when it starts."""

    home: str
    key: bytes
    task_modules: tuple[str, ...]
    queue: str
    """Where results of other jobs are read that are arguments of one."""
    memory_limit_bytes: int | None = None
    max_jobs: int | None = None
    """How many jobs one process runs; None: as many as come."""


@dataclass(frozen=True)
class Call:
    """A task's function with its arguments."""

    run: Callable[[], Any]
    fresh_process: bool = False
    """Whether it wants a process in which no other job runs, before or after."""


class TaskCaller:
    """Calls tasks in this process; the functions that it has looked up are kept."""

    def __init__(self, settings: ChildSettings) -> None:
        self._codec = Codec(settings.key)
        self._settings = settings
        self._home = Path(settings.home)
        # Asked once: a task that changes its environment changes it for itself.
        self._is_shared = is_url(settings.queue) or bool(shared_output())
        self._functions: dict[str, Callable[..., Any]] = {}
        self._code: str | None = None
        self._code_folder: Path | None = None

    def may_run(self, code: str | None) -> bool:
        """Return whether a job with the code of that digest may run in this process.

        It has that code by now, or none yet.
        """
        if self._code_folder is None:
            return True
        if code != self._code:
            return False
        return code is None or self._code_folder != self._home or code == digest_of(self._home)

    def _take(self, code: str | None) -> None:
        """Let this process have the code of that digest, for good."""
        if self._code_folder is not None:
            return
        folder = self._home
        if code is not None:
            with closing(open_engine(self._settings.queue, self._home / ".drawscape")) as engine:
                folder = folder_with(engine, self._codec, self._home, code)
        if folder != self._home:
            replace_folder(self._home, folder)
            os.environ[CODE_FOLDER] = str(folder)
        self._code, self._code_folder = code, folder

    def prepare(
        self, job_id: str, task: str, payload: bytes, code: str | None = None
    ) -> Call | Outcome:
        """Return the call that `payload` describes, or how the job ends if it describes none."""

        def refused(error: Exception) -> Outcome:
            return Outcome("failed", "invalid", error=str(error), detail={"refused": str(error)})

        try:
            self._take(code)
        except (QueueError, OSError) as error:
            return refused(error)
        try:
            function, args, kwargs, *options = self._codec.loads(payload, of_call(job_id, task))
            function = function or self._function(task)
            args, kwargs = mapped(args, kwargs, ResultOf, self._result_of)
        except SignatureMismatch as error:
            return Outcome("failed", "invalid", error=f"{error} ({self._settings.queue})")
        except (OtherPythonError, TaskNotFoundError, TaskNotAllowedError) as error:
            return refused(error)
        except ModuleNotFoundError as error:
            detail = {"refused": f"{type(error).__name__}: {error}"}
            return Outcome("failed", "exception", error=_traceback(error), detail=detail)
        except Exception as error:  # noqa: BLE001 - a task that cannot be loaded is a failed job
            return Outcome("failed", "exception", error=_traceback(error))
        return Call(lambda: function(*args, **kwargs), **(options[0] if options else {}))

    def _result_of(self, one: ResultOf) -> Any:
        """Return the result of another job, which has finished and is kept while this one waits."""
        with closing(open_engine(self._settings.queue, self._home / ".drawscape")) as engine:
            rows = engine.read(engine.RESULT, id=one.job_id)
        if not rows or rows[0][0] is None:
            raise JobNotFoundError(
                f"its argument, the result of job {one.job_id}, is no longer there"
            )
        return self._codec.loads(rows[0][0], of_result(one.job_id))

    def run(self, job_id: str, task: str, call: Call | Outcome) -> Outcome:
        """Return how what was prepared ended; whatever it raises is its job's failure."""
        if isinstance(call, Outcome):
            return call
        try:
            value = call.run()
            if inspect.iscoroutine(value):
                import asyncio  # a tenth of a second, and a caller imports this module too

                value = asyncio.run(value)
            elif inspect.isgenerator(value):
                value = _drain(value, task)
            output_store.publish_expected(output_of(self._home))
            return Outcome("finished", result=self._serialised(value, job_id, task))
        except JobStopped as error:
            return Outcome("stopped", detail={"stack": _traceback(error)})
        except MemoryError as error:
            return Outcome("failed", "crashed", error=_traceback(error), detail={"memory": True})
        except BaseException as error:  # noqa: BLE001 - SystemExit and all else
            detail = {"permanent": True} if getattr(error, "permanent", False) else None
            return Outcome("failed", "exception", error=_traceback(error), detail=detail)

    def _function(self, task: str) -> Callable[..., Any]:
        """Return the task's function, looked up once: when its file changes this process ends.

        It may lie in a module that the project has named since the worker started.
        """
        if (found := self._functions.get(task)) is None:
            allowed, folder = self._settings.task_modules, self._code_folder or self._home
            try:
                found = load(task, allowed, folder)
            except TaskNotAllowedError:
                found = load(task, (*allowed, *project_task_modules(folder)), folder)
            self._functions[task] = found
        return found

    def _serialised(self, value: Any, job_id: str, task: str) -> bytes:
        if self._is_shared:
            value = portable_paths(value, self._home)
        try:
            return self._codec.dumps(value, of_result(job_id))
        except NotSerializableError as error:
            raise NotSerializableError(
                f"{task} returned {type(value).__name__}, which cannot be carried between processes "
                f"({error}); return plain values or a file's path"
            ) from None


def _drain(steps: Iterator[Any], task: str) -> Any:
    """Return what the generator returns; each yield, a fraction or (fraction, preview), is progress."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        fraction, preview = step if isinstance(step, tuple) and len(step) == 2 else (step, None)
        if isinstance(fraction, bool) or not isinstance(fraction, SupportsFloat):
            raise TypeError(
                f"{task} yielded {step!r:.200}; yield how far it is, 0 to 1, or (fraction, preview)"
            )
        current_job().progress(float(fraction), preview=preview)


def storable(text: object, limit: int) -> str:
    """Return `text` as the table takes it, its middle left out when it is longer than `limit`.

    Lone surrogates stand in file names that are not UTF-8.
    """
    whole = str(text)
    if len(whole) > limit:
        whole = f"{whole[: limit // 2]}\n[...]\n{whole[-limit // 2 :]}"
    return whole.encode("utf-8", "backslashreplace").decode()


def _traceback(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip()
    return storable(text, _ERROR_CHARS)


def run_here(queue: Queue, job_ids: list[str], until: float) -> bool:
    """Run these jobs, and what follows from them, in this process, one after another, without a worker.

    Nothing of what a job leaves behind is put back, and nothing can kill it. Returns False when that took
    longer than `until` (monotonic seconds).
    """
    engine = queue.database
    settings = ChildSettings(
        os.fspath(queue.home), queue.codec.key, queue.task_modules, engine.target
    )
    caller, here, pid = TaskCaller(settings), new_id(), os.getpid()
    engine.workers.announce(WorkerInfo(here, pid, 1, queue.name, clock.now()), lambda _: True)
    known, ran = [*job_ids], True
    try:
        while ran:  # what waits for one that comes later, and what is tried again, has another turn
            ran = False
            for job_id in known:
                if rows := engine.write(engine.CLAIM_ONE, id=job_id, worker=here, pid=pid):
                    ran = True
                    held = Claim(*rows[0])
                    acknowledge(engine, [(held, _run_one(queue, caller, held))])
                    known += [row[0] for row in engine.read(engine.DEPENDENTS, needed=job_id)]
                    if time.monotonic() > until:
                        return False
        return True
    finally:
        engine.workers.retire(here)


def _run_one(queue: Queue, caller: TaskCaller, held: Claim) -> Outcome:
    engine = queue.database

    def report(changes: dict[str, Any]) -> None:
        engine.write(engine.PROGRESS, **{"message": None, "meta": None, **changes, **held.key})

    job = RunningJob(held.id, parsed(held.meta), report)
    call = caller.prepare(held.id, held.task, held.payload)
    outer = _current  # which has queued this one
    set_current(job)
    try:
        outcome = caller.run(held.id, held.task, call)
        job.close(with_preview=False)
    finally:
        set_current(outer)
    return outcome
