"""Parameters of a sketch and options of a function that takes both as keywords, told apart."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from drawscape.errors import ParameterError

P = ParamSpec("P")
R = TypeVar("R")


def parameters_apart(
    argument: str, known: Callable[[Any], Iterable[str]]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator for functions such as `drawings(sketch, *, order, where=None, **parameters)`.

    The function gets all parameters in the mapping `argument`, and no plain ones. A caller gives them as
    plain keywords or in that mapping. `known(first)` returns the parameters' names of the first argument's
    sketch. A plain keyword that is an option and a parameter too is an error, unless the mapping is given,
    even an empty one: then it is the option. Raises ParameterError.

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
