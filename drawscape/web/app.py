"""All routes in one table, the blueprint and the application with them, and their OpenAPI 3.1 document."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import flask
import orjson

import drawscape
from drawscape.jobs import ACTIONS
from drawscape.parameters import json_schema
from drawscape.web import artboard, jobs, plots, problems
from drawscape.web.site import Site, WebSettings, add_headers, check_request, current_site

Json = dict[str, Any]


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(name: str) -> Json:
    return {"application/json": {"schema": _ref(name)}}


def _object(properties: Json, required: list[str] | None = None) -> Json:
    """Return the schema of an object with these properties and no others, all required by default."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class Route:
    """An address: who answers, and what the document says of it. Without `content` it says nothing.

    `answers` are status codes beside 200 and those that any address may give; `public` ones have no
    secret and need no token, so that the page can ask for it.
    """

    path: str
    name: str
    view: Callable[..., flask.Response]
    summary: str = ""
    content: Json = field(default_factory=dict)
    answers: tuple[int, ...] = ()
    method: str = "GET"
    public: bool = False
    more: Json = field(default_factory=dict)

    @property
    def document_path(self) -> str:
        """The path as OpenAPI writes it."""
        return self.path.replace("<", "{").replace(">", "}")


def openapi() -> flask.Response:
    """Return the document of the site that is asked."""
    settings = current_site().settings
    content = _document(settings, flask.url_for(".page"), settings.offered)
    return flask.Response(content, content_type="application/json")


_TEXT: Json = {"type": "string"}
_BYTES: Json = {"type": "string", "format": "binary"}
_HTML: Json = {"text/html": {"schema": _TEXT}}
_SVG: Json = {"image/svg+xml": {"schema": _TEXT}}
_PACKED: Json = {
    "application/octet-stream": {
        "schema": {
            **_BYTES,
            "description": "a header's length, uint32; the header, JSON with blanks to a multiple of 4 "
            "bytes; the arrays whose lengths are its `bytes`: little-endian, see drawscape.viewer",
        }
    }
}
_EVENTS: Json = {
    "text/event-stream": {
        "schema": _object(
            {
                "event": {"const": "job"},
                "id": _TEXT,
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": _ref("Job"),
                },
            }
        )
    }
}
_DOWNLOAD: Json = {
    "name": "download",
    "in": "query",
    "description": "anything but '0' or 'false' asks for an attachment",
    "schema": _TEXT,
}
_FOLLOW: Json = {"parameters": {"job_id": "$response.body#/job_id"}}
_ORDER: Json = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("Order")}}},
    "links": {
        "job": {"operationId": "job", **_FOLLOW},
        "cancel": {"operationId": "cancel", **_FOLLOW},
        "svg": {"operationId": "job_svg", **_FOLLOW},
    },
}
_ORDERED: Json = {"application/json": {"schema": {"oneOf": [_ref("Drawn"), _ref("Queued")]}}}

ROUTES = (
    Route("/", "page", artboard.page, "The page with the form", _HTML, public=True),
    Route("/artboard/create", "create", artboard.create, "A simple drawing at once, a complex one as a job",
          _ORDERED, (413, 415, 422), "POST", more=_ORDER),
    Route("/jobs", "jobs_page", artboard.jobs_page, "The page with the newest jobs", _HTML, public=True),
    Route("/jobs/<job_id>", "job", jobs.show, "What became of the job", _json("Job")),
    Route("/jobs/<job_id>/svg", "job_svg", jobs.svg, "The finished drawing", _SVG, (409, 410),
          more={"parameters": [_DOWNLOAD]}),
    Route("/jobs/<job_id>/lines", "lines", jobs.lines, "The drawing's lines, for a viewer", _PACKED,
          (304, 409, 410)),
    Route("/jobs/<job_id>/thumbnail", "thumbnail", jobs.thumbnail, "The drawing as a small picture",
          {"image/webp": {"schema": _BYTES}}, (304, 409, 410, 501)),
    Route("/jobs/<job_id>/log", "log", jobs.log, "What the job has printed",
          {"text/plain": {"schema": _TEXT}}, (403,)),
    Route("/jobs/<job_id>/preview", "preview", jobs.preview, "The drawing so far, while the job runs",
          _SVG, (204,)),
    Route("/jobs/<job_id>/cancel", "cancel", jobs.cancel, "Stop the job, running or not",
          _json("Canceled"), (403,), "POST"),
    Route("/jobs/<job_id>/events", "events", jobs.stream, "The job as server-sent events until it ends",
          _EVENTS, (204,)),
    Route("/jobs/<job_id>/actions/<action>", "act", jobs.act, "Do what the job's row offers",
          _json("Acted"), (403, 409), "POST", more={"actions": ACTIONS}),
    Route("/queue", "queue", jobs.table, "The newest jobs", _json("Queue")),
    Route("/queue/<action>", "switch", jobs.switch, "Let no job start, or let them start again",
          _json("Switched"), (403, 404), "POST", more={"actions": jobs.SWITCHES}),
    Route("/plots", "plots_page", plots.page, "The page with the newest plots", _HTML, public=True),
    Route("/plots/list", "plots", plots.listing, "The newest plots", _json("Plots")),
    Route("/plots/<plot_id>", "plot", plots.state, "How far a plot is", _json("Plot"), (404,)),
    Route("/plots/<plot_id>/lines", "plot_lines", plots.lines, "The strokes of a plot",
          {"application/octet-stream": {"schema": _BYTES}}, (404,)),
    Route("/plots/<plot_id>/actions/<action>", "act_on_plot", plots.act, "Do what a plot's panel offers",
          _json("Plot"), (403, 404, 409), "POST", more={"actions": plots.ACTIONS}),
    Route("/sketches", "sketches", artboard.sketches, "Each pattern with its parameters", _json("Sketches")),
    Route("/healthz", "healthz", artboard.healthz, "Whether the server and its queue are usable",
          _json("Health"), public=True),
    Route("/openapi.json", "openapi", openapi, "This document",
          {"application/json": {"schema": {"type": "object"}}}, public=True),
    Route("/static/<any('viewer.js', 'viewer.css', 'form.js', 'form.css', 'plot_panel.js', "
          "'plot_panel.css'):name>", "viewer", jobs.asset, public=True),
)  # fmt: skip

_ANSWERS = {
    204: "There is nothing to send, or not yet",
    304: "It is as it was",
    400: "The request cannot be read",
    401: "No token, or not the right one",
    403: "The owner of this site has not allowed it",
    404: "There is no such job, plot or action",
    409: "The job or plot has no such thing, or not yet",
    410: "The drawing's file is gone",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "A value breaks a rule",
    501: "The server cannot make pictures",
    503: "The queue is full, or queue or drawings are unavailable; see Retry-After",
}


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
        "paths": {
            route.document_path: {route.method.lower(): _operation(route, secured)}
            for route in ROUTES
            if route.content
        },
        "components": {
            "schemas": {**_fixed_schemas(), **_order_schemas(settings)},
            "securitySchemes": schemes,
        },
    }


def _operation(route: Route, secured: bool) -> Json:
    more = dict(route.more)
    links = more.pop("links", None)
    parameters = [
        *more.pop("parameters", ()),
        *_path_parameters(route.path, more.pop("actions", ())),
    ]
    codes = [*route.answers, 400, 503]
    codes += [404, 422] if "<job_id>" in route.path else []
    locked = secured and not route.public
    codes += [401] if locked else []
    ok = {
        "description": "As asked",
        "content": route.content,
        **({"links": links} if links else {}),
    }
    responses = {"200": ok, **{str(code): _answer(code) for code in codes}}
    responses["default"] = _problem("Any other error")
    return {
        "operationId": route.name,
        "summary": route.summary,
        "responses": responses,
        **({"parameters": parameters} if parameters else {}),
        **({"security": [{"bearer": []}]} if locked else {}),
        **more,
    }


def _path_parameters(path: str, actions: Iterable[str]) -> list[Json]:
    schemas = {
        "job_id": {"type": "string", "pattern": jobs.JOB_ID},
        "plot_id": {"type": "string"},
        "action": {"type": "string", "enum": list(actions)},
    }
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in schemas.items()
        if f"<{name}>" in path
    ]


def _answer(code: int) -> Json:
    return {"description": _ANSWERS[code]} if code < 400 else _problem(_ANSWERS[code])


def _problem(description: str) -> Json:
    return {
        "description": description,
        "content": {problems.CONTENT_TYPE: {"schema": _ref("Problem")}},
    }


# The schemas: each parameter with its bounds


def _order_schemas(settings: WebSettings) -> Json:
    """Return the schema of an order, and those of each pattern that is offered."""
    shared = {p.name: p.json_schema() for p in artboard.fields(settings)}
    shared["id"].update({"type": ["string", "number", "null"], "maxLength": artboard.LONGEST_ID})
    offered, default = settings.offered, settings.default_pattern
    variants = {f"Order_{name}": _variant(name, shared, name == default) for name in offered}
    params = {f"Params_{name}": json_schema(settings.parameters_of(name)) for name in offered}
    return {"Order": {"anyOf": [_ref(name) for name in variants]}, **variants, **params}


def _variant(name: str, shared: Json, is_default: bool) -> Json:
    required = ["width", "height"] if is_default else ["width", "height", "pattern"]
    properties = {**shared, "pattern": {"const": name}, "params": _ref(f"Params_{name}")}
    return _object(properties, required)


def _fixed_schemas() -> Json:
    """Return the schemas that are the same on every site."""
    text, words = {"type": "string"}, {"type": ["string", "null"]}
    count = {"type": "integer", "minimum": 0}
    moment = {"type": ["string", "null"], "format": "date-time"}
    job = {
        "id": text,
        "status": text,
        "ended": {"type": "boolean"},
        "progress": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        **dict.fromkeys(("message", "reason", "error", "result", "svg"), words),
        **dict.fromkeys(("created_at", "started_at", "ended_at"), moment),
    }
    sketch = _object(
        {"name": text, "family": text, "summary": text, "parameters": {"type": "object"}}
    )
    yes = {"type": "boolean"}
    row = {
        **job,
        "name": text,
        "seconds": {"type": ["number", "null"]},
        "actions": {"type": "array", "items": text},
    }
    rows = {"type": "array", "items": _object(row)}
    return {
        "Queue": _object({"summary": text, "paused": yes, "manages": yes, "jobs": rows}),
        "Acted": _object({"details": words}),
        "Switched": _object({"paused": yes}),
        "Drawn": _object({"svg": text}),
        "Queued": _object({"status": {"const": "generating"}, "job_id": text, "message": text}),
        "Job": _object(job),
        "Canceled": _object({"canceled": {"type": "boolean"}, **job}),
        "Sketches": _object({"sketches": {"type": "array", "items": sketch}}),
        "Health": _object({"status": text, "workers": count, "queued": count, "max_queued": count}),
        "Plot": {"type": "object", "required": list(plots.FIELDS)},
        "Plots": _object({"plots": {"type": "array", "items": _ref("Plot")}}),
        "Problem": _problem_schema(),
    }


def _problem_schema() -> Json:
    wrong = {"field": {"type": "string"}, "value": {}, "rule": {"type": "string"}}
    return {
        "type": "object",
        "description": "RFC 9457; a 422 also names a field, its value and the rule it breaks",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            **wrong,
            "errors": {"type": "array", "items": _object(wrong)},
        },
        "required": ["type", "title", "status", "detail"],
    }


# The application


def blueprint(settings: WebSettings | None = None, *, name: str = "drawscape") -> flask.Blueprint:
    """Return a new blueprint with every route of the web interface, for any prefix.

    `settings` are the environment's by default. `name` distinguishes two of them in one application.
    Requests must be sent to one of `settings.allowed_hosts`, by default names of this machine, unless
    the application's own `TRUSTED_HOSTS` says to which.

    >>> app = flask.Flask("mine")
    >>> app.register_blueprint(blueprint(), url_prefix="/draw")
    >>> app.test_client().get("/draw/sketches").status_code
    200
    """
    public = {"static", *(route.name for route in ROUTES if route.public)}
    here = Site(settings or WebSettings.from_environment())
    made = flask.Blueprint(
        name,
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )

    @made.before_request
    def check() -> None:
        flask.request.max_content_length = here.settings.max_body_bytes
        flask.g.drawscape_site = here
        endpoint = (flask.request.endpoint or "").rpartition(".")[2]
        check_request(here.settings, public=endpoint in public)

    made.after_request(add_headers)
    problems.register(made)
    for route in ROUTES:
        made.add_url_rule(route.path, route.name, route.view, methods=[route.method])
    return made


def create_app(settings: WebSettings | None = None) -> flask.Flask:
    """Return a Flask application that serves the web interface at its root.

    Unlike the blueprint alone it answers unknown addresses and methods with problem objects too.

    >>> create_app(WebSettings(patterns=("rose", "spiral"))).test_client().get("/sketches").status_code
    200
    """
    app = flask.Flask("drawscape.web.site", static_folder=None)
    app.url_map.merge_slashes = False  # no redirects: an address is right or it is 404
    problems.register(app)
    app.after_request(add_headers)
    app.register_blueprint(blueprint(settings))
    return app
