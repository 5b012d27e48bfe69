"""All routes in one table, and the blueprint and the application with them."""

from collections.abc import Callable
from dataclasses import dataclass

import flask

from drawscape.web import artboard, jobs, plots, problems
from drawscape.web.access import Access, check_request
from drawscape.web.site import Site, WebSettings, add_headers


@dataclass(frozen=True)
class Route:
    """An address, the view that answers it, and who may ask for it."""

    path: str
    name: str
    view: Callable[..., flask.Response]
    method: str = "GET"
    access: Access = Access.VISITOR


_ASSETS = (
    "'elements.js', 'drawing_lines.js', 'tokens.css', 'viewer.js', 'viewer.css', 'form.js', 'form.css', "
    "'plot_panel.js', 'plot_panel.css', 'photograph.js'"
)

ROUTES = (
    Route("/", "page", artboard.page, access=Access.PUBLIC),
    Route("/artboard/create", "create", artboard.create, "POST"),
    Route("/sketches", "sketches", artboard.sketches),
    Route("/healthz", "healthz", artboard.healthz, access=Access.PUBLIC),
    Route("/jobs", "jobs_page", artboard.jobs_page, access=Access.PUBLIC),
    Route("/jobs/<job_id>", "job", jobs.show),
    Route("/jobs/<job_id>/svg", "job_svg", jobs.svg),
    Route("/jobs/<job_id>/lines", "lines", jobs.lines),
    Route("/jobs/<job_id>/thumbnail", "thumbnail", jobs.thumbnail),
    Route("/jobs/<job_id>/log", "log", jobs.log, access=Access.OWNER),
    Route("/jobs/<job_id>/actions/<action>", "act", jobs.act, "POST", Access.OWNER),
    Route("/queue", "queue", jobs.table),
    Route("/queue/<action>", "switch", jobs.switch, "POST", Access.OWNER),
    Route("/plots", "plots_page", plots.page, access=Access.PUBLIC),
    Route("/plots/list", "plots", plots.listing),
    Route("/plots/<plot_id>", "plot", plots.state),
    Route("/plots/<plot_id>/lines", "plot_lines", plots.lines),
    Route("/plots/<plot_id>/actions/<action>", "act_on_plot", plots.act, "POST", Access.OWNER),
    Route("/plots/<plot_id>/photograph", "photograph", plots.photograph, "POST", Access.OWNER),
    Route("/plots/<plot_id>/photograph/<job_id>", "examined", plots.examined, access=Access.OWNER),
    Route("/plots/<plot_id>/sheet", "sheet", plots.sheet, access=Access.OWNER),
    Route(f"/static/<any({_ASSETS}):name>", "viewer", jobs.asset, access=Access.PUBLIC),
)


def blueprint(settings: WebSettings | None = None, *, name: str = "drawscape") -> flask.Blueprint:
    """Return a new blueprint with every route of the web interface, for any prefix.

    `settings` are the environment's by default. `name` distinguishes two of them in one application.
    Requests must be sent to one of `settings.allowed_hosts`, by default names of this machine, or
    to the application's own `TRUSTED_HOSTS`.

    >>> app = flask.Flask("mine")
    >>> app.register_blueprint(blueprint(), url_prefix="/draw")
    >>> app.test_client().get("/draw/sketches").status_code
    200
    """
    access = {route.name: route.access for route in ROUTES}
    here = Site(settings or WebSettings.from_environment())
    made = flask.Blueprint(
        name,
        __name__,
        template_folder="templates",
        static_folder="static",
    )

    @made.before_request
    def check() -> None:
        flask.request.max_content_length = here.settings.max_body_bytes
        flask.g.drawscape_site = here
        endpoint = (flask.request.endpoint or "").rpartition(".")[2]
        check_request(here.settings, access.get(endpoint, Access.PUBLIC))

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
