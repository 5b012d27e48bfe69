"""Waits for a job or a batch to end."""

import math
import time
import warnings
from collections.abc import Callable, Iterator

from drawscape.durations import Duration, seconds
from drawscape.errors import JobTimeout
from drawscape.queue.job_queue import Queue

_CHECK_S = 0.003
_EAGER_S, _EAGER_CHECK_S = 0.05, 0.0005  # most of the jobs that are waited for take no longer
_NOBODY_AFTER_S = 2.0


def pauses(
    queue: Queue, has_ended: Callable[[], bool], words: Callable[[], str], timeout: Duration
) -> Iterator[float]:
    """Yield pauses in seconds until the job or batch `has_ended`, and 0 after each change.

    Raises JobTimeout after `timeout`; `words` say how far it was.
    """
    limit_s = math.inf if timeout is None else seconds(timeout, "timeout")
    began, seen, asked = time.monotonic(), None, False
    while True:
        version = queue.database.version()
        if version != seen:
            seen, over = version, has_ended()
            yield 0.0
            if over:
                return
        waited_s = time.monotonic() - began
        if not asked and waited_s >= _NOBODY_AFTER_S:
            asked = True
            if not queue.database.workers.living():
                warnings.warn(
                    "no worker is alive; start one with `drawscape worker` or "
                    "`huey_consumer workers.huey`",
                    stacklevel=3,
                )
        if waited_s >= limit_s:
            raise JobTimeout(f"{words()} after {limit_s:g} s; it has not been canceled")
        yield _EAGER_CHECK_S if waited_s < _EAGER_S else _CHECK_S
