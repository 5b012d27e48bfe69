"""Whether a form can ask for a parameter: a faulty annotation is an error in the cell, before any job."""

import ast
import types
import typing
from collections.abc import Sequence
from numbers import Real
from typing import Annotated, Any

from drawscape.errors import ParameterError, SignatureError
from drawscape.parameters import MISSING, Parameter

_TYPED = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
"""Types whose values can be typed as Python writes them."""


def checked_parameters(owner: str, parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return `parameters`; raise SignatureError, which names `owner`, for the first that is at fault."""
    for parameter in parameters:
        fault = _fault(parameter)
        if fault:
            raise SignatureError(f"{owner}: parameter {parameter.name!r} {fault}")
    return tuple(parameters)


def is_literal(value: Any) -> bool:
    """Return whether `value` is what Python reads from what it writes of it."""
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False


def _fault(parameter: Parameter) -> str | None:
    low, high, step = parameter.low, parameter.high, parameter.step
    for number in (low, high, step):
        if number is not None and not isinstance(number, Real):
            return f"has the bound or step {number!r}, which is no number"
    if low is not None and high is not None and low > high:
        return f"can have no value: it is to be at least {low:g} and at most {high:g}"
    if step is not None and step <= 0:
        return f"has the step {step:g}; give one above 0"
    if parameter.choices is not None and not parameter.choices:
        return "has no choices"
    if parameter.required:
        return _fault_of_type(parameter)
    try:
        parameter.check(parameter.default)
    except ParameterError as error:
        return f"has the default {parameter.default!r}, which its annotation refuses: {error.rule}"
    return None


def _fault_of_type(parameter: Parameter) -> str | None:
    if parameter.kind != "any" or _can_be_typed(parameter.annotation):
        return None
    return (
        f"is a {_name(parameter.annotation)}, which nobody can type, and has no default; give it one, or "
        "annotate it as int, float, bool, str, a Literal, an Enum, or a list, tuple or dict of those"
    )


def _can_be_typed(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _can_be_typed(annotation.__origin__)
    if origin in (typing.Union, types.UnionType):
        return any(_can_be_typed(member) for member in typing.get_args(annotation))
    kind = origin or annotation
    if annotation in (MISSING, Any) or not isinstance(kind, type):
        return True
    try:
        return any(issubclass(typed, kind) for typed in _TYPED)
    except TypeError:  # a protocol that cannot be asked
        return True


def _name(annotation: Any) -> str:
    return getattr(annotation, "__name__", None) or str(annotation)
