"""What a signature says about its parameters: kind, bounds, choices, default, tooltip.

One reading serves the form in the notebook, the check in the worker, the options of the command line
and the JSON Schema of the web front. Bounds come from `annotated_types` (`Interval`, `Ge`, `MultipleOf`,
`Len`, `doc`) or, by duck typing, from pydantic's `Field`.
"""

from __future__ import annotations

import inspect
import math
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Annotated, Any, Literal

from drawscape.errors import ParameterError, SignatureError, UnknownNameError

Kind = Literal["int", "float", "bool", "choice", "text", "any"]

MISSING: Any = inspect.Parameter.empty
"""The default of a parameter that has none."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function, as its annotation describes it.

    `low` and `high` bound a number; `low_open` and `high_open` exclude the bound itself. `choices` maps
    the name that a person sees to the value that the function gets. `optional` allows None.
    """

    name: str
    kind: Kind
    default: Any = MISSING
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    step: float | None = None
    choices: Mapping[str, Any] | None = None
    min_length: int | None = None
    max_length: int | None = None
    optional: bool = False
    doc: str = ""
    annotation: Any = None

    @property
    def required(self) -> bool:
        """Whether the caller has to give a value."""
        return self.default is MISSING

    @property
    def bounded(self) -> bool:
        """Whether both ends are known, so that a slider fits."""
        return self.low is not None and self.high is not None

    def check(self, value: Any) -> Any:
        """Return `value` as the function wants it: `'5'` and `5.0` become 5 for an int.

        Raises ParameterError, with name, value and rule, for what the annotation does not allow.
        """
        if value is None and (self.optional or self.default is None):
            return None
        return _CHECKS[self.kind](self, value)

    def json_schema(self) -> dict[str, Any]:
        """Return this parameter as a JSON Schema object."""
        kinds = {"int": "integer", "float": "number", "bool": "boolean", "text": "string"}
        schema: dict[str, Any] = {}
        if self.kind in kinds:
            schema["type"] = [kinds[self.kind], "null"] if self.optional else kinds[self.kind]
        if self.choices is not None:
            schema["enum"] = [*self.choices, None] if self.optional else list(self.choices)
        pairs = {
            "exclusiveMinimum" if self.low_open else "minimum": self.low,
            "exclusiveMaximum" if self.high_open else "maximum": self.high,
            "multipleOf": self.step,
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "description": self.doc or None,
        }
        schema.update({key: value for key, value in pairs.items() if value is not None})
        if self.default is not MISSING:
            schema["default"] = self.shown(self.default)
        return schema

    def shown(self, value: Any) -> Any:
        """Return `value` as a person sees it: a choice by its name, anything else as it is."""
        for name, choice in (self.choices or {}).items():
            if choice is value or (type(choice) is type(value) and choice == value):
                return name
        return value


def read_parameters(
    function: Callable[..., Any], skip: Iterable[str] = ()
) -> tuple[Parameter, ...]:
    """Return the parameters of `function` in order, without those named in `skip`, `*args` and `**kwargs`.

    Raises SignatureError when the signature or its annotations cannot be resolved.
    """
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, ValueError) as error:
        name = getattr(function, "__qualname__", function)
        raise SignatureError(f"cannot read the parameters of {name}: {error}") from error
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    skipped = frozenset(skip)
    return tuple(
        _read(name, hints.get(name, MISSING), parameter.default)
        for name, parameter in signature.parameters.items()
        if name not in skipped and parameter.kind not in variadic
    )


def check_arguments(
    parameters: Sequence[Parameter], values: Mapping[str, Any], *, partial: bool = False
) -> dict[str, Any]:
    """Return `values`, each checked and converted by its parameter.

    Raises UnknownNameError for a name that no parameter has, ParameterError for a value that breaks its
    rule and, unless `partial`, for a required parameter without a value.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in values:
        if name not in known:
            raise UnknownNameError("parameter", name, known)
    if not partial:
        for parameter in parameters:
            if parameter.required and parameter.name not in values:
                raise ParameterError(parameter.name, None, "a value is required")
    return {name: known[name].check(value) for name, value in values.items()}


def json_schema(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return one JSON Schema object for all `parameters`."""
    required = [parameter.name for parameter in parameters if parameter.required]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {parameter.name: parameter.json_schema() for parameter in parameters},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema


# Reading annotations


def _read(name: str, annotation: Any, default: Any) -> Parameter:
    base, metadata, optional = _unwrap(annotation)
    parameter = Parameter(name, "any", default=default, optional=optional, annotation=annotation)
    for item in metadata:
        parameter = _apply(parameter, item)
    if base is MISSING and default is not MISSING and default is not None:
        base = type(default)
    return _with_kind(parameter, base)


def _unwrap(annotation: Any) -> tuple[Any, list[Any], bool]:
    metadata: list[Any] = []
    optional = False
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            metadata = [*_flatten(annotation.__metadata__), *metadata]
            annotation = annotation.__origin__
        elif origin in (typing.Union, types.UnionType):
            members = [member for member in typing.get_args(annotation) if member is not type(None)]
            optional = optional or len(members) < len(typing.get_args(annotation))
            if len(members) != 1:
                numbers = all(member in (int, float) for member in members)
                return (float if numbers else Any), metadata, optional
            annotation = members[0]
        else:
            return annotation, metadata, optional


def _flatten(items: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for item in items:
        if hasattr(item, "__is_annotated_types_grouped_metadata__") or _is_grouped(item):
            flat.extend(_flatten(list(item)))
        elif isinstance(getattr(item, "metadata", None), list):  # pydantic's FieldInfo
            flat.append(item)
            flat.extend(_flatten(item.metadata))
        else:
            flat.append(item)
    return flat


def _is_grouped(item: Any) -> bool:
    from annotated_types import GroupedMetadata

    return isinstance(item, GroupedMetadata)


def _apply(parameter: Parameter, item: Any) -> Parameter:
    found: dict[str, Any] = {}
    for attribute, field, is_open in (
        ("ge", "low", False),
        ("gt", "low", True),
        ("le", "high", False),
        ("lt", "high", True),
    ):
        value = getattr(item, attribute, None)
        if value is not None:
            found[field] = value
            found[f"{field}_open"] = is_open
    for attribute, field in (
        ("multiple_of", "step"),
        ("min_length", "min_length"),
        ("max_length", "max_length"),
        ("documentation", "doc"),
        ("description", "doc"),
    ):
        value = getattr(item, attribute, None)
        if value is not None:
            found[field] = value
    return replace(parameter, **found) if found else parameter


def _with_kind(parameter: Parameter, base: Any) -> Parameter:
    if typing.get_origin(base) is Literal:
        return replace(parameter, kind="choice", choices={str(v): v for v in typing.get_args(base)})
    if isinstance(base, type) and issubclass(base, Enum):
        return replace(parameter, kind="choice", choices={member.name: member for member in base})
    for kind, builtin in (("bool", bool), ("int", int), ("float", float), ("text", str)):
        if base is builtin:
            return replace(parameter, kind=typing.cast(Kind, kind))
    return parameter


# Checking values


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


def _range(parameter: Parameter) -> str:
    parts = []
    if parameter.low is not None:
        parts.append(f"{'greater than' if parameter.low_open else 'at least'} {parameter.low:.12g}")
    if parameter.high is not None:
        parts.append(f"{'less than' if parameter.high_open else 'at most'} {parameter.high:.12g}")
    return " and ".join(parts)


def _check_bool(parameter: Parameter, value: Any) -> bool:
    words = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ParameterError(parameter.name, value, "must be true or false")


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


_CHECKS: dict[str, Callable[[Parameter, Any], Any]] = {
    "int": _check_number,
    "float": _check_number,
    "bool": _check_bool,
    "choice": _check_choice,
    "text": _check_text,
    "any": lambda _parameter, value: value,
}
