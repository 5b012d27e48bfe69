"""GET /jobs/<id> and the addresses below it: what became of a drawing, the drawing, and a way to stop it."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import flask

from drawscape import jobs
from drawscape import settings as places
from drawscape.errors import ForbiddenPathError, RequestRefused
from drawscape.jobs import cancel_job, get_job, get_job_status
from drawscape.web.problems import FieldError, invalid
from drawscape.web.security import SVG_POLICY
from drawscape.web.site import current_site

Status = dict[str, Any]
"""What `get_job_status` returns: one look at one row."""

ENDED = frozenset({*jobs.ENDED, "not_found"})
"""The statuses after which nothing more happens to a job."""

JOB_ID = r"^[A-Za-z0-9_\-]{1,128}$"
"""What an id of a job looks like; also the pattern in the OpenAPI document."""

_LONGEST_ERROR = 500


def show(job_id: str) -> flask.Response:
    """Return the job as JSON."""
    return flask.jsonify(view(find(job_id), svg_url(job_id)))


def cancel(job_id: str) -> flask.Response:
    """Cancel the job, running or not, and return whether there was anything left to cancel."""
    find(job_id)
    canceled = cancel_job(job_id)
    return flask.jsonify({"canceled": canceled, **view(find(job_id), svg_url(job_id))})


def svg(job_id: str) -> flask.Response:
    """Return the finished drawing as `image/svg+xml`; `?download=1` as an attachment.

    Raises RequestRefused: 409 while the job has no result, 410 when its file is gone.
    """
    path = finished_drawing(job_id)
    wants_file = flask.request.args.get("download", "") not in ("", "0", "false")
    response = flask.send_file(
        path, mimetype="image/svg+xml", as_attachment=wants_file, download_name=path.name
    )
    return _as_drawing(response, "private, no-cache")


def finished_drawing(job_id: str) -> Path:
    """Return the file of the job's drawing. Raises RequestRefused as `svg` does, and OutputStoreError."""
    job = find(job_id)
    if job["status"] != "finished":
        detail = f"the job is {job['status']}; it has no drawing"
        raise RequestRefused(409, detail, job_status=job["status"])
    path = _named_by(job)
    if path is not None and not path.is_file():
        places.fetched(path)  # it may be missing here because the store could not be asked
    if path is None or not path.is_file():
        raise RequestRefused(410, "the drawing's file is no longer there")
    return path


def preview(job_id: str) -> flask.Response:
    """Return the drawing so far of a running job, or 204 when there is none to see yet."""
    find(job_id)
    drawn = get_job(job_id).preview
    if drawn is None:
        return flask.Response(status=204)
    return _as_drawing(flask.Response(drawn, mimetype="image/svg+xml"), "no-store")


def _as_drawing(response: flask.Response, caching: str) -> flask.Response:
    response.headers["Content-Security-Policy"] = SVG_POLICY
    response.headers["Cache-Control"] = caching
    return response


def find(job_id: str) -> Status:
    """Return the job with this id, if it is one of those that a browser may see.

    Raises RequestRefused: 422 for what cannot be an id, 404 for an unknown or hidden job.
    """
    if not re.fullmatch(JOB_ID, job_id):
        rule = "must be 1 to 128 letters, digits, _ and -"
        raise invalid([FieldError("job_id", job_id, rule)])
    job = get_job_status(job_id)
    if job["status"] == "not_found" or not _is_visible(job["task"]):
        raise RequestRefused(404, f"no job {job_id!r}, or none any more")
    return job


def _is_visible(task: str) -> bool:
    shown = current_site().settings.job_modules
    return any(task.startswith(f"{module}.") for module in shown)


def svg_url(job_id: str) -> str:
    """Return the address of the job's drawing."""
    return flask.url_for(".job_svg", job_id=job_id)


def view(job: Status, svg_url: str) -> dict[str, Any]:
    """Return what a browser may know of the job: no path of the server, no traceback.

    `svg_url` is where its drawing can be had; it is named once there is one.
    """
    drawing = drawing_of(job) if job["status"] == "finished" else None
    return {
        "id": job["id"],
        "status": job["status"],
        "ended": job["status"] in ENDED,
        "progress": job.get("progress"),
        "message": job.get("message"),
        "reason": job["reason"],
        "error": last_line(job["error"]),
        "result": drawing.name if drawing else None,
        "svg": svg_url if drawing else None,
        **{key: _moment(job[key]) for key in ("created_at", "started_at", "ended_at")},
    }


def drawing_of(job: Status) -> Path | None:
    """Return the SVG file that the job wrote, None unless it is there, in the output folder."""
    path = _named_by(job)
    return path if path is not None and path.is_file() else None


def _named_by(job: Status) -> Path | None:
    """Return where the drawing lies that the job names, None unless that is in the output folder."""
    result = job["result"]
    if not isinstance(result, str) or not result.lower().endswith(".svg"):
        return None
    folder = places.output_folder().resolve()
    named = Path(places.home(), result).resolve()
    try:
        return places.output_path(named.relative_to(folder))
    except (ForbiddenPathError, ValueError):  # outside of the folder, whatever the task returned
        return None


def last_line(error: str | None) -> str | None:
    """Return the last line of a traceback: what went wrong, without the server's file names."""
    lines = [line.strip() for line in (error or "").splitlines() if line.strip()]
    return lines[-1].replace(str(places.home()), "…")[:_LONGEST_ERROR] if lines else None


def _moment(when: datetime | None) -> str | None:
    return when.isoformat() if when is not None else None
