"""The look that all widgets of this package share: one style sheet, and text that stays text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import ipywidgets as widgets


def style_sheet() -> Any:
    """Return the package's style sheet as a widget to put anywhere in a tree."""
    sheet = widgets.HTML(f"<style>{_css()}</style>")
    sheet.add_class("drawscape-style")
    return sheet


@cache
def _css() -> str:
    return (files("drawscape.notebook") / "style.css").read_text("utf-8")


class LiveBox(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A box of widgets that knows what to say where no widget can be shown.

    A notebook that is only looked at, on a web page or before its first run, has no kernel behind its
    widgets; there the plain text stands in their place.
    """

    def __init__(self, what: str, children: Sequence[Any]) -> None:
        self._what = what
        super().__init__([style_sheet(), *children])
        self.add_class("drawscape-form")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._what}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle = super()._repr_mimebundle_(**options)
        return {**bundle, "text/plain": f"[ {self._what}: run this cell to see it live ]"}


def line(text: str, hook: str) -> Any:
    """Return a line of plain text with the CSS class `hook`."""
    widget = widgets.HTML()
    widget.add_class(hook)
    write(widget, text)
    return widget


def write(widget: Any, text: str) -> None:
    """Show `text` in an HTML widget, with nothing in it taken for markup."""
    widget.value = escape(text)
    widget.layout.display = "" if text else "none"


def close_tree(widget: Any) -> None:
    """Close `widget` and all that is in it, so that the browser forgets them too."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    widget.close()


def mark(widget: Any, prefix: str, name: str) -> None:
    """Give `widget` the one CSS class `prefix-name` of that prefix."""
    kept = tuple(c for c in widget._dom_classes if not c.startswith(prefix))
    widget._dom_classes = (*kept, f"{prefix}-{name}") if name else kept
