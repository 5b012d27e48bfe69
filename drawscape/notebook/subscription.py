"""Following one job to its end: each change at once, and once a second what no change tells of."""

from __future__ import annotations

import threading
from collections.abc import Callable

from drawscape.errors import DrawscapeError
from drawscape.jobs import Job, watch, workers_alive
from drawscape.notebook.state import JobState, state_of
from drawscape.notebook.worker import (
    STARTING,
    start_if_needed,
    started_words,
    workers_started,
)

PERIOD_S = 1.0
"""How often to look whether a worker is alive and how many jobs are ahead."""


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

    started = workers_started()
    with watch(changed, [job.id]):
        started = _look_after(note, started)
        while not over.wait(PERIOD_S):
            started = _look_after(note, started)
            changed(job)


def _look_after(note: Callable[[str], None], before: int) -> int:
    """Have a worker, and say so when a new one was started, whoever asked for it."""
    try:
        missing = not workers_alive()
        if missing:
            note(STARTING)
        started = start_if_needed()
    except DrawscapeError as error:
        note(str(error))
        return before
    if started != before:
        note(started_words(started))
    elif missing:
        note("")  # somebody else was quicker
    return started
