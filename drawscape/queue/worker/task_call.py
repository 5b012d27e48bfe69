"""One call of a task: its message decoded, its function run, its result serialised."""

import asyncio
import inspect
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, SupportsFloat

from drawscape import output_store
from drawscape.errors import (
    JobNotFoundError,
    NotSerializableError,
    TaskNotAllowedError,
    TaskNotFoundError,
)
from drawscape.queue.codec import Codec, SignatureMismatch, of_call, of_result
from drawscape.queue.engines.target import is_url, open_database
from drawscape.queue.job_argument import resolved
from drawscape.queue.origin import OtherPythonError
from drawscape.queue.output_paths import portable_paths
from drawscape.queue.table.query import read_result
from drawscape.queue.task import load
from drawscape.queue.worker.context import current_job
from drawscape.queue.worker.messages import ChildSettings, JobStopped
from drawscape.settings import project_task_modules

_RESULT_LIMIT_BYTES = (
    500_000_000  # SQLite refuses rows of a billion bytes, and copies are made on the way
)
_ERROR_CHARS = 100_000


@dataclass(frozen=True)
class Call:
    """A task's function with its arguments."""

    run: Callable[[], Any]
    fresh_process: bool = False
    """Whether it wants a process in which no other job runs, before or after."""


class Ending(NamedTuple):
    """How a call ended; the fields are those of an Outcome.

    With `refused` in its details this worker lacks the code; another one may have it.
    """

    status: str
    reason: str | None = None
    result: bytes | None = None
    error: str | None = None
    detail: dict[str, Any] | None = None


class TaskCaller:
    """Calls tasks in this process; the functions that it has looked up are kept."""

    def __init__(self, settings: ChildSettings) -> None:
        self._codec = Codec(settings.key)
        self._settings = settings
        self._task_modules = settings.task_modules
        self._home = Path(settings.home)
        # Asked once: a task that changes its environment changes it for itself.
        self._is_shared = is_url(settings.queue) or bool(output_store.named())
        self._functions: dict[str, Callable[..., Any]] = {}

    def prepare(self, job_id: str, task: str, payload: bytes) -> Call | Ending:
        """Return the call that `payload` describes, or how the job ends if it describes none."""
        try:
            # What an older version has queued has no options.
            function, args, kwargs, *options = self._codec.loads(payload, of_call(job_id, task))
            function = function or self._function(task)
            args, kwargs = resolved(args, kwargs, self._result_of)
        except SignatureMismatch as error:
            return Ending("failed", "invalid", error=str(error))
        except (OtherPythonError, TaskNotFoundError, TaskNotAllowedError) as error:
            return Ending("failed", "invalid", error=str(error), detail={"refused": str(error)})
        except ModuleNotFoundError as error:
            detail = {"refused": f"{type(error).__name__}: {error}"}
            return Ending("failed", "exception", error=_traceback(error), detail=detail)
        except Exception as error:  # noqa: BLE001 - a task that cannot be loaded is a failed job
            return Ending("failed", "exception", error=_traceback(error))
        return Call(lambda: function(*args, **kwargs), **(options[0] if options else {}))

    def _result_of(self, job_id: str) -> Any:
        """Return the result of another job, which has finished and is kept while this one waits."""
        folder = Path(self._settings.previews).parent
        database = open_database(self._settings.queue, folder)
        try:
            data = read_result(database, job_id)
        finally:
            database.close()
        if data is None:
            raise JobNotFoundError(
                f"its argument, the result of job {job_id}, is not there any more"
            )
        return self._codec.loads(data, of_result(job_id))

    def run(self, job_id: str, task: str, call: Call) -> Ending:
        """Return how `call` ended; whatever it raises is its job's failure."""
        try:
            value = call.run()
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
            elif inspect.isgenerator(value):
                value = _drain(value, task)
            output_store.publish_expected(self._home)
            return Ending("finished", result=self._serialised(value, job_id, task))
        except JobStopped as error:
            return Ending("stopped", detail={"stack": _traceback(error)})
        except MemoryError as error:
            return Ending("failed", "crashed", error=_traceback(error), detail={"memory": True})
        except BaseException as error:  # noqa: BLE001 - SystemExit and all else
            detail = {"permanent": True} if getattr(error, "permanent", False) else None
            return Ending("failed", "exception", error=_traceback(error), detail=detail)

    def _function(self, task: str) -> Callable[..., Any]:
        """Return the task's function, looked up once: when its file changes this process ends."""
        found = self._functions.get(task)
        if found is None:
            found = self._functions[task] = self._load(task)
        return found

    def _load(self, task: str) -> Callable[..., Any]:
        """Return the task's function, in a module too that the project has named since the worker started."""
        try:
            return load(task, self._task_modules, self._home)
        except TaskNotAllowedError:
            return load(task, (*self._task_modules, *project_task_modules(self._home)), self._home)

    def _serialised(self, value: Any, job_id: str, task: str) -> bytes:
        if self._is_shared:
            value = portable_paths(value, self._home)
        try:
            data = self._codec.dumps(value, of_result(job_id))
        except NotSerializableError as error:
            raise NotSerializableError(
                f"{task} returned {type(value).__name__}, which cannot be carried between processes "
                f"({error}); return plain values or a file's path"
            ) from None
        if len(data) > _RESULT_LIMIT_BYTES:
            raise NotSerializableError(
                f"{task} returned {len(data) / 1e6:,.0f} MB, more than the {_RESULT_LIMIT_BYTES / 1e6:,.0f} "
                "MB that the queue's file takes; write a file and return its path"
            )
        return data


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
    """Return `text` as the table takes it: no lone surrogates, which stand in file names that are not
    UTF-8, and its middle left out when it is longer than `limit`.
    """
    whole = str(text)
    if len(whole) > limit:
        whole = f"{whole[: limit // 2]}\n[...]\n{whole[-limit // 2 :]}"
    return whole.encode("utf-8", "backslashreplace").decode()


def _traceback(error: BaseException) -> str:
    """Return the traceback as text, without the frames of this module."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip()
    return storable(text, _ERROR_CHARS)
