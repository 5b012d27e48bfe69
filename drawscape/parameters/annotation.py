"""A signature's annotations, read as parameters: bounds, choices, tooltips.

Bounds come from `annotated_types` (`Interval`, `Ge`, `MultipleOf`, `Len`, `doc`) or, by duck typing,
from pydantic's `Field`.
"""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import Enum
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from drawscape.errors import ParameterError, SignatureError
from drawscape.parameters.parameter import MISSING, Kind, Parameter

P = ParamSpec("P")
R = TypeVar("R")


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
        ("group_name", "group"),
        ("format_name", "text_format"),
        ("suggestions", "suggestions"),
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
    return _with_items(parameter, base)


def _with_items(parameter: Parameter, base: Any) -> Parameter:
    """Return the parameter of a list or tuple of simple values; of any other type as it is."""
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

    The function gets all parameters in the mapping `argument`, and no plain ones. A caller gives them as
    plain keywords or in that mapping. `known(first)` returns the parameters' names of the first argument's
    sketch. A plain keyword that is an option and a parameter too is an error. With the mapping, even
    an empty one, it is the option. Raises ParameterError.

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
                subject = args[0] if args else rest.get(first)
                _check_clash(function.__name__, argument, used & set(known(subject)), rest)
            for name in plain.keys() & (given or {}).keys():
                raise ParameterError(name, plain[name], f"is in {argument}= too; give it once")
            rest[argument] = {**(given or {}), **plain}
            return function(*args, **rest)

        return call

    return decorate


def _check_clash(function: str, argument: str, names: set[str], given: Mapping[str, Any]) -> None:
    for name in sorted(names):
        raise ParameterError(
            name,
            given[name],
            f"{name!r} is an option of {function}() and a parameter of this sketch. Write "
            f"{argument}={{{name!r}: {given[name]!r}}} for the parameter, or {argument}={{}} beside it "
            "for the option",
        )
