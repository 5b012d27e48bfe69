"""GET /jobs and /queue: the newest jobs as a page and as JSON, and what may be done with them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import nlargest
from typing import Any

import flask

from drawscape.errors import JobStateError, RequestRefused
from drawscape.jobs import (
    Job,
    get_job,
    get_job_status,
    list_jobs,
    pause_queue,
    queue_is_paused,
    resume_queue,
)
from drawscape.jobs.actions import ACTIONS, offered, summary_words
from drawscape.web import jobs
from drawscape.web.security import PAGE_POLICY
from drawscape.web.site import current_site

MOST = 50
"""Jobs in the table: what one looks through."""

ALWAYS = frozenset({"cancel"})
"""What whoever may order a drawing may do with it; for all else the site's owner has to say so."""

_SWITCHES = {"pause": pause_queue, "resume": resume_queue}


def page() -> flask.Response:
    """Return the HTML page; its table is filled in the browser from GET /queue."""
    text = flask.render_template("drawscape/jobs.html")
    response = flask.Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


def table() -> flask.Response:
    """Return the newest jobs that a browser may see, and the queue in one line."""
    manages = current_site().settings.manage_jobs
    rows = [_row(job) for job in _visible()]
    return flask.jsonify(
        {
            "summary": summary_words(),
            "paused": queue_is_paused(),
            "manages": manages,
            "jobs": [row for row in rows if row["status"] != "not_found"],
        }
    )


def act(job_id: str, action: str) -> flask.Response:
    """Do to a job what its row offers; return its row, with the text that `log` asks for.

    Raises RequestRefused: 403 for what the site's owner has not allowed, 404 for an unknown action, 409
    for one that the job does not offer now, and as `jobs.find` does.
    """
    if action not in ACTIONS:
        raise RequestRefused(404, f"no action {action!r}; there are {', '.join(ACTIONS)}")
    _check_allowed(action)
    status = jobs.find(job_id)["status"]
    job = get_job(job_id)
    try:
        if action not in offered(status):
            raise JobStateError(f"the job is {status}; {action} is not for such")
        details = ACTIONS[action](job)
    except JobStateError as error:
        raise RequestRefused(409, str(error), job_status=status) from error
    return flask.jsonify({"details": details if action == "log" else None})


def log(job_id: str) -> flask.Response:
    """Return what the job has printed, as text; while it runs what there is so far.

    Raises RequestRefused: 403 where the site's owner has not allowed it, and as `jobs.find` does.
    """
    _check_allowed("log")
    jobs.find(job_id)
    response = flask.Response(get_job(job_id).logs(), content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def switch(action: str) -> flask.Response:
    """Pause the queue, or let it go on; jobs that run go on either way."""
    if action not in _SWITCHES:
        raise RequestRefused(404, f"no action {action!r}; there are {', '.join(_SWITCHES)}")
    _check_allowed(action)
    _SWITCHES[action]()
    return flask.jsonify({"paused": queue_is_paused()})


def _check_allowed(action: str) -> None:
    if action not in ALWAYS and not current_site().settings.manage_jobs:
        raise RequestRefused(
            403, f"{action} is not allowed here; `drawscape web --manage-jobs` allows it"
        )


def _visible() -> Iterator[Job]:
    shown = current_site().settings.job_modules
    found = (job for module in shown for job in list_jobs(task=module, limit=MOST))
    yield from nlargest(MOST, found, key=lambda job: job.created_at)


def _row(job: Job) -> dict[str, Any]:
    seen = jobs.view(get_job_status(job.id), jobs.svg_url(job.id))
    manages = current_site().settings.manage_jobs
    actions = [one for one in offered(seen["status"]) if manages or one in ALWAYS]
    name = job.description or job.task.rpartition(".")[2] if seen["status"] != "not_found" else ""
    return {**seen, "name": name, "seconds": _seconds(seen), "actions": actions}


def _seconds(seen: dict[str, Any]) -> float | None:
    begun, ended = seen["started_at"], seen["ended_at"]
    if begun is None:
        return None
    until = datetime.fromisoformat(ended) if ended else datetime.now(UTC)
    return round((until - datetime.fromisoformat(begun)).total_seconds(), 1)
