"""The rows of a form's parameters: in groups that fold, with a field that filters where they are many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from drawscape.notebook.control import Control, auto_width
from drawscape.notebook.style import HAS_ANYWIDGET, close_tree

MANY = 16
"""Parameters from which groups begin folded, and a field to filter by stands above them."""


class ParameterRows:
    """A box of rows; form.js does the filtering, for the page knows the words as well as the kernel does."""

    def __init__(self) -> None:
        self._rows = widgets.VBox()
        self._rows.add_class("drawscape-parameters")
        self._filter = widgets.Text(
            placeholder="filter parameters", tooltip="Filter parameters", layout={"width": "auto"}
        )
        self._filter.add_class("drawscape-filter")
        self.parts = [self._filter, self._rows] if HAS_ANYWIDGET else [self._rows]

    def show(self, controls: Sequence[Control]) -> None:
        """Show these controls in place of those before; a group stands where its first parameter does."""
        former = self._rows.children
        many = len(controls) >= MANY
        groups: dict[str, list[Any]] = {}
        rows: list[Any] = []
        for control in controls:
            name = control.parameter.group
            if name and name not in groups:
                groups[name] = []
                rows.append(name)
            (groups[name] if name else rows).extend(control.rows())
        self._rows.children = [
            _group(row, groups[row], folded=many) if isinstance(row, str) else row for row in rows
        ]
        self._filter.value = ""
        self._filter.layout.display = "" if many else "none"
        for row in former:
            close_tree(row)


def _group(name: str, rows: Sequence[Any], *, folded: bool) -> Any:
    head = widgets.ToggleButton(value=not folded, description=name, layout=auto_width())
    head.add_class("drawscape-fold")
    body = widgets.VBox(rows)
    body.add_class("drawscape-fold-body")

    def show() -> None:
        head.icon = "caret-down" if head.value else "caret-right"
        body.layout.display = "" if head.value else "none"

    show()
    head.observe(lambda _change: show(), names="value")
    group = widgets.VBox([head, body])
    group.add_class("drawscape-group")
    return group
