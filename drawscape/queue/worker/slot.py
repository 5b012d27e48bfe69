"""A slot: a warm child process, and the jobs that it runs one after another."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.child import ChildSettings
from drawscape.queue.worker.child_process import ChildProcess, start_child
from drawscape.queue.worker.job_log import JobLog
from drawscape.queue.worker.run import Run
from drawscape.queue.worker.stop_requests import StopRequests
from drawscape.queue.worker.turns import Baton

_CHILDREN_A_JOB = 3  # a stale child is replaced; edits that race with each other end in a run

_NEVER_BEGUN = (
    f"{_CHILDREN_A_JOB} child processes in a row could not begin with it: each died before, or its code "
    "changed faster than a child could start"
)


@dataclass(frozen=True)
class SlotSettings:
    """Where a slot keeps logs and previews, and what its children are told."""

    logs: Path
    previews: Path
    child: ChildSettings


class Slot:
    """Runs jobs in a child of its own; `run` is called from one thread, `requests` serves any."""

    def __init__(
        self,
        settings: SlotSettings,
        baton: Baton,
        on_progress: Callable[[Claim, float, str | None, str | None], None],
        on_child: Callable[[Claim, int], None],
    ) -> None:
        self._settings = settings
        self._baton = baton
        self._on_progress = on_progress
        self._on_child = on_child
        self._child: ChildProcess | None = None
        self.requests = StopRequests()

    @property
    def pid(self) -> int | None:
        """The present child's process id."""
        return None if self._child is None else self._child.pid

    def warm_up(self) -> ChildProcess:
        """Return the child, started if there is none; raise ChildStartError when that fails."""
        if self._child is None:
            with self._baton.laid_down():
                self._child = start_child(self._settings.child)
        return self._child

    def run(self, held: Claim) -> Outcome:
        """Return how the job ended.

        Raises Interrupted when the worker was told to leave while the job ran, and ChildStartError when
        no child could be started, before the job began: then it is to be given back.
        """
        log = JobLog(self._settings.logs, held.id)
        self.requests.hold(held)
        try:
            for _ in range(_CHILDREN_A_JOB):
                outcome = self._run_in(self.warm_up(), held, log)
                if outcome is not None:
                    return outcome
                self.replace()
            return Outcome("failed", "crashed", error=_NEVER_BEGUN)
        finally:
            self.requests.hold(None)
            log.close()

    def _run_in(self, child: ChildProcess, held: Claim, log: JobLog) -> Outcome | None:
        if child.pid != held.pid:
            self._on_child(held, child.pid)
        run = Run(child, held, log, self.requests, self._baton, self._on_progress)
        try:
            outcome = run.outcome()
        finally:
            if run.spent:
                self.replace()
        if (
            outcome is not None
            and outcome.status == "finished"
            and (run.previewed or held.token > 1)
        ):
            with contextlib.suppress(OSError):
                (self._settings.previews / f"{held.id}.svg").unlink()
        return outcome

    def replace(self) -> None:
        """End the present child; the next job starts another."""
        if self._child is not None:
            self._child.end()
            self._child.close()
            self._child = None

    def close(self) -> None:
        """End the child and let go of everything."""
        self.replace()
        self.requests.close()
