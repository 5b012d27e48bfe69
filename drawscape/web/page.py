"""GET /: the page with the form, the progress and the picture."""

import flask

from drawscape.web.security import PAGE_POLICY
from drawscape.web.site import current_site


def page() -> flask.Response:
    """Return the HTML page; its form is made in the browser from GET /sketches."""
    settings = current_site().settings
    text = flask.render_template(
        "drawscape/page.html",
        min_size=f"{settings.min_size_mm:g}",
        max_size=f"{settings.max_size_mm:g}",
    )
    response = flask.Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response
