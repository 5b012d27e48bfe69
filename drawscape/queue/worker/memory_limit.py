"""How much memory one job may take."""

from __future__ import annotations

import os
import re

from drawscape.errors import SettingsError

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
_SHARE = 0.8
"""Of the machine's memory: a job that asks for more fails by name, before the system starts to kill."""


def memory_limit_bytes() -> int | None:
    """Return the limit of a job's memory in bytes; None for no limit.

    `DRAWSCAPE_JOB_MEMORY` says it (`'2G'`, `'512M'`, bytes, or `'none'`); by default 80 % of the machine's.
    Raises SettingsError for a malformed value.
    """
    text = os.environ.get("DRAWSCAPE_JOB_MEMORY", "").strip()
    if not text:
        return int(_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    if text.lower() == "none":
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", text, re.IGNORECASE)
    if not found:
        raise SettingsError(f"DRAWSCAPE_JOB_MEMORY={text!r}: write '2G', '512M', bytes, or 'none'")
    return int(float(found[1]) * _UNITS[found[2].upper()])
