"""Following one job to its end: each change at once, and once a second what no change tells of."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from drawscape.errors import DrawscapeError
from drawscape.job_manager import Job, watch
from drawscape.notebook.state import JobState, state_of
from drawscape.notebook.worker import start_if_needed

PERIOD_S = 1.0
"""How often to look whether a worker is alive and how many jobs are ahead."""

_LOG = logging.getLogger("drawscape.notebook")


def attend(
    job: Job, show: Callable[[JobState], None], note: Callable[[str], None]
) -> threading.Thread:
    """Call `show(state)` at each change of `job` until it has ended; return the thread that does.

    Should the worker die meanwhile, another is started, and `note` gets a sentence that says so.
    """
    thread = threading.Thread(
        target=_follow, args=(job, show, note), name=f"drawscape-form-{job.id}", daemon=True
    )
    thread.start()
    return thread


def _follow(job: Job, show: Callable[[JobState], None], note: Callable[[str], None]) -> None:
    over = threading.Event()

    def changed(changed_job: Job) -> None:
        state = state_of(changed_job)
        show(state)
        if state.ended:
            over.set()

    with watch(changed, [job.id]):
        _look_after(note)
        while not over.wait(PERIOD_S):
            _look_after(note)
            changed(job)


def _look_after(note: Callable[[str], None]) -> None:
    try:
        start_if_needed(note)
    except DrawscapeError as error:
        note(str(error))
