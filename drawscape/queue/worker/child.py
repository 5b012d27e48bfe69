"""The process that runs jobs: one after another, each told by a message and answered by one."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import fcntl
import inspect
import json
import logging
import marshal
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from drawscape.errors import NotSerializableError
from drawscape.project_modules import add_folder
from drawscape.queue.codec import Codec, SignatureMismatch, of_call, of_result
from drawscape.queue.table.records import parsed
from drawscape.queue.task import load
from drawscape.queue.worker.context import RunningJob, set_current
from drawscape.queue.worker.failpoints import failpoint
from drawscape.queue.worker.loaded_code import LoadedCode

READY, PROGRESS, DONE, STALE = b"R", b"P", b"D", b"S"
"""The first byte of a message from the child."""

_PEAK_WORTH_A_RESET_KB = 262_144
_RESULT_LIMIT_BYTES = (
    500_000_000  # SQLite refuses rows of a billion bytes, and copies are made on the way
)
_ERROR_CHARS = 100_000
_MESSAGE_CHARS = 2_000
_F_SETSIG = 10  # Linux: which signal tells that a descriptor has changed


class JobStopped(BaseException):
    """Raised inside a task that was asked to stop; no `except Exception` catches it."""


@dataclass(frozen=True)
class ChildSettings:
    """What a child is told when it starts."""

    home: str
    key: bytes
    task_modules: tuple[str, ...]
    previews: str
    memory_limit_bytes: int | None


def main(
    connection: Connection,
    lifeline: Connection,
    log: Connection,
    begun: Connection,
    settings: ChildSettings,
) -> None:
    """Serve jobs from `connection` until it closes; the entry point of the child process."""
    os.setsid()
    _die_with_parent(lifeline)
    _write_to(log)
    child = _Child(connection, begun.fileno(), settings)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        child.serve()


def _die_with_parent(lifeline: Connection) -> None:
    """Let the kernel kill this whole process group when the parent is gone.

    The parent holds the other end of a pipe that nobody writes to. On Linux its closing raises a signal of
    our choice, which stops even a loop in C and a task's own children; elsewhere a thread watches.
    """
    descriptor = lifeline.fileno()
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, _F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
        if lifeline.poll(0):  # it was gone before we listened
            os.killpg(0, signal.SIGKILL)
        return

    def watch() -> None:
        lifeline.poll(None)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _write_to(log: Connection) -> None:
    """Send whatever this process and its libraries print to the worker, which keeps it with the job."""
    for descriptor in (1, 2):
        os.dup2(log.fileno(), descriptor)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    faulthandler.enable(file=2, all_threads=False)
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )


class _Child:
    def __init__(self, connection: Connection, begun: int, settings: ChildSettings) -> None:
        self._connection = connection
        self._begun = begun
        self._settings = settings
        self._codec = Codec(settings.key)
        self._code = LoadedCode()
        self._functions: dict[str, Callable[..., Any]] = {}
        self._send_lock = threading.Lock()
        self._running: RunningJob | None = None
        self._prepare()

    def _prepare(self) -> None:
        home = Path(self._settings.home)
        os.environ["DRAWSCAPE_HOME"] = str(home)
        os.chdir(home)
        add_folder(home)
        sys.dont_write_bytecode = True  # a file edited twice in a second would leave a stale cache
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._on_term)
        limit = self._settings.memory_limit_bytes
        if limit is not None:
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    def _on_term(self, _signum: int, _frame: FrameType | None) -> None:
        job = self._running
        if job is not None:
            job.ask_to_stop()
            raise JobStopped("asked to stop")

    def _send(self, kind: bytes, content: Any = None) -> None:
        with self._send_lock:
            self._connection.send_bytes(kind + marshal.dumps(content))

    def serve(self) -> None:
        """Answer jobs until the connection closes, or until the code on disk is no longer ours."""
        self._code.note()
        self._send(READY)
        while True:
            message = marshal.loads(self._connection.recv_bytes())
            mark, job_id, task, created_at, meta, payload = message
            if self._code.is_stale(created_at):
                self._send(STALE)
                return
            os.pwrite(self._begun, mark, 0)
            began = time.time()
            outcome = self._run(job_id, task, meta, payload)
            self._code.note(began)
            self._send(DONE, outcome)

    def _run(self, job_id: str, task: str, meta: str | None, payload: bytes) -> tuple[Any, ...]:
        failpoint("child.before_start")
        _reset_peak()
        self._tidy()
        job = RunningJob(job_id, parsed(meta), lambda *report: self._report(job_id, *report))
        set_current(job)
        try:
            status, reason, result, error, detail = self._attempt(job, job_id, task, payload)
        finally:
            self._running = None
            set_current(None)
        try:
            job.close(with_preview=status != "finished")
        except Exception as cause:  # noqa: BLE001 - the task's preview or notes, not its outcome
            logging.getLogger("huey.drawscape").warning("the last progress is lost: %r", cause)
        _flush_output()
        failpoint("result.serialised")
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return status, reason, result, error, detail, peak_kb

    def _tidy(self) -> None:
        """Undo what an earlier job may have changed for the whole process."""
        with contextlib.suppress(OSError):
            os.chdir(self._settings.home)
        signal.signal(signal.SIGTERM, self._on_term)

    def _attempt(self, job: RunningJob, job_id: str, task: str, payload: bytes) -> tuple[Any, ...]:
        try:
            function, args, kwargs = self._codec.loads(payload, of_call(job_id, task))
            if function is None:
                function = self._function(task)
        except SignatureMismatch as error:
            return "failed", "invalid", None, str(error), None
        except Exception as error:  # noqa: BLE001 - a task that cannot be loaded is a failed job
            return "failed", "exception", None, _told(error), None
        try:
            self._running = job
            value = function(*args, **kwargs)
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
            self._running = None
            return "finished", None, self._serialised(value, job_id, task), None, None
        except JobStopped as error:
            return "stopped", None, None, None, {"stack": _told(error)}
        except MemoryError as error:
            return "failed", "crashed", None, _told(error), {"memory": True}
        except BaseException as error:  # noqa: BLE001 - whatever a task raises is its job's failure
            detail = {"permanent": True} if getattr(error, "permanent", False) else None
            return "failed", "exception", None, _told(error), detail

    def _function(self, task: str) -> Callable[..., Any]:
        """Return the task's function, looked up once: when its file changes this process ends."""
        found = self._functions.get(task)
        if found is None:
            found = load(task, self._settings.task_modules, Path(self._settings.home))
            self._functions[task] = found
        return found

    def _serialised(self, value: Any, job_id: str, task: str) -> bytes:
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

    def _report(
        self,
        job_id: str,
        fraction: float,
        message: str | None,
        meta: dict[str, Any] | None,
        preview: bytes | None,
    ) -> None:
        failpoint("run.middle")
        if preview is not None:
            _write_preview(Path(self._settings.previews), job_id, preview)
        notes = None if meta is None else json.dumps(meta, default=str)
        said = None if message is None else _writable(message, _MESSAGE_CHARS)
        self._send(PROGRESS, (fraction, said, notes, preview is not None))


def _writable(text: object, limit: int) -> str:
    """Return `text` as the table takes it: no lone surrogates, which stand in file names that are not
    UTF-8, and its middle left out when it is longer than `limit`.
    """
    told = str(text)
    if len(told) > limit:
        told = f"{told[: limit // 2]}\n[...]\n{told[-limit // 2 :]}"
    return told.encode("utf-8", "backslashreplace").decode()


def _told(error: BaseException) -> str:
    """Return the traceback as text, without the frames of this module."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    text = "".join(traceback.format_exception(type(error), error, trace)).rstrip()
    return _writable(text, _ERROR_CHARS)


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _reset_peak() -> None:
    """Let the kernel forget the peak of an earlier, larger job."""
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _PEAK_WORTH_A_RESET_KB:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")


def _write_preview(folder: Path, job_id: str, preview: bytes) -> None:
    """Written beside and renamed: a reader sees a whole picture or the one before."""
    temporary = folder / f".{job_id}"
    try:
        temporary.write_bytes(preview)
        temporary.replace(folder / f"{job_id}.svg")
    except OSError as error:
        logging.getLogger("huey.drawscape").warning("no preview: %s", error)
