"""The key of `job_unique=True`: the same for the same task with the same arguments."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from drawscape.errors import JobOptionError
from drawscape.queue.codec import dump, portable
from drawscape.queue.task import Task


def unique_key_of(task: Task, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return the key of a call; raise JobOptionError for arguments that have none."""
    try:
        code = _exactly(portable(task.function)) if task.by_value else ""
        text = f"{code}{_exactly([tuple(args), dict(kwargs)])}"
    except RecursionError:
        raise JobOptionError(
            f"job_unique=True: an argument of {task.path} is nested too deeply, or holds itself; give a key "
            "as text"
        ) from None
    return f"call:{task.path}:{hashlib.sha256(text.encode()).hexdigest()}"


def _exactly(value: Any) -> str:
    """Return text that is the same for equal plain values, whatever order their keys were given in.

    Others go by their pickle: `repr` shortens large arrays and names objects by their address.
    """
    kind = type(value)
    if kind is int:
        return f"{value:x}"  # `repr` refuses more than 4,300 digits
    if kind in (str, bytes, float, bool, complex, type(None)):
        return repr(value)
    if kind in (list, tuple):
        return f"{kind.__name__}({','.join(map(_exactly, value))})"
    if kind is dict:
        items = (f"{_exactly(key)}:{_exactly(item)}" for key, item in value.items())
        return f"dict({','.join(sorted(items))})"
    if kind in (set, frozenset):
        return f"set({','.join(sorted(map(_exactly, value)))})"
    return hashlib.sha256(dump(value)).hexdigest()
