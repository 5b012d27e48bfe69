"""Identifiers of jobs: UUIDs that sort by time, so that the newest sit together in the index."""

from __future__ import annotations

import os
import re
import time

from drawscape.errors import JobOptionError

_ALLOWED = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_id() -> str:
    """Return a new version-7 UUID as text (RFC 9562, 2024): 48 bits of milliseconds, 74 random bits."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Return `count` new UUIDs; one read of the random source serves them all."""
    stamp = f"{time.time_ns() // 1_000_000:012x}"
    head = f"{stamp[:8]}-{stamp[8:]}-7"
    random = os.urandom(10 * count).hex()
    variant = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))
    return sorted(  # in the order of the index, into which they go one after another
        f"{head}{random[at : at + 3]}-{variant[random[at + 3]]}{random[at + 4 : at + 7]}-"
        f"{random[at + 7 : at + 19]}"
        for at in range(0, 20 * count, 20)
    )


def check_id(job_id: str) -> str:
    """Return `job_id` if it may serve as one, else raise JobOptionError."""
    if not isinstance(job_id, str) or not _ALLOWED.fullmatch(job_id):
        raise JobOptionError(f"job_id={job_id!r}: use 1 to 128 of A-Z a-z 0-9 _ -")
    return job_id
