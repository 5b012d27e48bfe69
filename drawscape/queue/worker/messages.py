"""What a worker and its child send each other: pickled by marshal, the child's with a kind before it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The first byte of a message from the child."""

    READY = b"R"
    PROGRESS = b"P"
    DONE = b"D"
    STALE = b"S"
    """It did not begin, for the code on disk is no longer the code that it has loaded."""


@dataclass(frozen=True)
class ChildSettings:
    """What a child needs to know when it starts."""

    home: str
    key: bytes
    task_modules: tuple[str, ...]
    previews: str
    memory_limit_bytes: int | None


class JobStopped(BaseException):
    """Raised inside a task that was asked to stop; no `except Exception` catches it."""
