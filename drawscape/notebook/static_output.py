"""Widgets with a static output: a picture in the saved notebook. They close when their cell runs again.

A notebook's page shows the widget of an output and nothing else of it, and without a kernel it shows no
widget. So each widget has a second output, hidden by the style sheet as long as the first lives.
"""

import os
import sys
import threading
import uuid
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from functools import cache
from html import escape
from typing import Any

import anywidget
import ipywidgets
import traitlets

from drawscape.errors import DrawscapeError
from drawscape.notebook.display import INSTEAD_OF_WIDGET, running_shell
from drawscape.notebook.threads import PICTURES

LATER_S = 3.0  # the page shows the widget first; then pictures for the saved notebook are made
LARGEST_FORM = 200_000  # bytes that one form may add to a saved notebook

LARGEST_IMAGE = LARGEST_FORM * 3 // 4 - 1000
"""Bytes of a form's image before base64, with room for the caption."""


def notebook_name() -> str:
    """Return the path of the notebook that this kernel runs, '' in a script or a test.

    Without a notebook there is no page that shows the widgets, and the program may end at once.
    """
    named = vars(sys.modules["__main__"]).get("__vsc_ipynb_file__")  # VS Code
    return str(named or os.environ.get("JPY_SESSION_NAME", ""))


_ENVELOPE = ("event", "arguments", "number")
"""Keys of each message of a page; any other key is a keyword argument of the method."""

_ALL: weakref.WeakSet["StaticOutputWidget"] = weakref.WeakSet()


class StaticOutputWidget(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's base is untyped here
    """A widget with a second output, `static_html`, which is shown where no kernel is.

    `what` names it. An event of the page calls the method of that name in `_page_calls`, or `_on_EVENT`.
    The widget belongs to the cell that made it: when that runs again, it is closed.
    """

    below = traitlets.Unicode("").tag(sync=True)
    _page_calls = ""
    _how = "run this cell to see it live"
    _words_are_own = False
    _below: Any = None
    _has_static_output = _is_displayed = False

    def __init__(self, what: str, kind: str, /, **state: Any) -> None:
        self._lock = threading.RLock()
        super().__init__(layout=_shared_layout(), **state)
        self._what = what
        # Each kind of widget has its own CSS classes, because style sheets apply to the whole page.
        picture = f"drawscape-{kind}-saved"
        style = INSTEAD_OF_WIDGET.format(widget=f"drawscape-{kind}", picture=picture)
        self._head_html = f'<div class="{picture}">{style}'
        self._body_html = f"<p>{escape(f'{what}: {self._how}')}</p>"
        self._output_id = f"drawscape-{uuid.uuid4().hex}"
        self._output_lock = threading.Lock()
        self.on_msg(self._received)
        self._marimo_cell = getattr(_marimo(), "cell_id", None)
        self._cell = _cell_that_runs()
        _ALL.add(self)

    def show_below(self, make: str, *arguments: Any, **options: Any) -> Any:
        """Return the widget that the function `make` returns, shown below in place of the former."""
        from drawscape import notebook

        context = _marimo()
        with nullcontext() if context is None else context.with_cell_id(self._marimo_cell):
            widget = getattr(notebook, make)(*arguments, **options)
        self.close_below()
        with self._lock:
            self._below, self.below = widget, widget.model_id
        return widget

    def close_below(self) -> None:
        """Close the widget below, if there is one."""
        with self._lock:
            former, self._below, self.below = self._below, None, ""
        if former:
            former.close()

    def _guarded(self, action: Callable[..., object], *arguments: Any, **details: Any) -> None:
        """Call `action` and show its error: no cell would."""
        try:
            action(*arguments, **details)
        except Exception as error:  # noqa: BLE001 - shown, whatever it is
            self._show_error(error)

    def _handler(self, event: str) -> Callable[..., object] | None:
        """Return the method for an event of the page, None for an unknown event."""
        name = event if event in self._page_calls.split() else f"_on_{event}"
        return getattr(self, name, None)

    def _received(self, _widget: Any, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        details = {name: message[name] for name in message if name not in _ENVELOPE}
        if buffers:
            details["data"] = bytes(buffers[0])
        if handler := self._handler(message.get("event", "")):
            self._guarded(handler, *message.get("arguments", ()), **details)

    def _show_error(self, error: Exception) -> None:
        self.send({"trouble": error_words(error)})

    def enable_static_output(self) -> None:
        """Update the second output from now on: the widget is displayed in an output."""
        self._has_static_output = True
        PICTURES.do(self.keep, LATER_S) if notebook_name() else self.keep()

    @property
    def static_html(self) -> str:
        """The HTML that the saved notebook keeps."""
        return f"{self._head_html}{self._body_html}</div>"

    def keep(self) -> None:
        """Update the second output."""
        if self._has_static_output:
            self._keep(self._make_static_html)

    def _keep(self, make: Callable[[], str]) -> None:
        """Set the HTML to that of `make`; '' changes nothing. An older one never comes last."""
        with self._output_lock:
            self._body_html = make() or self._body_html
            if self._is_displayed:
                self._publish(update=True)

    def _publish(self, *, update: bool) -> None:
        from IPython.display import publish_display_data

        data = {"text/html": self.static_html, "text/plain": ""}
        publish_display_data(data, transient={"display_id": self._output_id}, update=update)

    def _make_static_html(self) -> str:
        """Return the content of the widget as HTML without scripts; '' to keep the former."""
        return ""

    def settle(self) -> None:
        """Show the final state of its jobs that have ended."""

    def cell_has_run(self) -> None:
        """Called after each cell of the notebook."""

    def close(self) -> None:
        """Close the widget and the one below; subclasses stop following their jobs."""
        self.close_below()
        super().close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._what}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data, metadata = super()._repr_mimebundle_(**options)
        words = repr(self) if self._words_are_own else f"[ {self._what}: {self._how} ]"
        return {**data, "text/plain": words}, metadata

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self.comm is None:
            self._publish(update=False)  # closed: only the HTML that it kept
            return
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        self.enable_static_output()
        with self._output_lock:
            self._publish(update=False)
            self._is_displayed = True


@cache
def _shared_layout() -> Any:
    """The layout of all widgets: one each would be one more model, in the kernel and in the browser."""
    return ipywidgets.Layout()


def _settle(_result: Any) -> None:
    """Show final states after a cell: without a page, the notebook may end now."""
    for widget in _all_open():
        with suppress(DrawscapeError):  # the cell did not lock the database
            widget.cell_has_run()
            if not notebook_name():
                widget.settle()


def _all_open() -> list[StaticOutputWidget]:
    return [one for one in _ALL if one.comm is not None]


def _close_former(_info: Any) -> None:
    """Close the widgets that an earlier run of this cell has made."""
    cell = _cell_that_runs()
    for widget in _all_open() if cell else ():
        if widget._cell == cell:
            widget._has_static_output = False
            widget.close()


def _cell_that_runs() -> str | None:
    """Return the id that the page gives the cell, None outside of a notebook's page."""
    shell = running_shell()
    if not hasattr(shell, "get_parent"):
        return None
    if _close_former not in shell.events.callbacks["pre_run_cell"]:
        shell.events.register("pre_run_cell", _close_former)
        shell.events.register("post_run_cell", _settle)
    metadata = (shell.get_parent() or {}).get("metadata") or {}
    return metadata.get("cellId") or metadata.get("cell_id")


def _marimo() -> Any:
    """Return marimo's context of the running cell, None elsewhere: it makes widgets for a cell only."""
    if "marimo" not in sys.modules:
        return None
    from marimo._runtime.context import ContextNotInitializedError, get_context

    try:
        return get_context()
    except ContextNotInitializedError:  # in another thread
        return None


def error_words(error: Exception) -> str:
    """Return an error in words; Drawscape's errors need only their text."""
    named = "" if isinstance(error, DrawscapeError) else f"{type(error).__name__}: "
    return f"{named}{error}"
