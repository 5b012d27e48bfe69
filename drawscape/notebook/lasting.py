"""Widgets that leave a picture in the saved notebook: by themselves, and in a box of somebody's own."""

from collections.abc import Iterator
from typing import Any

from drawscape.notebook.saved_picture import SavedPicture


class Lasting:
    """A widget with a second output, `saved`, which is seen where the widget cannot be."""

    saved: SavedPicture

    def begin_saving(self) -> None:
        """Have `saved` show what the widget does from now on: it is in an output."""

    def _ipython_display_(self) -> None:
        _display(self)
        self.begin_saving()
        self.saved.display()


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
