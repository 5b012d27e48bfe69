"""The settings that a form has shown, one after the other, to go back and forth in."""

import time
from collections.abc import Mapping
from typing import Any

ONE_MOVE_S = 0.8
"""Changes of one parameter that follow each other so closely are one move of a slider."""

LONGEST = 500

Settings = Mapping[str, Any]


class SettingsHistory:
    """A row of settings with a place in it; `add` cuts off what lies ahead of the place."""

    def __init__(self, first: Settings) -> None:
        self._row: list[Settings] = [first]
        self._place = 0
        self._changed: set[str] = set()
        self._at_s = 0.0

    @property
    def can_undo(self) -> bool:
        """Whether there are settings before these."""
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        """Whether there are settings after these."""
        return self._place < len(self._row) - 1

    def add(self, settings: Settings) -> None:
        """Note what is shown now; the same settings again are nothing new."""
        changed = _differences(self._row[self._place], settings)
        if not changed:
            return
        now = time.monotonic()
        same_move = len(changed) == 1 and changed == self._changed and now - self._at_s < ONE_MOVE_S
        kept = self._place if same_move else self._place + 1
        self._row = [*self._row[:kept], settings][-LONGEST:]
        self._place = len(self._row) - 1
        self._changed, self._at_s = changed, now

    def undo(self) -> Settings:
        """Go back one step; return what is to be shown."""
        return self._step(-1)

    def redo(self) -> Settings:
        """Go one step forward again; return what is to be shown."""
        return self._step(1)

    def _step(self, by: int) -> Settings:
        self._place = min(max(self._place + by, 0), len(self._row) - 1)
        self._changed = set()
        return self._row[self._place]


def _differences(before: Settings, after: Settings) -> set[str]:
    """Return the names whose values differ; by their text, for arrays would not compare."""
    names = before.keys() | after.keys()
    return {name for name in names if repr(before.get(name)) != repr(after.get(name))}
