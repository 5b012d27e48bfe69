"""A form made from a signature, or from a drawing with its settings: one widget, drawn by viewer/form.js.

The kernel holds the settings (form_settings.py), the latest job and the picture. The page shows the
traits and sends numbered messages; `ack` in the state is the largest number that was handled.
"""

import contextlib
import mimetypes
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import traitlets

from drawscape import durations
from drawscape.catalogue import Drawing, find, is_draft, keep_draft
from drawscape.catalogue.database import full_path
from drawscape.drawing.document import Document, Orientation, pen_numbers, plain_name
from drawscape.errors import DrawscapeError, JobNotFoundError
from drawscape.jobs import Job, get_job
from drawscape.machine.device import device_names
from drawscape.notebook.cached_drawing import CachedDrawing
from drawscape.notebook.cell_traceback import with_source
from drawscape.notebook.draw_target import (
    DrawTarget,
    SketchLike,
    Values,
    call_text,
    enqueue_drawing,
    existing_drawing,
    is_drawing,
    newer_target,
    recipe_for,
    redefined_target,
    settings_in,
    target_of,
)
from drawscape.notebook.figures import figure_rows, notice_of
from drawscape.notebook.filmstrip import Filmstrip
from drawscape.notebook.form_settings import Settings, UndoHistory
from drawscape.notebook.job_states import ENDED, Following, JobState, state_of
from drawscape.notebook.job_words import more_than_a_line, status_words, tail_of
from drawscape.notebook.labels import size_words
from drawscape.notebook.pictures import (
    EncodedImage,
    empty_sheet,
    is_blank,
    keep_upload,
    picture_table,
    place_words,
    preview_picture,
    result_path,
    result_picture,
    result_words,
    upload_preview,
)
from drawscape.notebook.plot_panel import PlotPanel, unfinished_words
from drawscape.notebook.recent_pictures import RecentPictures, drawing_of
from drawscape.notebook.saved_settings import Kept, LastSettings
from drawscape.notebook.static_output import (
    LARGEST_IMAGE,
    StaticOutputWidget,
    error_words,
    notebook_name,
)
from drawscape.notebook.threads import EXPORTS, PICTURES, Debounce
from drawscape.notebook.viewer import Comparison, Viewer
from drawscape.parameters import Parameter, parameters_apart
from drawscape.pens import offered_pens, read_pen, with_pens
from drawscape.plot.formats import FormatName, menu_of_formats
from drawscape.plot.svg_export import to_svg
from drawscape.recipe import Recipe
from drawscape.svg.read import read_svg
from drawscape.viewer.assets import script, style

_LIVE = Parameter("live", "bool")

QUICK_S = 0.5
"""A job shows no preview before this time: a preview costs the page a quarter of a second."""

PACE_S = 0.25
"""A live form draws again when its settings have rested this long, even during a drawing."""

READ_S = 0.4  # a drawing that is replaced sooner, as in a live form, gets no figures

REST_S = 1.0
"""Settings that rest this long give a drawing; those before them give drafts."""

RENEWED = "The sketch has other parameters now."

UNDER_WAY, PENS = " under way", " pens"
"""Saved beside the settings: the address of the running drawing with its job's id, and the chosen pens.

No parameter has these names.
"""


def _names(target: Any) -> list[str]:
    return [] if is_drawing(target) else target_of(target).names


@parameters_apart("where", _names)
def form(
    target: SketchLike | Drawing | Path,
    *,
    paper: str | None = None,
    orientation: Orientation | None = None,
    seed: int | None = None,
    live: bool = False,
    trust: bool = False,
    job_timeout: Any = "5m",
    where: Values | None = None,
    **values: Any,
) -> "Form":
    """Return a form for `target`: controls on the left, the picture on the right.

    `target` is a pattern's name, a sketch, or a function that draws on a canvas. A drawing of the
    catalogue, or an SVG file, opens with its settings, on another `paper` if one is given.
    With `trust` the source code in the file may run. `values` are the first values of parameters; a
    parameter with the name of an option of this function goes into `where`. A `live` form draws at each
    change.
    Raises UnknownNameError, SignatureError, ParameterError or JobOptionError.

    >>> form("flow_field", paper="A5", seed=7, spacing=1.4).values["spacing"]
    1.4
    """
    durations.timeout(job_timeout)  # a wrong value is an error here, not at the first Draw
    own = {**({} if seed is None else {"seed": seed}), **(where or {})}
    how = {"paper": paper, "orientation": orientation, "live": live, **own}
    drawing = None
    if is_drawing(target):
        drawing = target if isinstance(target, Drawing) else find(target)
        first = Settings.of_drawing(drawing, paper, orientation, trust=trust)
        how = {**settings_in(drawing), **how}
    else:
        first = Settings.of(target_of(target), paper or "A4", orientation)  # type: ignore[arg-type]
    return Form(
        first.changed(own),
        live=_LIVE.check(live),
        job_timeout=job_timeout,
        kept=LastSettings(first.target.title, how),
        drawing=drawing,
    )


class Form(StaticOutputWidget):
    """Fields, buttons, a progress bar, a status, and the picture of the latest job.

    `values`, `set(...)`, `draw()`, `cancel()`, `job`, `status`, `code`, `undo()`, `redo()`, `pens`,
    `recent.paths`.
    """

    _esm, _css = script("form.js"), style("form.css")
    schema = traitlets.Dict().tag(sync=True)
    inputs = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    previews = traitlets.Dict().tag(sync=True)
    strip = traitlets.List().tag(sync=True)
    _page_calls = "cancel undo redo shuffle reset renew close_below"

    def __init__(
        self,
        settings: Settings,
        *,
        live: bool,
        job_timeout: Any,
        kept: LastSettings,
        drawing: Drawing | None = None,
    ) -> None:
        self._first, self._job_timeout, self._kept = settings, job_timeout, kept
        before = self._before = kept.load()
        self._pens = {int(number): name for number, name in (before or {}).get(PENS, {}).items()}
        self._steps = UndoHistory(settings)
        if before is not None:
            self._steps.add(settings.restored(before))
        self._job: Job | CachedDrawing | None = None
        self._draws = ""  # the address of the latest job's drawing, '' for a draft
        self._following = Following((), lambda _state: None)
        self._film = Filmstrip(self._show_frame)
        self._drawn_with: Kept = {}
        self._path: Path | None = None
        self._wanted = self._drafting = self._is_open = False
        self._shown: DrawTarget | None = None
        self._pace = Debounce(PACE_S, self._draw_draft, from_last=True)
        self._rest = Debounce(REST_S, self._keep_draft, from_last=True)
        self._reading = Debounce(READ_S, self._read_drawing, from_last=True, thread=PICTURES)
        super().__init__(f"the form of {settings.target.title}", "form")
        self.recent = RecentPictures(kept.target_key, partial(setattr, self, "strip"), self._lock)
        self.state = {
            "live": live, "locks": [], "details": [], "status": "", "running": False,
            "machines": device_names(), "trouble": "", "layers": [],
        }  # fmt: skip
        self._show_settings()
        if drawing and drawing.path.is_file():
            self.show(drawing)
        elif before is not None:
            self._show_first()
        if self.recent.paths:
            PICTURES.do(self.recent.refresh)

    @property
    def _settings(self) -> Settings:
        return self._steps.now

    # The public API

    @property
    def job(self) -> Job | CachedDrawing | None:
        """The latest job of this form, or the drawing that existed already; None before the first."""
        return self._job

    @property
    def values(self) -> Values:
        """The values of the fields, by parameter. Raises ParameterError for a wrong one."""
        return self._settings.values

    @property
    def settings(self) -> Values:
        """The arguments of `set` that give these settings, as JSON values; wrong fields are left out."""
        return self._settings.kept

    @property
    def status(self) -> str:
        """The state of the latest job in words."""
        return str(self.state.get("words", ""))

    @property
    def code(self) -> str:
        """The Python call that draws with these settings. Raises ParameterError."""
        return call_text(self._settings.target, self._settings.values)

    @property
    def live(self) -> bool:
        """Whether each change is drawn."""
        return bool(self.state["live"])

    @live.setter
    def live(self, live: bool) -> None:
        self._say(live=_LIVE.check(live))
        if live:
            self._request_draft()

    @property
    def pens(self) -> dict[int, str]:
        """The pens of the home that draw instead of the drawing's own, by number: `{1: "micron-03-blue"}`.

        The picture, its figures, Inspect, Plot and Export use their colours and widths.
        Raises UnknownNameError when a pen that is set does not exist.
        """
        return dict(self._pens)

    @pens.setter
    def pens(self, pens: Mapping[int, str]) -> None:
        self._pens = {number: read_pen(name).name for number, name in pens.items()}
        self._keep_settings()
        if self._path:
            self._show_result(str(self._path))

    def set(self, **values: Any) -> "Form":
        """Return the form with `values`, all or none of them. Raises UnknownNameError, ParameterError.

        Besides parameters they may be `seed`, `paper`, `orientation`, `width`, `height`,
        `margin`.
        """
        self._change(self._settings.changed(values))
        return self

    def draw(self, *, fresh: bool = False) -> Job | CachedDrawing:
        """Return a job that draws with the values shown; the form's former job is canceled.

        A drawing that exists is shown at once and returned as a CachedDrawing; a job for the same drawing
        continues. With `fresh` it is always drawn again. Errors are shown in the form and raised.
        """
        return self._draw(fresh=fresh)

    def show(self, drawing: Drawing) -> CachedDrawing:
        """Show a drawing of the catalogue in the form, and return it as a CachedDrawing."""
        known = CachedDrawing(drawing)
        self._follow(known, known.words)
        self._job_changed(known, JobState("", "finished", result=known.result), known.words)
        return known

    def cancel(self) -> bool:
        """Cancel the latest job; return whether it was waiting or running."""
        with self._lock:
            self._wanted = self._drafting = False
            self._draws = ""
        self._pace.drop()
        self._rest.drop()
        return self._job is not None and bool(self._job.cancel())

    def undo(self) -> None:
        """Show the settings before these, and their drawing if it exists."""
        self._step(-1)

    def redo(self) -> None:
        """Show the settings that `undo` left, and their drawing if it exists."""
        self._step(1)

    def shuffle(self) -> None:
        """Show random values for each parameter that is not locked, and another seed."""
        self._change(self._settings.shuffled(self.state["locks"]))

    def lock(self, *names: str) -> None:
        """Keep these parameters, and no others, when shuffling."""
        self._say(locks=list(names))

    def reset(self) -> None:
        """Show the settings that the form was opened with, and their drawing if it exists."""
        self._change(self._first, draws=False)
        self._show_existing()

    def renew(self) -> None:
        """Show the parameters that the sketch has now; values that still fit are kept."""
        if newer := newer_target(self._settings.target):
            self._first = Settings.of(newer)
            self._steps = UndoHistory(self._first.restored(self._settings.kept))
            self._show_settings()
        self._say(renewed="")

    def export(self, format: FormatName) -> Path:
        """Return the file written beside the drawing, its lines in order: 'svg', 'gcode', ...

        Raises PlotError for a drawing that the format cannot hold, MissingExtraError for a missing package.
        """
        drawing = self._kept_drawing()
        return drawing.export(format, pens=self._pens_of(drawing.document))

    def inspect(self) -> Viewer:
        """Return a viewer of the drawing, which is shown in place of the picture."""
        drawing = self._kept_drawing()
        pens = self._pens_of(drawing.document)
        return self.show_below("view", drawing, pens=pens)

    def plot(self, on: str | None = None) -> PlotPanel:
        """Return the panel of a plot of the drawing on machine `on`, queued and shown. Raises PlotError.

        Without `on` the home's only machine is used.
        """
        drawing = self._kept_drawing()
        pens = self._pens_of(drawing.document)
        return self.show_below("plot", drawing, on=on, pens=pens)

    def star(self, stars: int) -> Drawing:
        """Return the drawing that is shown, with 0 to 5 `stars`; a draft becomes a drawing."""
        drawing = self._kept_drawing()
        drawing.star(stars)
        self.recent.refresh()
        self._say(stars=stars)
        return drawing

    def settle(self) -> None:
        """Show the state of a job that has ended meanwhile."""
        job = self._job
        if isinstance(job, Job) and self.state["running"] and (state := state_of(job)).ended:
            self._job_changed(job, state)

    def cell_has_run(self) -> None:
        """Draw at once when a cell has defined the sketch's function again."""
        target = self._settings.target
        if not self._is_open:
            return
        if newer := redefined_target(target):
            with self._lock:
                self._first = replace(self._first, target=newer)
                self._steps.retarget(newer)
                self._shown = newer  # its fields are the same
            if self._recipe and not self._show_existing():
                self._guarded(self._draw)
        elif newer_target(target):
            self._say(renewed=RENEWED)

    def close(self) -> None:
        """Close the widget; its job goes on."""
        self._following.close()
        self._film.close()
        self._pace.drop()
        self._rest.drop()
        super().close()

    def enable_static_output(self) -> None:
        """Update the second output from now on, and show the drawing of the settings."""
        if not self._job:
            self._show_first()

    def __dir__(self) -> Iterable[str]:
        """Return the names of a form, without those of ipywidgets."""
        return [*(n for n in vars(Form) if not n.startswith("_")), "recent"]

    # Settings

    def _change(self, settings: Settings, gesture: Any = None, *, draws: bool = True) -> None:
        """Show other settings; the changes of one gesture are one step of undo."""
        with self._lock:
            if not self._steps.add(settings, gesture):
                return
            self._keep_settings()
            self._show_settings()
        if draws and self.live:
            self._request_draft()

    def _step(self, by: int) -> None:
        with self._lock:
            self._steps.step(by)
            self._keep_settings()
            self._show_settings()
            self._show_existing()

    def _keep_settings(self) -> None:
        job, is_under_way = self._job, self.state["running"] and self._is_drawn
        more: dict[str, Any] = {PENS: {str(number): name for number, name in self._pens.items()}}
        if job and is_under_way:
            more[UNDER_WAY] = [self._draws, job.id]
        self._kept.save({**self.settings, **more})

    def _show_settings(self) -> None:
        settings, drawn = self._settings, self._path is not None
        target = settings.target
        if target is not self._shown:
            self._shown = target
            self.schema = {**settings.schema, "exports": menu_of_formats()}
        self.inputs = settings.inputs
        self._say(
            errors=settings.errors,
            **self._steps.ways,
            older=drawn and not self.live and not self._is_drawn,
            details=[
                one for one in self.state["details"] if not one["open"]
            ],  # not the code of others
        )
        files = [one.name for one in target.parameters if one.text_format == "file"]
        self.previews = {name: upload_preview(str(settings.inputs[name] or "")) for name in files}
        size = settings.page_size
        if size is not None and not drawn and not self._job:
            self._show_picture(empty_sheet(*size), f"{size[0]:g} x {size[1]:g} mm")

    # Drawing

    @property
    def _is_drawn(self) -> bool:
        """Whether the latest job draws with the settings that are shown."""
        return self._drawn_with == self.settings

    @property
    def _drawing_file(self) -> Path | None:
        """The file of the drawing that is shown; None for a draft, or a file of another kind."""
        path = self._path
        return path if path and path.suffix == ".svg" and not is_draft(path) else None

    @property
    def _shows_draft(self) -> bool:
        """Whether the picture is a finished draft of the settings that are shown."""
        is_done = self.state["status"] == "finished" and self._is_drawn
        return is_done and is_draft(self._path or "")

    def _draw(self, *, fresh: bool = False, draft: bool = False) -> Job | CachedDrawing:
        """Return the drawing of the settings, or a job that draws it."""
        with self._lock:  # the settings must not change meanwhile
            target = self._settings.target
            if newer_target(target) is not None:  # its file or cell has changed
                self._say(renewed=RENEWED)
            try:
                if self._shows_draft and not (fresh or draft):
                    return self._make_drawing()
                arguments = self._settings.arguments
                recipe = recipe_for(target, arguments)
                if not fresh and (known := existing_drawing(recipe)):
                    return self.show(known)
                request, job = "" if draft else recipe.request, self._job
                if job and self.state["running"] and request == self._draws != "" and not fresh:
                    return job
                how = {"fresh": fresh, "draft": draft, "job_timeout": self._job_timeout}
                made = enqueue_drawing(target, arguments, **how)
                self._follow(made, draws=request)
                return made
            except Exception as error:
                self._show_error(error)
                raise
            finally:
                if not draft:
                    self._keep_settings()

    def _follow(
        self,
        job: Job | CachedDrawing,
        words: str = "waiting",
        *,
        draws: str = "",
    ) -> None:
        """Follow `job`, which draws the recipe with the address `draws`; cancel the former job."""
        with self._lock:
            former, self._job, self._draws = self._job, job, draws
            self._following.close()
            self._following = Following(
                [job] if isinstance(job, Job) else (),
                partial(self._job_changed, job),
                lambda words: self._say(note=words),
            )
            self._drawn_with = self.settings
            self._say(
                details=[], progress=0.0, status="queued", words=words, older=False,
                running=True, stale=not self._keeps_former,
            )  # fmt: skip
        if former:
            former.cancel()

    def _make_drawing(self) -> CachedDrawing:
        """Return the drawing that the shown draft becomes; status and details stay."""
        said = {name: self.state[name] for name in ("words", "details")}
        with self.hold_sync():
            made = self.show(keep_draft(str(self._path)))
            self._say(**said)
        return made

    def _kept_drawing(self) -> Drawing:
        """Return the drawing that is shown; a draft becomes one. Raises DrawscapeError without one."""
        with self._lock:  # caption and path of a picture change together
            if not self._path:
                raise DrawscapeError("there is no drawing yet; press Draw first")
            if not is_draft(self._path):
                return find(self._path)
            if self.state["running"]:  # the next draft is under way already
                return keep_draft(self._path)
            return self._make_drawing().drawing

    def _job_changed(self, job: Job | CachedDrawing, state: JobState, words: str = "") -> None:
        """Show a job's state; that of an earlier job, or one after its end, changes nothing."""
        target = self._settings.target
        with self._lock:
            if job is not self._job or not self.state["running"]:
                return
            if state.status == "finished":
                self._show_result(state.result)
            elif state.status != "failed" and self._shows_preview(state):
                picture = preview_picture(state.preview)
                if picture:
                    self._show_picture(picture, "")
            if state.ended and isinstance(job, Job):
                failed = state.error or "" if state.status == "failed" else ""
                error = more_than_a_line(with_source(failed, target.sketch.function))
                self._show_details({"traceback": error, "printed": tail_of(job.logs())})
            words = words or status_words(state)
            done = 1.0 if state.status == "finished" else state.progress
            self._say(
                status=state.status, words=words, progress=done, running=not state.ended,
                stale=self.state["stale"] or state.status == "failed",
            )  # fmt: skip
        if state.ended:
            self._drafting = False
            self._draw_draft()
            self._keep_draft()

    @property
    def _keeps_former(self) -> bool:
        """Whether the former picture stays until the next is finished, as in a live form."""
        return self.live and self._path is not None

    def _shows_preview(self, state: JobState) -> bool:
        is_quick = state.status == "started" and state.run_s < QUICK_S
        return not (is_quick or self._keeps_former)

    def _show_result(self, result: Any) -> None:
        picture, path, caption = result_picture(result), result_path(result), result_words(result)
        if picture and self._pens:
            picture = self._inked(picture)
        drawn = None if not path or is_draft(path) else path
        drawing = drawing_of(str(drawn))
        thumbnail = drawing.thumbnail if drawing else None
        small = EncodedImage(thumbnail) if thumbnail else picture
        if not picture and thumbnail:
            picture, caption = small, f"{caption}, shown reduced"
        if picture and is_blank(picture):
            caption += " · nothing is drawn on it"
        self._show_picture(picture, caption, path, stars=drawing.stars if drawing else 0, notice="")
        self._path = path
        if self._drawing_file:
            self._reading.request()
        else:
            self._reading.drop()
            self._say(figures=[], readable=False)
        if drawn is not None:
            keep = partial(self._keep_result, drawn, small)
            PICTURES.do(
                keep, PACE_S
            ) if notebook_name() else keep()  # the page shows the picture first

    def _keep_result(self, path: Path, small: EncodedImage | None) -> None:
        """Put a picture into the strip, and into the static output."""
        self.recent.add(path)
        if small and len(small.data) <= LARGEST_IMAGE:
            self._keep(lambda: picture_table([(small, place_words(path))]))

    def _show_picture(
        self, picture: EncodedImage | None, caption: str, path: Path | None = None, **changes: Any
    ) -> None:
        """Show a picture, of the file at `path` if given; for None the former stays."""
        with self.hold_sync():
            file = ""
            if picture:
                self.picture, file = picture.data, path.name if path else ""
                changes["kind"] = picture.format
            self._say(caption=caption, stale=False, file=file, **changes)

    def _show_first(self) -> None:
        """Show the drawing of the settings if it exists or is running, else the last picture as older."""
        if self._show_existing():
            return
        if self.recent.paths:
            self._show_result(str(self.recent.paths[0]))
            self._say(older=True)
        request, job_id = (self._before or {}).get(UNDER_WAY) or ("", "")
        with contextlib.suppress(JobNotFoundError):
            if (recipe := self._recipe) and recipe.request == request:
                job = get_job(job_id)
                if job.status not in ENDED:
                    self._follow(job, draws=request)

    @property
    def _recipe(self) -> Recipe | None:
        """The recipe of the settings; None while a field is wrong."""
        with contextlib.suppress(DrawscapeError):  # Draw says so
            return recipe_for(self._settings.target, self._settings.arguments)
        return None

    def _show_existing(self) -> bool:
        """Return whether the drawing of the settings exists; if so, show it."""
        recipe = self._recipe
        known = existing_drawing(recipe) if recipe else None
        if known:
            self.show(known)
        return known is not None

    def _on_choose(self, path: str) -> None:
        """Show a picture of the strip with its settings, and draw nothing."""
        drawing = find(full_path(path))
        self._change(self._settings.restored(settings_in(drawing)), draws=False)
        if self._path != drawing.path or not self._is_drawn:
            self.show(drawing)

    # A live form draws drafts, and always the last settings

    def _request_draft(self) -> None:
        self._wanted = True
        self._pace.request()
        self._rest.request()
        if not self._drafting:
            self._draw_draft()

    def _draw_draft(self) -> None:
        with self._lock:
            if not self._wanted:
                return
            self._wanted, self._drafting = False, True
        try:
            self._draw(draft=True)
        except Exception:  # noqa: BLE001 - `_draw` has shown it
            self._drafting = False

    def _keep_draft(self) -> None:
        """Turn the draft into a drawing once the settings rest."""
        with self._lock:  # the picture must not be replaced meanwhile
            busy = self._drafting or self._wanted or self._rest.is_due
            if self.live and not busy and self._shows_draft:
                self._guarded(self._make_drawing)

    # The drawing as a plotter sees it

    def _read_drawing(self) -> None:
        """Show the figures of the drawing, and the drawing in the viewer below if there is one."""
        path = self._drawing_file
        if not path:
            return
        try:
            document = self._with_pens(path.read_bytes())
        except (DrawscapeError, OSError) as error:
            self._say(notice=f"{path.name} cannot be read: {error}")
            return
        if path != self._path:
            return
        self._say(notice=notice_of(document), plotting=unfinished_words(path), readable=True)
        self._show_pens(document)
        if isinstance(below := self._below, Viewer) and not isinstance(below, Comparison):
            drawing = drawing_of(str(path))
            margin_mm = drawing.margin if drawing else 0.0
            below.show(document, title=place_words(path), margin_mm=margin_mm)
        rows = figure_rows(document)
        if path == self._path:
            self._say(figures=rows)

    # The pens of the home

    def _pens_of(self, document: Document) -> dict[int, str]:
        """Return the `pens` whose number the drawing has and that are still in the home."""
        numbers, offered = pen_numbers(document.layers), [one["name"] for one in offered_pens()]
        return {n: own for n, own in self._pens.items() if n in numbers and own in offered}

    def _with_pens(self, data: bytes) -> Document:
        """Return a drawing as the chosen pens draw it. Raises DrawscapeError."""
        document = read_svg(data)
        return with_pens(document, self._pens_of(document))

    def _inked(self, picture: EncodedImage) -> EncodedImage:
        """Return the picture of an SVG with the chosen pens; one that cannot be read stays."""
        with contextlib.suppress(DrawscapeError):
            return EncodedImage(to_svg(self._with_pens(picture.data)))
        return picture

    def _show_pens(self, document: Document) -> None:
        """Offer the home's pens for each pen number of the drawing."""
        layers = dict(zip(pen_numbers(document.layers), document.layers))
        rows = [
            {"number": number, "name": plain_name(layer.name) or f"pen {number}",
             "color": layer.color, "pen": self._pens.get(number, "")}
            for number, layer in sorted(layers.items())
        ]  # fmt: skip
        self._say(layers=rows, stored=offered_pens())

    def _on_pen(self, place: int, name: str) -> None:
        chosen = {**self._pens, place: name}
        self.pens = {number: name for number, name in chosen.items() if name}

    def _export(self, format: FormatName) -> None:
        try:
            path = self.export(format)
            kind = mimetypes.guess_type(path)[0] or "text/plain"
            self.send({"download": path.name, "type": kind}, [path.read_bytes()])
            self._say(notice=f"wrote {place_words(path)} ({size_words(path.stat().st_size)})")
        except Exception as error:  # noqa: BLE001 - shown here: no cell would show it
            self._say(notice=error_words(error))
        finally:
            self._say(exporting=False)

    def _say(self, **changes: Any) -> None:
        """Change entries of the state that the page shows."""
        with self._lock:
            self.state = {**self.state, **changes}

    def _show_error(self, error: Exception) -> None:
        """Show an error; one from outside the library has its traceback."""
        traced = [] if isinstance(error, DrawscapeError) else traceback.format_exception(error)
        self._show_details({"traceback": "".join(traced)})
        self._say(status="failed", words=error_words(error), progress=0.0)

    def _show_details(self, texts: Mapping[str, str], *, unfolded: bool = False) -> None:
        shown = [{"head": h, "text": t, "open": unfolded} for h, t in texts.items() if t]
        self._say(details=shown)

    # Messages from the page

    def _received(self, widget: Any, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        with self._lock, self.hold_sync():
            super()._received(widget, message, buffers)
            self._say(ack=max(message.get("number", 0), self.state.get("ack", 0)))

    def _handler(self, event: str) -> Callable[..., object] | None:
        if event in ("inspect", "plot"):
            return partial(self._do_under_picture, getattr(self, event))
        return super()._handler(event)

    def _on_ready(self) -> None:
        """Draw at once when a page opens, unless the drawing exists or is under way."""
        self._is_open = True
        self._say(machines=device_names())
        if not self._job and not self._show_existing():
            with contextlib.suppress(DrawscapeError):
                _ = self._settings.values  # a field is not filled in: nothing is drawn yet
                self._draw()

    def _on_change(self, inputs: Values, gesture: Any = None) -> None:
        settings = self._settings
        for name, shown in inputs.items():
            settings = settings.typed(name, shown)
        self._change(settings, gesture)

    def _on_draw(self, fresh: bool = False) -> None:
        """Draw; a second click on the same settings draws an existing drawing again."""
        self._draw(fresh=fresh or (isinstance(self._job, CachedDrawing) and self._is_drawn))

    def _on_film(self, name: str, inputs: Sequence[str]) -> None:
        frames = [self._settings.typed(name, shown) for shown in inputs]
        self._film.open(frames, self._job_timeout)

    def _show_frame(self, place: int, picture: EncodedImage) -> None:
        self.send({"film": {"place": place, "kind": picture.format}}, [picture.data])

    def _on_live(self, live: bool) -> None:
        self.live = live

    def _on_lock(self, name: str) -> None:
        locks = self.state["locks"]
        self.lock(*([n for n in locks if n != name] if name in locks else [*locks, name]))

    def _on_code(self) -> None:
        code = self.code
        self._show_details({"code, on the clipboard too": code}, unfolded=True)
        self.send({"copy": code})

    def _do_under_picture(self, action: Callable[..., object], **options: Any) -> None:
        """Do the action of a button under the picture, and show its error there."""
        self._say(trouble="", machines=device_names())
        try:
            action(**options)
        except Exception as error:  # noqa: BLE001 - shown, whatever it is
            self._say(trouble=error_words(error))

    def _on_star(self, stars: int, id: str = "") -> None:
        """Give stars to a drawing of the strip, or to the one that is shown."""
        if not id or full_path(id) == self._path:
            self.star(stars)
        else:
            find(full_path(id)).star(stars)
            self.recent.refresh()

    def _on_thumbnails(self, ids: Sequence[str]) -> None:
        """Send pictures of the strip that the page does not have yet."""
        found = [(one, self.recent.picture(one)) for one in ids]
        kinds = [[one, picture.format] for one, picture in found if picture]
        self.send({"thumbnails": kinds}, [picture.data for _, picture in found if picture])

    def _on_compare(self, ids: Sequence[str]) -> None:
        self.show_below("compare", *map(full_path, ids))

    def _on_export(self, format: FormatName) -> None:
        self._say(exporting=True, notice="putting the lines in order")
        EXPORTS.do(lambda: self._export(format))

    def _on_file(self, name: str, file: str, data: bytes) -> None:
        self.set(**{name: keep_upload(name, file, data)})
