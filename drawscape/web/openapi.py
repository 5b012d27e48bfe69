"""GET /openapi.json: OpenAPI 3.1, made from the same parameters that check the requests."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import flask
import orjson

import drawscape
from drawscape.jobs.actions import ACTIONS
from drawscape.web.jobs import JOB_ID
from drawscape.web.problems import CONTENT_TYPE
from drawscape.web.schemas import Json, fixed_schemas, object_schema, order_schemas, ref
from drawscape.web.settings import WebSettings
from drawscape.web.site import current_site

_SVG: Json = {"image/svg+xml": {"schema": {"type": "string"}}}


def openapi() -> flask.Response:
    """Return the document of the site that is asked."""
    settings = current_site().settings
    content = _document(settings, flask.url_for(".page"), settings.offered)
    return flask.Response(content, content_type="application/json")


@lru_cache(maxsize=8)
def _document(settings: WebSettings, root: str, _patterns: tuple[str, ...]) -> bytes:
    return orjson.dumps(document(settings, root))


def document(settings: WebSettings, root: str = "/") -> Json:
    """Return the OpenAPI 3.1 document for a site with `settings` whose page is at `root`."""
    secured = settings.token is not None
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}} if secured else {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Drawscape",
            "version": drawscape.__version__,
            "description": "Generative design for pen plotters: order a drawing, see it made.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": root.rstrip("/") or "/"}],
        "paths": _paths(secured),
        "components": {
            "schemas": {**fixed_schemas(), **order_schemas(settings)},
            "securitySchemes": schemes,
        },
    }


def _paths(secured: bool) -> Json:
    operations = {
        "/artboard/create": {"post": _create()},
        "/jobs/{job_id}": {"get": _of_job("getJob", "What became of the job", _json("Job"))},
        "/jobs/{job_id}/svg": {"get": _drawing()},
        "/jobs/{job_id}/lines": {"get": _lines()},
        "/jobs/{job_id}/thumbnail": {"get": _thumbnail()},
        "/jobs/{job_id}/log": {"get": _log()},
        "/jobs/{job_id}/preview": {"get": _preview()},
        "/jobs/{job_id}/cancel": {
            "post": _of_job("cancelJob", "Stop the job, running or not", _json("Canceled"))
        },
        "/jobs/{job_id}/events": {"get": _events()},
        "/jobs/{job_id}/actions/{action}": {"post": _action()},
        "/queue": {"get": _operation("getQueue", "The newest jobs", _json("Queue"))},
        "/queue/{action}": {"post": _switch()},
        "/sketches": {
            "get": _operation("listSketches", "Each pattern with its parameters", _json("Sketches"))
        },
    }
    if secured:
        for methods in operations.values():
            for operation in methods.values():
                operation["security"] = [{"bearer": []}]
                operation["responses"]["401"] = _problem("No token, or not the right one")
    return {**operations, **_public_paths()}


def _public_paths() -> Json:
    html = {"text/html": {"schema": {"type": "string"}}}
    anything = {"application/json": {"schema": {"type": "object"}}}
    return {
        "/healthz": {
            "get": _operation(
                "getHealth", "Whether the server and its queue are usable", _json("Health")
            )
        },
        "/openapi.json": {"get": _operation("getOpenapi", "This document", anything)},
        "/jobs": {"get": _operation("getJobsPage", "The page with the newest jobs", html)},
        "/": {"get": _operation("getPage", "The page with the form", html)},
    }


def _operation(name: str, summary: str, content: Json, **more: Any) -> Json:
    responses = {
        "200": {"description": "As asked", "content": content},
        "400": _problem("The request cannot be read"),
        "503": _problem("The queue is full, or it or the drawings cannot be had; see Retry-After"),
        "default": _problem("Any other error"),
    }
    return {"operationId": name, "summary": summary, "responses": responses, **more}


def _create() -> Json:
    body = {
        "required": True,
        "content": {"application/json": {"schema": ref("Order")}},
    }
    made = {"application/json": {"schema": {"oneOf": [ref("Drawn"), ref("Queued")]}}}
    operation = _operation(
        "createArtboard", "A simple drawing at once, a complex one as a job", made, requestBody=body
    )
    follow = {"parameters": {"job_id": "$response.body#/job_id"}}
    operation["responses"]["200"]["links"] = {
        "job": {"operationId": "getJob", **follow},
        "cancel": {"operationId": "cancelJob", **follow},
        "svg": {"operationId": "getDrawing", **follow},
    }
    operation["responses"]["413"] = _problem("The body is too large")
    operation["responses"]["415"] = _problem("The body is not JSON")
    operation["responses"]["422"] = _problem("A field breaks a rule")
    return operation


def _of_job(name: str, summary: str, content: Json, *more: Json) -> Json:
    job_id = {
        "name": "job_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": JOB_ID},
    }
    operation = _operation(name, summary, content, parameters=[job_id, *more])
    operation["responses"]["404"] = _problem("No such job")
    operation["responses"]["422"] = _problem("Not an id of a job")
    return operation


def _action() -> Json:
    operation = _of_job(
        "actOnJob", "Do what the job's row offers", _json("Acted"), _choice(ACTIONS)
    )
    operation["responses"]["403"] = _problem("The site's owner has not allowed it")
    operation["responses"]["409"] = _problem("Nothing that can be done with such a job")
    return operation


def _switch() -> Json:
    operation = _operation(
        "switchQueue",
        "Let no job start, or let them start again",
        _json("Switched"),
        parameters=[_choice(("pause", "resume"))],
    )
    operation["responses"]["403"] = _problem("The site's owner has not allowed it")
    operation["responses"]["404"] = _problem("No such action")
    return operation


def _choice(names: Iterable[str]) -> Json:
    return {
        "name": "action",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": list(names)},
    }


def _drawing() -> Json:
    download = {
        "name": "download",
        "in": "query",
        "description": "anything but '0' or 'false' asks for an attachment",
        "schema": {"type": "string"},
    }
    operation = _of_job("getDrawing", "The finished drawing", _SVG, download)
    operation["responses"]["409"] = _problem("The job has no drawing, or not yet")
    operation["responses"]["410"] = _problem("The drawing's file is gone")
    return operation


def _lines() -> Json:
    packed = {
        "type": "string",
        "format": "binary",
        "description": "a header's length, uint32; the header, JSON with blanks to a multiple of 4 bytes; "
        "the arrays whose lengths are its `bytes`: little-endian, as drawscape.viewer describes them",
    }
    content = {"application/octet-stream": {"schema": packed}}
    return _made_of("getLines", "The finished drawing's lines, for a viewer", content)


def _thumbnail() -> Json:
    content = {"image/webp": {"schema": {"type": "string", "format": "binary"}}}
    operation = _made_of("getThumbnail", "The finished drawing as a small picture", content)
    operation["responses"]["501"] = _problem("The server cannot make pictures")
    return operation


def _made_of(name: str, summary: str, content: Json) -> Json:
    operation = _of_job(name, summary, content)
    operation["responses"]["304"] = {"description": "It is as it was"}
    operation["responses"]["409"] = _problem("The job has no drawing with lines, or not yet")
    operation["responses"]["410"] = _problem("The drawing's file is gone")
    return operation


def _log() -> Json:
    content = {"text/plain": {"schema": {"type": "string"}}}
    operation = _of_job("getLog", "What the job has printed", content)
    operation["responses"]["403"] = _problem("The site's owner has not allowed it")
    return operation


def _preview() -> Json:
    operation = _of_job("getPreview", "The drawing so far, while the job runs", _SVG)
    operation["responses"]["204"] = {"description": "There is nothing to see yet"}
    return operation


def _events() -> Json:
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": ref("Job"),
    }
    event = object_schema({"event": {"const": "job"}, "id": {"type": "string"}, "data": data})
    content = {"text/event-stream": {"schema": event}}
    operation = _of_job("watchJob", "The job as server-sent events until it ends", content)
    operation["responses"]["204"] = {"description": "The last event was received before"}
    return operation


def _json(schema: str) -> Json:
    return {"application/json": {"schema": ref(schema)}}


def _problem(description: str) -> Json:
    return {"description": description, "content": {CONTENT_TYPE: {"schema": ref("Problem")}}}
