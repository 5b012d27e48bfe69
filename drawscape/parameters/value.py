"""A value as its parameter wants it: converted, and refused where it breaks the rule."""

from __future__ import annotations

import ast
import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from drawscape.errors import ParameterError

if TYPE_CHECKING:
    from drawscape.parameters.parameter import Parameter

_TRUE = frozenset(("true", "yes", "on", "1"))
_FALSE = frozenset(("false", "no", "off", "0"))


def check_value(parameter: Parameter, value: Any) -> Any:
    """Return `value` converted to the parameter's kind.

    Raises ParameterError, with name, value and rule, for what the annotation does not allow.
    """
    return _CHECKS[parameter.kind](parameter, value)


def _check_number(parameter: Parameter, value: Any) -> Any:
    number = _as_number(parameter, value)
    low, high = parameter.low, parameter.high
    if low is not None and (number < low or (parameter.low_open and number == low)):
        raise ParameterError(parameter.name, value, f"must be {_range(parameter)}")
    if high is not None and (number > high or (parameter.high_open and number == high)):
        raise ParameterError(parameter.name, value, f"must be {_range(parameter)}")
    if parameter.step:
        steps = number / parameter.step
        if abs(steps - round(steps)) > 1e-9 * max(1.0, abs(steps)):
            raise ParameterError(parameter.name, value, f"must be a multiple of {parameter.step:g}")
    return number


def _as_number(parameter: Parameter, value: Any) -> int | float:
    wanted = "a whole number" if parameter.kind == "int" else "a number"
    if isinstance(value, bool) or value is None:
        raise ParameterError(parameter.name, value, f"must be {wanted}")
    try:
        number = float(value)
        whole = int(value) if isinstance(value, str) and parameter.kind == "int" else number
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(parameter.name, value, f"must be {wanted}") from None
    if not math.isfinite(number):
        raise ParameterError(parameter.name, value, "must be finite")
    if parameter.kind == "float":
        return number
    if number != int(number):
        raise ParameterError(parameter.name, value, f"must be {wanted}")
    return int(whole) if isinstance(value, str) else int(value)


def _written(bound: float) -> str:
    """Return a bound with all its digits where it is a whole number: 9007199254740991."""
    whole = float(bound).is_integer() and abs(bound) < 1e17
    return f"{int(bound)}" if whole else f"{bound:.12g}"


def _range(parameter: Parameter) -> str:
    parts = []
    if parameter.low is not None:
        parts.append(
            f"{'greater than' if parameter.low_open else 'at least'} {_written(parameter.low)}"
        )
    if parameter.high is not None:
        parts.append(
            f"{'less than' if parameter.high_open else 'at most'} {_written(parameter.high)}"
        )
    return " and ".join(parts)


def _check_bool(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _TRUE | _FALSE:
        raise ParameterError(parameter.name, value, "must be true or false")
    return word in _TRUE


def _check_choice(parameter: Parameter, value: Any) -> Any:
    choices = parameter.choices or {}
    for name, choice in choices.items():
        if value is choice or (isinstance(value, str) and value == name):
            return choice
        if type(value) is type(choice) and value == choice:
            return choice
    raise ParameterError(parameter.name, value, f"must be one of {', '.join(choices)}")


def _check_text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise ParameterError(parameter.name, value, "must be text")
    if parameter.min_length is not None and len(value) < parameter.min_length:
        raise ParameterError(
            parameter.name, value, f"must have at least {parameter.min_length} characters"
        )
    if parameter.max_length is not None and len(value) > parameter.max_length:
        raise ParameterError(
            parameter.name, value, f"must have at most {parameter.max_length} characters"
        )
    return value


def _check_list(parameter: Parameter, value: Any) -> Any:
    """Return a list, or a tuple where the annotation is one, with each item checked."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError, SyntaxError):
            value = ast.literal_eval(value)
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise ParameterError(parameter.name, value, "must be a list")
    found, items = list(value), parameter.items
    if parameter.open_ended:
        items = items * len(found)
    if len(found) != len(items):
        raise ParameterError(parameter.name, value, f"must have {len(items)} items")
    low, high = parameter.min_length or 0, parameter.max_length
    if len(found) < low or (high is not None and len(found) > high):
        most = "" if high is None else f" and at most {high}"
        raise ParameterError(parameter.name, value, f"must have at least {low}{most} items")
    checked = [item.check(one) for item, one in zip(items, found, strict=True)]
    return checked if parameter.makes_list else tuple(checked)


_CHECKS: dict[str, Callable[[Parameter, Any], Any]] = {
    "int": _check_number,
    "float": _check_number,
    "bool": _check_bool,
    "choice": _check_choice,
    "text": _check_text,
    "list": _check_list,
    "any": lambda _parameter, value: value,
}
