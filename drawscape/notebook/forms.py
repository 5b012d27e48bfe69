"""A form made from a signature, or from a drawing with its settings: one widget, drawn by viewer/form.js.

The kernel holds what counts: the settings (settings.py), the latest job, the picture. The page shows the
traits and sends messages, which have a number; `ack` in the state is the largest that was dealt with.
"""

import contextlib
import mimetypes
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from drawscape import durations
from drawscape.catalogue import Drawing, find, is_draft, keep_draft
from drawscape.catalogue.database import full_path
from drawscape.drawing.document import Document, Orientation
from drawscape.durations import span_words
from drawscape.errors import DrawscapeError, JobNotFoundError
from drawscape.jobs import Job, get_job
from drawscape.notebook.kernel import ENDED, Debounce, Following, JobState, later, state_of
from drawscape.notebook.lasting import LARGEST_IMAGE, Lasting, error_words, notebook_name, resource
from drawscape.notebook.magics import load_ipython_extension
from drawscape.notebook.memory import Kept, LastSettings, NamedSettings, RecentPictures, drawing_of
from drawscape.notebook.pictures import (
    Picture,
    empty_sheet,
    is_blank,
    keep_upload,
    picture_table,
    place_words,
    preview_picture,
    result_path,
    result_picture,
    result_words,
    retouched,
    upload_preview,
)
from drawscape.notebook.settings import Settings, UndoHistory
from drawscape.notebook.target import (
    Drawable,
    DrawnBefore,
    Target,
    Values,
    call_text,
    enqueue_drawing,
    is_drawing,
    newer_target,
    recipe_for,
    settings_in,
    standing_drawing,
    target_of,
)
from drawscape.notebook.text import more_than_a_line, size_words, status_words, tail_of, with_source
from drawscape.notebook.viewer import Comparison, Viewer
from drawscape.parameters import Parameter, parameters_apart
from drawscape.plot import machine_names, optimize, read_machine, save, split_layers, statistics
from drawscape.plot.formats import FormatName, menu_of_formats
from drawscape.recipe import Recipe
from drawscape.svg.read import read_svg

if TYPE_CHECKING:
    from drawscape.notebook.plot_panel import PlotPanel

_LIVE = Parameter("live", "bool")

QUICK_S = 0.5
"""A job that takes no longer shows its drawing only: a preview costs the page a quarter of a second."""

WORTH_SHOWING = 0.5
"""How far a live drawing has to be before it replaces the one that it is compared with."""

PACE_S = 0.25
"""A live form draws again when the hand has rested so long, although a drawing is under way."""

READ_S = 0.4  # a drawing that is replaced sooner, as in a live form, is not read

REST_S = 1.0
"""What the hand rests on for so long is a drawing; what it passes on the way are drafts."""

UNDER_WAY = " under way"
"""Kept beside the settings, with a name that no parameter has: what is being drawn, and the job's id."""

MOST_ORDERED_POINTS = 100_000
"""Points of a drawing that is put in order without being asked for: under a second."""


def _names(target: Any) -> list[str]:
    return [] if is_drawing(target) else target_of(target).names


@parameters_apart("where", _names)
def form(
    target: Drawable | Drawing | Path,
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

    `target` is a pattern's name, a sketch, a function of a sketch's form, a task or its dotted path. A
    drawing of the catalogue, or an SVG file, opens with its settings, on another `paper` if one is given.
    With `trust` the source that it carries may run. `values` are where parameters begin; those that are
    called like an option of this function go into `where`. A `live` form draws when changed.
    Raises UnknownNameError, TaskNotFoundError, SignatureError, ParameterError or JobOptionError.

    >>> form("flow_field", paper="A5", seed=7, spacing=1.4).values["spacing"]
    1.4
    """
    durations.timeout(job_timeout)  # a mistake is an error here, not at the first Draw
    own = {**({} if seed is None else {"seed": seed}), **(where or {})}
    how: dict[str, Any] = {"paper": paper, "orientation": orientation, "live": live, **own}
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


class Form(Lasting):
    """Fields, buttons, a bar, words, and the picture of the latest job.

    `values`, `set(...)`, `draw()`, `cancel()`, `job`, `status`, `code`, `undo()`, `redo()`,
    `named.save("dense")`, `named.load("dense")`, `recent.paths`.
    """

    _esm = "".join(resource(name, "drawscape.viewer") for name in ("child.js", "form.js"))
    _css = resource("form.css", "drawscape.viewer")
    schema = traitlets.Dict().tag(sync=True)
    inputs = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    strip = traitlets.List().tag(sync=True)
    _page_calls = "cancel undo redo shuffle reset renew retouch inspect plot close_below"

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
        self._steps = UndoHistory(settings)
        if before is not None:
            self._steps.add(settings.restored(before))
        self._job: Job | DrawnBefore | None = None
        self._draws = ""  # the address of what the latest job draws, '' of a draft
        self._following = Following((), lambda _state: None)
        self._drawn_with: Kept = {}
        self._path: Path | None = None
        self._document: Document | None = None
        self._wanted = self._drafting = False
        self._shown: Target | None = None
        self._pace = Debounce(PACE_S, self._draw_draft, from_last=True)
        self._rest = Debounce(REST_S, self._keep_draft, from_last=True)
        self._saving = Debounce(PACE_S, self._keep_settings, from_last=True)
        self._reading = Debounce(READ_S, self._read_drawing, from_last=True, slow=True)
        super().__init__(f"the form of {settings.target.title}", "form")
        self.named = NamedSettings(
            kept.named_key, lambda: self.settings, self._show_kept, self._name_changed
        )
        self.recent = RecentPictures(
            kept.target_key, self._bring_back, partial(setattr, self, "strip"), self._lock
        )
        self.state = {
            "live": live, "locks": [], "names": self.named.names, "details": [], "status": "",
            "running": False, "plotter": "",
        }  # fmt: skip
        self._show_settings()
        if drawing and drawing.path.is_file():
            self.show(drawing)
        elif before is not None:
            self._show_first()
        if self.recent.paths:
            later(self.recent.refresh)

    @property
    def _settings(self) -> Settings:
        return self._steps.now

    # What a program does with it

    @property
    def job(self) -> Job | DrawnBefore | None:
        """The latest job that this form enqueued, or the drawing that stood; None before the first."""
        return self._job

    @property
    def values(self) -> Values:
        """What the fields show, by parameter. Raises ParameterError where one is wrong."""
        return self._settings.values

    @property
    def settings(self) -> Values:
        """What `set` needs to show the same again, as JSON values; a field that is wrong is left out."""
        return self._settings.kept

    @property
    def status(self) -> str:
        """The words under the bar."""
        return str(self.state.get("words", ""))

    @property
    def code(self) -> str:
        """The Python call that draws what the fields show. Raises ParameterError."""
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

    def set(self, **values: Any) -> "Form":
        """Show `values`, all or none of them, and return the form. Raises UnknownNameError, ParameterError.

        Beside parameters they may be `seed`, `paper`, `orientation`, `width`, `height`,
        `margin`.
        """
        self._change(self._settings.changed(values))
        return self

    def draw(self, *, fresh: bool = False) -> Job | DrawnBefore:
        """Enqueue a job with the values shown and return it; the former one is canceled.

        A drawing that stands is shown at once, and a job that draws it already goes on, unless `fresh`.
        Errors are shown in the form and raised.
        """
        return self._draw(fresh=fresh)

    def show(self, drawing: Drawing) -> DrawnBefore:
        """Show a drawing that stands as the form's own, and return what stands for its job."""
        return self._show_file(drawing.path, drawing)

    def cancel(self) -> bool:
        """Cancel the latest job, waiting or running; return whether there was one."""
        with self._lock:
            self._wanted = self._drafting = False
            self._draws = ""
        self._pace.drop()
        self._rest.drop()
        return self._job is not None and bool(self._job.cancel())

    def undo(self) -> None:
        """Show the settings before these, and their picture where it stands."""
        self._step(-1)

    def redo(self) -> None:
        """Show the settings that `undo` left, and their picture where it stands."""
        self._step(1)

    def shuffle(self) -> None:
        """Show random values for each parameter that is not locked, and another seed."""
        self._change(self._settings.shuffled(self.state["locks"]))

    def lock(self, *names: str) -> None:
        """Keep these parameters, and no others, when shuffling."""
        self._say(locks=list(names))

    def reset(self) -> None:
        """Show the settings that the form was opened with, and their picture where it stands.

        A pattern that was chosen since stays, with what it begins with.
        """
        self._change(self._first.changed(self._settings.pattern), draws=False)
        self._show_what_stands()

    def renew(self) -> None:
        """Take the parameters that the sketch has now; what still fits keeps its value."""
        if newer := newer_target(self._settings.target):
            self._first = Settings.of(newer)
            self._steps = UndoHistory(self._settings.retargeted(newer))
            self._show_settings()
        self._say(renewed="")

    def export(self, format: FormatName, *, per_pen: bool = False) -> list[Path]:
        """Return the files written beside the drawing, its lines in order: 'svg', 'gcode', ...

        Raises PlotError or MissingExtraError for what the format cannot hold or needs.
        """
        if (path := self._drawing_file) is None:
            return []
        document = self._document or read_svg(path.read_bytes())  # it may not be read yet
        options: dict[str, Any] = {}
        if self.state["plotter"]:
            machine = read_machine(self.state["plotter"])
            options = {"profile": machine.profile, "device": machine.device}
        ordered = optimize(document)
        parts = dict(enumerate(split_layers(ordered), 1)) if per_pen else {"plot": ordered}
        return [
            save(part, path.with_name(f"{path.stem}-{name}.{format}"), format=format, **options)
            for name, part in parts.items()
        ]

    def retouch(
        self, name: str, *, cut: Sequence[float] = (0, 0, 0, 0), contrast: float = 1.0
    ) -> "Form":
        """Cut the picture that parameter `name` names, change its contrast, and return the form.

        `cut` is what goes at the left, top, right and bottom, in percent of the picture; a contrast below 1
        is less. The result is a new file in `inputs/`; `undo` shows the former one.
        Raises UnknownNameError, ParameterError.
        """
        return self.set(**{name: retouched(name, self.settings.get(name), cut, contrast)})

    def inspect(self) -> Viewer:
        """Show the picture's drawing in a viewer in its place, and return that."""
        return self.show_below("view", self._kept_path())  # type: ignore[no-any-return]

    def plot(self) -> "PlotPanel":
        """Queue a plot of the picture's drawing, and return its panel, which is shown. Raises PlotError."""
        return self.show_below("plot", self._kept_path())  # type: ignore[no-any-return]

    def star(self, stars: int) -> Drawing:
        """Give the picture's drawing 0 to 5 stars, and return it; a draft becomes a drawing."""
        drawing = find(self._kept_path())
        self.recent.star(str(drawing.path), stars)
        self._say(stars=stars)
        return drawing

    def settle(self) -> None:
        """Show the end of a job that has ended by now."""
        job = self._job
        if isinstance(job, Job) and self.state["running"] and (state := state_of(job)).ended:
            self._job_changed(job, state)

    def close(self) -> None:
        """Let the page forget the form; its job goes on."""
        self._following.close()
        self._pace.drop()
        self._rest.drop()
        super().close()

    def begin_saving(self) -> None:
        """The form is in an output: show what stands for its settings."""
        if not self._job:
            self._show_first()

    def __dir__(self) -> Iterable[str]:
        """The form's own names; those of the widget that it is are not for a person to choose from."""
        return [*(n for n in vars(Form) if not n.startswith("_")), "named", "recent"]

    # Settings

    def _change(self, settings: Settings, gesture: Any = None, *, draws: bool = True) -> None:
        """Show other settings; changes of one gesture are one step."""
        with self._lock:
            if not self._steps.add(settings, gesture):
                return
            self._saving.request() if gesture is not None else self._keep_settings()
            self._show_settings()
        if draws and self.live:
            self._request_draft()

    def _step(self, by: int) -> None:
        with self._lock:
            self._steps.step(by)
            self._keep_settings()
            self._show_settings()
            self._show_what_stands()

    def _keep_settings(self) -> None:
        job, is_under_way = self._job, self.state["running"] and self._is_drawn
        more = {UNDER_WAY: [self._draws, job.id]} if job and is_under_way else {}
        self._kept.save({**self.settings, **more})

    def _show_kept(self, kept: Kept) -> None:
        self._change(self._settings.restored(kept), draws=False)
        self._show_what_stands()

    def _show_settings(self) -> None:
        settings, drawn = self._settings, self._path is not None
        target = settings.target
        if target is not self._shown:
            self._shown = target
            more = {"verb": "Draw" if target.has_page else "Run", "exports": menu_of_formats()}
            self.schema = {**settings.schema, **more, "plotters": plotter_choices()}
        self.inputs = settings.inputs
        self._say(
            errors=settings.errors,
            **self._steps.ways,
            older=drawn and not self.live and not self._is_drawn,
            name="",
            previews={
                one.name: upload_preview(str(settings.inputs[one.name] or ""))
                for one in target.parameters
                if one.text_format == "file"
            },
            details=[one for one in self.state["details"] if not one["open"]],  # the code of others
        )
        size = settings.page_size
        if size is not None and not drawn and not self._job:
            self._show_picture(empty_sheet(*size), f"{size[0]:g} x {size[1]:g} mm")

    def _name_changed(self, name: str | None) -> None:
        chosen = {} if name is None else {"name": name}
        self._say(names=self.named.names, **chosen)

    # Drawing

    @property
    def _is_drawn(self) -> bool:
        """Whether the latest job has the settings that are shown."""
        return self._drawn_with == self.settings

    @property
    def _drawing_file(self) -> Path | None:
        """The file of the drawing that is shown; None for a draft, and for what is no drawing."""
        path = self._path
        return path if path and path.suffix == ".svg" and not is_draft(path) else None

    @property
    def _shows_draft(self) -> bool:
        """Whether the picture is a draft that is finished, with the settings that are shown."""
        is_done = self.state["status"] == "finished" and self._is_drawn
        return is_done and is_draft(self._path or "")

    def _draw(self, *, fresh: bool = False, draft: bool = False) -> Job | DrawnBefore:
        """Show what stands for the settings, or enqueue a job."""
        with self._lock:  # what is drawn is what is shown
            target = self._settings.target
            if newer_target(target) is not None:  # its file or cell has changed
                self._say(renewed="The sketch has other parameters now.")
            try:
                if self._shows_draft and not (fresh or draft):
                    return self._make_drawing()
                arguments = self._settings.arguments
                recipe = recipe_for(target, arguments)
                if not fresh and (known := standing_drawing(recipe)):
                    return self.show(known)
                request, job = recipe.request if recipe and not draft else "", self._job
                if job and self.state["running"] and request == self._draws != "" and not fresh:
                    return job
                how = {"fresh": fresh, "draft": draft, "job_timeout": self._job_timeout}
                made = enqueue_drawing(target, arguments, recipe, **how)
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
        job: Job | DrawnBefore,
        words: str = "waiting",
        details: Sequence[Mapping[str, Any]] = (),
        *,
        draws: str = "",
    ) -> None:
        """Follow `job` from now on, which draws what has that address; the former one is canceled."""
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
                details=list(details), progress=0.0, status="queued", words=words, older=False,
                running=True, stale=not self._keeps_former,
            )  # fmt: skip
        if former:
            former.cancel()

    def _show_file(
        self,
        path: Path,
        drawing: Drawing | None = None,
        *,
        words: str = "",
        details: Sequence[Mapping[str, Any]] = (),
    ) -> DrawnBefore:
        """Show what was drawn before in place of a job; a task's file is no drawing."""
        known = DrawnBefore(path, drawing or drawing_of(str(path)))
        said = words or known.words
        self._follow(known, said, details)
        self._job_changed(known, JobState("", "finished", result=known.result), said)
        return known

    def _make_drawing(self) -> DrawnBefore:
        """Make a drawing of the draft that is shown, and show that; what is said of it stays."""
        drawing = keep_draft(str(self._path))
        details = self.state["details"]
        return self._show_file(drawing.path, drawing, words=self.status, details=details)

    def _kept_path(self) -> Path:
        """Return the file of the picture; a draft becomes a drawing. Raises DrawscapeError without one."""
        with self._lock:  # not while a picture's caption is there, and its path is not
            if not self._path:
                raise DrawscapeError("there is no drawing yet; press Draw first")
            if not is_draft(self._path):
                return self._path
            if self.state["running"]:  # the next draft is under way already
                return keep_draft(self._path).path
            return Path(self._make_drawing().result)

    def _job_changed(self, job: Job | DrawnBefore, state: JobState, words: str = "") -> None:
        """Show a job's state; a report on an earlier job, or one after the end, changes nothing."""
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
                error = more_than_a_line(with_source(failed, target.fixed.get("function")))
                self._show_details({"traceback": error, "printed": tail_of(job.logs())})
            words = words or status_words(state, target.verb)
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
        """Whether a picture stays until the next is there: a live form's is compared with it."""
        return self.live and self._path is not None

    def _shows_preview(self, state: JobState) -> bool:
        if state.status == "started" and state.run_s < QUICK_S:
            return False
        return not self._keeps_former or state.progress >= WORTH_SHOWING

    def _show_result(self, result: Any) -> None:
        picture, path, caption = result_picture(result), result_path(result), result_words(result)
        drawn = None if not path or is_draft(path) else path
        drawing = drawing_of(str(drawn))
        thumbnail = drawing.thumbnail if drawing else None
        small = Picture(thumbnail) if thumbnail else picture
        if not picture and thumbnail:
            picture, caption = small, f"{caption}, shown reduced"
        if picture and is_blank(picture):
            caption += " · nothing is drawn on it"
        self._show_picture(picture, caption, path, stars=drawing.stars if drawing else 0, notice="")
        self._path, self._document = path, None
        if self._drawing_file:
            self._reading.request()
        else:
            self._reading.drop()
            self._say(figures=[], readable=False)
        if drawn is not None:
            kept = settings_in(drawing) if drawing else self._drawn_with
            keep = partial(self._keep_result, drawn, kept, small)
            later(keep, PACE_S) if notebook_name() else keep()  # a page shows the picture first

    def _keep_result(self, path: Path, kept: Kept, small: Picture | None) -> None:
        """Put a picture into the strip and into the saved notebook."""
        if small:
            self.recent.add(path, kept)
        if small and len(small.data) <= LARGEST_IMAGE:
            self._keep(lambda: picture_table([(small, place_words(path))]))

    def _show_picture(
        self, picture: Picture | None, caption: str, path: Path | None = None, **changes: Any
    ) -> None:
        """Show a picture, of the file at `path` if it is one; of None the former stays, with this caption."""
        with self.hold_sync():
            file = ""
            if picture:
                self.picture, file = picture.data, path.name if path else ""
                changes["kind"] = picture.format
            self._say(caption=caption, stale=False, file=file, **changes)

    def _show_first(self) -> None:
        """Show the drawing of the settings where it stands or is under way, else the last picture."""
        if self._show_what_stands():
            return
        if self.recent.paths:
            self._show_file(self.recent.paths[0])
            self._drawn_with = {}
            self._say(older=True)
        request, job_id = (self._before or {}).get(UNDER_WAY) or ("", "")
        with contextlib.suppress(JobNotFoundError):
            if (recipe := self._recipe) and recipe.request == request:
                job = get_job(job_id)
                if job.status not in ENDED:
                    self._follow(job, draws=request)

    @property
    def _recipe(self) -> Recipe | None:
        """What the settings draw; None for what is no sketch's, and while a field is not filled in."""
        with contextlib.suppress(DrawscapeError):  # Draw says so
            return recipe_for(self._settings.target, self._settings.arguments)
        return None

    def _show_what_stands(self) -> bool:
        """Show the drawing of the settings, if it stands; return whether it does."""
        if known := standing_drawing(self._recipe):
            self.show(known)
        return known is not None

    def _bring_back(self, path: Path, kept: Kept) -> None:
        """Show a picture of the strip and its settings, and draw nothing."""
        self._show_kept(kept)
        if self._path != path or not self._is_drawn:
            self._show_file(path)

    # A live form: the newest settings are drawn soon, and always in the end

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
        """Make a drawing of the draft that the hand rests on."""
        with self._lock:  # what is shown now is not in the middle of being replaced
            busy = self._drafting or self._wanted or self._rest.is_due
            if self.live and not busy and self._shows_draft:
                self._guarded(self._make_drawing)

    # The drawing as a plotter sees it

    def _read_drawing(self) -> None:
        """Say what there is to know of the drawing, and show it in the viewer below, if one is there."""
        path, document = self._drawing_file, self._document
        if not path:
            return
        if document is None:
            try:
                document = read_svg(path.read_bytes())
            except (DrawscapeError, OSError) as error:
                self._say(notice=f"{path.name} cannot be read: {error}")
                return
            if path != self._path:
                return
            self._document = document
            self._say(notice=notice_of(document), readable=True)
            if isinstance(below := self._below, Viewer) and not isinstance(below, Comparison):
                drawing = drawing_of(str(path))
                margin_mm = drawing.margin if drawing else 0.0
                below.show(document, title=place_words(path), margin_mm=margin_mm)
        rows = figure_rows(document, self.state["plotter"])
        if path == self._path:
            self._say(figures=rows)

    def _export(self, format: FormatName, per_pen: bool) -> None:
        try:
            written = []
            for path in self.export(format, per_pen=per_pen):
                kind = mimetypes.guess_type(path)[0] or "text/plain"
                self.send({"download": path.name, "type": kind}, [path.read_bytes()])
                written.append(f"{place_words(path)} ({size_words(path.stat().st_size)})")
            self._say(notice=f"wrote {', '.join(written)}")
        except Exception as error:  # noqa: BLE001 - shown here, for it would reach no cell
            self._say(notice=error_words(error))
        finally:
            self._say(exporting=False)

    def _say(self, **changes: Any) -> None:
        """Show changes of the small things that stand around picture and fields."""
        with self._lock:
            self.state = {**self.state, **changes}

    def _show_error(self, error: Exception) -> None:
        """Show what was raised, with the traceback of what is not the project's own."""
        traced = [] if isinstance(error, DrawscapeError) else traceback.format_exception(error)
        self._show_details({"traceback": "".join(traced)})
        self._say(status="failed", words=error_words(error), progress=0.0)

    def _show_details(self, texts: Mapping[str, str], *, unfolded: bool = False) -> None:
        shown = [{"head": h, "text": t, "open": unfolded} for h, t in texts.items() if t]
        self._say(details=shown)

    # What the page sends

    def _received(self, widget: Any, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        with self._lock, self.hold_sync():
            super()._received(widget, message, buffers)
            self._say(ack=max(message.get("number", 0), self.state.get("ack", 0)))

    def _handler(self, event: str) -> Callable[..., object] | None:
        if event in ("save", "load", "delete"):
            return getattr(self.named, event)  # type: ignore[no-any-return]
        return self.recent.choose if event == "choose" else super()._handler(event)

    def _on_ready(self) -> None:
        """A page shows the form: draw its first picture, unless it has one."""
        is_sketch = self._settings.target.takes_margin
        if not self._job and is_sketch and not self._show_what_stands():
            with contextlib.suppress(DrawscapeError):
                _ = self._settings.values  # a field is not filled in: nothing is drawn yet
                self._draw()

    def _on_change(self, inputs: Values, gesture: Any = None) -> None:
        settings = self._settings
        for name, shown in inputs.items():
            settings = settings.typed(name, shown)
        self._change(settings, gesture)

    def _on_draw(self, fresh: bool = False) -> None:
        """Draw; a second click, with nothing changed since the drawing that stood, draws it again."""
        self._draw(fresh=fresh or (isinstance(self._job, DrawnBefore) and self._is_drawn))

    def _on_live(self, live: bool) -> None:
        self.live = live

    def _on_lock(self, name: str) -> None:
        locks = self.state["locks"]
        self.lock(*([n for n in locks if n != name] if name in locks else [*locks, name]))

    def _on_code(self) -> None:
        code = self.code
        self._show_details({"code, on the clipboard too": code}, unfolded=True)
        self.send({"copy": code})

    def _on_star(self, stars: int, id: str = "") -> None:
        is_shown = not id or full_path(id) == self._path
        self.star(stars) if is_shown else self.recent.star(id, stars)

    def _on_thumbnails(self, ids: Sequence[str]) -> None:
        """Send the strip's pictures of those ids, which the page has not yet."""
        found = [(one, self.recent.picture(one)) for one in ids]
        kinds = [[one, picture.format] for one, picture in found if picture]
        self.send({"thumbnails": kinds}, [picture.data for _, picture in found if picture])

    def _on_compare(self, ids: Sequence[str]) -> None:
        self.show_below("compare", *map(full_path, ids))

    def _on_plotter(self, name: str) -> None:
        """Give times and exports for a plotter, '' for none in particular."""
        self._say(plotter=name)
        self._reading.request()

    def _on_export(self, format: FormatName, per_pen: bool) -> None:
        self._say(exporting=True, notice="putting the lines in order")
        later(lambda: self._export(format, per_pen))

    def _on_file(self, name: str, file: str, data: bytes) -> None:
        self.set(**{name: keep_upload(name, file, data)})


@cache
def plotter_choices() -> list[tuple[str, str]]:
    """Return names and titles of the plotters to choose from, first none in particular."""
    return [("", "any plotter"), *((name, read_machine(name).title) for name in machine_names())]


def figure_rows(document: Document, plotter: str) -> list[dict[str, str]]:
    """Return a row for each pen and, of several, one for their total: time, ink and lifts as words.

    Times are those of the machine called `plotter`, '' for none in particular. The words say what a better
    order of the lines would give, too, unless that would take long.
    """
    is_small = len(document.lines.points) <= MOST_ORDERED_POINTS
    machine = read_machine(plotter).plotter if plotter else None
    before = statistics(document, plotter=machine)
    after = statistics(optimize(document), plotter=machine) if is_small else before
    colors = [*(layer.color for layer in document.layers), ""]
    rows = [
        {
            "pen": now.name or "pen",
            "color": color,
            "time": _change(span_words(now.seconds), span_words(then.seconds)),
            "ink": f"{now.pen_down_mm / 1000:.2f} m",
            "lifts": _change(f"{now.lifts:,}", f"{then.lifts:,}"),
        }
        for now, then, color in zip(before, after, colors, strict=True)
    ]
    return rows if len(rows) > 2 else rows[:-1]


def notice_of(document: Document) -> str:
    """Return what a picture alone would not say: that some or all of it is off the sheet."""
    points = document.lines.points
    outside = ((points < 0) | (points > (document.width_mm, document.height_mm))).any(axis=1)
    if len(points) and outside.all():
        return "all of it lies off the sheet"
    return f"{100 * outside.mean():.1f} % of its points lie off the sheet" if outside.any() else ""


def _change(before: str, after: str) -> str:
    return before if after == before else f"{before} → {after}"


if "IPython" in sys.modules and (_shell := sys.modules["IPython"].get_ipython()) is not None:
    load_ipython_extension(_shell)  # Tab completes in `form(`, and `%%sketch` is there
