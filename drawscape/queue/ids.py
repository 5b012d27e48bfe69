"""Identifiers of jobs: UUIDs that sort by time, so that the newest sit together in the index."""

import os
import re
import time
from binascii import b2a_base64

from drawscape.errors import JobOptionError

_ALLOWED = re.compile(r"[A-Za-z0-9_-]{1,128}")


_COUNTED = [f"{number:03x}" for number in range(4096)]
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def new_id() -> str:
    """Return a new version-7 UUID as text (RFC 9562, 2024): 48 bits of milliseconds, 74 random bits."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Return `count` new UUIDs in rising order; one read of the random source serves them all.

    The twelve bits behind the milliseconds count on from a random start, and carry into the milliseconds
    (RFC 9562, section 6.2), so that a batch goes into the index one after another without being sorted.
    """
    random = os.urandom(2 + 8 * count).hex()
    first = int(random[-3:], 16)
    now_ms = time.time_ns() // 1_000_000
    ids: list[str] = []
    for block in range(0, first + count, 4096):
        stamp = f"{now_ms + block // 4096:012x}"
        head = f"{stamp[:8]}-{stamp[8:]}-7"
        start, end = max(first - block, 0), min(first + count - block, 4096)
        at = 16 * len(ids)
        ids += [
            f"{head}{number}-{_VARIANT[random[i]]}{random[i + 1 : i + 4]}-{random[i + 4 : i + 16]}"
            for number, i in zip(
                _COUNTED[start:end], range(at, at + 16 * (end - start), 16), strict=True
            )
        ]
    return ids


def new_batch_id() -> str:
    """Return a new id of a batch, shorter than a job's, for it stands in the row of each of its jobs.

    48 bits of milliseconds and as many random ones, in base 64; the first character is a letter.
    """
    stamp = (time.time_ns() // 1_000_000).to_bytes(6)
    return b2a_base64(stamp + os.urandom(6), newline=False).translate(_URL_SAFE).decode()


def check_id(job_id: str) -> str:
    """Return `job_id` if it may serve as one, else raise JobOptionError."""
    if not isinstance(job_id, str) or not _ALLOWED.fullmatch(job_id):
        raise JobOptionError(f"job_id={job_id!r}: use 1 to 128 of A-Z a-z 0-9 _ -")
    return job_id
