"""A slot: a warm child process, and the jobs that it runs one after another."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.child_process import ChildProcess, start_child
from drawscape.queue.worker.job_log import JobLog
from drawscape.queue.worker.messages import ChildSettings
from drawscape.queue.worker.run import OnProgress, Run
from drawscape.queue.worker.stop_requests import StopRequests
from drawscape.queue.worker.turn import Turn

_CHILDREN_PER_JOB = 3  # a stale child is replaced; edits that race with each other end in a run

_NEVER_BEGUN = (
    f"{_CHILDREN_PER_JOB} child processes in a row could not begin with it: each died before, or its code "
    "changed faster than a child could start"
)


@dataclass(frozen=True)
class SlotSettings:
    """Where a slot keeps logs and previews, and what its children need to know."""

    logs: Path
    previews: Path
    child: ChildSettings


class Slot:
    """Runs jobs in a child of its own; `run` is called from one thread, `requests` serves any."""

    def __init__(
        self,
        settings: SlotSettings,
        turn: Turn,
        on_progress: OnProgress,
        on_child: Callable[[Claim, int], None],
        read_log: Callable[[str], bytes],
    ) -> None:
        self._settings = settings
        self._turn = turn
        self._on_progress = on_progress
        self._on_child = on_child
        self._read_log = read_log
        self._child: ChildProcess | None = None
        self._log: JobLog | None = None
        self.requests = StopRequests()

    @property
    def pid(self) -> int | None:
        """The present child's process id."""
        return None if self._child is None else self._child.pid

    def warm_up(self) -> ChildProcess:
        """Return the child, started if there is none; raise ChildStartError when that fails."""
        if self._child is None:
            with self._turn.released():
                self._child = start_child(self._settings.child)
        return self._child

    def run(self, claim: Claim) -> Outcome:
        """Return how the job ended.

        Raises Interrupted when the worker has to leave while the job runs, and ChildStartError when no
        child could be started, before the job began: then it is to be given back.
        """
        earlier = (lambda: self._read_log(claim.id)) if claim.token > 1 else None
        log = self._log = JobLog(self._settings.logs, claim.id, earlier)
        self.requests.assign(claim)
        try:
            for _ in range(_CHILDREN_PER_JOB):
                outcome = self._run_once(self.warm_up(), claim, log)
                if outcome is not None:
                    short = log.short()
                    return outcome if short is None else replace(outcome, log=short)
            return Outcome("failed", "crashed", error=_NEVER_BEGUN)
        finally:
            self.requests.assign(None)
            log.close()

    def remove_log(self) -> None:
        """Remove the file of the last job's log, once the table has what is in it."""
        if self._log is not None:
            self._log.remove_file()

    def _run_once(self, child: ChildProcess, claim: Claim, log: JobLog) -> Outcome | None:
        if child.pid != claim.pid:
            self._on_child(claim, child.pid)
        reusable = False
        try:
            end = Run(child, claim, log, self.requests, self._turn, self._on_progress).end()
            reusable = end.reusable
        finally:
            if not reusable:
                self.replace()
        outcome = end.outcome
        if outcome and outcome.status == "finished" and (end.previewed or claim.token > 1):
            with contextlib.suppress(OSError):
                (self._settings.previews / f"{claim.id}.svg").unlink()
        return outcome

    def kill(self) -> None:
        """Kill the child, from any thread: the process is about to leave and would wait for it."""
        child = self._child
        if child is not None:
            child.kill()

    def replace(self) -> None:
        """End the present child; the next job starts another."""
        if self._child is not None:
            self._child.end()
            self._child.close()
            self._child = None

    def close(self) -> None:
        """End the child and close everything."""
        self.replace()
        self.requests.close()
