"""One control per parameter: a slider, field, dropdown or checkbox that gives a checked value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from drawscape.errors import ParameterError
from drawscape.notebook.form_checks import is_literal
from drawscape.notebook.steps import decimals, slider_step
from drawscape.notebook.text import label_of
from drawscape.parameters import MISSING, Parameter

LONG_TEXT = 60
"""Characters from which a text gets several lines."""

WIDEST_INT_SLIDER = 5000
"""Whole numbers with more stops than this are typed: no hand finds one of them with a slider."""

AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Control:
    """A parameter with the widget that edits it.

    `input` is the widget whose `value` changes, `row` what is shown. `read` and `write` turn the
    widget's value into the function's and back.
    """

    parameter: Parameter
    input: Any
    row: Any
    read: Callable[[], Any]
    write: Callable[[Any], None]

    @property
    def value(self) -> Any:
        """The value as the function wants it. Raises ParameterError where it breaks the rule."""
        value = self.read()
        if value is None and self.parameter.required and not self.parameter.optional:
            raise ParameterError(self.parameter.name, None, "a value is required")
        return self.parameter.check(value)

    def set(self, value: Any) -> None:
        """Show `value`. Raises ParameterError, and changes nothing, where it breaks the rule."""
        self.write(self.parameter.check(value))

    def observe(self, callback: Callable[[], None]) -> None:
        """Call `callback` after each change by hand or by program."""
        for widget in (self.input, *getattr(self.row, "children", ())):
            if widget.has_trait("value"):
                widget.observe(lambda _change: callback(), names="value")


def control_for(parameter: Parameter) -> Control:
    """Return the control that fits `parameter`: bounded numbers slide, choices drop down."""
    make = _MAKERS[parameter.kind]
    control = make(parameter)
    control.input.add_class(f"drawscape-parameter-{parameter.name}")
    return _with_switch(control) if _needs_switch(control) else control


# One maker a kind


def _plain(parameter: Parameter, widget: Any) -> Control:
    def write(value: Any) -> None:
        widget.value = value

    return Control(parameter, widget, widget, lambda: widget.value, write)


def _dress(parameter: Parameter) -> dict[str, Any]:
    return {
        "description": label_of(parameter.name),
        "tooltip": parameter.doc or label_of(parameter.name),
        "style": {"description_width": "initial"},
        "layout": {"width": "auto"},
    }


def _start(parameter: Parameter, otherwise: Any) -> Any:
    missing = parameter.default is MISSING or parameter.default is None
    return otherwise if missing else parameter.default


def _number(parameter: Parameter) -> Control:
    low, high = parameter.low, parameter.high
    if low is None or high is None or low >= high:
        return _number_field(parameter)
    whole = parameter.kind == "int"
    if whole and high - low > WIDEST_INT_SLIDER:
        return _number_field(parameter)
    start = _start(parameter, low)
    step = parameter.step or (1 if whole else slider_step(low, high, start))
    low, high = low + step * parameter.low_open, high - step * parameter.high_open
    options = {"min": low, "max": high, "step": step, **_dress(parameter)}
    start = min(max(start, low), high)
    if whole:
        return _plain(parameter, widgets.IntSlider(value=int(start), **_whole(options)))
    return _float_slider(parameter, start, options)


def _float_slider(parameter: Parameter, start: float, options: dict[str, Any]) -> Control:
    """The browser counts notches from the lower end and sends 0.44999999999999996 back for 0.45."""
    digits = max(decimals(options["step"]), decimals(options["min"]))
    slider = widgets.FloatSlider(value=start, readout_format=f".{digits}f", **options)

    def write(value: Any) -> None:
        slider.value = value

    return Control(parameter, slider, slider, lambda: round(slider.value, digits), write)


def _whole(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, **{name: int(options[name]) for name in ("min", "max", "step")}}


def _number_field(parameter: Parameter) -> Control:
    """A typed number; an empty field means None where that is allowed."""
    optional = parameter.optional or parameter.default is None
    start = _start(parameter, parameter.low if parameter.low is not None else 0)
    shown = "" if optional and parameter.default is None else f"{start:.12g}"
    field = widgets.Text(
        value=shown,
        placeholder=AUTOMATIC if optional else "a number",
        continuous_update=False,
        **_dress(parameter),
    )

    def read() -> Any:
        text = field.value.strip()
        return None if optional and not text else text

    def write(value: Any) -> None:
        field.value = "" if value is None else str(value)

    return Control(parameter, field, field, read, write)


def _choice(parameter: Parameter) -> Control:
    choices = dict(parameter.choices or {})
    options: list[tuple[str, str | None]] = [(label_of(name), name) for name in choices]
    if parameter.optional:
        options = [(AUTOMATIC, None), *options]
    start = _start(parameter, None if parameter.optional else next(iter(choices)))
    dropdown = widgets.Dropdown(options=options, value=parameter.shown(start), **_dress(parameter))

    def write(value: Any) -> None:
        dropdown.value = parameter.shown(value)

    return Control(parameter, dropdown, dropdown, lambda: dropdown.value, write)


def _checkbox(parameter: Parameter) -> Control:
    options = {**_dress(parameter), "indent": False}
    return _plain(parameter, widgets.Checkbox(value=bool(_start(parameter, False)), **options))


def _text(parameter: Parameter) -> Control:
    optional = parameter.optional or parameter.default is None
    start = str(_start(parameter, ""))
    long = max(len(start), parameter.max_length or 0) > LONG_TEXT or "\n" in start
    kind = widgets.Textarea if long else widgets.Text
    field = kind(
        value=start,
        placeholder=AUTOMATIC if optional else "",
        continuous_update=False,
        **_dress(parameter),
    )

    empty = None if optional else ""

    def write(value: Any) -> None:
        field.value = value or ""

    return Control(parameter, field, field, lambda: field.value or empty, write)


def _literal(parameter: Parameter) -> Control:
    """Anything else is typed as Python writes it: a number, a list, a quoted or bare word."""
    start = _start(parameter, None)
    if not is_literal(start):
        return _shown_only(parameter)
    field = widgets.Text(
        value="" if start is None else repr(start),
        placeholder="a value" if parameter.required and not parameter.optional else AUTOMATIC,
        continuous_update=False,
        **_dress(parameter),
    )

    def read() -> Any:
        text = field.value.strip()
        if not text:
            return None
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text

    def write(value: Any) -> None:
        field.value = "" if value is None else repr(value)

    return Control(parameter, field, field, read, write)


def _shown_only(parameter: Parameter) -> Control:
    """A default that nobody can type, such as a date, stands; only a program can set another."""
    field = widgets.Text(disabled=True, **_dress(parameter))
    held = parameter.default

    def write(value: Any) -> None:
        nonlocal held
        held = value
        field.value = repr(value)

    write(held)
    return Control(parameter, field, field, lambda: held, write)


_MAKERS: Mapping[str, Callable[[Parameter], Control]] = {
    "int": _number,
    "float": _number,
    "choice": _choice,
    "bool": _checkbox,
    "text": _text,
    "any": _literal,
}


# What goes around a control


def _needs_switch(control: Control) -> bool:
    slides = isinstance(control.input, (widgets.IntSlider, widgets.FloatSlider))
    return slides and (control.parameter.optional or control.parameter.default is None)


def _with_switch(control: Control) -> Control:
    """A slider cannot be empty: a box beside it says whether its value counts."""
    on = control.parameter.default is not None
    switch = widgets.Checkbox(
        value=on, indent=False, tooltip="off: chosen for you", layout={"width": "auto"}
    )
    switch.add_class("drawscape-switch")
    control.input.disabled = not on
    control.input.layout.flex = "1 1 auto"
    switch.observe(lambda change: setattr(control.input, "disabled", not change["new"]), "value")
    row = widgets.HBox([control.input, switch])

    def write(value: Any) -> None:
        switch.value = value is not None
        if value is not None:
            control.write(value)

    read = control.read
    return Control(
        control.parameter, control.input, row, lambda: read() if switch.value else None, write
    )
