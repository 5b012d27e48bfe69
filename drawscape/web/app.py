"""A blueprint for any application, and an application that is nothing else."""

import flask

from drawscape.web import (
    artboard,
    catalogue,
    events,
    health,
    jobs,
    openapi,
    page,
    problems,
    queue,
    security,
    viewer,
)
from drawscape.web.settings import WebSettings
from drawscape.web.site import Site

_PUBLIC = frozenset({"page", "jobs_page", "static", "viewer", "healthz", "openapi"})
"""Endpoints without a secret in them: they need no token, so that the page can ask for it."""


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
    here = Site.of(settings or WebSettings.from_environment())
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
        security.check_request(here.settings, public=endpoint in _PUBLIC)

    made.after_request(security.add_headers)
    problems.register(made)
    _add_routes(made)
    return made


def _add_routes(made: flask.Blueprint) -> None:
    made.add_url_rule("/", "page", page.page)
    made.add_url_rule("/artboard/create", "create", artboard.create, methods=["POST"])
    made.add_url_rule("/jobs", "jobs_page", queue.page)
    made.add_url_rule("/queue", "queue", queue.table)
    made.add_url_rule("/queue/<action>", "switch", queue.switch, methods=["POST"])
    made.add_url_rule("/jobs/<job_id>/actions/<action>", "act", queue.act, methods=["POST"])
    made.add_url_rule("/jobs/<job_id>", "job", jobs.show)
    made.add_url_rule("/jobs/<job_id>/svg", "job_svg", jobs.svg)
    made.add_url_rule("/jobs/<job_id>/lines", "lines", viewer.lines)
    made.add_url_rule("/jobs/<job_id>/thumbnail", "thumbnail", viewer.thumbnail)
    made.add_url_rule("/jobs/<job_id>/log", "log", queue.log)
    made.add_url_rule("/jobs/<job_id>/preview", "preview", jobs.preview)
    made.add_url_rule("/jobs/<job_id>/cancel", "cancel", jobs.cancel, methods=["POST"])
    made.add_url_rule("/jobs/<job_id>/events", "events", events.stream)
    made.add_url_rule("/sketches", "sketches", catalogue.sketches)
    made.add_url_rule("/static/<any('viewer.js', 'viewer.css'):name>", "viewer", viewer.asset)
    made.add_url_rule("/healthz", "healthz", health.healthz)
    made.add_url_rule("/openapi.json", "openapi", openapi.openapi)


def create_app(settings: WebSettings | None = None) -> flask.Flask:
    """Return a Flask application that serves the web interface at its root.

    Unlike the blueprint alone it answers unknown addresses and methods with problem objects too.

    >>> create_app(WebSettings(patterns=("rose", "spiral"))).test_client().get("/sketches").status_code
    200
    """
    app = flask.Flask("drawscape.web.site", static_folder=None)
    app.url_map.merge_slashes = False  # no redirects: an address is right or it is 404
    problems.register(app)
    app.after_request(security.add_headers)
    app.register_blueprint(blueprint(settings))
    return app
