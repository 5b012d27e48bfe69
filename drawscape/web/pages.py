"""The pages, what can be drawn, and whether the server is usable."""

from functools import lru_cache
from typing import Any

import flask
import orjson

from drawscape.jobs import count_queued, workers_alive
from drawscape.parameters import json_schema
from drawscape.sketches import SKETCHES
from drawscape.web.security import PAGE_POLICY
from drawscape.web.settings import WebSettings
from drawscape.web.site import current_site


def page() -> flask.Response:
    """Return the HTML page; its form is made in the browser from GET /sketches."""
    settings = current_site().settings
    sizes = {"min_size": f"{settings.min_size_mm:g}", "max_size": f"{settings.max_size_mm:g}"}
    return _html("drawscape/page.html", **sizes)


def jobs_page() -> flask.Response:
    """Return the HTML page of jobs; its table is filled in the browser from GET /queue."""
    return _html("drawscape/jobs.html")


def _html(template: str, **values: Any) -> flask.Response:
    text = flask.render_template(template, **values)
    response = flask.Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


def healthz() -> flask.Response:
    """Return `ok`, or `no worker` when nothing would draw, with the number of waiting jobs.

    The answer is 200 in both cases, since the server itself works; it is 503 when the queue cannot
    be used.
    """
    workers = len(workers_alive())
    limit = current_site().settings.max_queued
    return flask.jsonify(
        {
            "status": "ok" if workers else "no worker",
            "workers": workers,
            "queued": count_queued(limit),
            "max_queued": limit,
        }
    )


def sketches() -> flask.Response:
    """Return every sketch with its family, its summary and the JSON Schema of its parameters."""
    settings = current_site().settings
    response = flask.Response(
        _document(settings, settings.offered), content_type="application/json"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(flask.request)
    return response


def described(settings: WebSettings, name: str) -> dict[str, Any]:
    """Return one sketch as the catalogue lists it."""
    sketch = SKETCHES[name]
    return {
        "name": name,
        "family": SKETCHES.family_of(name),
        "summary": " ".join(sketch.doc.split("\n\n")[0].split()),
        "parameters": json_schema(settings.parameters_of(name)),
    }


@lru_cache(maxsize=4)
def _document(settings: WebSettings, names: tuple[str, ...]) -> bytes:
    # Reading the signatures imports every sketch; once is enough, until one is added.
    return orjson.dumps({"sketches": [described(settings, name) for name in names]})
