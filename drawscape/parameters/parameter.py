"""One parameter of a function, and what holds for several: their check and their JSON Schema."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.parameters.value import check_value

Kind = Literal["int", "float", "bool", "choice", "text", "list", "any"]

MISSING: Any = inspect.Parameter.empty
"""The default of a parameter that has none."""


@dataclass(frozen=True)
class Group:
    """What a parameter belongs to: forms show a group together, and fold it.

    >>> from typing import Annotated
    >>> from drawscape.parameters import Group, read_parameters
    >>> def field(svg, *, gusts: Annotated[float, Group("wind")] = 1.0): ...
    >>> read_parameters(field, skip=["svg"])[0].group
    'wind'
    """

    group_name: str


@dataclass(frozen=True)
class Format:
    """What a text means: forms show a `color` with a picker, and a `file` with a button and its picture.

    `Color` and `InputFile` are annotations that have it.

    >>> from drawscape.parameters import Color, read_parameters
    >>> def field(svg, *, ink: Color = "#1d3f8f"): ...
    >>> read_parameters(field, skip=["svg"])[0].json_schema()["format"]
    'color'
    """

    format_name: Literal["color", "file"]


Color = Annotated[str, Format("color")]
InputFile = Annotated[str, Format("file")]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function, as its annotation describes it.

    `low` and `high` bound a number; `low_open` and `high_open` exclude the bound itself. `choices` maps
    the name that a person sees to the value that the function gets. `optional` allows None. Forms show
    what has the same `group` together. A list or tuple has `items`: one for each place, or one for all
    of them if it is `open_ended`; `makes_list` tells a list from a tuple.
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
    group: str = ""
    text_format: str = ""
    items: tuple["Parameter", ...] = ()
    open_ended: bool = False
    makes_list: bool = False
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
        return check_value(self, value)

    def json_schema(self) -> dict[str, Any]:
        """Return this parameter as a JSON Schema object."""
        kinds = {
            "int": "integer",
            "float": "number",
            "bool": "boolean",
            "text": "string",
            "list": "array",
        }
        schema: dict[str, Any] = {}
        if self.kind in kinds:
            schema["type"] = [kinds[self.kind], "null"] if self.optional else kinds[self.kind]
        if self.items:
            places = [item.json_schema() for item in self.items]
            schema |= {"items": places[0]} if self.open_ended else {"prefixItems": places}
        if self.choices is not None:
            schema["enum"] = [*self.choices, None] if self.optional else list(self.choices)
        pairs = {
            "exclusiveMinimum" if self.low_open else "minimum": self.low,
            "exclusiveMaximum" if self.high_open else "maximum": self.high,
            "multipleOf": self.step,
            "minLength": self.min_length,
            "maxLength": self.max_length,
            "description": self.doc or None,
            "format": self.text_format or None,
            "x-group": self.group or None,
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
