"""The latest job of a form, or the drawing that stood, and the display that follows it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from drawscape.jobs import Job
from drawscape.notebook.display import JobDisplay
from drawscape.notebook.reader import JobState, follow
from drawscape.notebook.standing import DrawnBefore
from drawscape.notebook.style import line, write
from drawscape.notebook.worker import guard

BEFORE = "drawn before"
"""The words for a picture of a task that keeps no recipe, when it is brought back."""


class FormJob:
    """One job at a time: another one takes its place and cancels it.

    `on_running(running)` is called when one begins and when it is over; `note` is a line about the
    worker. `settings` go with each job to the display's `about`.
    """

    def __init__(self, display: JobDisplay, on_running: Callable[[bool], object]) -> None:
        self._display, self._on_running = display, on_running
        self.note = line("", "drawscape-note")
        self._lock = threading.Lock()
        self.latest: Job | DrawnBefore | None = None

    def follow(self, job: Job, settings: Any, *, keep_former: bool) -> None:
        """Show `job` from now on."""
        self._replace(job, settings, keep_former=keep_former)
        self._on_running(True)
        follow(job, partial(self._updated, job), lambda words: write(self.note, words))

    def show(self, known: DrawnBefore, settings: Any) -> None:
        """Show a drawing that stands; a job that the notebook queues next finds a worker all the same."""
        guard()
        self._replace(known, settings, keep_former=False)
        self._display.update(known.state)
        self._on_running(False)

    def show_file(self, path: Path, settings: Any, *, older: bool = False) -> None:
        """Show a file that some job wrote before, as `older` than what the form shows if it is."""
        if self.latest is not None:
            self.latest.cancel()
        self._display.begin("", about=settings)
        self._display.update(JobState("", "finished", result=str(path), drawn_before=BEFORE))
        self._display.mark_older(older=older)
        self._on_running(False)

    def _replace(self, job: Job | DrawnBefore, settings: Any, *, keep_former: bool) -> None:
        with self._lock:  # a slider's thread and a click may come at the same moment
            former, self.latest = self.latest, job
            self._display.begin(job.id, keep_former=keep_former, about=settings)
        if former is not None:
            former.cancel()

    def _updated(self, job: Job, state: JobState) -> None:
        self._display.update(replace(state, printed=job.logs()) if state.ended else state)
        if state.ended and self.latest is not None and state.id == self.latest.id:
            self._on_running(False)
