"""Jobs in a list that is read as one goes along it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import overload

from drawscape.queue.job import Job
from drawscape.queue.queue import Queue
from drawscape.queue.table.query import Choice, count, iterate_ids


class JobList(Sequence[Job]):
    """The chosen jobs of a queue, the newest first, never held at once: a million take no memory.

    Each look reads the table anew, so its length and its members are those of that moment.
    """

    def __init__(self, queue: Queue, choice: Choice) -> None:
        self._queue = queue
        self._choice = choice

    def __iter__(self) -> Iterator[Job]:
        for job_id in iterate_ids(self._queue.database, self._choice):
            yield Job(self._queue, job_id)

    def __len__(self) -> int:
        return count(self._queue.database, self._choice)

    @overload
    def __getitem__(self, index: int) -> Job: ...

    @overload
    def __getitem__(self, index: slice) -> list[Job]: ...

    def __getitem__(self, index: int | slice) -> Job | list[Job]:
        if isinstance(index, slice):
            wanted = range(len(self))[index]
            ahead = islice(self, min(wanted, default=0), max(wanted, default=-1) + 1)
            return list(ahead)[:: wanted.step]
        position = index + len(self) if index < 0 else index
        found = next(islice(self, position, None), None) if position >= 0 else None
        if found is None:
            raise IndexError(f"there is no job number {index} of {len(self)}")
        return found

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    def __repr__(self) -> str:
        return f"<{len(self):,} jobs>"
