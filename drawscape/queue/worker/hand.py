"""The jobs that a slot holds beside the one that it runs: claimed ahead, and ended but not yet acknowledged.

A transaction costs more than a job that does little. So a slot whose jobs are short claims a handful in one
transaction, runs them one after another, and acknowledges them in the one that claims the next.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from drawscape.errors import DrawscapeError
from drawscape.queue.engines.engine import CommitInDoubt, Database, Log, ValueRefused
from drawscape.queue.table.claims import acknowledge_all, give_back
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.turn import Turn

_LOG = logging.getLogger("huey.drawscape")

_MOST = 16
"""How many jobs are held at once."""

_SHORT_S = 0.002
"""Up to which time a job is short: of others only one is held, and acknowledged at once."""

_RETRY_PAUSE_S = 0.25  # after an acknowledgement that failed


class Ended(NamedTuple):
    """A job that has run, and is not acknowledged yet."""

    job: Claim
    outcome: Outcome
    log: Log | None = None
    """Removed once the job's row has what is in it."""


class Hand:
    """What one slot holds; used by its thread.

    `claimant()` returns for whom the next are claimed, or None; `left()` how many more may run here.
    """

    def __init__(
        self,
        database: Database,
        turn: Turn,
        leaving: threading.Event,
        *,
        lanes: tuple[str, ...],
        lowest: int,
        claimant: Callable[[], tuple[str, str, int | None] | None],
        left: Callable[[], int],
        on_let_go: Callable[[], None],
    ) -> None:
        self._database = database
        self._turn = turn
        self._leaving = leaving
        self._lanes = lanes
        self._lowest = lowest
        self._claimant = claimant
        self._left = left
        self._on_let_go = on_let_go
        self._ahead: list[Claim] = []  # the next one last
        self._ended: list[Ended] = []
        self._most = 1
        self.claims = 0
        """How often the slot has begun or ended to claim: odd while it waits for the answer."""
        self.begun: set[tuple[int, int]] = set()
        """Number and token of jobs that have begun, and that could not be given back."""

    def jobs(self) -> list[Claim]:
        """Return what is held."""
        return [*self._ahead, *(ended.job for ended in self._ended)]

    def ahead(self) -> list[Claim]:
        """Return what was claimed ahead, the next one first."""
        return self._ahead[::-1]

    def next(self) -> Claim | None:
        """Return what was claimed ahead and is to run next."""
        return self._ahead.pop() if self._ahead else None

    def end(self, ended: Ended, duration_s: float) -> None:
        """Acknowledge that a job has ended, and claim the next; later, while short ones are in hand."""
        self._ended.append(ended)
        is_short = duration_s < _SHORT_S
        self._most = min(2 * self._most, _MOST) if is_short else 1
        if not (is_short and self._ahead):
            self._acknowledge_ended()

    def let_go(self) -> None:
        """The present job takes its time: give back what was claimed ahead, acknowledge what has ended."""
        if not (self._ahead or self._ended):
            return
        try:
            with self._database.hurried():
                self._give_back_ahead()
                while self._ended:
                    self._note_ends(acknowledge_all(self._database, self._outcomes())[0])
        except Exception as error:  # noqa: BLE001 - it is tried again, and reported at the job's end at the latest
            _LOG.warning("event=let_go_postponed error=%r", error)
        self._on_let_go()

    def _give_back_ahead(self) -> None:
        """Give back what was claimed ahead; what may be another's by now does not run here."""
        if self._ahead:
            try:
                give_back(self._database, *self._ahead, begun=False)
            except CommitInDoubt:  # the worker gives back what it does not know of
                self._ahead.clear()
                raise
            self._ahead.clear()

    def empty(self) -> None:
        """Acknowledge what has ended and give back what was claimed ahead: the worker leaves."""
        self._acknowledge_ended()
        while self._ahead:
            self.give_back(self._ahead.pop(), begun=False)

    def give_back(self, job: Claim, *, begun: bool) -> None:
        """Let another worker have a job."""
        try:
            event = "given_back" if give_back(self._database, job, begun=begun) else "late"
            _LOG.warning("job=%s event=%s token=%d", job.id, event, job.token)
        except DrawscapeError as error:
            _LOG.error("job=%s event=give_back_failed error=%r", job.id, str(error))
            if begun:
                self.begun.add((job.seq, job.token))

    def _acknowledge_ended(self) -> None:
        while self._ended:
            with self.claiming():
                accepted = self._acknowledge(self._outcomes())
            self._note_ends(accepted)

    @contextlib.contextmanager
    def claiming(self) -> Iterator[None]:
        """Claim in a block, at the end of which what was claimed is held."""
        self.claims += 1
        try:
            yield
        finally:
            self.claims += 1

    def _acknowledge(self, ended: list[tuple[Claim, Outcome]]) -> list[bool | None]:
        """Write the outcomes, however long the disk is full or the file locked: none is to be lost."""
        while True:
            try:
                claimant = None if self._ahead else self._claimant()
                with self._turn.committing(self._database):
                    accepted, following = acknowledge_all(
                        self._database,
                        ended,
                        next_for=claimant,
                        lanes=self._lanes,
                        lowest=self._lowest,
                        most=min(self._most, self._left()),
                    )
            except Exception as error:  # noqa: BLE001 - a locked file, or values that the engine does not take
                if len(ended) > 1:  # each alone: it may be due to one of them
                    return [self._acknowledge([one])[0] for one in ended]
                ended = [_after(error, *ended[0])]
            else:
                self._ahead = self._apart(following)[::-1] or self._ahead
                return accepted
            with self._turn.released():
                time.sleep(_RETRY_PAUSE_S)
            if self._leaving.is_set():
                return [False]

    def _apart(self, claimed: list[Claim]) -> list[Claim]:
        """Return which of the jobs are held together; the others go back.

        One that was recovered from a dead worker is held by itself: should this one die too, then no job is
        to blame that only lay beside it.
        """
        kept = (
            next((place for place, job in enumerate(claimed) if job.recoveries), len(claimed)) or 1
        )
        if claimed[kept:]:
            self._most = 1
            try:
                give_back(self._database, *claimed[kept:], begun=False)
            except CommitInDoubt:
                pass  # the worker gives back what it does not know of
            except DrawscapeError as error:
                _LOG.warning("event=held_together error=%r", str(error))
                return claimed
        return claimed[:kept]

    def _outcomes(self) -> list[tuple[Claim, Outcome]]:
        return [(ended.job, ended.outcome) for ended in self._ended]

    def _note_ends(self, accepted: list[bool | None]) -> None:
        left = []
        for ended, is_accepted in zip(self._ended, accepted, strict=True):
            job, outcome, log = ended
            if is_accepted is None:
                left.append(ended)
                continue
            if is_accepted and outcome.log and log:
                try:
                    log.remove()
                except DrawscapeError as error:
                    _LOG.warning("job=%s event=log_left error=%r", job.id, str(error))
            _log_end(job, outcome, is_accepted)
        self._ended = left


def _after(error: Exception, job: Claim, outcome: Outcome) -> tuple[Claim, Outcome]:
    """Return what to write after `outcome` was not written: the same again, unless it can never be."""
    _LOG.error("job=%s event=acknowledge_failed error=%r", job.id, error)
    if isinstance(error, ValueRefused):
        outcome = replace(
            unforeseen("its outcome is too large for the queue", error), log=outcome.log
        )
    elif not isinstance(error, DrawscapeError):
        outcome = unforeseen("its outcome could not be written", error)
    return job, outcome


def _log_end(job: Claim, outcome: Outcome, accepted: bool) -> None:
    if not accepted:
        _LOG.warning("job=%s event=late token=%d status=%s", job.id, job.token, outcome.status)
    elif outcome.status == "failed":
        lines = (outcome.error or "").strip().splitlines() or [""]
        _LOG.warning(
            "job=%s task=%s status=failed reason=%s error=%r",
            job.id,
            job.task,
            outcome.reason,
            # A traceback names the error last, all else first.
            lines[-1 if outcome.reason == "exception" else 0],
        )
    else:
        _LOG.info("job=%s task=%s status=%s", job.id, job.task, outcome.status)


def unforeseen(what: str, error: Exception) -> Outcome:
    """What is written of a job when its own outcome cannot be: in plain ASCII, which always can."""
    return Outcome(
        "failed", "crashed", error=f"{what}: {type(error).__name__}: {str(error)[:2000]!a}"
    )
