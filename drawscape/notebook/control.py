"""A parameter with the widgets that edit it, its hint and its lock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import ipywidgets as widgets

from drawscape.errors import ParameterError
from drawscape.notebook.style import line, mark, shared_style, write
from drawscape.parameters import Parameter


def lock_button() -> Any:
    """Return the button that keeps a value when the others are shuffled."""
    return widgets.ToggleButton(
        icon="lock",
        tooltip="Keep when shuffling",
        layout=auto_width(),
        style=shared_style(widgets.ToggleButton),
    ).add_class("drawscape-lock")


@cache
def auto_width() -> Any:
    """One layout for all: each would be a model of its own in the kernel and in the browser."""
    return widgets.Layout(width="auto")


@dataclass(frozen=True)
class Control:
    """A parameter with the widgets that edit it.

    `inputs` are the widgets whose `value` changes. `read` and `write` turn what they hold into the
    function's value and back; `shuffle` shows a random value, where one can be.
    """

    parameter: Parameter
    inputs: tuple[Any, ...]
    read: Callable[[], Any]
    write: Callable[[Any], None]
    shuffle: Callable[[], None] | None = None
    lock: Any = None
    hint: Any = field(default_factory=lambda: line("", "drawscape-hint"))

    @property
    def value(self) -> Any:
        """The value as the function wants it. Raises ParameterError where it breaks the rule."""
        value = self.read()
        if value is None and self.parameter.required and not self.parameter.optional:
            raise ParameterError(self.parameter.name, None, "a value is required")
        return self.parameter.check(value)

    @property
    def locked(self) -> bool:
        """Whether Shuffle leaves it alone."""
        return self.shuffle is None or bool(self.lock.value)

    def set(self, value: Any) -> None:
        """Show `value`. Raises ParameterError, and changes nothing, where it breaks the rule."""
        self.write(self.parameter.check(value))

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change by hand or by program."""
        for widget in self.inputs:
            widget.observe(lambda _change: callback(), names="value")

    def rows(self) -> list[Any]:
        """Return the row to show, and under it the hint, which says what is wrong as long as it is."""
        row = widgets.HBox([*self.inputs, *([self.lock] if self.lock else [])])
        row.add_class("drawscape-parameter")
        row.add_class(f"drawscape-parameter-{self.parameter.name}")
        self.observe(self._show_hint)
        self._show_hint()
        return [row, self.hint]

    def _show_hint(self) -> None:
        try:
            _ = self.value
        except ParameterError as error:
            wrong = bool(self.read())  # an empty field is unfinished, not wrong
            write(self.hint, error.rule if wrong else self.parameter.doc)
            mark(self.hint, "drawscape-is", "wrong" if wrong else "")
        else:
            write(self.hint, self.parameter.doc)
            mark(self.hint, "drawscape-is", "")
