"""A plot on its machine, in a notebook: questions, buttons, estimate, and its strokes as they are drawn."""

import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import traitlets

from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError, PlotError
from drawscape.machine.device import devices
from drawscape.machine.plot import FINAL, Plot, find_plot, shown_plots
from drawscape.notebook.job_states import Following, JobState
from drawscape.notebook.job_words import error_line
from drawscape.notebook.own_worker import ensure_worker, keep_worker_alive
from drawscape.notebook.pictures import KEPT_PX, LARGEST_KEPT, picture_table, thumbnail_of
from drawscape.notebook.static_output import StaticOutputWidget
from drawscape.notebook.threads import MOTIONS, PLOTS, Debounce
from drawscape.notebook.viewer import Viewable, document_of, file_of
from drawscape.pens import with_pens
from drawscape.plot import optimize as optimized
from drawscape.settings import web_address
from drawscape.svg_builder import SVGBuilder
from drawscape.tasks.plotting import act_on_plot, enqueue_plot, is_queued
from drawscape.viewer.assets import script, style

CHECK_PERIOD_S = 0.4


class PlotPanel(StaticOutputWidget):
    """Shows a plot, with its questions and buttons; `found` if the plot was not queued by this call."""

    _esm, _css = script("plot_panel.js"), style("plot_panel.css")
    state = traitlets.Dict().tag(sync=True)
    _page_calls = "act"
    _how = "run this cell to see it again"
    _words_are_own = True

    def __init__(self, plot: Plot, *, found: bool = False) -> None:
        self.plot, self.found = plot, found
        self._checking = Debounce(CHECK_PERIOD_S, self._check, thread=PLOTS)
        self._examining = Following((), lambda _state: None)
        self._examined: tuple[dict[str, Any], list[bytes]] | None = None
        super().__init__(f"a plot on {plot.record.machine}", "plot")
        self._refresh()
        self._checking.request()

    def _refresh(self) -> None:
        with self._lock:
            state = self.plot.as_dict()
            waits_for = ahead_of(state) if state["state"] == "ready" else ""
            more = {"found": self.found, "waits_for": waits_for, "page": web_address()}
            self.state = {**state, **more}

    def act(self, action: str, **values: Any) -> None:
        """Do the action of a button: answer, pause, pause_now, resume, stop, set, move, again, heal.

        A `move` of the pen (`motion` is pen, jog or frame) is made later, and its errors are shown.
        Raises PlotError.
        """
        if action == "move":
            MOTIONS.do(partial(self._guarded, act_on_plot, self.plot, action, values))
            return
        shown, self.plot = self.plot, act_on_plot(self.plot, action, values)
        if self.plot is not shown:
            self.found, self._examined = False, None
        keep_worker_alive()  # the worker may have ended with an earlier kernel
        self._refresh()

    def wait(self, timeout_s: float | None = None) -> str:
        """Return the state in words once the plot has ended, waits for a person, or the time is over."""
        until = float("inf") if timeout_s is None else time.monotonic() + timeout_s
        while self.plot.state.state in ("ready", "plotting") and time.monotonic() < until:
            time.sleep(CHECK_PERIOD_S / 4)
        self._refresh()
        return self.plot.words

    def _check(self) -> None:
        if self.comm is not None:  # else the panel is closed; the plot goes on
            self._checking.request()
            self._guarded(self._refresh)

    def _on_ready(self) -> None:
        self.send({"lines": True}, [self.plot.plan.packed()])
        if self._examined:
            self.send(*self._examined)

    def _on_photograph(
        self,
        asked: int,
        file: str,
        data: bytes = b"",
        corners: list[list[float]] | None = None,
        sheet: int = 1,
    ) -> None:
        """Examine the photograph of a sheet in a job, and send the answer to request `asked`."""
        self._examining.close()
        try:
            from drawscape.tasks.photographs import examine_upload

            job = examine_upload(self.plot, file, data, corners=corners, sheet=sheet)
        except DrawscapeError as error:
            self.send({"asked": asked, "trouble": str(error)})
            return
        keep_worker_alive()
        self._examining = Following([job], partial(self._send_examined, asked, sheet))

    def _send_examined(self, asked: int, sheet: int, state: JobState) -> None:
        """Send the findings in a photograph; a page that opens later gets them, too."""
        if state.status == "finished":
            told = {**state.result, "job": state.id, "sheet": sheet}
            picture = (self.plot.folder / "sheet.jpg").read_bytes()
            self._examined = {"asked": asked, "told": told}, [picture]
            self.send(*self._examined)
        elif state.ended:
            self.send({"asked": asked, "trouble": error_line(state.error)})

    def _make_static_html(self) -> str:
        with suppress(DrawscapeError, OSError):
            picture = thumbnail_of(document_of(self.plot.record.drawing)[0], LARGEST_KEPT, KEPT_PX)
            return picture_table([(picture, f"{self._what}: {self.plot.words}")])
        return ""


def plot(
    drawing: Viewable,
    *,
    on: str | None = None,
    yes: bool = False,
    zero_here: bool = False,
    optimize: bool = True,
    pens: Mapping[int, str] | None = None,
) -> PlotPanel:
    """Queue a plot of `drawing` on the machine `on`, and return its panel.

    `drawing` is a Document, a canvas, a job, a drawing of the catalogue, or the path of an SVG. Its lines
    are ordered unless `optimize=False`. `pens` are pens of the home, by the number of a layer's pen, as
    `{1: "micron-03-blue"}`. Without `on` the home's only machine is taken. With `yes` paper and
    pens are in. With `zero_here` the pen is at the sheet's zero, should the machine not know its place. An
    unfinished plot of the same lines on that machine is shown, and none is queued. So a cell
    that runs again, after a kernel restart too, goes on with its plot. The panel's *Plot once more*
    queues another. Raises PlotError when no machine is named, or the drawing is beyond its reach,
    UnknownNameError for a pen or number that does not exist.

    >>> from drawscape.machine.device import add_device
    >>> from drawscape.svg_builder import SVGBuilder
    >>> _ = add_device("simulated", "simulator", "100x")
    >>> plot(SVGBuilder(50, 50).line(5, 5, 20, 5), on="simulated", yes=True, zero_here=True)
    <PlotPanel: a plot on simulated>
    """
    if on is None:
        on = only_machine()
    document, title, _ = document_of(drawing)
    document = with_pens(document, pens)
    path = None if isinstance(drawing, Document | SVGBuilder) else file_of(drawing)
    file = title if path is None else str(path.absolute())
    ready = optimized(document) if optimize else document
    made = Plot.create(ready, on, drawing=file, reuse=True)
    found = bool(made.record.job)
    ensure_worker()
    try:
        if made.state.state == "ready":
            enqueue_plot(made, yes=yes, zero_here=zero_here)
    except PlotError:  # an earlier run of this cell has queued it, or another notebook
        if made.state.state == "ready" and not is_queued(made):
            raise
    return PlotPanel(made, found=found)


def ahead_of(plot: Mapping[str, Any]) -> str:
    """Return the unfinished plot that is before `plot` on its machine, '' for none."""
    for other in shown_plots():
        is_ahead = other["machine"] == plot["machine"] and other["id"] != plot["id"]
        if is_ahead and other["state"].partition(" ")[0] in ("waiting", "plotting", "paused"):
            name = Path(other["drawing"]).name or other["id"]
            return f"The machine has another plot first: {name}, {other['state']}."
    return ""


def unfinished_words(drawing: Path) -> str:
    """Return the state of an unfinished plot of that file, '' for none."""
    for plot in shown_plots():
        if plot["drawing"] == str(drawing) and plot["state"] not in FINAL:
            return f"on {plot['machine']}: {plot['state']} at stroke {plot['stroke']} of {plot['strokes']}"
    return ""


def only_machine() -> str:
    """Return the name of the only machine of this home. Raises PlotError for none or several."""
    names = [device.name for device in devices()]
    if not names:
        raise PlotError(
            "this home has no machine yet. Add one in a terminal: drawscape machine add desk "
            "--driver ebb --port /dev/ttyACM0. Without a machine, --driver simulator shows how it works."
        )
    if len(names) > 1:
        raise PlotError(f"choose a machine, plot(drawing, on=...): {', '.join(names)}")
    return names[0]


def open_plot(plot_id: str) -> PlotPanel:
    """Return the panel of a plot, by its id or the end of it.

    Raises PlotNotFoundError.

    >>> from drawscape.machine.device import add_device
    >>> from drawscape.svg_builder import SVGBuilder
    >>> _ = add_device("simulated", "simulator", "100x")
    >>> panel = plot(SVGBuilder(50, 50).line(5, 5, 30, 5), on="simulated", yes=True, zero_here=True)
    >>> open_plot(panel.plot.id)
    <PlotPanel: a plot on simulated>
    """
    return PlotPanel(find_plot(plot_id))
