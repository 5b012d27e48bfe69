"""GET /jobs/<id> and its kin: what became of a drawing, the drawing, and a way to stop it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import flask

from drawscape import settings as places
from drawscape.errors import ForbiddenPathError, JobNotFoundError, RequestRefused
from drawscape.job_manager import Job, cancel_job, get_job
from drawscape.web import front
from drawscape.web.problems import FieldError, invalid
from drawscape.web.security import SVG_POLICY

ENDED = frozenset({"finished", "failed", "stopped", "canceled"})
"""The statuses after which nothing more happens to a job."""

JOB_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:\-]{0,127}$"
"""What an id of a job looks like; also the pattern in the OpenAPI document."""

_LONGEST_ERROR = 500


def show(job_id: str) -> flask.Response:
    """Return the job as JSON."""
    return flask.jsonify(view(find(job_id), svg_url(job_id)))


def cancel(job_id: str) -> flask.Response:
    """Cancel the job, running or not, and return whether there was anything left to cancel."""
    job = find(job_id)
    canceled = cancel_job(job.id)
    return flask.jsonify({"canceled": canceled, **view(find(job_id), svg_url(job_id))})


def svg(job_id: str) -> flask.Response:
    """Return the finished drawing as `image/svg+xml`; `?download=1` as an attachment.

    Raises RequestRefused: 409 while the job has no result, 410 when its file is gone.
    """
    job = find(job_id)
    if job.status != "finished":
        raise RequestRefused(
            409, f"the job is {job.status}; it has no drawing", job_status=job.status
        )
    path = drawing_of(job)
    if path is None:
        raise RequestRefused(410, "the drawing's file is no longer there")
    wants_file = flask.request.args.get("download", "") not in ("", "0", "false")
    response = flask.send_file(
        path, mimetype="image/svg+xml", as_attachment=wants_file, download_name=path.name
    )
    response.headers["Content-Security-Policy"] = SVG_POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def find(job_id: str) -> Job:
    """Return the job with this id, if it is one of those that a browser may see.

    Raises RequestRefused: 422 for what cannot be an id, 404 for an unknown or hidden job.
    """
    if not re.fullmatch(JOB_ID, job_id):
        rule = "must be letters, digits and . _ : - only, at most 128 of them"
        raise invalid([FieldError("job_id", job_id, rule)])
    try:
        job = get_job(job_id)
    except JobNotFoundError:
        job = None
    if job is None or not is_visible(job):
        raise RequestRefused(404, f"no job {job_id!r}, or none any more")
    return job


def is_visible(job: Job) -> bool:
    """Return whether the job's task is in one of the modules whose jobs are shown here."""
    module = job.task.rpartition(".")[0]
    return any(
        module == shown or module.startswith(f"{shown}.")
        for shown in front.current().settings.job_modules
    )


def svg_url(job_id: str) -> str:
    """Return the address of the job's drawing."""
    return flask.url_for(".job_svg", job_id=job_id)


def view(job: Job, svg_url: str) -> dict[str, Any]:
    """Return what a browser may know of the job: no path of the server, no traceback.

    `svg_url` is where its drawing can be had; it is named once there is one.
    """
    drawing = drawing_of(job) if job.status == "finished" else None
    return {
        "id": job.id,
        "status": job.status,
        "ended": job.status in ENDED,
        "progress": job.progress,
        "message": job.message,
        "reason": job.reason,
        "error": last_line(job.error),
        "result": drawing.name if drawing else None,
        "svg": svg_url if drawing else None,
        "created_at": _moment(job.created_at),
        "started_at": _moment(job.started_at),
        "ended_at": _moment(job.ended_at),
    }


def drawing_of(job: Job) -> Path | None:
    """Return the SVG file that the job wrote, None unless it is there, in the output folder."""
    if not isinstance(job.result, str) or not job.result.lower().endswith(".svg"):
        return None
    folder = places.output_folder().resolve()
    named = Path(places.home(), job.result).resolve()
    try:
        path = places.output_path(named.relative_to(folder))
    except (ForbiddenPathError, ValueError):  # outside of the folder, whatever the task returned
        return None
    return path if path.is_file() else None


def last_line(error: str | None) -> str | None:
    """Return the last line of a traceback: what went wrong, without the server's file names."""
    lines = [line.strip() for line in (error or "").splitlines() if line.strip()]
    return lines[-1][:_LONGEST_ERROR] if lines else None


def _moment(when: datetime | None) -> str | None:
    return when.isoformat() if when is not None else None
