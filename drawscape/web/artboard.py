"""The page that orders drawings: the patterns, POST /artboard/create, and the health."""

import secrets
from collections.abc import Mapping
from typing import Any

import flask

from drawscape import settings as places
from drawscape.errors import RequestRefused
from drawscape.jobs import count_queued, enqueue_background_job, workers_alive
from drawscape.parameters import Parameter, json_schema
from drawscape.settings import safe_name
from drawscape.sketches import SKETCHES
from drawscape.svg_builder import SVGBuilder
from drawscape.web import problems
from drawscape.web.access import is_owner, sign_in
from drawscape.web.problems import wrong
from drawscape.web.site import WebSettings, current_site, html

_LARGEST_SEED = 2**53 - 1
"""The largest whole number that every JSON reader, JavaScript's too, keeps exactly."""

LONGEST_ID = 200
"""Characters of an `id`; only letters and digits of it are used."""

_LONGEST_STEM = 40


def create() -> flask.Response:
    """Return the drawing itself for a simple order, else the id of the job that draws it."""
    here = current_site()
    order, params = read_order(here.settings, problems.read_object())
    filename = output_name(order.get("id"))
    timeout = here.settings.job_timeout
    if not is_owner():
        _check_area(here.settings, order)
        timeout = here.settings.visitor_timeout
        # A visitor must not replace a file.
        if (places.output_folder() / filename).exists():
            filename = f"{filename.removesuffix('.svg')}-{secrets.token_hex(6)}.svg"
    if order.pop("complexity", None) == "simple":
        svg = SVGBuilder(order["width"], order["height"])
        svg.rect(10, 10, 50, 50)
        return flask.jsonify({"svg": svg.to_string()})
    with here.admitted():
        job = enqueue_background_job(
            here.settings.task,
            width=order["width"],
            height=order["height"],
            pattern_type=order["pattern"],
            output_filename=filename,
            seed=order.get("seed", 0),
            job_timeout=timeout,
            **params,
        )
    text = "Complex pattern queued for generation"
    answer = flask.jsonify({"status": "generating", "job_id": job.id, "message": text})
    answer.headers["Location"] = flask.url_for(".job", job_id=job.id)
    return answer


def _check_area(settings: WebSettings, order: Mapping[str, Any]) -> None:
    """Raise RequestRefused for a sheet that only the site's owner may order."""
    area_mm2 = order["width"] * order["height"]
    most_mm2 = settings.visitor_area_mm2
    if area_mm2 > most_mm2:
        rule = f"without the site's token a sheet has at most {most_mm2:,.0f} mm², this has {area_mm2:,.0f}"
        error = wrong("width", order["width"], rule)
        raise RequestRefused(422, rule, **error, errors=[error])


def output_name(given: str | None) -> str:
    """Return the file's name: `artboard_<id>.svg`, with a random name only if no id is given.

    Letters, digits, `-` and `_` of an id are kept. A second order of an id by the owner replaces the drawing.
    """
    return f"artboard_{safe_name(given or '', secrets.token_hex(6))[:_LONGEST_STEM]}.svg"


def read_order(
    settings: WebSettings, document: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the order in `document`, with defaults filled in, and the pattern's parameters.

    Raises RequestRefused with 422, which lists every field that breaks a rule, the first at its top level.
    """
    number = document.get("id")
    if type(number) in (int, float):  # true and false are no names
        document = {**document, "id": str(number)}
    order, errors = problems.check(fields(settings), document)
    if "pattern" not in document:
        order["pattern"] = settings.default_pattern
    given = order.get("params", {})
    params: dict[str, Any] = {}
    if not isinstance(given, dict):
        errors.append(wrong("params", given, "must be an object"))
    elif "pattern" in order:
        offered = settings.parameters_of(order["pattern"])
        params, of_params = problems.check(offered, given, prefix="params.")
        errors += of_params
    if errors:
        first = errors[0]
        raise RequestRefused(422, f"{first['field']}: {first['rule']}", **first, errors=errors)
    return order, params


def fields(settings: WebSettings) -> tuple[Parameter, ...]:
    """Return the fields of the request's body, without rules for `params`."""
    low, high = settings.min_size_mm, settings.max_size_mm
    patterns = dict(zip(settings.offered, settings.offered, strict=True))
    return (
        Parameter("width", "float", low=low, high=high),  # both in mm
        Parameter("height", "float", low=low, high=high),
        Parameter("pattern", "choice", default=settings.default_pattern, choices=patterns),
        *_OPTIONAL,
    )


_OPTIONAL = (
    # 'simple' draws a plain frame at once; anything else queues the pattern.
    Parameter("complexity", "text", default=None, max_length=40, optional=True),
    Parameter("seed", "int", default=0, low=0, high=_LARGEST_SEED),
    # Its letters and digits go into the file name.
    Parameter("id", "text", default=None, max_length=LONGEST_ID, optional=True),
    # The pattern's own parameters by name, see GET /sketches.
    Parameter("params", "any", default=None),
)
"""The fields that are the same for all settings."""


def page() -> flask.Response:
    """Return the HTML page; its form is made in the browser from GET /sketches.

    `?token=...` signs the browser in.
    """
    if "token" in flask.request.args:
        return sign_in(flask.request.args["token"])
    settings = current_site().settings
    low, high = f"{settings.min_size_mm:g}", f"{settings.max_size_mm:g}"
    return html("drawscape/page.html", min_size=low, max_size=high)


def jobs_page() -> flask.Response:
    """Return the HTML page of jobs; its table is filled in the browser from GET /queue."""
    return html("drawscape/jobs.html")


def healthz() -> flask.Response:
    """Return `ok`, or `no worker`, with the number of waiting jobs.

    The answer is 200 in both cases, since the server itself works; it is 503 when the queue cannot
    be used.
    """
    workers, limit = len(workers_alive()), current_site().settings.max_queued
    numbers = {"workers": workers, "queued": count_queued(limit), "max_queued": limit}
    return flask.jsonify({"status": "ok" if workers else "no worker", **numbers})


def sketches() -> flask.Response:
    """Return every sketch with its family, its summary and the JSON Schema of its parameters."""
    settings = current_site().settings
    listed = [
        {
            "name": name,
            "family": SKETCHES.family_of(name),
            "summary": SKETCHES[name].summary,
            "parameters": json_schema(settings.parameters_of(name)),
        }
        for name in settings.offered
    ]
    response = flask.jsonify({"sketches": listed})
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(flask.request)
    return response
