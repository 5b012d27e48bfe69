"""What to do about SQLite's errors, in a few words."""

import sqlite3


def remedy(error: sqlite3.Error, timeout_s: float) -> str:
    """Return what to do about `error`; `timeout_s` is how long the file was waited for."""
    text = str(error)
    remedies = {
        "locked": f"another process has held the file for more than {timeout_s:g} s",
        "readonly": "make the file and its folder writable",
        "full": "free some disk space; nothing was written",
        "not a database": "the file is damaged or foreign: move it away and start anew, or restore a copy",
        "malformed": "the file is damaged: try `sqlite3 FILE .recover`, or restore a copy",
        "unable to open": "is the folder there, and writable?",
        "disk I/O": "the disk does not answer as it should",
    }
    return next((advice for key, advice in remedies.items() if key in text), "nothing was written")
