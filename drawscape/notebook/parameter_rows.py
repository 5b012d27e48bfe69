"""The rows of a form's parameters: in groups that fold, with a field that filters where they are many."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from drawscape.notebook.control import Control, auto_width
from drawscape.notebook.style import HAS_ANYWIDGET, close_tree
from drawscape.notebook.text import label_of

MANY = 16
"""Parameters from which groups begin folded, and a field to filter by stands above them."""


class ParameterRows:
    """A box of rows; form.js does the filtering, for the page knows the words as well as the kernel does.

    The rows of a group come to the page when it is first unfolded, or found by the filter: three hundred
    at once would take it seconds.
    """

    def __init__(self) -> None:
        self._rows = widgets.VBox().add_class("drawscape-parameters")
        self._filter = widgets.Text(
            placeholder="filter parameters", tooltip="Filter parameters", layout={"width": "auto"}
        ).add_class("drawscape-filter")
        self._filter.observe(lambda change: self._look_for(change["new"]), names="value")
        self._groups: list[_Group] = []
        self.parts = [self._filter, self._rows] if HAS_ANYWIDGET else [self._rows]

    def show(self, controls: Sequence[Control]) -> None:
        """Show these controls in place of those before; a group stands where its first parameter does."""
        former, former_groups = self._rows.children, self._groups
        many = len(controls) >= MANY
        groups: dict[str, _Group] = {}
        rows: list[Any] = []
        for control in controls:
            name = control.parameter.group
            if not name:
                rows.extend(control.rows())
                continue
            if name not in groups:
                groups[name] = _Group(name)
                rows.append(groups[name].box)
            groups[name].add(control)
        self._groups = list(groups.values())
        for group in self._groups:
            group.fold(folded=many)
        self._rows.children = rows
        self._filter.value = ""
        self._filter.layout.display = "" if many else "none"
        for group in former_groups:
            group.fill()
        for row in former:
            close_tree(row)

    def _look_for(self, text: str) -> None:
        wanted = text.strip().lower()
        for group in self._groups:
            if wanted and any(wanted in words for words in group.words):
                group.fill()


class _Group:
    """A head that folds what is under it. `words` are those of each parameter, in small letters."""

    def __init__(self, name: str) -> None:
        self.words: list[str] = []
        self._rows: list[Any] = []
        self._head = widgets.ToggleButton(description=name, layout=auto_width())
        self._head.add_class("drawscape-fold")
        self._head.observe(lambda _change: self._show(), names="value")
        self._body = widgets.VBox().add_class("drawscape-fold-body")
        self.box = widgets.VBox([self._head, self._body]).add_class("drawscape-group")

    def add(self, control: Control) -> None:
        """Put one more parameter under the head."""
        self._rows += control.rows()
        parameter = control.parameter
        self.words.append(f"{label_of(parameter.name)} {parameter.doc}".lower())

    def fold(self, *, folded: bool) -> None:
        """Show the group folded, or not."""
        self._head.value = not folded
        self._show()

    def fill(self) -> None:
        """Have the rows on the page, folded or not."""
        if not self._body.children:
            self._body.children = self._rows

    def _show(self) -> None:
        if self._head.value:
            self.fill()
        self._head.icon = "caret-down" if self._head.value else "caret-right"
        self._body.layout.display = "" if self._head.value else "none"
