"""The controls of a whole signature: their values, throws of the dice, defaults."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets as widgets

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.notebook.controls import Control, control_for
from drawscape.parameters import MISSING, Parameter


class Controls:
    """The controls of a whole signature, by parameter name."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self._controls = {parameter.name: control_for(parameter) for parameter in parameters}
        self.rows = [row for control in self._controls.values() for row in _with_hint(control)]

    @property
    def values(self) -> dict[str, Any]:
        """Every parameter's value, checked. Raises ParameterError for the first that is wrong."""
        return {name: control.value for name, control in self._controls.items()}

    def set(self, values: Mapping[str, Any]) -> None:
        """Show `values`. Raises UnknownNameError or ParameterError."""
        for name, value in values.items():
            if name not in self._controls:
                raise UnknownNameError("parameter", name, self._controls)
            self._controls[name].set(value)

    def keep(self, values: Mapping[str, Any]) -> None:
        """Show those of `values` that fit here: what two sketches share survives the change."""
        for name in self._controls.keys() & values.keys():
            control = self._controls[name]
            try:
                control.set(values[name])
            except ParameterError:
                continue  # the same name with other bounds: its own default stands

    def shuffle(self) -> None:
        """Show a value thrown by dice for each slider, list and box; typed values stay."""
        for control in self._controls.values():
            thrown = _thrown_value(control.input)
            if thrown is not None:
                control.input.value = thrown

    def reset(self) -> None:
        """Show every default."""
        for control in self._controls.values():
            if control.parameter.default is not MISSING:
                control.write(control.parameter.default)

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change of any control."""
        for control in self._controls.values():
            control.observe(callback)

    def items(self) -> Iterable[tuple[str, Control]]:
        """Names with their controls."""
        return self._controls.items()

    def __getitem__(self, name: str) -> Control:
        if name not in self._controls:
            raise UnknownNameError("parameter", name, self._controls)
        return self._controls[name]

    def __contains__(self, name: str) -> bool:
        return name in self._controls


def _thrown_value(widget: Any) -> Any:
    """Return a value that `widget` could show, thrown by dice; None for a field to type in."""
    if isinstance(widget, (widgets.IntSlider, widgets.FloatSlider)):
        stops = round((widget.max - widget.min) / widget.step)
        return min(widget.min + widget.step * secrets.randbelow(stops + 1), widget.max)
    if isinstance(widget, widgets.Dropdown):
        return secrets.choice([value for _, value in widget.options])
    return bool(secrets.randbelow(2)) if isinstance(widget, widgets.Checkbox) else None


def _with_hint(control: Control) -> list[Any]:
    if not control.parameter.doc:
        return [control.row]
    hint = widgets.Label(control.parameter.doc)
    hint.add_class("drawscape-hint")
    if isinstance(control.input, (widgets.IntSlider, widgets.FloatSlider)):
        hint.add_class("drawscape-hint-close")  # a slider's line has room under it
    return [control.row, hint]
