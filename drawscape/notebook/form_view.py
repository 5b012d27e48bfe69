"""A form on the page: its Draw button enqueues a job, its picture is that job's file."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from drawscape.catalogue import Drawing
from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError
from drawscape.jobs import Job, enqueue_background_job
from drawscape.notebook.call_text import call_text
from drawscape.notebook.display import JobDisplay
from drawscape.notebook.drawing_panel import DrawingPanel
from drawscape.notebook.form_buttons import FormButtons, columns
from drawscape.notebook.form_settings import FormSettings
from drawscape.notebook.job_state import JobState, follow
from drawscape.notebook.pacer import Pacer
from drawscape.notebook.panel import Panel
from drawscape.notebook.picture import LARGEST_SHOWN, Picture, empty_sheet, place_words
from drawscape.notebook.saved_picture import LARGEST_IMAGE
from drawscape.notebook.settings_history import SettingsHistory
from drawscape.notebook.standing import (
    FORM_PRIORITY,
    DrawnBefore,
    recipe_for,
    standing_drawing,
)
from drawscape.notebook.style import LiveBox, line, write
from drawscape.notebook.text import size_words
from drawscape.notebook.thumbnail import thumbnail_of
from drawscape.notebook.tracebacks import with_source


class Form(LiveBox):
    """Controls, buttons, a bar, words, and the picture of the latest job.

    `values`, `set(...)`, `draw()`, `cancel()`, `job`, `status`, `code`, `undo()`, `redo()`.
    """

    def __init__(
        self,
        panel: Panel,
        *,
        values: dict[str, Any],
        live: bool,
        job_timeout: Any,
        settings: FormSettings,
    ) -> None:
        self._panel, self._settings = panel, settings
        panel.set(values)
        self._opened_with = panel.snapshot
        restored = settings.restore(panel)
        self._history = SettingsHistory(self._opened_with)
        self._history.add(panel.snapshot)
        self._job: Job | DrawnBefore | None = None
        self._lock = threading.Lock()
        self._job_timeout = job_timeout
        self._below = DrawingPanel(self._keep, self._offer_download, self._show_picture)
        self._display = JobDisplay(
            panel.target.verb,
            explain=lambda text: with_source(text, panel.target.fixed.get("function")),
            on_file=self._below.show,
        )
        self._note = line("", "drawscape-note")
        self._pacer = Pacer(self._draw_shown)
        self._buttons = self._make_buttons()
        self._live = self._buttons.live
        self._live.observe(lambda _change: self._changed(), names="value")
        panel.on_die(self._guarded(self._die_thrown))
        self._live.value = live
        panel.observe(self._changed)
        self._show_empty_sheet()
        super().__init__(
            f"the form of {panel.target.title}",
            [columns(panel, self._buttons, self._display, self._below, self._note)],
        )
        if restored:
            self._show_what_stands()

    @property
    def job(self) -> Job | DrawnBefore | None:
        """The latest job that this form enqueued, or the drawing that stood; None before the first."""
        return self._job

    @property
    def values(self) -> dict[str, Any]:
        """What the controls show, by parameter. Raises ParameterError where one is wrong."""
        return self._panel.values

    @property
    def settings(self) -> dict[str, Any]:
        """What `set` needs to show the same again; a field that is wrong is left out."""
        return self._panel.snapshot

    @property
    def status(self) -> str:
        """The words under the bar."""
        return str(self._display.words.value)

    @property
    def code(self) -> str:
        """The Python call that draws what the controls show. Raises ParameterError."""
        return call_text(self._panel.target, self._panel.values)

    def set(self, **values: Any) -> Form:
        """Show `values` and return the form. Raises UnknownNameError or ParameterError.

        Beside parameters they may be `seed`, `streams` (seeds by name), `paper`, `orientation`,
        `width`, `height`, `margin`.
        """
        self._panel.set(values)
        return self

    def draw(self, *, fresh: bool = False) -> Job | DrawnBefore:
        """Enqueue a job with the values shown and return it; the former one is cancelled.

        A drawing that stands already is shown at once, unless it is to be `fresh`.
        Errors are shown in the form and raised.
        """
        target = self._panel.target
        self._settings.save(self._panel)
        try:
            arguments = self._panel.arguments
            recipe = recipe_for(target, arguments)
            known = None if fresh else standing_drawing(recipe)
            if known is not None:
                return self.show(known)
            again = {"fresh": True} if fresh and recipe is not None else {}
            noted = {} if recipe is None else {"job_meta": {"recipe": recipe.request}}
            job = enqueue_background_job(
                target.task,
                job_timeout=self._job_timeout,
                job_priority=FORM_PRIORITY,
                **noted,
                **arguments,
                **again,
            )
        except Exception as error:
            self._show_error(error)
            raise
        self._replace(job)
        return job

    def show(self, drawing: Drawing) -> DrawnBefore:
        """Show a drawing that stands as the form's own, and return what stands for its job."""
        known = DrawnBefore(drawing)
        with self._lock:
            former, self._job = self._job, known
            self._display.begin(known.id)
            self._display.update(known.state)
        self._buttons.cancel.disabled = True
        self._pacer.ended()
        if former is not None:
            former.cancel()
        return known

    def cancel(self) -> bool:
        """Cancel the latest job, waiting or running; return whether there was one to cancel."""
        self._pacer.drop()
        return self._job is not None and bool(self._job.cancel())

    def undo(self) -> None:
        """Show the settings before these, with the picture's as they were."""
        self._panel.set(self._history.undo())

    def redo(self) -> None:
        """Show the settings that `undo` left."""
        self._panel.set(self._history.redo())

    def shuffle(self) -> None:
        """Throw the dice for each parameter that is not locked, and for the seed."""
        self._panel.shuffle()

    def reset(self) -> None:
        """Show the settings that the form was opened with."""
        self._panel.reset(self._opened_with)

    def __dir__(self) -> Iterable[str]:
        """The form's own names; those of the widget that it is are not for a person to choose from."""
        return [name for name in vars(type(self)) if not name.startswith("_")]

    def _draw_clicked(self) -> None:
        """Draw; a second click, with nothing changed since the drawing that stood, draws it anew."""
        before = self._job.drawing.id if isinstance(self._job, DrawnBefore) else None
        shown = standing_drawing(recipe_for(self._panel.target, self._panel.arguments))
        self.draw(fresh=shown is not None and shown.id == before)

    def _die_thrown(self) -> None:
        if not self._live.value:
            self.draw()

    def _replace(self, job: Job) -> None:
        with self._lock:  # a slider's thread and a click may come at the same moment
            former, self._job = self._job, job
            self._display.begin(job.id, keep_former=bool(self._live.value))
        self._buttons.cancel.disabled = False
        follow(job, self._updated, lambda text: write(self._note, text))
        if former is not None:
            former.cancel()

    def _updated(self, state: JobState) -> None:
        self._display.update(state)
        if state.ended and self._job is not None and state.id == self._job.id:
            self._buttons.cancel.disabled = True
            self._pacer.ended()

    def _show_what_stands(self) -> None:
        """Show the drawing of settings that came back, as it was."""
        try:
            known = standing_drawing(recipe_for(self._panel.target, self._panel.arguments))
        except DrawscapeError:
            return  # a field is not filled in; Draw says so
        if known is not None:
            self.show(known)

    def _changed(self) -> None:
        self._settings.save(self._panel)
        self._history.add(self._panel.snapshot)
        self._buttons.undo.disabled = not self._history.can_undo
        self._buttons.redo.disabled = not self._history.can_redo
        self._display.mark_older(older=True)
        if self._live.value:
            self._pacer.request()
        elif self._job is None:
            self._show_empty_sheet()  # paper and orientation show before anything is drawn

    def _draw_shown(self) -> bool:
        try:
            self.draw()
        except Exception:  # noqa: BLE001 - `draw` has shown it
            return False
        return True

    def _show_empty_sheet(self) -> None:
        if self._panel.page_size is not None:
            width, height = self._panel.page_size
            self._display.show(empty_sheet(width, height), f"{width:g} x {height:g} mm")

    def _show_code(self) -> None:
        self._display.show_details("code, on the clipboard too", self.code)
        self._copy_text(self.code)

    def _show_picture(self, shown: bool) -> None:
        """Show the picture, or leave its place to the viewer."""
        self._display.picture.layout.display = "" if shown else "none"

    def _keep(self, path: Path, document: Document) -> None:
        """Leave the drawing in the saved notebook, and on the page where the file is too large to show."""
        thumbnail = thumbnail_of(document, LARGEST_IMAGE)
        if thumbnail is None:
            return
        self.saved.show([(thumbnail, place_words(path))])
        if path.stat().st_size > LARGEST_SHOWN:
            caption = f"{place_words(path)} · {size_words(path.stat().st_size)}, shown reduced"
            self._display.show(Picture(thumbnail.data, thumbnail.format), caption)

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

    def _make_buttons(self) -> FormButtons:
        actions = {
            "draw": self._draw_clicked,
            "cancel": self.cancel,
            "undo": self.undo,
            "redo": self.redo,
            "shuffle": self.shuffle,
            "reset": self.reset,
            "code": self._show_code,
        }
        verb = "Draw" if self._panel.target.has_page else "Run"
        return FormButtons(verb, {name: self._guarded(act) for name, act in actions.items()})
