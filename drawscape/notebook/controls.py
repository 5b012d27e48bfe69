"""One control per parameter: a slider, field, dropdown or checkbox that gives a checked value."""

import ast
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from drawscape.notebook.control import Control, auto_width, lock_button
from drawscape.notebook.form_checks import is_literal
from drawscape.notebook.sliders import Notches, Slider, number_text, slider_step
from drawscape.notebook.style import shared_style
from drawscape.notebook.text import label_of
from drawscape.parameters import MISSING, Parameter

LONG_TEXT = 60
"""Characters from which a text gets several lines."""

WIDEST_INT_SLIDER = 5000
"""Whole numbers with more stops than this are typed: no hand finds one of them with a slider."""

AUTOMATIC = "automatic"


def control_for(parameter: Parameter) -> Control:
    """Return the control that fits `parameter`: bounded numbers slide, choices drop down."""
    control = _MAKERS[parameter.kind](parameter)
    if control.shuffle is None:
        return control
    return replace(control, lock=lock_button())


# One maker a kind


def _options(parameter: Parameter, kind: Any = widgets.Text) -> dict[str, Any]:
    return {
        "description": label_of(parameter.name),
        "tooltip": parameter.doc or label_of(parameter.name),
        "description_allow_html": False,
        "style": shared_style(kind),
        "layout": auto_width(),
    }


def _start(parameter: Parameter, otherwise: Any) -> Any:
    missing = parameter.default is MISSING or parameter.default is None
    return otherwise if missing else parameter.default


def slider_ends(parameter: Parameter) -> tuple[float | None, float | None]:
    """Return where a number's slider begins and ends: at its bounds or, without them, around its default.

    The field beside it takes what lies beyond, where that is allowed.
    """
    low, high, default = parameter.low, parameter.high, parameter.default
    if default is MISSING or default is None:
        return low, high
    whole = parameter.kind == "int"
    far = 3 * abs(default) if whole else float(f"{3 * abs(default):.12g}")  # 3 x 0.7 is 2.1
    far = far or (10 if whole else 1)
    low = low if low is not None else (-far if default < 0 else 0)
    return low, high if high is not None else max(low, 0) + far


def _number(parameter: Parameter) -> Control:
    low, high = slider_ends(parameter)
    if low is None or high is None or low >= high:
        return number_field(parameter)
    whole = parameter.kind == "int"
    if whole and high - low > WIDEST_INT_SLIDER:
        return number_field(parameter)
    start = _start(parameter, low)
    step = parameter.step or (1 if whole else slider_step(low, high, start))
    low, high = low + step * parameter.low_open, high - step * parameter.high_open
    if parameter.step:  # only multiples are allowed, whatever the bounds are
        low, high = -(-low // step) * step, high // step * step
    if low >= high:
        return number_field(parameter)
    return _slider(parameter, Notches(low, high, step), min(max(start, low), high))


def _slider(parameter: Parameter, notches: Notches, start: float) -> Control:
    whole = parameter.kind == "int"
    slider = Slider(notches, start, whole=whole, **_options(parameter, widgets.IntSlider))
    optional = parameter.optional or parameter.default is None

    def read() -> Any:
        return slider.field.value.strip()

    def shuffle() -> None:
        slider.move(secrets.randbelow(slider.notches.count + 1))

    control = Control(parameter, (slider.slider, slider.field), read, slider.write, shuffle)
    return _with_switch(control) if optional else control


def _with_switch(control: Control) -> Control:
    """A slider cannot be empty: a box beside it says whether its value counts."""
    on = control.parameter.default is not None
    switch = widgets.Checkbox(
        value=on,
        indent=False,
        tooltip=f"{label_of(control.parameter.name)}: off means chosen for you",
        layout=auto_width(),
    ).add_class("drawscape-switch")

    def show() -> None:
        for widget in control.inputs:
            widget.disabled = not switch.value

    def write_value(value: Any) -> None:
        switch.value = value is not None
        if value is not None:
            control.write(value)

    def shuffle() -> None:
        if control.shuffle and switch.value:
            control.shuffle()

    show()
    switch.observe(lambda _change: show(), names="value")
    return replace(
        control,
        inputs=(*control.inputs, switch),
        read=lambda: control.read() if switch.value else None,
        write=write_value,
        shuffle=shuffle,
    )


def number_field(parameter: Parameter) -> Control:
    """Return a field for a typed number; an empty one means None where that is allowed."""
    optional = parameter.optional or parameter.default is None
    start = _start(parameter, parameter.low if parameter.low is not None else 0)
    field = widgets.Text(
        value="" if optional and parameter.default is None else number_text(start),
        placeholder=AUTOMATIC if optional else "a number",
        continuous_update=False,
        **_options(parameter),
    )

    def read() -> Any:
        text = field.value.strip()
        return None if optional and not text else text

    def write(value: Any) -> None:
        field.value = "" if value is None else number_text(value)

    return Control(parameter, (field,), read, write)


def _choice(parameter: Parameter) -> Control:
    """The dropdown goes by the place in the list: 1 and True are two choices, but equal."""
    names = [*([None] if parameter.optional else []), *(parameter.choices or {})]
    labels = [AUTOMATIC if name is None else label_of(name) for name in names]
    start = _start(parameter, None if parameter.optional else parameter.check(names[0]))
    dropdown = widgets.Dropdown(
        options=[(label, place) for place, label in enumerate(labels)],
        **_options(parameter, widgets.Dropdown),
    )

    def read() -> Any:
        name = names[dropdown.value]
        return None if name is None else (parameter.choices or {})[name]

    def write(value: Any) -> None:
        dropdown.value = names.index(None if value is None else parameter.shown(value))

    def shuffle() -> None:
        dropdown.value = secrets.randbelow(len(names))

    write(start)
    return Control(parameter, (dropdown,), read, write, shuffle)


def _checkbox(parameter: Parameter) -> Control:
    box = widgets.Checkbox(
        value=bool(_start(parameter, False)),
        indent=False,
        **_options(parameter, widgets.Checkbox),
    )

    def write(value: Any) -> None:
        box.value = bool(value)

    def shuffle() -> None:
        box.value = bool(secrets.randbelow(2))

    return Control(parameter, (box,), lambda: box.value, write, shuffle)


def _text(parameter: Parameter) -> Control:
    optional = parameter.optional or parameter.default is None
    start = str(_start(parameter, ""))
    long = max(len(start), parameter.max_length or 0) > LONG_TEXT or "\n" in start
    kind = widgets.Textarea if long else widgets.Text
    field = kind(
        value=start,
        placeholder=AUTOMATIC if optional else "",
        continuous_update=False,
        **_options(parameter, kind),
    )
    empty = None if optional else ""

    def write(value: Any) -> None:
        field.value = value or ""

    return Control(parameter, (field,), lambda: field.value or empty, write)


def _literal(parameter: Parameter) -> Control:
    """Anything else is typed as Python writes it: a number, a list, a quoted or bare word."""
    start = _start(parameter, None)
    if not is_literal(start):
        return _shown_only(parameter)
    field = widgets.Text(
        value="" if start is None else repr(start),
        placeholder="a value" if parameter.required and not parameter.optional else AUTOMATIC,
        continuous_update=False,
        **_options(parameter),
    )

    held: dict[str, Any] = {}  # by its text, a value that a program set and nobody could type

    def read() -> Any:
        text = field.value.strip()
        if not text or text in held:
            return held.get(text)
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return text

    def write(value: Any) -> None:
        text = "" if value is None else repr(value)
        held.clear()
        if not is_literal(value):
            held[text.strip()] = value
        field.value = text

    return Control(parameter, (field,), read, write)


def _shown_only(parameter: Parameter) -> Control:
    """A default that nobody can type, such as a date, stands; only a program can set another."""
    field = widgets.Text(disabled=True, **_options(parameter))
    held = parameter.default

    def write(value: Any) -> None:
        nonlocal held
        held = value
        field.value = repr(value)

    write(held)
    return Control(parameter, (field,), lambda: held, write)


_MAKERS: Mapping[str, Callable[[Parameter], Control]] = {
    "int": _number,
    "float": _number,
    "choice": _choice,
    "bool": _checkbox,
    "text": _text,
    "any": _literal,
}
