"""A blueprint for any application, and an application that is nothing else."""

import flask

from drawscape.web import problems, security
from drawscape.web.openapi import ROUTES
from drawscape.web.settings import WebSettings
from drawscape.web.site import Site


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
        security.check_request(here.settings, public=endpoint in public)

    made.after_request(security.add_headers)
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
    app.after_request(security.add_headers)
    app.register_blueprint(blueprint(settings))
    return app
