"""A form on the page: its Draw button enqueues a job, its picture is that job's file."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from drawscape.catalogue import Drawing
from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError
from drawscape.jobs import Job
from drawscape.notebook.board import drawing_of
from drawscape.notebook.call_text import call_text
from drawscape.notebook.display import JobDisplay
from drawscape.notebook.drawing_panel import DrawingPanel
from drawscape.notebook.form_buttons import FormButtons, columns
from drawscape.notebook.form_job import FormJob
from drawscape.notebook.form_settings import FormSettings, settings_of
from drawscape.notebook.named_settings import NamedSettings
from drawscape.notebook.pacer import Pacer
from drawscape.notebook.panel import Panel
from drawscape.notebook.picture import LARGEST_SHOWN, Picture, empty_sheet, place_words
from drawscape.notebook.recent_pictures import RecentPictures
from drawscape.notebook.saved_picture import LARGEST_IMAGE
from drawscape.notebook.settings_history import SettingsHistory
from drawscape.notebook.standing import DrawnBefore, enqueue_drawing, recipe_for, standing_drawing
from drawscape.notebook.style import LiveBox
from drawscape.notebook.text import size_words
from drawscape.notebook.thumbnail import thumbnail_of
from drawscape.notebook.tracebacks import with_source
from drawscape.sketches.recipe import one_look


class Form(LiveBox):
    """Controls, buttons, a bar, words, and the picture of the latest job.

    `values`, `set(...)`, `draw()`, `cancel()`, `job`, `status`, `code`, `undo()`, `redo()`,
    `named.save("dense")`, `named.load("dense")`, `recent.paths`.
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
        self._job_timeout = job_timeout
        self._below = DrawingPanel(self._keep, self._offer_download, self._show_picture)
        self._display = JobDisplay(
            panel.target.verb,
            explain=lambda text: with_source(text, panel.target.fixed.get("function")),
            on_file=self._file_drawn,
        )
        self._guarded = self._display.guarded
        self._jobs = FormJob(self._display, self._running_changed)
        self._drawn: tuple[Path | None, Any] = (None, {})
        self._bringing_back = self._code_shown = False
        key = settings.target_key
        read = partial(settings_of, panel)
        self.named = NamedSettings(key, read, self._show_settings, self._guarded)
        self.recent = RecentPictures(key if settings.kept else "", self._bring_back)
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
            [
                columns(panel, self._buttons, self._display, self._below, self._jobs.note),
                self.named.row,
                self.recent.box,
            ],
        )
        self.on_page_message(self._guarded(lambda: self.draw(fresh=True)))  # Draw, with Shift
        if restored and not self._show_what_stands() and self.recent.latest:
            self._jobs.show_file(*self.recent.latest, older=True)  # something to compare with

    @property
    def job(self) -> Job | DrawnBefore | None:
        """The latest job that this form enqueued, or the drawing that stood; None before the first."""
        return self._jobs.latest

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

    def set(self, **values: Any) -> "Form":
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
        try:
            made = enqueue_drawing(
                self._panel.target,
                self._panel.arguments,
                fresh=fresh,
                job_timeout=self._job_timeout,
            )
        except Exception as error:
            self._display.show_error(error)
            raise
        finally:
            self._settings.save(self._panel)
        if isinstance(made, Drawing):
            return self.show(made)
        self._jobs.follow(made, settings_of(self._panel), keep_former=bool(self._live.value))
        return made

    def show(self, drawing: Drawing) -> DrawnBefore:
        """Show a drawing that stands as the form's own, and return what stands for its job."""
        known = DrawnBefore(drawing)
        self._jobs.show(known, settings_of(self._panel))
        return known

    def cancel(self) -> bool:
        """Cancel the latest job, waiting or running; return whether there was one."""
        self._pacer.drop()
        return self.job is not None and bool(self.job.cancel())

    def undo(self) -> None:
        """Show the settings before these, and their picture where it stands."""
        self._show_settings(self._history.undo())

    def redo(self) -> None:
        """Show the settings that `undo` left, and their picture where it stands."""
        self._show_settings(self._history.redo())

    def shuffle(self) -> None:
        """Throw the dice for each parameter that is not locked, and for the seed."""
        self._panel.shuffle()

    def reset(self) -> None:
        """Show the settings that the form was opened with, and their picture where it stands."""
        self._panel.reset(self._opened_with)
        self._show_what_stands()

    def __dir__(self) -> Iterable[str]:
        """The form's own names; those of the widget that it is are not for a person to choose from."""
        return [*(n for n in vars(type(self)) if not n.startswith("_")), "named", "recent"]

    def _draw_clicked(self) -> None:
        """Draw; a second click, with nothing changed since the drawing that stood, draws it anew."""
        before = self.job.drawing.id if isinstance(self.job, DrawnBefore) else None
        with one_look():
            shown = standing_drawing(recipe_for(self._panel.target, self._panel.arguments))
            self.draw(fresh=shown is not None and shown.id == before)

    def _shuffle_clicked(self) -> None:
        self.shuffle()
        self._die_thrown()

    def _die_thrown(self) -> None:
        if not self._live.value:
            self.draw()

    def _running_changed(self, running: bool) -> None:
        self._buttons.cancel.disabled = not running
        self._below.postpone() if running else self._pacer.ended()

    def _show_settings(self, settings: Mapping[str, Any]) -> None:
        self._panel.show_kept(settings)
        self._show_what_stands()

    def _show_what_stands(self) -> bool:
        """Show the drawing of the settings, if it stands; return whether it does."""
        try:
            known = standing_drawing(recipe_for(self._panel.target, self._panel.arguments))
        except DrawscapeError:
            return False  # a field is not filled in; Draw says so
        if known is not None:
            self.show(known)
        return known is not None

    def _bring_back(self, settings: Mapping[str, Any], path: Path) -> None:
        """Show the settings and the picture of a file that was drawn with them, and draw nothing."""
        self._bringing_back = True
        try:
            self._show_settings(settings)
        finally:
            self._bringing_back = False
        shows = self._display.about == settings and self._drawn[0] == path
        if not shows and path.is_file():  # of a task that keeps no recipe
            self._jobs.show_file(path, settings)

    def _changed(self) -> None:
        self._settings.save(self._panel)
        self._history.add(self._panel.snapshot)
        self._buttons.undo.disabled = not self._history.can_undo
        self._buttons.redo.disabled = not self._history.can_redo
        redraws = self._live.value and not self._bringing_back
        self._display.mark_older(older=not redraws)
        if self._code_shown:
            self._display.show_details({})
            self._code_shown = False
        self.named.settings_changed()
        if redraws:
            self._pacer.request()
        elif not self._display.has_drawing:
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
        self._code_shown = True
        self._display.show_details({"code, on the clipboard too": self.code}, unfolded=True)
        self._copy_text(self.code)

    def _show_picture(self, shown: bool) -> None:
        """Show the picture, or leave its place to the viewer."""
        self._display.picture.layout.display = "" if shown else "none"

    def _file_drawn(self, path: Path | None) -> None:
        self._drawn = (path, self._display.about)
        self._below.show(path)
        if isinstance(self.job, DrawnBefore) or not self.saved.has_picture:
            self.saved.show_small(drawing_of(str(path)))

    def _keep(self, path: Path, document: Document) -> None:
        """Leave the drawing in the strip, in the saved notebook, and on the page if its file is too large."""
        drawn, settings = self._drawn
        if drawn == path:
            self.recent.add(path, settings, document)
        if (thumbnail := thumbnail_of(document, LARGEST_IMAGE)) is None:
            return
        self.saved.show([(thumbnail, place_words(path))])
        size = path.stat().st_size if path.is_file() else 0
        if size > LARGEST_SHOWN:
            caption = f"{place_words(path)} · {size_words(size)}, shown reduced"
            self._display.show(Picture(thumbnail.data, thumbnail.format), caption)

    def _make_buttons(self) -> FormButtons:
        actions = {
            "draw": self._draw_clicked,
            "cancel": self.cancel,
            "undo": self.undo,
            "redo": self.redo,
            "shuffle": self._shuffle_clicked,
            "reset": self.reset,
            "code": self._show_code,
        }
        verb = "Draw" if self._panel.target.has_page else "Run"
        return FormButtons(verb, {name: self._guarded(act) for name, act in actions.items()})
