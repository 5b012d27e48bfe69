"""Small pictures of a form's sketch with several values of one parameter, while its slider is held."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from drawscape.errors import DrawscapeError
from drawscape.jobs import Job
from drawscape.notebook.draw_target import enqueue_drawing, existing_drawing, recipe_for
from drawscape.notebook.form_settings import Settings
from drawscape.notebook.job_states import Following, JobState
from drawscape.notebook.pictures import EncodedImage, result_picture, small_picture
from drawscape.notebook.threads import PICTURES


class Filmstrip:
    """Pictures of settings that differ in one parameter; `show(place, picture)` gets each when it is drawn.

    Drawings that exist are shown at once. The others are drafts: the catalogue does not know of them.
    """

    def __init__(self, show: Callable[[int, EncodedImage], object]) -> None:
        self._show = show
        self._jobs: dict[str, tuple[int, Job]] = {}
        self._following = Following((), lambda _state: None)

    def open(self, frames: Sequence[Settings], job_timeout: Any) -> None:
        """Show a picture of each of the frames, in place of the former ones."""
        self.close()
        for place, settings in enumerate(frames):
            with suppress(DrawscapeError):  # a field is wrong
                self._begin(place, settings, job_timeout)
        jobs = [job for _, job in self._jobs.values()]
        self._following = Following(jobs, self._job_changed)

    def close(self) -> None:
        """Cancel the jobs that are not finished."""
        self._following.close()
        for _, job in self._jobs.values():
            job.cancel()
        self._jobs = {}

    def _begin(self, place: int, settings: Settings, job_timeout: Any) -> None:
        target, arguments = settings.target, settings.arguments
        recipe = recipe_for(target, arguments)
        if drawing := existing_drawing(recipe):
            PICTURES.do(lambda: self._send(place, drawing.path))
        else:
            job = enqueue_drawing(target, arguments, draft=True, job_timeout=job_timeout)
            self._jobs[job.id] = place, job

    def _job_changed(self, state: JobState) -> None:
        if state.status == "finished" and state.id in self._jobs:
            place, _ = self._jobs[state.id]
            PICTURES.do(lambda: self._send(place, state.result))

    def _send(self, place: int, result: Any) -> None:
        if picture := small_picture(result_picture(result)):
            self._show(place, picture)
