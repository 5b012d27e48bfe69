"""Widgets that leave a picture in the saved notebook, and are closed when their cell runs again.

A notebook's page shows the widget of an output and nothing else of it, and without a kernel it shows no
widget. So each widget has a second output, hidden by the style sheet as long as the first lives. Drawings
that end a cell, `job` or `draw(...)`, keep their picture in the same way, behind a viewer.
"""

import base64
import importlib.util
import os
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from drawscape.catalogue import Drawing
from drawscape.notebook.pictures import Thumbnail, place_words

INSTEAD_OF_WIDGET = (
    "<style>.jp-OutputArea-child:not(:has(.{widget})):has(+ .jp-OutputArea-child .{picture}) "
    "{{ display: none }}</style>"
)
"""Hides JupyterLab's 'model not found' above the picture, in notebooks that are trusted."""

LARGEST_FORM = 200_000
"""Bytes that one form may add to a saved notebook."""

LARGEST_IMAGE = LARGEST_FORM * 3 // 4 - 1000
"""Bytes of a form's image before base64, with room for the caption."""


LATER_S = 2.0
"""When a page is given more than a form's bytes: the widget, which has the same to show, is there by then."""


def has_page() -> bool:
    """Return whether a page may be there that shows the widgets; without one a notebook may end at once."""
    in_code = "__vsc_ipynb_file__" in vars(sys.modules["__main__"])  # VS Code
    return in_code or "JPY_SESSION_NAME" in os.environ


class SavedPicture:
    """An output that is replaced when there is something better to keep than `words`.

    `widget` is the CSS class of the widget that it stands for, `picture` its own: style sheets hold for
    the whole page, and each kind of widget has its picture.
    """

    def __init__(
        self, words: str, widget: str = "drawscape-form", picture: str = "drawscape-saved"
    ) -> None:
        self._id = f"drawscape-{uuid.uuid4().hex}"
        self._shown = False
        self._widget, self._picture = widget, picture
        self._lock = threading.Lock()
        self._followers: list[Callable[[], None]] = []
        self._words = f"<p>{escape(words)}</p>"
        self.keep(self._words)

    @classmethod
    def of(cls, parts: "Sequence[SavedPicture]") -> "SavedPicture":
        """Return what keeps all that `parts` keep, now and whenever one of them changes."""
        whole = cls("", parts[0]._widget, parts[0]._picture)

        def follow() -> None:
            whole.keep("".join(part._body for part in parts))

        for part in parts:
            part._followers.append(follow)
        follow()
        return whole

    @property
    def html(self) -> str:
        """What the notebook keeps at this moment."""
        return self._styled(self._body)

    def _styled(self, body: str) -> str:
        style = INSTEAD_OF_WIDGET.format(widget=self._widget, picture=self._picture)
        return f'<div class="{self._picture}">{style}{body}</div>'

    def display(self) -> None:
        """Put the output under the cell that runs."""
        with self._lock:
            later = len(self._body) > LARGEST_FORM and has_page()
            # A new one each time; all are replaced together.
            self._publish(self._words if later else self._body, update=False)
            self._shown = True
        if later:
            timer = threading.Timer(LATER_S, self._publish_again)
            timer.daemon = True
            timer.start()

    def _publish_again(self) -> None:
        with self._lock:
            self._publish(self._body, update=True)

    def show(self, pictures: Sequence[tuple[Thumbnail, str]], columns: int = 1) -> None:
        """Keep `pictures`, each with its caption, in rows of `columns`."""
        tiles = [_tile(thumbnail, caption) for thumbnail, caption in pictures]
        rows = ["".join(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        self.keep(f"<table>{body}</table>")

    @property
    def has_picture(self) -> bool:
        """Whether more than words is kept."""
        return "<img" in self._body

    def show_small(self, drawing: Drawing | None, caption: str = "") -> None:
        """Keep the picture that the catalogue has of a drawing, until a larger one is made.

        That takes longer than a notebook, run without a page, may last.
        """
        picture = None if drawing is None else drawing.thumbnail
        if drawing is not None and picture is not None:
            self.show([(Thumbnail(picture, "webp"), caption or place_words(drawing.path))])

    def keep(self, html: str) -> None:
        """Keep `html`, which holds its pictures in itself."""
        with self._lock:
            self._body = html
            if self._shown:
                self._publish(self._body, update=True)
        for follow in self._followers:
            follow()

    def _publish(self, body: str, *, update: bool) -> None:
        from IPython.display import publish_display_data

        data = {"text/html": self._styled(body), "text/plain": ""}
        publish_display_data(data, transient={"display_id": self._id}, update=update)


def alt_of(caption: str) -> str:
    """Return the `alt` of an image whose caption stands under it, which is not to be read out twice."""
    return f"picture of {escape(caption, quote=True)}"


def _tile(thumbnail: Thumbnail, caption: str) -> str:
    data = base64.b64encode(thumbnail.data).decode("ascii")
    image = f'<img src="data:image/{thumbnail.format};base64,{data}" alt="{alt_of(caption)}">'
    style = "text-align: center; background: white; color: black"
    return f'<td style="{style}">{image}<br>{escape(caption)}</td>'


# Widgets

_MADE: dict[str, list[Any]] = {}
"""What each cell has made and is still open, by the cell's id."""


class Lasting:
    """A widget with a second output, `saved`, which is seen where the widget cannot be.

    It belongs to the cell that made it: when that runs again, it is closed. To display it opens it again.
    """

    saved: SavedPicture
    comm: Any

    def begin_saving(self) -> None:
        """Have `saved` show what the widget does from now on: it is in an output."""

    def close(self) -> None:
        """Close the widget; subclasses end all that they follow."""
        super().close()  # type: ignore[misc]  # the widget's

    def reopen(self) -> None:
        """Open it again after `close`."""
        vars(self).pop("_repr_mimebundle_", None)  # ipywidgets hides the method of a closed widget
        self.open()  # type: ignore[attr-defined]  # the widget's

    def _adopt(self) -> None:
        """Let the cell that runs own this widget; its former ones were closed when it began."""
        if (cell := _cell_that_runs()) is not None:
            _MADE.setdefault(cell, []).append(self)

    def _ipython_display_(self) -> None:
        if self.comm is None:
            self.reopen()
        _display(self)
        self.begin_saving()
        self.saved.display()


def close_former(*_info: Any) -> None:
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


def show_box(box: Any) -> None:
    """Show a box of widgets, and behind it what those of ours in it keep.

    Raises NotImplementedError for a box without any, which IPython then shows as ever.
    """
    if isinstance(box, Lasting):
        return box._ipython_display_()
    inside = list(lasting_in(box))
    if not inside:
        raise NotImplementedError
    _display(box)
    for one in inside:
        one.begin_saving()
    SavedPicture.of([one.saved for one in inside]).display()
    return None


def _display(widget: Any) -> None:
    from IPython.display import display

    bundle = widget._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})  # as anywidget's is
    display(data, metadata=metadata, raw=True)


def lasting_in(widget: Any) -> Iterator[Lasting]:
    """Yield the widgets of ours in `widget`, from the outside and no further than the first."""
    if isinstance(widget, Lasting):
        yield widget
        return
    for child in getattr(widget, "children", ()):
        yield from lasting_in(child)


@cache
def resource(name: str, package: str = "drawscape.notebook") -> str:
    """Return the text of a file of this package, or of another."""
    return (files(package) / name).read_text("utf-8")


def close_tree(widget: Any) -> None:
    """Close `widget` and all that is in it, so that the browser forgets them too."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    widget.close()


# Drawings that end a cell

DRAWINGS = (("drawscape.queue.job", "Job"), ("drawscape.svg_builder", "SVGBuilder"))
"""By name: whoever only wants a worker waits for none of these."""

HEIGHT = "min(480px, 72vh)"


def register() -> None:
    """Let the kernel that this runs in, if any, show drawings in a viewer. Without anywidget it cannot."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel") and importlib.util.find_spec("anywidget") is not None:
        for module, name in DRAWINGS:
            shell.display_formatter.mimebundle_formatter.for_type_by_name(module, name, bundle)
        boxes = shell.display_formatter.ipython_display_formatter
        boxes.for_type_by_name("ipywidgets.widgets.widget_box", "Box", show_box)
        if _close_former not in shell.events.callbacks["pre_run_cell"]:
            shell.events.register("pre_run_cell", _close_former)


def _close_former(_info: Any) -> None:
    close_former()


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
    from drawscape.notebook.viewer import Viewer, document_of, margin_of, settings_of

    if isinstance(drawing, Job) and Path(str(drawing.result)).suffix != ".svg":
        return False
    document, name = document_of(drawing)
    viewer = Viewer(document, title=name, height=HEIGHT, margin_mm=margin_of(settings_of(drawing)))
    shown = {"version_major": 2, "version_minor": 0, "model_id": viewer.model_id}
    display({"application/vnd.jupyter.widget-view+json": shown, "text/plain": ""}, raw=True)
    return True
