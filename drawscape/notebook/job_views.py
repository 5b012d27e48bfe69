"""A job that was queued by hand, followed live."""

from contextlib import suppress
from html import escape
from typing import Any

import ipywidgets as widgets

from drawscape.errors import DrawscapeError, ParameterError
from drawscape.jobs import Job, get_job
from drawscape.notebook.display import JobDisplay
from drawscape.notebook.picture import result_path
from drawscape.notebook.reader import JobState, follow, state_of
from drawscape.notebook.saved_picture import LARGEST_IMAGE
from drawscape.notebook.sheet_cells import drawing_of
from drawscape.notebook.style import LiveBox, line, write
from drawscape.notebook.text import label_of, status_words, verb_of
from drawscape.notebook.thumbnail import thumbnail_of
from drawscape.svg.read import read_svg


def job_view(job: Job | str) -> "JobView":
    """Return a live view of `job` (or of the job with that id): bar, words, picture.

    Raises JobNotFoundError for an unknown id, ParameterError for what is neither.

    >>> from drawscape.job_manager import enqueue_background_job
    >>> job_view(enqueue_background_job("workers.svg_tasks.generate_complex_svg", 40, 40))
    <JobView: the job generate complex svg>
    """
    if isinstance(job, str):
        return JobView(get_job(job))
    if not isinstance(job, Job):
        raise ParameterError("job", job, "give a job or its id")
    return JobView(job)


class JobView(LiveBox):
    """One job's bar, words, trouble and picture, with a button that cancels it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._display = JobDisplay(verb_of(job.task))
        self._note = line("", "drawscape-note")
        self._button = widgets.Button(description="Cancel").add_class("drawscape-cancel")
        self._button.on_click(self._cancel_clicked)
        self._display.begin(job.id)
        state = state_of(job)
        super().__init__(f"the job {label_of(state.name)}", self._rows())
        self.add_class("drawscape-view")
        if state.ended:
            self._keep_small(state)
        follow(job, self._updated, lambda words: write(self._note, words))

    @property
    def status(self) -> str:
        """The words under the bar."""
        return str(self._display.words.value)

    def _rows(self) -> list[Any]:
        shown = self._display
        head = widgets.HBox([shown.words, self._button]).add_class("drawscape-head")
        return [head, shown.bar, shown.trouble, self._note, shown.frame, shown.caption]

    def _updated(self, state: JobState) -> None:
        self._display.update(state)
        self._button.disabled = state.ended
        if state.ended:
            self._keep(state)

    def _keep_small(self, state: JobState) -> None:
        """Leave in the saved notebook how the job ended, with the picture that is there already, if any."""
        if not self.saved.has_picture:
            self.saved.keep(f"<p>{escape(_words(state))}</p>")
            self.saved.show_small(drawing_of(state.result), _words(state))

    def _keep(self, state: JobState) -> None:
        """Leave the drawing in the saved notebook, of any other job how it ended."""
        self._keep_small(state)
        words, path = _words(state), result_path(state.result)
        if path is not None and path.suffix == ".svg":
            with suppress(DrawscapeError, OSError):
                thumbnail = thumbnail_of(read_svg(path.read_bytes()), LARGEST_IMAGE)
                if thumbnail is not None:
                    self.saved.show([(thumbnail, words)])

    def _cancel_clicked(self, _button: Any) -> None:
        try:
            self.job.cancel()
        except Exception as error:  # noqa: BLE001 - shown here, for it would reach no cell
            self._display.fail(f"{type(error).__name__}: {error}")


def _words(state: JobState) -> str:
    return f"{state.name}: {status_words(state)}"
