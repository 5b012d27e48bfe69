"""The look that all widgets of this package share: one style sheet, and text that stays text."""

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import ipywidgets as widgets

from drawscape.notebook.lasting import Lasting
from drawscape.notebook.saved_picture import SavedPicture

HAS_ANYWIDGET = importlib.util.find_spec("anywidget") is not None
"""Whether widgets of our own can be shown; without them there are pictures, and no more."""


def style_sheet() -> Any:
    """Return the package's style sheet, with the form's script, as a widget to put anywhere in a tree."""
    sheet = _script_class()(css=resource("style.css")) if HAS_ANYWIDGET else _plain_sheet()
    sheet.add_class("drawscape-style")
    return sheet


def _plain_sheet() -> Any:
    return widgets.HTML(f"<style>{resource('style.css')}</style>")


@cache
def _script_class() -> type[Any]:
    import anywidget
    import traitlets

    class FormScript(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's base is untyped here
        """Mends the page around it; see form.js."""

        _esm = resource("form.js")
        css = traitlets.Unicode().tag(sync=True)

    return FormScript


@cache
def resource(name: str, package: str = "drawscape.notebook") -> str:
    """Return the text of a file of this package, or of another."""
    return (files(package) / name).read_text("utf-8")


class LiveBox(Lasting, widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A box of widgets that leaves something where no widget can be shown.

    A notebook that is only looked at, on a web page or after its kernel is gone, has nothing behind its
    widgets; there a plain text stands in their place, or once there is one the `saved` picture.
    """

    def __init__(self, what: str, children: Sequence[Any]) -> None:
        self._what = what
        self._sheet = style_sheet()
        self.saved = SavedPicture(f"{what}: its kernel is gone; run this cell to see it live")
        super().__init__([self._sheet, *children])
        self.add_class("drawscape-form")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._what}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        return {**bundle, "text/plain": f"[ {self._what}: run this cell to see it live ]"}

    def on_page_message(self, callback: Callable[[dict[str, Any]], None]) -> None:
        """Call `callback` with each message of the page's script."""
        if HAS_ANYWIDGET:
            self._sheet.on_msg(lambda _widget, message, _buffers: callback(message))

    def _offer_download(self, name: str, mime_type: str, data: bytes) -> None:
        """Have the browser save `data` as a file, where it can be asked to."""
        if HAS_ANYWIDGET:
            self._sheet.send({"download": name, "type": mime_type}, [data])

    def _copy_text(self, text: str) -> None:
        """Put `text` on the clipboard, where the browser lets us."""
        if HAS_ANYWIDGET:
            self._sheet.send({"copy": text})


def line(text: str, hook: str) -> Any:
    """Return a line of plain text with the CSS class `hook`."""
    widget = widgets.HTML(style=shared_style(widgets.HTML)).add_class(hook)
    write(widget, text)
    return widget


@cache
def shared_style(kind: Any) -> Any:
    """One style for all widgets of that class: each would be a model of its own, here and in the browser."""
    style = kind.class_traits()["style"].klass
    wide = {"description_width": "initial"} if "description_width" in style.class_traits() else {}
    return style(**wide)


def write(widget: Any, text: str) -> None:
    """Show `text` in an HTML widget, with nothing in it taken for markup."""
    write_html(widget, escape(text))


def write_html(widget: Any, html: str) -> None:
    """Show `html`, whose text is escaped already, in an HTML widget."""
    widget.value = html
    widget.layout.display = "" if html else "none"


def close_tree(widget: Any) -> None:
    """Close `widget` and all that is in it, so that the browser forgets them too."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    widget.close()


def mark(widget: Any, prefix: str, name: str) -> None:
    """Give `widget` the one CSS class `prefix-name` of that prefix."""
    kept = tuple(c for c in widget._dom_classes if not c.startswith(prefix))
    widget._dom_classes = (*kept, f"{prefix}-{name}") if name else kept
