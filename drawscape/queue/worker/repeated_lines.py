"""A log's filter against repetition: a server that is away is one line a minute, not four a second."""

import logging
import time

_PAUSE_S = 60.0
_MOST = 100


class RepeatedLines(logging.Filter):
    """Lets a warning or error pass that was not written within the last minute."""

    def __init__(self) -> None:
        super().__init__()
        self._written_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        if record.levelno < logging.WARNING:
            return True
        now, text = time.monotonic(), record.getMessage()
        if now - self._written_at.get(text, -_PAUSE_S) < _PAUSE_S:
            return False
        if len(self._written_at) >= _MOST:
            self._written_at.clear()
        self._written_at[text] = now
        return True
