"""A job's notes as its callers see them: each change is written, or refused."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from drawscape.queue.engines.engine import Database
from drawscape.queue.table.control import save_meta


class JobMeta(MutableMapping[str, Any]):
    """The notes of one job: JSON values by name, as they were when `job.meta` was read.

    A change is saved at once; while the task runs it is refused by JobStateError, for then the notes are
    the task's (`current_job().meta`).
    """

    def __init__(self, database: Database, job_id: str, values: dict[str, Any]) -> None:
        self._database = database
        self._job_id = job_id
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        save_meta(self._database, self._job_id, {key: value}, ())
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self._values:
            raise KeyError(key)
        save_meta(self._database, self._job_id, {}, (key,))
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)
