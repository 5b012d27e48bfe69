"""Jobs by the clock: huey's periodic tasks that queue jobs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any


def periodic_job(
    huey: Any,
    validate_datetime: Callable[..., bool],
    task: str | Callable[..., Any],
    kwargs: Mapping[str, Any],
) -> Any:
    """Return a periodic task of `huey` that queues `task` each time, once for all workers together.

    Every worker's scheduler fires in the same minute; the minute is part of the job's id, so the second
    one finds it taken.
    """
    from drawscape.errors import DuplicateJobError
    from drawscape.queue.queue import Queue

    path = task if isinstance(task, str) else f"{task.__module__}.{task.__qualname__}"
    name = re.sub(r"\W", "_", path, flags=re.ASCII)  # `<locals>` and letters that no id takes

    def enqueue() -> None:
        minute = time.strftime("%Y%m%dT%H%M", time.gmtime())
        options = {"job_id": f"{name}-{minute}"[-128:], **kwargs}
        try:
            Queue.of(huey).enqueue(task, (), options)
        except DuplicateJobError:
            return

    enqueue.__name__ = enqueue.__qualname__ = f"periodic_{name}"
    return huey.periodic_task(validate_datetime, name=f"periodic_{name}")(enqueue)
