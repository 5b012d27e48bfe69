"""One call of a task, from its message to its outcome."""

import inspect
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, SupportsFloat

from drawscape.errors import (
    JobNotFoundError,
    NotSerializableError,
    QueueError,
    TaskNotAllowedError,
    TaskNotFoundError,
)
from drawscape.project_modules import replace_folder
from drawscape.queue.claim import Outcome
from drawscape.queue.codec import Codec, SignatureMismatch, of_call, of_result
from drawscape.queue.engines.engine import is_url, open_engine
from drawscape.queue.project_code import digest_of, folder_with
from drawscape.queue.task import Arguments, ResultOf, load, portable_paths
from drawscape.queue.worker.job_context import current_job, storable
from drawscape.settings import CODE_FOLDER, project_task_modules, shared_output

_ERROR_CHARS = 100_000


class JobStopped(BaseException):
    """Raised inside a task that was asked to stop; no `except Exception` catches it."""


@dataclass(frozen=True)
class ChildSettings:
    """The settings of a child process."""

    home: str
    key: bytes
    task_modules: tuple[str, ...]
    queue: str
    """Where to read results of other jobs that are arguments of one."""
    memory_limit_bytes: int | None = None


class TaskCaller:
    """Calls tasks in this process, and keeps the functions that it has looked up.

    `on_code` is called after another home's code was put on the import path.
    """

    def __init__(self, settings: ChildSettings, on_code: Callable[[], None]) -> None:
        self._on_code = on_code
        self._codec = Codec(settings.key)
        self._settings = settings
        self._home = Path(settings.home)
        # Read once: a task's changes to its environment do not count.
        self._is_shared = is_url(settings.queue) or bool(shared_output())
        self._functions: dict[str, Callable[..., Any]] = {}
        self._code: str | None = None
        self._code_folder: Path | None = None
        self._until_the_end = ExitStack()

    def may_run(self, code: str | None) -> bool:
        """Return whether a job with the code of that digest may run in this process.

        The process must have that code, or none yet.
        """
        if self._code_folder is None:
            return True
        if code != self._code:
            return False
        return code is None or self._code_folder != self._home or code == digest_of(self._home)

    def _take(self, code: str | None) -> None:
        """Load the code of that digest; the process keeps it until its end."""
        if self._code_folder is not None:
            return
        folder = self._home
        if code is not None:
            with closing(open_engine(self._settings.queue, self._home / ".drawscape")) as engine:
                found = folder_with(engine, self._codec, self._home, code)
                folder = self._until_the_end.enter_context(found)
        if folder != self._home:
            replace_folder(self._home, folder)
            os.environ[CODE_FOLDER] = str(folder)
            self._on_code()
        self._code, self._code_folder = code, folder

    def prepare(
        self, job_id: str, task: str, payload: bytes, code: str | None = None
    ) -> Callable[[], Any] | Outcome:
        """Return the call in `payload`, or the job's outcome if there is none."""
        try:
            self._take(code)
            function, args, kwargs, *_ = self._codec.loads(payload, of_call(job_id, task))
            function = function or self._function(task)
            call = Arguments(args, kwargs).mapped(ResultOf, self._result_of)
        except SignatureMismatch as error:
            return Outcome("failed", "invalid", error=f"{error} ({self._settings.queue})")
        except (QueueError, TaskNotFoundError, TaskNotAllowedError) as error:
            return Outcome("failed", "invalid", error=str(error))
        except Exception as error:  # noqa: BLE001 - a task that cannot be loaded is a failed job
            return Outcome("failed", "exception", error=_traceback(error))
        return lambda: function(*call.args, **call.kwargs)

    def _result_of(self, one: ResultOf) -> Any:
        """Return the result of another job, which has finished and is kept while this one waits."""
        with closing(open_engine(self._settings.queue, self._home / ".drawscape")) as engine:
            data = engine.value(engine.RESULT, id=one.job_id)
        if data is None:
            raise JobNotFoundError(
                f"its argument, the result of job {one.job_id}, is no longer there"
            )
        return self._codec.loads(data, of_result(one.job_id))

    def run(self, job_id: str, task: str, call: Callable[[], Any] | Outcome) -> Outcome:
        """Run a prepared call and return its outcome; any exception is a failure of the job."""
        if isinstance(call, Outcome):
            return call
        try:
            value = call()
            if inspect.iscoroutine(value):
                import asyncio  # a tenth of a second; callers import this module too

                value = asyncio.run(value)
            elif inspect.isgenerator(value):
                value = _drain(value, task)
            return Outcome("finished", result=self._serialised(value, job_id, task))
        except JobStopped as error:
            return Outcome("stopped", detail={"stack": _traceback(error)})
        except MemoryError as error:
            return Outcome("failed", "crashed", error=_traceback(error), detail={"memory": True})
        except BaseException as error:  # noqa: BLE001 - everything, even SystemExit
            detail = {"permanent": True} if getattr(error, "permanent", False) else None
            return Outcome("failed", "exception", error=_traceback(error), detail=detail)

    def _function(self, task: str) -> Callable[..., Any]:
        """Return the task's function, looked up once: when its file changes, this process ends.

        Its module may have been named by the project after the worker started.
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
    """Run a generator and return its result; each yield is progress: a fraction, or (fraction, preview)."""
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


def _traceback(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip()
    return storable(text, _ERROR_CHARS)
