"""From a request's bytes to a checked dictionary, and errors as JSON problem objects (RFC 9457)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import flask
import orjson
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from drawscape.errors import (
    JobNotFoundError,
    OutputStoreError,
    ParameterError,
    QueueError,
    RequestRefused,
    UnknownNameError,
)
from drawscape.parameters import Parameter

CONTENT_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

_LONGEST_ECHO = 200
"""Characters of a refused value that are sent back: enough to know it by, no more."""


@dataclass(frozen=True)
class FieldError:
    """A field of the request, the value that it had and the rule that the value breaks."""

    field: str
    value: Any
    rule: str


def invalid(errors: Sequence[FieldError]) -> RequestRefused:
    """Return the 422 refusal that lists `errors` and names the first at its top level."""
    listed = [{**asdict(error), "value": echo(error.value)} for error in errors]
    first = errors[0]
    return RequestRefused(422, f"{first.field}: {first.rule}", **listed[0], errors=listed)


def echo(value: Any) -> Any:
    """Return `value` as it may stand in an answer: short scalars as they are, anything else cut."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"


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


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any
) -> flask.Response:
    """Return a response of `status` whose body is a problem object with `detail` and `members`."""
    title = HTTP_STATUS_CODES.get(status, "Error")
    standard = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    body = orjson.dumps({**standard, **members}, default=echo)
    return flask.Response(body, status, {**(headers or {}), "Content-Type": CONTENT_TYPE})


def register(owner: flask.Flask | flask.Blueprint) -> None:
    """Make `owner` answer every error with a problem object."""
    owner.register_error_handler(RequestRefused, _refused)
    owner.register_error_handler(JobNotFoundError, _job_gone)
    owner.register_error_handler(QueueError, _queue_unusable)
    owner.register_error_handler(OutputStoreError, _store_unusable)
    owner.register_error_handler(HTTPException, _http_error)
    owner.register_error_handler(Exception, _unexpected)


def _refused(error: RequestRefused) -> flask.Response:
    return problem(error.status, error.detail, error.headers, **error.members)


def _job_gone(error: JobNotFoundError) -> flask.Response:
    return problem(404, str(error))


def _queue_unusable(error: QueueError) -> flask.Response:
    _log.error("the queue cannot be used: %s", error)
    return problem(503, "the queue cannot be used at the moment", {"Retry-After": "5"})


def _store_unusable(error: OutputStoreError) -> flask.Response:
    _log.error("the drawings are unavailable: %s", error)
    return problem(503, "the drawings are unavailable at the moment", {"Retry-After": "5"})


def _http_error(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if error.code is None or error.code < 400:  # a redirect is no problem
        return error.get_response()
    kept = {k: v for k, v in error.get_headers() if k.lower() in ("allow", "retry-after")}
    return problem(error.code, error.description or "", kept)


def _unexpected(error: Exception) -> flask.Response:
    _log.error("an unexpected error", exc_info=error)
    return problem(500, "an unexpected error; the server's log says more")
