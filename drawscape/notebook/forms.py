"""A form made from a signature: its Draw button enqueues a job, its picture is that job's file."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from drawscape import durations
from drawscape.drawing.paper import Orientation
from drawscape.errors import DrawscapeError
from drawscape.jobs import Job, enqueue_background_job
from drawscape.notebook.debounce import Debounce
from drawscape.notebook.display import JobDisplay
from drawscape.notebook.panel import Panel
from drawscape.notebook.picture import empty_sheet
from drawscape.notebook.state import JobState
from drawscape.notebook.style import LiveBox, line, write
from drawscape.notebook.subscription import attend
from drawscape.notebook.target import Drawable, target_of

LIVE_DELAY_S = 0.25
"""A hand that pauses on a slider for so long wants to see the drawing."""


def form(
    target: Drawable,
    *,
    paper: str = "A4",
    orientation: Orientation | None = None,
    seed: int = 0,
    live: bool = False,
    job_timeout: Any = "5m",
    **values: Any,
) -> Form:
    """Return a form for `target`: controls on the left, the picture on the right.

    `target` is a pattern's name, a sketch, a function of a sketch's form (from a cell too), a task
    or its dotted path. `values` are where its parameters begin. A `live` form draws when changed.
    Raises UnknownNameError, TaskNotFoundError, SignatureError, ParameterError or JobOptionError.
    """
    durations.timeout(job_timeout)  # a mistake is told here, not at the first Draw
    return Form(
        Panel(target_of(target), paper, orientation, seed),
        values=values,
        live=live,
        job_timeout=job_timeout,
    )


class Form(LiveBox):
    """Controls, two buttons, a bar, words, and the picture of the latest job."""

    def __init__(
        self, panel: Panel, *, values: dict[str, Any], live: bool, job_timeout: Any
    ) -> None:
        self._panel = panel
        panel.set(values)
        self._job: Job | None = None
        self._lock = threading.Lock()
        self._job_timeout = job_timeout
        self._display = JobDisplay(panel.target.verb)
        self._note = line("", "drawscape-note")
        self._debounce = Debounce(LIVE_DELAY_S, self._guarded(self.draw))
        self._buttons()
        self._live.value = live
        panel.observe(self._changed)
        self._show_empty_sheet()
        super().__init__(f"the form of {panel.target.title}", [self._columns()])

    @property
    def job(self) -> Job | None:
        """The latest job that this form enqueued; None before the first."""
        return self._job

    @property
    def values(self) -> dict[str, Any]:
        """What the controls say, by parameter. Raises ParameterError where one is wrong."""
        return self._panel.values

    @property
    def status(self) -> str:
        """The words under the bar."""
        return str(self._display.words.value)

    def set(self, **values: Any) -> Form:
        """Show `values` and return the form. Raises UnknownNameError or ParameterError."""
        self._panel.set(values)
        return self

    def draw(self) -> Job:
        """Enqueue a job with the values shown and return it; the former one is cancelled.

        Errors are shown in the form and raised.
        """
        try:
            arguments = self._panel.arguments
            job = enqueue_background_job(
                self._panel.target.task, job_timeout=self._job_timeout, **arguments
            )
        except Exception as error:
            self._show_error(error)
            raise
        self._replace(job)
        return job

    def cancel(self) -> bool:
        """Cancel the latest job, waiting or running; return whether there was one to cancel."""
        self._debounce.drop()
        return self._job is not None and bool(self._job.cancel())

    def _replace(self, job: Job) -> None:
        with self._lock:  # a slider's thread and a click may come at the same moment
            former, self._job = self._job, job
            self._display.begin(job.id)
        self._cancel.disabled = False
        attend(job, self._updated, note=lambda text: write(self._note, text))
        if former is not None:
            former.cancel()

    def _updated(self, state: JobState) -> None:
        self._display.update(state)
        if state.ended and self._job is not None and state.id == self._job.id:
            self._cancel.disabled = True

    def _changed(self) -> None:
        if self._live.value:
            self._debounce.ask()
        elif self._job is None:
            self._show_empty_sheet()  # paper and orientation show before anything is drawn

    def _show_empty_sheet(self) -> None:
        if self._panel.page_size is not None:
            width, height = self._panel.page_size
            self._display.show(empty_sheet(width, height), f"{width:g} x {height:g} mm")

    def _guarded(self, action: Callable[[], object]) -> Callable[..., None]:
        """What a handler raises reaches no cell: the form is where a person sees it."""

        def guarded(*_event: Any) -> None:
            try:
                action()
            except Exception as error:  # noqa: BLE001 - shown, whatever it is
                self._show_error(error)

        return guarded

    def _show_error(self, error: Exception) -> None:
        if isinstance(error, DrawscapeError):
            self._display.fail(str(error))
        else:
            details = "".join(traceback.format_exception(error))
            self._display.fail(f"{type(error).__name__}: {error}", details)

    def _buttons(self) -> None:
        verb = "Draw" if self._panel.target.has_page else "Run"
        self._draw = widgets.Button(description=verb)
        self._cancel = widgets.Button(description="Cancel", disabled=True)
        self._shuffle = widgets.Button(
            description="Shuffle", tooltip="Throw the dice for every parameter"
        )
        self._reset = widgets.Button(description="Reset", tooltip="Back to the defaults")
        self._live = widgets.Checkbox(
            description="live", indent=False, tooltip="Draw at every change"
        )
        for widget, hook in (
            (self._draw, "draw"),
            (self._cancel, "cancel"),
            (self._shuffle, "shuffle"),
            (self._reset, "reset"),
            (self._live, "live"),
        ):
            widget.add_class(f"drawscape-{hook}")
        self._draw.on_click(self._guarded(self.draw))
        self._cancel.on_click(self._guarded(self.cancel))
        self._shuffle.on_click(self._guarded(self._panel.shuffle))
        self._reset.on_click(self._guarded(self._panel.reset))
        self._live.observe(lambda _change: self._changed(), names="value")

    def _columns(self) -> Any:
        shown = self._display
        buttons = widgets.HBox([self._draw, self._cancel, self._shuffle, self._reset, self._live])
        buttons.add_class("drawscape-buttons")
        left = widgets.VBox(
            [*self._panel.parts, buttons, shown.bar, shown.words, shown.trouble, self._note]
        )
        left.add_class("drawscape-controls")
        right = widgets.VBox([shown.picture, shown.caption])
        right.add_class("drawscape-sheet")
        columns = widgets.HBox([left, right])
        columns.add_class("drawscape-columns")
        return columns
