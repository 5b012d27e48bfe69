"""How much memory a conversion may take: `DRAWSCAPE_DATA_MEMORY_MB`."""

from __future__ import annotations

import os

from drawscape.errors import SettingsError

DEFAULT_MB = 512
LEAST_MB = 64  # below this DuckDB cannot hold the buffers of its readers


def memory_mb() -> int:
    """Return the megabytes that the environment allows; SettingsError when it names none."""
    text = os.environ.get("DRAWSCAPE_DATA_MEMORY_MB", str(DEFAULT_MB))
    if not text.isdecimal() or int(text) < LEAST_MB:
        raise SettingsError(
            f"DRAWSCAPE_DATA_MEMORY_MB={text!r} must be a number of megabytes, {LEAST_MB} or more"
        )
    return int(text)
