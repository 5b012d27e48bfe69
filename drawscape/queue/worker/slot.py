"""A slot: a warm child process, and the jobs that it runs one after another."""

import logging
from collections.abc import Callable
from dataclasses import replace

from drawscape.errors import DrawscapeError
from drawscape.queue.engines.engine import Log, Traces
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.child_process import ChildProcess, start_child
from drawscape.queue.worker.lease import Lease
from drawscape.queue.worker.messages import ChildSettings
from drawscape.queue.worker.run import OnProgress, Run
from drawscape.queue.worker.stop_requests import StopRequests
from drawscape.queue.worker.turn import Turn

_LOG = logging.getLogger("huey.drawscape")

_CHILDREN_PER_JOB = 3  # a stale child is replaced; edits that race with each other end in a run

_NEVER_BEGUN = (
    f"{_CHILDREN_PER_JOB} child processes in a row could not begin with it: each died before, or its code "
    "changed faster than a child could start"
)


class Slot:
    """Runs jobs in a child of its own; `run` is called from one thread, `requests` serves any."""

    def __init__(
        self,
        settings: ChildSettings,
        traces: Traces,
        turn: Turn,
        on_progress: OnProgress,
        on_child: Callable[[Claim, int], None],
        lease: Lease,
    ) -> None:
        self._settings = settings
        self._traces = traces
        self._turn = turn
        self._on_progress = on_progress
        self._on_child = on_child
        self._lease = lease
        self._child: ChildProcess | None = None
        self.log: Log | None = None
        """The last job's."""
        self.requests = StopRequests()

    @property
    def pid(self) -> int | None:
        """The present child's process id."""
        return None if self._child is None else self._child.pid

    def warm_up(self) -> ChildProcess:
        """Return the child, started if there is none; raise ChildStartError when that fails."""
        if self._child is None:
            with self._turn.released():
                self._child = start_child(self._settings, self._lease.line)
        return self._child

    def run(self, claim: Claim, since: float) -> Outcome:
        """Return how the job ended, which was asked for at `since` (seconds since the machine's start).

        Raises Interrupted when the worker has to leave while the job runs, and ChildStartError when no
        child could be started, before the job began: then it is to be given back.
        """
        log = self.log = self._traces.open_log(claim)
        self.requests.assign(claim)
        try:
            for _ in range(_CHILDREN_PER_JOB):
                outcome = self._run_once(self.warm_up(), claim, since, log)
                if outcome is not None:
                    short = log.short()
                    return outcome if short is None else replace(outcome, log=short)
            return Outcome("failed", "crashed", error=_NEVER_BEGUN)
        finally:
            self.requests.assign(None)
            log.close()

    def _run_once(
        self, child: ChildProcess, claim: Claim, since: float, log: Log
    ) -> Outcome | None:
        if child.pid != claim.pid:
            self._on_child(claim, child.pid)
        reusable = False
        run = Run(
            child,
            claim,
            log,
            self.requests,
            self._turn,
            self._on_progress,
            lambda: self._lease.may_run(since),
        )
        try:
            end = run.end()
            reusable = end.reusable
        finally:
            if not reusable:
                self.replace()
        outcome = end.outcome
        if outcome and (run.previewed or claim.token > 1):
            try:
                self._traces.close_preview(claim.id, keep=outcome.status != "finished")
            except (OSError, DrawscapeError) as error:  # it is not worth the job
                _LOG.warning("job=%s event=preview_left error=%r", claim.id, str(error))
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
