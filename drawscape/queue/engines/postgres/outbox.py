"""Which notices a process has still to send, and when: ten in a row at once, then one in 5 ms for all."""

import math
import time
from collections.abc import Set

_PAUSE_S = 0.005
_AT_ONCE = 10
_CARRIED_S = 0.05
"""So long after a commit that carried notices another one is expected, which spares the thread its own."""


class Outbox:
    """Channels that are due; whoever uses it holds a lock."""

    def __init__(self) -> None:
        self._due: dict[str, float] = {}  # when there was last something to send
        self._may_send_at = 0.0
        self._carried_at = -math.inf

    def __bool__(self) -> bool:
        return bool(self._due)

    def add(self, channels: Set[str]) -> bool:
        """Let `channels` be due; return whether one of them was not."""
        is_new = not self._due.keys() >= channels
        self._due |= dict.fromkeys(channels, time.monotonic())
        return is_new

    @property
    def free_at(self) -> float:
        """From when on the thread may send what is due, in monotonic seconds."""
        at = self._may_send_at - _AT_ONCE * _PAUSE_S
        return at + _PAUSE_S if time.monotonic() < self._carried_at + _CARRIED_S else at

    def take(self) -> Set[str]:
        """Return what is due, which is not any more: it is sent now."""
        due, self._due = set(self._due), {}
        self._note_sent(time.monotonic())
        return due

    def may_carry(self) -> bool:
        """Return whether a statement may send the notices of its own commit."""
        return time.monotonic() >= self._may_send_at - _AT_ONCE * _PAUSE_S

    def carried(self, since: float) -> None:
        """A statement has been sent since then, with its notices and those of earlier commits."""
        self._due = {channel: at for channel, at in self._due.items() if at >= since}
        self._carried_at = time.monotonic()
        self._note_sent(self._carried_at)

    def _note_sent(self, now: float) -> None:
        self._may_send_at = max(self._may_send_at, now) + _PAUSE_S
