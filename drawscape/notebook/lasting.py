"""Widgets that leave a picture in the saved notebook, and are closed when their cell runs again.

A notebook's page shows the widget of an output and nothing else of it, and without a kernel it shows no
widget. So each widget has a second output, hidden by the style sheet as long as the first lives. Drawings
that end a cell, `job` or `draw(...)`, keep their picture in the same way, behind a viewer.
"""

import importlib.util
import os
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from drawscape.errors import DrawscapeError

INSTEAD_OF_WIDGET = (
    "<style>.jp-OutputArea-child:not(:has(.{widget})):has(+ .jp-OutputArea-child .{picture}) "
    "{{ display: none }}</style>"
)
"""Hides JupyterLab's 'model not found' above the picture, in notebooks that are trusted."""

LATER_S = 3.0
"""When a page shows the widget: pictures for the saved notebook are made then."""

LARGEST_FORM = 200_000
"""Bytes that one form may add to a saved notebook."""

LARGEST_IMAGE = LARGEST_FORM * 3 // 4 - 1000
"""Bytes of a form's image before base64, with room for the caption."""


def notebook_name() -> str:
    """Return the path of the notebook that this kernel runs, '' where there is none: in a script, a test.

    Without one there is no page that shows the widgets, and the program may end at once.
    """
    named = vars(sys.modules["__main__"]).get("__vsc_ipynb_file__")  # VS Code
    return str(named or os.environ.get("JPY_SESSION_NAME", ""))


class SavedPicture:
    """An output that is replaced when there is something better to keep than `words`.

    Each `kind` of widget has other CSS classes, for style sheets hold for the whole page.
    """

    def __init__(self, words: str, kind: str) -> None:
        self._id = f"drawscape-{uuid.uuid4().hex}"
        self._class = f"drawscape-{kind}-saved"
        self._style = INSTEAD_OF_WIDGET.format(widget=f"drawscape-{kind}", picture=self._class)
        self._lock = threading.Lock()
        self._shown = False
        self._body = f"<p>{escape(words)}</p>"

    @property
    def html(self) -> str:
        """What the notebook keeps at this moment."""
        return f'<div class="{self._class}">{self._style}{self._body}</div>'

    def display(self) -> None:
        """Put the output under the cell that runs: a new one each time, replaced together."""
        with self._lock:
            self._publish(update=False)
            self._shown = True

    def keep(self, make: Callable[[], str]) -> None:
        """Keep the HTML that `make` returns, pictures and all; '' changes nothing.

        One after another: what was read first is not kept last.
        """
        with self._lock:
            self._body = make() or self._body
            if self._shown:
                self._publish(update=True)

    def _publish(self, *, update: bool) -> None:
        from IPython.display import publish_display_data

        data = {"text/html": self.html, "text/plain": ""}
        publish_display_data(data, transient={"display_id": self._id}, update=update)


# Widgets

_ENVELOPE = ("event", "arguments", "number")
"""Of a page's message: what it asks for, arguments by place, a number; others have their names."""

_MADE: dict[str, list[Any]] = {}
"""What each cell has made and is still open, by the cell's id."""


class Lasting:
    """A widget with a second output, `saved`, which is seen where the widget cannot be.

    It belongs to the cell that made it: when that runs again, it is closed. To display it opens it again.
    """

    saved: SavedPicture
    comm: Any
    below: Any = ""
    _page_calls = ""  # methods that the page calls by their names
    _what = ""
    _below: Any = None
    _is_saved = False
    _marimo_cell: Any = None

    def show_below(self, make: str, *arguments: Any) -> Any:
        """Show below what that function of the notebook returns, in place of what is there; return it."""
        from drawscape import notebook

        context = _marimo()
        with nullcontext() if context is None else context.with_cell_id(self._marimo_cell):
            widget = getattr(notebook, make)(*arguments)
        self.close_below()
        self._below, self.below = widget, widget.model_id
        return widget

    def close_below(self) -> None:
        """Close what is shown below, if anything."""
        former, self._below, self.below = self._below, None, ""
        if former is not None:
            former.close()

    def _guarded(self, action: Callable[..., object], *arguments: Any, **details: Any) -> None:
        """Do `action`: what it raises reaches no cell, and is shown."""
        try:
            action(*arguments, **details)
        except Exception as error:  # noqa: BLE001 - shown, whatever it is
            self._show_error(error)

    def _handler(self, event: str) -> Callable[..., object] | None:
        """Return what is done at an event of the page, None where there is nothing to do."""
        name = event if event in self._page_calls.split() else f"_on_{event}"
        return getattr(self, name, None)

    def _received(self, _widget: Any, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        details = {name: message[name] for name in message if name not in _ENVELOPE}
        if buffers:
            details["data"] = bytes(buffers[0])
        if (handler := self._handler(message.get("event", ""))) is not None:
            self._guarded(handler, *message.get("arguments", ()), **details)

    def _show_error(self, error: Exception) -> None:
        self.send({"trouble": error_words(error)})  # type: ignore[attr-defined]  # the widget's

    def begin_saving(self) -> None:
        """Have `saved` show what the widget does from now on: it is in an output."""
        from drawscape.notebook.kernel import later

        self._is_saved = True
        later(self.keep, LATER_S) if notebook_name() else self.keep()

    def keep(self) -> None:
        """Have `saved` show what the widget does now."""
        if self._is_saved:
            self.saved.keep(self._still)

    def _still(self) -> str:
        """Return what the widget shows as HTML that needs no kernel; '' for nothing new."""
        return ""

    def close(self) -> None:
        """Close the widget and what it shows below; subclasses end all that they follow."""
        self.close_below()
        super().close()  # type: ignore[misc]  # the widget's

    def reopen(self) -> None:
        """Open it again after `close`."""
        vars(self).pop("_repr_mimebundle_", None)  # ipywidgets hides the method of a closed widget
        self.open()  # type: ignore[attr-defined]  # the widget's

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._what}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data, metadata = super()._repr_mimebundle_(**options)  # type: ignore[misc]  # the widget's
        return {**data, "text/plain": f"[ {self._what}: run this cell to see it live ]"}, metadata

    def _last(self, what: str, kind: str, how: str = "run this cell to see it live") -> None:
        """Keep words that say `what` it is and `how` to see it, obey its page, and belong to a cell.

        That cell's former widgets were closed when it began.
        """
        self._what = what
        self.saved = SavedPicture(f"{what}: {how}", kind)
        self.on_msg(self._received)  # type: ignore[attr-defined]  # the widget's
        self._marimo_cell = getattr(_marimo(), "cell_id", None)
        if (cell := _cell_that_runs()) is not None:
            _MADE.setdefault(cell, []).append(self)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self.comm is None:
            self.reopen()
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        self.begin_saving()
        self.saved.display()


def close_former(_info: Any) -> None:
    """Close what the cell that begins to run has made before."""
    for widget in _MADE.pop(_cell_that_runs() or "", ()):
        widget.close()


def _cell_that_runs() -> str | None:
    """Return the id that the page gives the cell, None outside of a notebook's page."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "get_parent"):
        return None
    metadata = (shell.get_parent() or {}).get("metadata") or {}
    return metadata.get("cellId") or metadata.get("cell_id")


def _marimo() -> Any:
    """Return what marimo knows of its cells, None elsewhere: it makes widgets for a cell only."""
    if "marimo" not in sys.modules:
        return None
    from marimo._runtime.context import ContextNotInitializedError, get_context

    try:
        return get_context()
    except ContextNotInitializedError:  # in another thread
        return None


def error_words(error: Exception) -> str:
    """Return an error in words: one of the project's own says all by its text."""
    named = "" if isinstance(error, DrawscapeError) else f"{type(error).__name__}: "
    return f"{named}{error}"


@cache
def resource(name: str, package: str = "drawscape.notebook") -> str:
    """Return the text of a file of this package, or of another."""
    return (files(package) / name).read_text("utf-8")


# Drawings that end a cell

DRAWINGS = (("drawscape.queue.job", "Job"), ("drawscape.svg_builder", "SVGBuilder"))
"""By name: who only wants a worker waits for none of these."""

HEIGHT = "min(480px, 72vh)"


def register() -> None:
    """Let the kernel that this runs in, if any, show drawings in a viewer. Without anywidget it cannot."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel") and importlib.util.find_spec("anywidget") is not None:
        for module, name in DRAWINGS:
            shell.display_formatter.mimebundle_formatter.for_type_by_name(module, name, bundle)
        if close_former not in shell.events.callbacks["pre_run_cell"]:
            shell.events.register("pre_run_cell", close_former)


def bundle(drawing: Any) -> dict[str, Any]:
    """Show `drawing` in a viewer, if it is one by now; return its picture and words as without."""
    plain: dict[str, Any] = drawing._repr_mimebundle_()
    if "text/html" not in plain or not _show(drawing):
        return plain
    style = INSTEAD_OF_WIDGET.format(widget="drawscape-viewer", picture="drawscape-still")
    return {**plain, "text/html": f'<div class="drawscape-still">{plain["text/html"]}{style}</div>'}


def _show(drawing: Any) -> bool:
    from IPython.display import display

    from drawscape.jobs import Job
    from drawscape.notebook.viewer import view

    if isinstance(drawing, Job) and Path(str(drawing.result)).suffix != ".svg":
        return False
    viewer = view(drawing)
    viewer.height = HEIGHT
    shown = {"version_major": 2, "version_minor": 0, "model_id": viewer.model_id}
    display({"application/vnd.jupyter.widget-view+json": shown, "text/plain": ""}, raw=True)
    return True
