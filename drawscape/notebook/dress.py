"""The look that all widgets of this package share: one style sheet, and text that stays text."""

from __future__ import annotations

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


def mark(widget: Any, prefix: str, name: str) -> None:
    """Give `widget` the one CSS class `prefix-name` of that prefix."""
    kept = tuple(c for c in widget._dom_classes if not c.startswith(prefix))
    widget._dom_classes = (*kept, f"{prefix}-{name}") if name else kept
