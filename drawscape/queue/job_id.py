"""Ids of jobs: UUIDs that rise with time, or a caller's own."""

import os
import re
import struct
import time

from drawscape.errors import JobOptionError

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_id() -> str:
    """Return a new version-7 UUID as text (RFC 9562, 2024): 48 bits of milliseconds, 74 random bits."""
    return new_ids(1)[0]


def new_ids(count: int) -> list[str]:
    """Return `count` new UUIDs in rising order.

    The twelve bits behind the milliseconds count on from a random start (RFC 9562, section 6.2). So a batch
    goes into the index one after another.
    """
    first = time.time_ns() // 1_000_000 << 12 | int.from_bytes(os.urandom(2)) >> 4
    ids = []
    for number, random in enumerate(struct.unpack(f"{count}Q", os.urandom(8 * count)), first):
        text = f"{number >> 12:012x}7{number & 0xFFF:03x}{random & (2**62 - 1) | 2**63:016x}"
        ids.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
    return ids


def check_id(job_id: str) -> str:
    """Return `job_id` if it may serve as one, else raise JobOptionError."""
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id):
        raise JobOptionError(f"job_id={job_id!r}: use 1 to 128 of A-Z a-z 0-9 _ -")
    return job_id
