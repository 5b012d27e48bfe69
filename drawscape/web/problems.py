"""From a request's bytes to a checked dictionary, and errors as JSON problem objects (RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import flask
import orjson
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from drawscape.errors import (
    JobNotFoundError,
    ParameterError,
    PlotNotFoundError,
    QueueError,
    RequestRefused,
    UnknownNameError,
)
from drawscape.parameters import Parameter

CONTENT_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

_LONGEST_ECHO = 200
"""Characters of a refused value that are sent back: enough to know it by, no more."""

FieldError = dict[str, Any]
"""A field of the request, the value that it had, and the rule that the value breaks."""


def wrong(field: str, value: Any, rule: str) -> FieldError:
    """Return an answer's entry for a field whose value breaks a rule."""
    return {"field": field, "value": echo(value), "rule": rule}


def echo(value: Any) -> Any:
    """Return `value` for an answer: short scalars as they are, anything else cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"


def read_object() -> dict[str, Any]:
    """Return the JSON object in the body of the current request.

    Raises RequestRefused: 415 for another type than JSON, 400 for a body that is no JSON object. Werkzeug
    answers 413 for a body over the limit.
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
        raise RequestRefused(400, "the body must be a JSON object")
    return document


def check(
    parameters: Sequence[Parameter], values: Mapping[str, Any], prefix: str = ""
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the valid ones of `values`, and an error for each other one.

    Stricter than a form's check, like the JSON Schema: text that reads like a number is refused.
    `prefix` goes before the names in the errors.
    """
    known = {parameter.name: parameter for parameter in parameters}
    checked = {}
    errors = []
    for name, value in values.items():
        try:
            if name not in known:
                raise UnknownNameError("field", echo(name), known)
            _check_json_type(known[name], value)
            checked[name] = known[name].check(value)
        except (ParameterError, UnknownNameError) as error:
            rule = error.rule if isinstance(error, ParameterError) else str(error)
            errors.append(wrong(prefix + str(echo(name)), value, rule))
    missing = [p.name for p in parameters if p.required and p.name not in values]
    errors += [wrong(prefix + name, None, "a value is required") for name in missing]
    return checked, errors


_JSON_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int, float), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
}


_EXACT = 2**53
"""Above this a float may have lost digits; orjson reads a whole number of more than 64 bits as a float."""


def _check_json_type(parameter: Parameter, value: Any) -> None:
    types, wanted = _JSON_TYPES.get(parameter.kind, ((object,), ""))
    if value is None:
        if not parameter.optional and parameter.kind != "any":
            raise ParameterError(parameter.name, value, "must not be null")
    elif not isinstance(value, types):
        raise ParameterError(parameter.name, value, f"must be {wanted}")
    elif parameter.kind == "int" and isinstance(value, float) and abs(value) > _EXACT:
        raise ParameterError(parameter.name, value, "must be a whole number below 2^64")
    elif parameter.kind == "choice" and value not in list(parameter.choices or {}):
        raise UnknownNameError(parameter.name, echo(value), parameter.choices or {})


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> flask.Response:
    """Return a response of `status` whose body is a problem object with `detail` and `members`."""
    title = HTTP_STATUS_CODES.get(status, "Error")
    standard = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    body = orjson.dumps({**standard, **members}, default=echo)
    return flask.Response(body, status, {**(headers or {}), "Content-Type": CONTENT_TYPE})


def answer(error: Exception) -> flask.Response:
    """Return the problem object of an error; the server's files and tracebacks go into its log only."""
    if isinstance(error, RequestRefused):
        return problem(error.status, error.detail, error.headers, **error.members)
    if isinstance(error, JobNotFoundError | PlotNotFoundError):
        return problem(404, str(error))
    if isinstance(error, HTTPException):
        kept = {k: v for k, v in error.get_headers() if k.lower() in ("allow", "retry-after")}
        return problem(error.code or 500, error.description or "", kept)
    if isinstance(error, QueueError):
        _log.error("the queue cannot be used: %s", error)
        return problem(503, "the queue cannot be used at the moment", {"Retry-After": "5"})
    _log.error("an unexpected error", exc_info=error)
    return problem(500, "an unexpected error; the server's log says more")
