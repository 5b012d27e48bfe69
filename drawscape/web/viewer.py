"""GET /jobs/<id>/lines and the viewer that shows them: the module that notebooks use too."""

from __future__ import annotations

from pathlib import Path

import flask

import drawscape.viewer
from drawscape.errors import DrawscapeError, RequestRefused
from drawscape.svg.read import read_svg
from drawscape.viewer import drawing_data
from drawscape.web.jobs import finished_drawing

_FILES = Path(drawscape.viewer.__file__).parent


def lines(job_id: str) -> flask.Response:
    """Return the finished drawing's lines as drawing_data.py packs them.

    Raises RequestRefused: 409 while the job has no drawing, or for one that cannot be read, 410 when its
    file is gone.
    """
    path = finished_drawing(job_id)
    response = flask.Response(content_type="application/octet-stream")
    response.headers["Cache-Control"] = "private, no-cache"
    known = path.stat()
    version = f"{known.st_mtime_ns:x}-{known.st_size:x}"
    response.set_etag(version)
    if version not in flask.request.if_none_match:
        try:
            document = read_svg(path.read_bytes())
        except DrawscapeError as error:
            raise RequestRefused(409, f"the drawing has no lines to show: {error}") from error
        response.data = drawing_data(document, title=path.stem).packed()
    return response.make_conditional(flask.request)  # type: ignore[return-value]  # what it was called on


def asset(name: str) -> flask.Response:
    """Return the viewer's module or its style sheet."""
    return flask.send_from_directory(_FILES, name)
