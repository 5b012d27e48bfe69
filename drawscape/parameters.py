"""The parameters of a function, read from its signature: kind, bounds, choices, default, tooltip.

Notebook, worker, command line and the web front's JSON Schema share one reading. The parameter and its check
come first, then how it is read. Bounds are from `annotated_types` (`Interval`, `Ge`, `MultipleOf`, `Len`,
`doc`) and from `Slider`. Plain text is a tooltip.
"""

import ast
import contextlib
import inspect
import math
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import wraps
from operator import ge, gt, le, lt
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from drawscape.errors import ParameterError, SignatureError, UnknownNameError

P = ParamSpec("P")
R = TypeVar("R")

ParameterKind = Literal["int", "float", "bool", "choice", "text", "list", "any"]

MISSING: Any = inspect.Parameter.empty
"""The default of a parameter without one."""


@dataclass(frozen=True)
class Slider:
    """The bounds of a number, both included, and its description if there is one.

    As the whole annotation, it takes the default's type. Type checkers allow no call there: for them,
    write `Annotated[int, Slider(2, 20)]`.

    >>> from typing import Annotated
    >>> from drawscape.parameters import Slider, read_parameters
    >>> Gusts = Annotated[float, Slider(0.2, 4, "Gusts in all")]
    >>> def field(svg, *, columns: Slider(2, 20) = 8, gusts: Gusts = 1.0): ...
    >>> columns, gusts = read_parameters(field, skip=["svg"])
    >>> columns.kind, columns.high, gusts.doc
    ('int', 20, 'Gusts in all')
    """

    ge: float
    le: float
    documentation: str | None = None


Between = Slider
"""The name of earlier versions."""


@dataclass(frozen=True)
class ParameterGroup:
    """A group of parameters: forms show them together, and fold them.

    >>> from typing import Annotated
    >>> from drawscape.parameters import ParameterGroup, read_parameters
    >>> def field(svg, *, gusts: Annotated[float, ParameterGroup("wind")] = 1.0): ...
    >>> read_parameters(field, skip=["svg"])[0].group
    'wind'
    """

    group_name: str


@dataclass(frozen=True)
class TextFormat:
    """The format of a text: forms show a `color` with a picker, and a `file` with a button and its picture.

    `Color` and `InputFile` are annotations that have it.

    >>> from drawscape.parameters import Color, read_parameters
    >>> def field(svg, *, ink: Color = "#1d3f8f"): ...
    >>> read_parameters(field, skip=["svg"])[0].json_schema()["format"]
    'color'
    """

    format_name: Literal["color", "file"]


@dataclass(frozen=True)
class Suggestions:
    """Texts that a form offers for a parameter, which also accepts others.

    >>> from typing import Annotated
    >>> from drawscape.parameters import Suggestions, read_parameters
    >>> def sign(svg, *, word: Annotated[str, Suggestions(("open", "closed"))] = "open"): ...
    >>> read_parameters(sign, skip=["svg"])[0].json_schema()["examples"]
    ['open', 'closed']
    """

    suggestions: tuple[str, ...]


Color = Annotated[str, TextFormat("color")]
InputFile = Annotated[str, TextFormat("file")]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function, as its annotation describes it.

    `low` and `high` bound a number; `low_open` and `high_open` exclude the bound itself. `choices` maps
    the name that a person sees to the value that the function gets. `optional` allows None. Forms show
    parameters of the same `group` together. A list or tuple has `items`: one for each place, or one for all
    if it is `open_ended`. `makes_list` tells a list from a tuple.
    """

    name: str
    kind: ParameterKind
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
    suggestions: tuple[str, ...] = ()
    items: tuple["Parameter", ...] = ()
    open_ended: bool = False
    makes_list: bool = False
    annotation: Any = None

    @property
    def required(self) -> bool:
        """Whether the caller must give a value."""
        return self.default is MISSING

    @property
    def bounded(self) -> bool:
        """Whether both ends are known, so that a slider fits."""
        return self.low is not None and self.high is not None

    def check(self, value: Any) -> Any:
        """Return `value` for the function: `'5'` and `5.0` become 5 for an int.

        Raises ParameterError, with name, value and rule, if the annotation does not allow the value.
        """
        if value is None and (self.optional or self.default is None):
            return None
        return _CHECKS[self.kind](self, value)

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
            "examples": list(self.suggestions) or None,
            "x-group": self.group or None,
        }
        schema.update({key: value for key, value in pairs.items() if value is not None})
        if self.default is not MISSING:
            schema["default"] = self.shown(self.default)
        return schema

    def shown(self, value: Any) -> Any:
        """Return `value` as a person sees it: a choice by its name, anything else unchanged."""
        for name, choice in (self.choices or {}).items():
            if choice is value or (type(choice) is type(value) and choice == value):
                return name
        return value


def check_arguments(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values`, each checked and converted by its parameter.

    Raises UnknownNameError for an unknown parameter, ParameterError for a value that breaks its rule
    and for a required parameter without a value.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name in values:
        if name not in known:
            raise UnknownNameError("parameter", name, known)
    for parameter in parameters:
        if parameter.required and parameter.name not in values:
            raise ParameterError(parameter.name, None, "a value is required")
    return {name: known[name].check(value) for name, value in values.items()}


def json_schema(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return one JSON Schema object for all `parameters`."""
    required = [parameter.name for parameter in parameters if parameter.required]
    schema = {
        "type": "object",
        "properties": {parameter.name: parameter.json_schema() for parameter in parameters},
        "additionalProperties": False,
    }
    return {**schema, "required": required} if required else schema


_TRUE = frozenset(("true", "yes", "on", "1"))
_FALSE = frozenset(("false", "no", "off", "0"))


def _check_number(parameter: Parameter, value: Any) -> Any:
    number = _as_number(parameter, value)
    ends = (
        (parameter.low, *((gt, "greater than") if parameter.low_open else (ge, "at least"))),
        (parameter.high, *((lt, "less than") if parameter.high_open else (le, "at most"))),
    )
    rules = [(end, holds, words) for end, holds, words in ends if end is not None]
    if not all(holds(number, end) for end, holds, _ in rules):
        allowed = " and ".join(f"{words} {str(end).removesuffix('.0')}" for end, _, words in rules)
        raise ParameterError(parameter.name, value, f"must be {allowed}")
    if parameter.step:
        steps = number / parameter.step
        if abs(steps - round(steps)) > 1e-9 * max(1.0, abs(steps)):
            raise ParameterError(parameter.name, value, f"must be a multiple of {parameter.step:g}")
    return number


def _as_number(parameter: Parameter, value: Any) -> int | float:
    is_int = parameter.kind == "int"
    try:
        is_exact = is_int and isinstance(value, (str, typing.SupportsIndex))
        number = int(value) if is_exact else float(value)
        if isinstance(value, bool) or not math.isfinite(number) or (is_int and number % 1):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        wanted = "a whole number" if is_int else "a number"
        raise ParameterError(parameter.name, value, f"must be {wanted}") from None
    return int(number) if is_int else number


def _check_bool(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _TRUE | _FALSE:
        raise ParameterError(parameter.name, value, "must be true or false")
    return word in _TRUE


def _check_choice(parameter: Parameter, value: Any) -> Any:
    choices, name = parameter.choices or {}, parameter.shown(value)
    if isinstance(name, str) and name in choices:
        return choices[name]
    raise ParameterError(parameter.name, value, f"must be one of {', '.join(choices)}")


def _check_text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise ParameterError(parameter.name, value, "must be text")
    if parameter.text_format == "color":
        from drawscape.drawing.values import rgba

        if rgba(value) is None:
            raise ParameterError(parameter.name, value, "must be a colour: 'red', '#1d3f8f'")
    _check_length(parameter, value, len(value), "characters")
    return value


def _check_length(parameter: Parameter, value: Any, length: int, what: str) -> None:
    for limit, words, sign in (
        (parameter.min_length, "at least", 1),
        (parameter.max_length, "at most", -1),
    ):
        if limit is not None and sign * length < sign * limit:
            raise ParameterError(parameter.name, value, f"must have {words} {limit} {what}")


def _check_list(parameter: Parameter, value: Any) -> Any:
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
    _check_length(parameter, value, len(found), "items")
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


# Signatures


def file_parameters(function: Callable[..., Any]) -> set[str]:
    """Return the names of the parameters that take a file, or a list of files, by their annotations.

    >>> def convert(files: list[InputFile], format: str): ...
    >>> file_parameters(convert)
    {'files'}
    """
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (
        NameError,
        TypeError,
        AttributeError,
    ):  # a task's annotations may name undefined things
        return set()
    return {name for name, hint in hints.items() if _takes_a_file(hint)}


def _takes_a_file(hint: Any) -> bool:
    is_file = TextFormat("file") in getattr(hint, "__metadata__", ())
    return is_file or any(_takes_a_file(part) for part in typing.get_args(hint))


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


def _read(name: str, annotation: Any, default: Any) -> Parameter:
    base, metadata, optional = _unwrap(annotation)
    parameter = Parameter(name, "any", default=default, optional=optional, annotation=annotation)
    for item in metadata:
        parameter = _apply(parameter, item)
    if base in (MISSING, tuple) and default is not MISSING and default is not None:
        base = _type_of(default)
    parameter = _with_kind(parameter, base)
    if parameter.kind == "text" and not parameter.text_format and _is_hex_color(default):
        return replace(parameter, text_format="color")
    return parameter


def _type_of(default: Any) -> Any:
    """Return the type of a default; for a tuple, with the type of each item."""
    items = default if isinstance(default, tuple) else ()
    return types.GenericAlias(tuple, tuple(map(type, items))) if items else type(default)


def _is_hex_color(default: Any) -> bool:
    return isinstance(default, str) and re.fullmatch("#[0-9a-fA-F]{6}", default) is not None


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
        elif isinstance(annotation, Slider):
            return MISSING, [annotation, *metadata], optional
        else:
            return annotation, metadata, optional


def _flatten(items: Iterable[Any]) -> list[Any]:
    flat = []
    for item in items:
        is_grouped = hasattr(item, "__is_annotated_types_grouped_metadata__")
        flat.extend(_flatten(item) if is_grouped else [item])
    return flat


def _apply(parameter: Parameter, item: Any) -> Parameter:
    found: dict[str, Any] = {"doc": item} if isinstance(item, str) else {}
    for attribute, field in (
        ("ge", "low"),
        ("gt", "low"),
        ("le", "high"),
        ("lt", "high"),
        ("multiple_of", "step"),
        ("min_length", "min_length"),
        ("max_length", "max_length"),
        ("documentation", "doc"),
        ("group_name", "group"),
        ("format_name", "text_format"),
        ("suggestions", "suggestions"),
    ):
        value = getattr(item, attribute, None)
        if value is not None:
            found[field] = value
            if field in ("low", "high"):
                found[f"{field}_open"] = attribute in ("gt", "lt")
    return replace(parameter, **found) if found else parameter


def _with_kind(parameter: Parameter, base: Any) -> Parameter:
    if typing.get_origin(base) is Literal:
        return replace(parameter, kind="choice", choices={str(v): v for v in typing.get_args(base)})
    if isinstance(base, type) and issubclass(base, Enum):
        return replace(parameter, kind="choice", choices={member.name: member for member in base})
    kinds: dict[Any, ParameterKind] = {bool: "bool", int: "int", float: "float", str: "text"}
    if base in kinds:
        return replace(parameter, kind=kinds[base])
    return _with_items(parameter, base)


def _with_items(parameter: Parameter, base: Any) -> Parameter:
    """Return the parameter of a list or tuple of simple values; other types are unchanged."""
    arguments = typing.get_args(base)
    if typing.get_origin(base) not in (list, tuple) or not arguments:
        return parameter
    open_ended = typing.get_origin(base) is list or arguments[-1] is Ellipsis
    kinds = arguments[:1] if open_ended else arguments
    items = tuple(_read(f"{parameter.name}[{i}]", kind, MISSING) for i, kind in enumerate(kinds))
    if any(item.kind in ("any", "list") for item in items):
        return parameter
    return replace(
        parameter,
        kind="list",
        items=items,
        open_ended=open_ended,
        makes_list=typing.get_origin(base) is list,
    )


# A sketch's parameters and a function's options, both keywords


def parameters_apart(
    argument: str, known: Callable[[Any], Iterable[str]]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for functions such as `drawings(sketch, *, order, where=None, **parameters)`.

    The function gets all parameters in the mapping `argument`, and none as keywords. A caller gives them as
    plain keywords or in that mapping. `known(first)` returns the names of the parameters of the first
    argument's sketch. A plain keyword that is both an option and a parameter is an error. With the mapping,
    even an empty one, it is the option. Raises ParameterError.

    >>> @parameters_apart("where", lambda sketch: ["columns", "calm"])
    ... def sheet(sketch, *, columns=4, where=None, **parameters):
    ...     return columns, where
    >>> sheet("schotter", calm=2), sheet("schotter", columns=6, where={"columns": 12})
    ((4, {'calm': 2}), (6, {'columns': 12}))
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        first, *options = [
            name for name, p in signature.parameters.items() if p.kind is not p.VAR_KEYWORD
        ]

        @wraps(function)
        def call(*args: P.args, **keywords: P.kwargs) -> R:
            plain = {name: keywords[name] for name in keywords if name not in (first, *options)}
            rest: dict[str, Any] = {name: keywords[name] for name in keywords if name not in plain}
            given = rest.pop(argument, None)
            if given is not None and not isinstance(given, Mapping):
                raise ParameterError(argument, given, "give parameters by name: {'turns': 5}")
            used = rest.keys() & options
            if given is None and used:
                for name in sorted(used & set(known(args[0] if args else rest.get(first)))):
                    raise ParameterError(
                        name,
                        rest[name],
                        f"{name!r} is an option of {function.__name__}() and a parameter of this "
                        f"sketch. Write {argument}={{{name!r}: {rest[name]!r}}} for the parameter, or "
                        f"{argument}={{}} beside it for the option",
                    )
            for name in plain.keys() & (given or {}).keys():
                raise ParameterError(name, plain[name], f"is in {argument}= too; give it once")
            rest[argument] = {**(given or {}), **plain}
            return function(*args, **rest)

        return call

    return decorate
