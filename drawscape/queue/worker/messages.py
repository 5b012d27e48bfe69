"""What a worker and its child send each other: pickled by marshal, the child's with a kind before it."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """The first byte of a message from the child."""

    READY = b"R"
    PROGRESS = b"P"
    DONE = b"D"
    STALE = b"S"
    """It did not begin: the code on disk has changed, or the job wants a process of its own."""


class Progress(NamedTuple):
    """How far a job is: fraction, message and notes (as JSON); None for what has not changed."""

    fraction: float
    message: str | None
    meta: str | None
    previewed: bool = False
    """Whether there is a new preview."""


@dataclass(frozen=True)
class ChildSettings:
    """What a child needs to know when it starts."""

    home: str
    key: bytes
    task_modules: tuple[str, ...]
    previews: str
    memory_limit_bytes: int | None
    queue: str
    """Where results of other jobs are read that are arguments of one."""
    max_jobs: int | None = None
    """How many jobs one process runs; None: as many as come."""


class JobStopped(BaseException):
    """Raised inside a task that was asked to stop; no `except Exception` catches it."""
