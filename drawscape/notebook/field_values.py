"""The values of fields: as a page shows them, as a sketch gets them, the first ones, and random ones.

Numbers are sent to the page as text: they stay exact to the last bit, and wrong text stays as typed.
"""

import ast
import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from drawscape.errors import ParameterError
from drawscape.notebook.labels import number_text
from drawscape.parameters import MISSING, Parameter


@dataclass(frozen=True)
class Typed:
    """The text or choice in a field of a page, not checked yet."""

    shown: Any


def shown_of(parameter: Parameter, value: Any) -> Any:
    """Return a value as a page shows it: a text for a number, a name for a choice, a list of these."""
    if value is None or value is MISSING:
        return None
    if parameter.kind in ("int", "float"):
        return number_text(value)
    if parameter.kind == "list":
        return [shown_of(*pair) for pair in zip(_items(parameter, value), value)]
    if parameter.kind == "any":
        return repr(value)
    return parameter.shown(value)


def _value_of(parameter: Parameter, shown: Any) -> Any:
    """Return the value of a page's input, not checked yet."""
    if parameter.kind == "list" and shown is not None:
        return [_value_of(*pair) for pair in zip(_items(parameter, shown), shown)]
    text = shown.strip() if isinstance(shown, str) and parameter.kind != "text" else shown
    if text == "" and (parameter.kind == "any" or parameter.optional or parameter.default is None):
        return None
    if parameter.kind == "any" and isinstance(text, str):
        with contextlib.suppress(ValueError, SyntaxError):
            return ast.literal_eval(text)
    return text


def read_value(parameter: Parameter, given: Any) -> Any:
    """Return the checked value of a field, or a ParameterError."""
    if not isinstance(given, Typed):
        return given
    value = _value_of(parameter, given.shown)
    if value is None and parameter.required and not parameter.optional:
        return ParameterError(parameter.name, None, "a value is required")
    try:
        return parameter.check(value)
    except ParameterError as error:
        return error


def _items(parameter: Parameter, values: Sequence[Any]) -> tuple[Parameter, ...]:
    return parameter.items * len(values) if parameter.open_ended else parameter.items


def start_value(parameter: Parameter) -> Any:
    """Return the first value of a parameter: its default, else its lower bound, first choice or nothing."""
    if parameter.default is not MISSING:
        return parameter.default
    if parameter.optional:
        return None
    if parameter.kind == "list":
        return [] if parameter.open_ended else [start_value(item) for item in parameter.items]
    if parameter.kind == "choice":
        return next(iter((parameter.choices or {}).values()))
    low = parameter.low or 0
    return {"bool": False, "text": "", "int": low, "float": low}.get(parameter.kind)


def random_value(parameter: Parameter, rng: np.random.Generator) -> Any:
    """Return a value anywhere within a parameter's choices or slider; MISSING where it has neither."""
    if parameter.kind == "bool":
        return bool(rng.integers(2))
    if parameter.choices:
        choices = [*parameter.choices.values(), *([None] if parameter.optional else [])]
        return choices[rng.integers(len(choices))]
    low, high, start = parameter.low, parameter.high, parameter.default
    if parameter.kind in ("int", "float") and start not in (MISSING, None):
        far = round(3 * abs(start), 12) or (10 if parameter.kind == "int" else 1)  # as in form.js
        if low is None:
            low = -far if start < 0 else 0
        if high is None:
            high = max(low, 0) + far
    if low is None or high is None or low >= high:
        return MISSING
    # A range has 100 to 1000 stops, which a person can read out.
    digits = 2 - math.floor(math.log10(high - low))
    stop = 10.0**-digits
    number = rng.uniform(low + stop * parameter.low_open, high - stop * parameter.high_open)
    return within(parameter, round(float(number), digits), low, high)


def within(parameter: Parameter, number: float, low: float, high: float) -> Any:
    """Return `number` reflected into the bounds, rounded if it must be whole or a multiple of a step."""
    step = parameter.step or (1 if parameter.kind == "int" else 0)
    inside = step or (high - low) * 1e-6
    low, high = low + inside * parameter.low_open, high - inside * parameter.high_open
    number = max(number, 2 * low - number)
    number = max(min(number, 2 * high - number), low)
    if step:
        first, last = -(-low // step), high // step
        number = min(max(round(number / step), first), last) * step
    return parameter.check(int(number) if parameter.kind == "int" else float(number))
