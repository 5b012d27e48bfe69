"""The notes of a job, `job.meta`."""

import json
from collections import UserDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drawscape.errors import JobOptionError


class JobMeta(UserDict[str, Any]):
    """The notes of one job, JSON values by name; `save(change, gone)` passes changes on, or refuses them."""

    def __init__(
        self, values: dict[str, Any], save: Callable[[Mapping[str, Any], Sequence[str]], None]
    ) -> None:
        self.data = values
        self._save = save

    def __setitem__(self, key: str, value: Any) -> None:
        checked_notes({key: value})
        self._save({key: value}, ())
        self.data[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self.data:
            raise KeyError(key)
        self._save({}, (key,))
        del self.data[key]

    def copy(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the values as a plain dictionary."""
        return dict(self.data)


def checked_notes(notes: Mapping[str, Any]) -> str:
    """Return notes as JSON; raise JobOptionError, which names the first value that is not JSON."""
    for name, value in notes.items():
        try:
            json.dumps({name: value})
        except (TypeError, ValueError) as error:
            raise JobOptionError(
                f"job_meta[{name!r}]: {error}; give text, numbers, lists or dictionaries of these"
            ) from None
    return json.dumps(dict(notes))
