"""A job before it is inserted."""

from typing import Any, NamedTuple

from drawscape import clock
from drawscape.queue.limits import JobGroup
from drawscape.queue.process_identity import boot_id


def due_after(delay_s: float) -> dict[str, Any]:
    """Return the columns of a job that may run `delay_s` from now: a moment, and a clock that nobody sets."""
    due_s = clock.boot_s() + delay_s
    return {"due_at": clock.now() + delay_s, "due_boot": boot_id(), "due_boot_s": due_s}


class NewJob(NamedTuple):
    """A job as it is inserted: the columns of its row, and what other tables hold of it."""

    row: dict[str, Any]
    group: JobGroup = JobGroup()
    depends_on: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return str(self.row["id"])
