"""GET /jobs/<id>/lines and /thumbnail, and the viewer that shows the lines: the one that notebooks use."""

from collections.abc import Callable
from pathlib import Path

import flask

import drawscape.viewer
from drawscape.catalogue.thumbnail import thumbnail_of
from drawscape.drawing.document import Document
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

    def packed(document: Document, path: Path) -> bytes:
        return drawing_data(document, title=path.stem).packed()

    return _made_of(job_id, "application/octet-stream", packed)


def thumbnail(job_id: str) -> flask.Response:
    """Return the finished drawing as a small picture, of 240 pixels at most.

    Raises RequestRefused as `lines` does, and 501 where Pillow is missing.
    """

    def small(document: Document, _: Path) -> bytes:
        picture = thumbnail_of(document)
        if picture is None:
            raise RequestRefused(501, "thumbnails need Pillow: pip install 'drawscape[png]'")
        return picture

    return _made_of(job_id, "image/webp", small)


def _made_of(
    job_id: str, content_type: str, make: Callable[[Document, Path], bytes]
) -> flask.Response:
    """Return what `make` makes of the job's drawing, unless the browser has it already."""
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
