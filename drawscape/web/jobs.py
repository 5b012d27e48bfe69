"""Jobs: the state of each, its drawing, its actions, and the table of the newest."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from heapq import nlargest
from pathlib import Path
from typing import Any

import flask

import drawscape.viewer
from drawscape import jobs
from drawscape import settings as places
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError, JobStateError, RequestRefused
from drawscape.job_actions import ACTIONS, offered, summary_words
from drawscape.jobs import JobSnapshot, Reason, get_job, get_job_status
from drawscape.svg.read import read_svg
from drawscape.viewer.drawing_data import drawing_data
from drawscape.web.access import is_owner
from drawscape.web.site import SVG_POLICY, current_site

JobFields = dict[str, Any]
"""The dictionary that `get_job_status` returns."""

MOMENTS = ("created_at", "started_at", "ended_at")

MOST = 50
"""Jobs in the table: a person reads no more."""

SWITCHES = {"pause": jobs.pause_queue, "resume": jobs.resume_queue}

_FILES = Path(drawscape.viewer.__file__).parent
_LONGEST_ERROR = 500


def show(job_id: str) -> flask.Response:
    """Return the job as JSON."""
    return flask.jsonify(view(find(job_id)))


def svg(job_id: str) -> flask.Response:
    """Return the finished drawing as `image/svg+xml`; `?download=1` as an attachment.

    Raises RequestRefused: 409 while the job has no result, 410 when its file is gone.
    """
    path = finished_drawing(job_id)
    saves = "download" in flask.request.args
    response = flask.send_file(
        path, mimetype="image/svg+xml", as_attachment=saves, download_name=path.name
    )
    response.headers["Content-Security-Policy"] = SVG_POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def finished_drawing(job_id: str) -> Path:
    """Return the file of the job's drawing. Raises RequestRefused as `svg` does."""
    job = find(job_id)
    if job["status"] != "finished":
        raise RequestRefused(
            409, f"the job is {job['status']}; it has no drawing", job_status=job["status"]
        )
    path = _named_by(job)
    if path is None or not path.is_file():
        raise RequestRefused(410, "the drawing's file is gone")
    return path


def find(job_id: str) -> JobFields:
    """Return the job with this id, if it is one of those that a browser may see.

    Raises RequestRefused with 404 for an unknown or hidden job.
    """
    job = get_job_status(job_id)
    shown = tuple(f"{module}." for module in current_site().settings.job_modules)
    if job["status"] == "not_found" or not job["task"].startswith(shown):
        raise RequestRefused(404, f"no job {job_id!r}, or it has been removed")
    return job


def view(job: JobFields) -> dict[str, Any]:
    """Return the job as a browser may see it: without paths of the server and tracebacks."""
    drawing = _named_by(job) if job["status"] == "finished" else None
    there = drawing is not None and drawing.is_file()
    return {
        "id": job["id"],
        "status": job["status"],
        "ended": job["status"] in jobs.ENDED,
        "progress": job.get("progress"),
        "message": job.get("message"),
        "reason": job["reason"],
        "error": _why(job),
        "result": drawing.name if drawing and there else None,
        "svg": flask.url_for(".job_svg", job_id=job["id"]) if there else None,
        **{key: job[key] and job[key].isoformat() for key in MOMENTS},
    }


def _why(job: JobFields) -> str | None:
    """Return why a job failed, and how to get more time after a timeout."""
    if job["reason"] != Reason.TIMEOUT:
        return last_line(job["error"])
    longer = current_site().settings.job_timeout
    return (
        f"{(job['error'] or '').partition(chr(10))[0]}; with the site's token an order has {longer}"
    )


def _named_by(job: JobFields) -> Path | None:
    result = job["result"]
    if not isinstance(result, str) or not result.lower().endswith(".svg"):
        return None
    named = Path(places.home(), result).resolve()
    inside = named.is_relative_to(places.output_folder().resolve())  # a task may return any path
    return named if inside else None


def last_line(error: str | None) -> str | None:
    """Return the last line of a traceback, without the server's file names."""
    lines = [line.strip() for line in (error or "").splitlines() if line.strip()]
    return lines[-1].replace(str(places.home()), "…")[:_LONGEST_ERROR] if lines else None


def table() -> flask.Response:
    """Return the newest jobs that a browser may see, and the queue in one line."""
    settings = current_site().settings
    manages = is_owner()
    found = (
        row
        for module in settings.job_modules
        for row in jobs.list_snapshots(task=module, limit=MOST)
    )
    rows = nlargest(MOST, found, key=lambda row: row.created_at)
    return flask.jsonify(
        {
            "summary": summary_words(),
            "paused": jobs.queue_is_paused(),
            "manages": manages,
            "jobs": [_row(row, manages=manages) for row in rows],
        }
    )


def _row(job: JobSnapshot, *, manages: bool) -> dict[str, Any]:
    """Return a job's row; the file of its drawing is only checked when requested."""
    ran = (job.ended_at or datetime.now(UTC)) - job.started_at if job.started_at else None
    return {
        **view({**job._asdict(), "result": None}),
        "svg": flask.url_for(".job_svg", job_id=job.id) if job.status == "finished" else None,
        "name": job.description or job.task.rpartition(".")[2],
        "seconds": None if ran is None else round(ran.total_seconds(), 1),
        "actions": list(offered(job.status)) if manages else [],
    }


def act(job_id: str, action: str) -> flask.Response:
    """Do an action of a job's row; return the text of `log`, or nothing.

    Raises RequestRefused: 404 for an unknown action, 409 for one that the job does not offer now. Else
    as `find` does.
    """
    _check_known(action, ACTIONS)
    status = find(job_id)["status"]
    job = get_job(job_id)
    try:
        if action not in offered(status):
            raise JobStateError(f"the job is {status}; {action} is not possible")
        details = ACTIONS[action](job)
    except JobStateError as error:
        raise RequestRefused(409, str(error), job_status=status) from error
    return flask.jsonify({"details": details if action == "log" else None})


def log(job_id: str) -> flask.Response:
    """Return the text that the job has printed up to now; raises RequestRefused as `find` does."""
    find(job_id)
    return flask.Response(get_job(job_id).logs(), content_type="text/plain; charset=utf-8")


def switch(action: str) -> flask.Response:
    """Pause or resume the queue; running jobs go on either way."""
    _check_known(action, SWITCHES)
    SWITCHES[action]()
    return flask.jsonify({"paused": jobs.queue_is_paused()})


def _check_known(action: str, actions: Collection[str]) -> None:
    if action not in actions:
        raise RequestRefused(404, f"no action {action!r}; there are {', '.join(actions)}")


# The viewer


def lines(job_id: str) -> flask.Response:
    """Return the finished drawing's lines as drawscape.viewer packs them.

    Raises RequestRefused: 409 while the job has no drawing, or for one that cannot be read, 410 when its
    file is gone.
    """
    return _made_of(
        job_id,
        "application/octet-stream",
        lambda document, path: drawing_data(document, title=path.stem).packed(),
    )


def thumbnail(job_id: str) -> flask.Response:
    """Return the finished drawing as a small picture, a PNG of 560 pixels at most.

    Raises RequestRefused as `lines` does, and 501 where Pillow is missing.
    """

    def small(document: Document, _: Path) -> bytes:
        picture = thumbnail_of(document)
        if picture is None:
            raise RequestRefused(501, "thumbnails need Pillow: pip install 'drawscape[png]'")
        return picture

    return _made_of(job_id, "image/png", small)


def _made_of(
    job_id: str, content_type: str, make: Callable[[Document, Path], bytes]
) -> flask.Response:
    path = finished_drawing(job_id)
    response = flask.Response(content_type=content_type)
    response.headers["Cache-Control"] = "private, no-cache"
    known = path.stat()
    version = f"{known.st_mtime_ns:x}-{known.st_size:x}"
    response.set_etag(version)
    if version not in flask.request.if_none_match:
        try:
            document = read_svg(path.read_bytes())
        except DrawscapeError as error:
            raise RequestRefused(409, f"the drawing has no lines to show: {error}") from error
        response.data = make(document, path)
    return response.make_conditional(flask.request)  # type: ignore[return-value]  # what it was called on


def asset(name: str) -> flask.Response:
    """Return the viewer's module or its style sheet."""
    return flask.send_from_directory(_FILES, name)
