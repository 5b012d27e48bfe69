"""A slot's hand, without the slot's thread."""

import threading
from collections.abc import Callable

from drawscape.queue.engines.engine import Database
from drawscape.queue.table.candidates import ANY_PRIORITY
from drawscape.queue.worker.hand import Hand
from drawscape.queue.worker.turn import Turn

CLAIMANT = ("background", "worker", None)
"""The queue, the worker, and no child process."""


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
