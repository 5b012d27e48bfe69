"""The pictures of a sheet as a notebook keeps them: none of more than 10 kB."""

import io
from collections.abc import Sequence

from drawscape.catalogue.thumbnail import LARGEST_THUMBNAIL, THUMBNAIL_PX, thumbnail_of
from drawscape.errors import DrawscapeError
from drawscape.notebook.gallery import Gallery
from drawscape.notebook.picture import Picture, preview_picture, result_picture
from drawscape.notebook.sheet_cells import TROUBLES, SheetCell
from drawscape.notebook.text import status_words
from drawscape.svg.read import read_svg

SLOW_S = 1.0
"""A drawing that takes longer shows in its tile what there is of it: that costs the page a whole drawing."""


def sheet_gallery(cells: Sequence[SheetCell], columns: int) -> Gallery:
    """Return the sheet as a gallery that lasts; what failed says why, in red."""
    failures = [cell.status in TROUBLES for cell in cells]
    captions = [
        f"{cell.caption}: {status_words(cell.state)}" if failed and cell.state else cell.caption
        for cell, failed in zip(cells, failures, strict=True)
    ]
    return Gallery([_small(cell) for cell in cells], captions, columns, failures=failures)


def cell_picture(cell: SheetCell) -> Picture | None:
    """Return the picture of a job that is no sketch's, or of one under way."""
    if cell.state is None:
        return None
    if cell.status == "finished":
        return result_picture(cell.state.result)
    return preview_picture(cell.state.preview) if cell.state.run_s >= SLOW_S else None


def _small(cell: SheetCell) -> Picture | None:
    thumbnail = cell.drawing.thumbnail if cell.drawing is not None else None
    if thumbnail:
        return Picture(thumbnail, "webp")
    path = cell.drawing.path if cell.drawing is not None else None
    picture = result_picture(path) if path is not None else cell_picture(cell)
    if picture is None or len(picture.data) <= LARGEST_THUMBNAIL:
        return picture
    return _reduced(picture)


def _reduced(picture: Picture) -> Picture | None:
    """Return a picture again, small enough; None where that needs Pillow and there is none."""
    try:
        from PIL import Image
    except ImportError:
        return None
    if picture.format == "svg+xml":
        try:
            data = thumbnail_of(read_svg(picture.data))
        except DrawscapeError:
            return None
        return None if data is None else Picture(data, "webp")
    image = Image.open(io.BytesIO(picture.data))
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    out = io.BytesIO()
    image.save(out, "WEBP", quality=40)
    return Picture(out.getvalue(), "webp")
