"""The process that runs jobs: one after another, each from one message and answered by one."""

import contextlib
import json
import logging
import marshal
import os
import resource
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from drawscape.project_modules import add_folder
from drawscape.queue.table.records import parsed
from drawscape.queue.worker.child_setup import (
    adopt_descendants,
    capture_output,
    die_with,
    limit_memory,
)
from drawscape.queue.worker.context import RunningJob, set_current
from drawscape.queue.worker.failpoints import failpoint
from drawscape.queue.worker.loaded_code import LoadedCode
from drawscape.queue.worker.messages import ChildSettings, JobStopped, Kind
from drawscape.queue.worker.orphans import CHILD, child_mark
from drawscape.queue.worker.process_state import ProcessState
from drawscape.queue.worker.task_call import Call, Ending, TaskCaller, storable

_PEAK_WORTH_A_RESET_KB = 262_144
_MESSAGE_CHARS = 2_000
_MAXRSS_PER_KB = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes

_LOG = logging.getLogger("huey.drawscape")

Message = tuple[bytes, str, str, float, str | None, bytes]
"""A job: its mark, id, task, when it was queued, notes, and its signed call."""


def main(
    connection: Connection,
    lifeline: Connection,
    line: Connection | None,
    log: Connection,
    begun: Connection,
    settings: ChildSettings,
) -> None:
    """Serve jobs from `connection` until it closes; the entry point of the child process."""
    os.setsid()
    die_with(lifeline)
    if line is not None:
        die_with(line)
    adopt_descendants()
    capture_output(log)
    child = Child(connection, begun.fileno(), log.fileno(), settings)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        child.serve()


class Child:
    """This process as a server of jobs."""

    def __init__(
        self,
        connection: Connection,
        begun: int,
        log: int,
        settings: ChildSettings,
    ) -> None:
        self._pid = os.getpid()
        self._jobs = 0
        self._peak_kb = _peak_kb()
        self._connection = connection
        self._begun = begun
        self._settings = settings
        self._caller = TaskCaller(settings)
        self._code = LoadedCode()
        self._send_lock = threading.Lock()
        self._running: RunningJob | None = None
        home = Path(settings.home)
        os.environ["DRAWSCAPE_HOME"] = str(home)
        os.environ[CHILD] = child_mark(self._pid)
        os.chdir(home)
        add_folder(home)
        sys.dont_write_bytecode = True  # a file edited twice in a second would leave a stale cache
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._on_term)
        limit_memory(settings.memory_limit_bytes)
        self._state = ProcessState(settings.home, log)

    def serve(self) -> None:
        """Answer jobs until the connection closes, or until this process is no longer fit for one."""
        self._code.note()
        self._send(Kind.READY)
        while self._serve(marshal.loads(self._connection.recv_bytes())):
            pass

    def _serve(self, message: Message) -> bool:
        """Run a job if this process may; return whether it may be sent another."""
        answer = self._answer(*message)
        if answer is None:
            self._send(Kind.STALE, message[0])
            return False
        self._send(Kind.DONE, *answer)
        return True

    def _answer(
        self,
        mark: bytes,
        job_id: str,
        task: str,
        created_at: float,
        meta: str | None,
        payload: bytes,
    ) -> tuple[Any, ...] | None:
        """Run a job and return its answer; None if that has to be in another process."""
        if self._code.is_stale(created_at):
            return None
        os.pwrite(self._begun, mark, 0)
        began = time.time()
        call = self._caller.prepare(job_id, task, payload)
        if self._jobs and isinstance(call, Call) and call.fresh_process:
            return None
        ending = self._run(mark, job_id, task, meta, call)
        self._code.note(began)
        self._peak_kb = _peak_kb()
        reusable = self._is_reusable(call)
        return mark, *ending, self._peak_kb, reusable

    def _send(self, kind: Kind, *content: Any) -> None:
        with self._send_lock:
            self._connection.send_bytes(kind.value + marshal.dumps(content))

    def _run(
        self, mark: bytes, job_id: str, task: str, meta: str | None, call: Call | Ending
    ) -> Ending:
        failpoint("child.before_start")
        if self._peak_kb > _PEAK_WORTH_A_RESET_KB:
            _reset_peak()
        job = RunningJob(job_id, parsed(meta), lambda *report: self._report(mark, job_id, *report))
        set_current(job)
        try:
            ending = self._attempt(job, task, call)
        finally:
            set_current(None)
        if os.getpid() != self._pid:  # a copy that the task has forked, and that has returned here
            _flush_output()
            os._exit(0)
        try:
            job.close(with_preview=ending.status != "finished")
        except Exception as cause:  # noqa: BLE001 - the task's preview or notes, not its outcome
            _LOG.warning("the last progress is lost: %r", cause)
        _flush_output()
        failpoint("result.serialised")
        return ending

    def _is_reusable(self, call: Call | Ending) -> bool:
        """Return whether another job may run here, after the last one's traces were removed."""
        self._jobs += 1
        if isinstance(call, Call) and call.fresh_process:
            return False
        if self._settings.max_jobs is not None and self._jobs >= self._settings.max_jobs:
            return False
        large = self._peak_kb > _PEAK_WORTH_A_RESET_KB and self._state.keeps_memory()
        return self._state.restore() and not large

    def _attempt(self, job: RunningJob, task: str, call: Call | Ending) -> Ending:
        if isinstance(call, Ending):
            return call
        try:
            self._running = job
            try:
                return self._caller.run(str(job.id), task, call)
            finally:
                self._running = None
        except JobStopped:  # asked just as the call had ended
            return Ending("stopped")

    def _on_term(self, _signum: int, _frame: FrameType | None) -> None:
        job = self._running
        if job is not None:
            job.ask_to_stop()
            raise JobStopped("asked to stop")

    def _report(
        self,
        mark: bytes,
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
        text = None if message is None else storable(message, _MESSAGE_CHARS)
        self._send(Kind.PROGRESS, mark, fraction, text, notes, preview is not None)


def _peak_kb() -> int:
    """Return the most memory that this process has held since the last reset, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MAXRSS_PER_KB


def _reset_peak() -> None:
    """Let the kernel forget the peak of an earlier, larger job."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 - a tenth of what `suppress` takes
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass


def _write_preview(folder: Path, job_id: str, preview: bytes) -> None:
    """Written beside and renamed: a reader sees a whole picture or the one before."""
    temporary = folder / f".{job_id}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        temporary.unlink(missing_ok=True)  # of a killed predecessor, or a link put there
        temporary.write_bytes(preview)
        temporary.replace(folder / f"{job_id}.svg")
    except OSError as error:
        _LOG.warning("no preview: %s", error)
