"""All routes in one table, the blueprint and the application with them, and their OpenAPI 3.1 document."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask

import drawscape
from drawscape.job_actions import ACTIONS
from drawscape.parameters import json_schema
from drawscape.web import artboard, jobs, plots, problems
from drawscape.web.site import Site, WebSettings, add_headers, check_request, current_site

Json = dict[str, Any]


@dataclass(frozen=True)
class Route:
    """An address: who answers, and what the document says of it beside the view's first line.

    `content` is a media type, or the schema of a JSON object; without it the document leaves the route out.
    `public` ones have no secret and need no token, so that the page can ask for it. `empty` is the status
    code of an answer without a body. `actions` are the words that may end the path.
    """

    path: str
    name: str
    view: Callable[..., flask.Response]
    content: str = ""
    method: str = "GET"
    empty: int = 0
    public: bool = False
    actions: tuple[str, ...] = ()


def openapi() -> flask.Response:
    """Return the document of the site that is asked."""
    return flask.jsonify(document(current_site().settings, flask.url_for(".page")))


_JSON, _SVG, _PACKED = "application/json", "image/svg+xml", "application/octet-stream"

ROUTES = (
    Route("/", "page", artboard.page, "text/html", public=True),
    Route("/artboard/create", "create", artboard.create, _JSON, "POST"),
    Route("/jobs", "jobs_page", artboard.jobs_page, "text/html", public=True),
    Route("/jobs/<job_id>", "job", jobs.show, "Job"),
    Route("/jobs/<job_id>/svg", "job_svg", jobs.svg, _SVG),
    Route("/jobs/<job_id>/lines", "lines", jobs.lines, _PACKED, empty=304),
    Route("/jobs/<job_id>/thumbnail", "thumbnail", jobs.thumbnail, "image/png", empty=304),
    Route("/jobs/<job_id>/log", "log", jobs.log, "text/plain"),
    Route("/jobs/<job_id>/preview", "preview", jobs.preview, _SVG, empty=204),
    Route("/jobs/<job_id>/cancel", "cancel", jobs.cancel, _JSON, "POST"),
    Route("/jobs/<job_id>/actions/<action>", "act", jobs.act, _JSON, "POST", actions=tuple(ACTIONS)),
    Route("/queue", "queue", jobs.table, _JSON),
    Route("/queue/<action>", "switch", jobs.switch, _JSON, "POST", actions=tuple(jobs.SWITCHES)),
    Route("/plots", "plots_page", plots.page, "text/html", public=True),
    Route("/plots/list", "plots", plots.listing, _JSON),
    Route("/plots/<plot_id>", "plot", plots.state, _JSON),
    Route("/plots/<plot_id>/lines", "plot_lines", plots.lines, _PACKED),
    Route("/plots/<plot_id>/actions/<action>", "act_on_plot", plots.act, _JSON, "POST",
          actions=tuple(plots.ACTIONS)),
    Route("/sketches", "sketches", artboard.sketches, _JSON, empty=304),
    Route("/healthz", "healthz", artboard.healthz, _JSON, public=True),
    Route("/openapi.json", "openapi", openapi, _JSON, public=True),
    Route("/static/<any('viewer.js', 'viewer.css', 'form.js', 'form.css', 'plot_panel.js', "
          "'plot_panel.css'):name>", "viewer", jobs.asset, public=True),
)  # fmt: skip

_ANSWERS = {
    "4XX": "The request is wrong, or not allowed, or there is no such thing yet",
    "501": "The server cannot make pictures",
    "503": "The queue is full, or queue or drawings are unavailable; see Retry-After",
}
"""What else any address may answer: a problem object, whose detail says more."""


def document(settings: WebSettings, root: str = "/") -> Json:
    """Return the OpenAPI 3.1 document for a site with `settings` whose page is at `root`."""
    secured = settings.token is not None
    paths = {
        route.path.replace("<", "{").replace(">", "}"): {
            route.method.lower(): _operation(route, secured and not route.public)
        }
        for route in ROUTES
        if route.content
    }
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}} if secured else {}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Drawscape",
            "version": drawscape.__version__,
            "description": "Generative design for pen plotters: order a drawing, see it made.",
        },
        "servers": [{"url": root.rstrip("/") or "/"}],
        "paths": paths,
        "components": {"schemas": _schemas(settings), "securitySchemes": schemes},
    }


def _operation(route: Route, locked: bool) -> Json:
    problem = {problems.CONTENT_TYPE: {"schema": _ref("Problem")}}
    answers: Json = {"200": {"description": "As asked", "content": _content(route.content)}}
    if route.empty:
        answers[str(route.empty)] = {"description": "There is nothing new to send"}
    for code, words in _ANSWERS.items():
        answers[code] = {"description": words, "content": problem}
    operation: Json = {
        "operationId": route.name,
        "summary": (route.view.__doc__ or "").partition("\n")[0],
        "responses": answers,
        "security": [{"bearer": []}] if locked else [],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": schema}
            for name, schema in (
                ("job_id", {"type": "string", "pattern": jobs.JOB_ID}),
                ("plot_id", {"type": "string"}),
                ("action", {"enum": route.actions}),
            )
            if f"<{name}>" in route.path
        ],
    }
    if route.name == "create":
        operation["requestBody"] = {"required": True, "content": _content("Order")}
    return operation


def _content(name: str) -> Json:
    return {name: {}} if "/" in name else {_JSON: {"schema": _ref(name)}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas(settings: WebSettings) -> Json:
    shared = {p.name: p.json_schema() for p in artboard.fields(settings)}
    shared["id"] |= {"type": ["string", "number", "null"], "maxLength": artboard.LONGEST_ID}
    orders: Json = {}
    for name in settings.offered:
        orders[f"Order_{name}"] = {
            "type": "object",
            "properties": {
                **shared,
                "pattern": {"const": name},
                "params": json_schema(settings.parameters_of(name)),
            },
            "required": ["width", "height", *(["pattern"] * (name != settings.default_pattern))],
            "additionalProperties": False,
        }
    text, words = {"type": "string"}, {"type": ["string", "null"]}
    moment = {**words, "format": "date-time"}
    job = {
        **dict.fromkeys(("id", "status"), text),
        **dict.fromkeys(("message", "reason", "error", "result", "svg"), words),
        **dict.fromkeys(jobs.MOMENTS, moment),
        "ended": {"type": "boolean"},
        "progress": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    }
    problem = {"title": text, "status": {"type": "integer"}, "detail": text}
    return {
        "Order": {"anyOf": [_ref(name) for name in orders]},
        **orders,
        "Job": {"type": "object", "properties": job, "required": [*job]},
        "Problem": {
            "description": "RFC 9457; a 422 also names a field, its value and the rule it breaks",
            "type": "object",
            "properties": problem,
            "required": [*problem],
        },
    }


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
    made.register_error_handler(Exception, problems.answer)
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
    app.register_error_handler(Exception, problems.answer)
    app.after_request(add_headers)
    app.register_blueprint(blueprint(settings))
    return app
