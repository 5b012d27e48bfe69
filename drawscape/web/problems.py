"""Errors as JSON problem objects (RFC 9457): one form for every answer that is not a success."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import flask
import orjson
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from drawscape.errors import JobNotFoundError, QueueError, RequestRefused

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
    owner.register_error_handler(HTTPException, _http_error)
    owner.register_error_handler(Exception, _unexpected)


def _refused(error: RequestRefused) -> flask.Response:
    return problem(error.status, error.detail, error.headers, **error.members)


def _job_gone(error: JobNotFoundError) -> flask.Response:
    return problem(404, str(error))


def _queue_unusable(error: QueueError) -> flask.Response:
    _log.error("the queue cannot be used: %s", error)
    return problem(503, "the queue cannot be used at the moment", {"Retry-After": "5"})


def _http_error(error: HTTPException) -> flask.typing.ResponseReturnValue:
    if error.code is None or error.code < 400:  # a redirect is no problem
        return error.get_response()
    kept = {k: v for k, v in error.get_headers() if k.lower() in ("allow", "retry-after")}
    return problem(error.code, error.description or "", kept)


def _unexpected(error: Exception) -> flask.Response:
    _log.error("an unexpected error", exc_info=error)
    return problem(500, "an unexpected error; the server's log says more")
