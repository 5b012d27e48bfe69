"""From the bytes of a request to a checked dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flask
import orjson

from drawscape.errors import ParameterError, RequestRefused, UnknownNameError
from drawscape.parameters import Parameter
from drawscape.web.problems import FieldError, echo


def read_object() -> dict[str, Any]:
    """Return the JSON object in the body of the current request.

    Raises RequestRefused: 415 for another type than JSON, 400 for what is not a JSON object; and
    werkzeug's 413 for a body over the limit.
    """
    if not flask.request.is_json:
        raise RequestRefused(415, "send JSON, with the header 'Content-Type: application/json'")
    if flask.request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RequestRefused(415, "send the body uncompressed")
    try:
        document = orjson.loads(flask.request.get_data(cache=False))
    except orjson.JSONDecodeError as error:
        raise RequestRefused(400, f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RequestRefused(400, f"the body must be a JSON object, not {_kind_of(document)}")
    return document


def check(
    parameters: Sequence[Parameter], values: Mapping[str, Any], prefix: str = ""
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return those of `values` that keep their parameter's rule, and an error for each other one.

    Stricter than a form's check: a number must be a JSON number and not text that reads like one,
    as the JSON Schema of the same parameters says. `prefix` goes before the names in the errors.
    """
    known = {parameter.name: parameter for parameter in parameters}
    checked: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in values.items():
        try:
            checked[name] = _checked(known, name, value)
        except ParameterError as error:
            errors.append(FieldError(prefix + name, value, error.rule))
        except UnknownNameError as error:
            errors.append(FieldError(prefix + str(echo(name)), value, str(error)))
    missing = [p.name for p in parameters if p.required and p.name not in values]
    errors += [FieldError(prefix + name, None, "a value is required") for name in missing]
    return checked, errors


def _checked(known: Mapping[str, Parameter], name: str, value: Any) -> Any:
    parameter = known.get(name)
    if parameter is None:
        raise UnknownNameError("field", str(echo(name)), known)
    _check_json_type(parameter, value)
    return parameter.check(value)


def _check_json_type(parameter: Parameter, value: Any) -> None:
    if value is None:
        if not parameter.optional and parameter.kind != "any":
            raise ParameterError(parameter.name, value, "must not be null")
    elif parameter.kind in ("int", "float") and not isinstance(value, int | float):
        wanted = "a whole number" if parameter.kind == "int" else "a number"
        raise ParameterError(parameter.name, value, f"must be {wanted}")
    elif parameter.kind == "bool" and not isinstance(value, bool):
        raise ParameterError(parameter.name, value, "must be true or false")
    elif parameter.kind == "choice" and value not in list(parameter.choices or {}):
        unknown = UnknownNameError(parameter.name, str(echo(value)), parameter.choices or {})
        raise ParameterError(parameter.name, value, str(unknown))


def _kind_of(document: Any) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(document), "a number")
