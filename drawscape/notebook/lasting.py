"""Widgets that leave a picture in the saved notebook, and are closed when their cell runs again."""

import sys
from collections.abc import Iterator
from typing import Any

from drawscape.notebook.saved_picture import SavedPicture

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
