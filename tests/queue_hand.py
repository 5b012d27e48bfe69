"""A slot's hand, without the slot's thread."""

import threading
from collections.abc import Callable

from queue_steps import CLAIMANT

from drawscape.job_manager import default_queue
from drawscape.queue.engines.engine import Database
from drawscape.queue.table.candidates import ANY_PRIORITY
from drawscape.queue.table.claims import claim
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.hand import Ended, Hand
from drawscape.queue.worker.turn import Turn

SHORT_S, LONG_S = 0.0, 1.0
DONE = Outcome("finished", result=b"x")


def hand_of(
    database: Database,
    *,
    claimant: Callable[[], tuple[str, str, int | None] | None] = lambda: CLAIMANT,
    left: Callable[[], int] = lambda: 1000,
    on_let_go: Callable[[], None] = lambda: None,
) -> Hand:
    """Return the hand of a slot that takes jobs of all lanes."""
    return Hand(
        database,
        Turn(),
        threading.Event(),
        lanes=(),
        lowest=ANY_PRIORITY,
        claimant=claimant,
        left=left,
        on_let_go=on_let_go,
    )


class Slot:
    """A hand with the queue's file behind it, and what stands in for the slot's thread."""

    def __init__(self, left: int = 1000) -> None:
        self.database: Database = default_queue().database.another(is_durable=False)
        self.left = left
        self.let_go_calls = 0
        self.hand = hand_of(
            self.database,
            claimant=lambda: CLAIMANT if self.left else None,
            left=lambda: self.left,
            on_let_go=self._note_let_go,
        )

    def _note_let_go(self) -> None:
        self.let_go_calls += 1

    def take(self) -> Claim | None:
        return self.hand.next() or claim(self.database, *CLAIMANT)

    def end(self, job: Claim, outcome: Outcome, duration_s: float) -> None:
        self.hand.end(Ended(job, outcome), duration_s)

    def run_short(self, count: int) -> list[str]:
        """Run `count` jobs that are short, and return their ids."""
        done = []
        for _ in range(count):
            job = self.take()
            assert job is not None
            done.append(job.id)
            self.end(job, DONE, SHORT_S)
        return done
