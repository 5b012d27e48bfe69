"""The bytes of a picture and what kind they are: a job's file, a preview, an empty sheet, a thumbnail."""

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drawscape.catalogue.thumbnail import pixels_of
from drawscape.drawing.document import Document
from drawscape.drawing.units import INCH
from drawscape.errors import MissingExtraError
from drawscape.settings import home

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = {".svg": "svg+xml", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}
"""File endings that a browser shows, with the name that an image's MIME type has for each."""

LARGEST_SHOWN = 30_000_000
"""Bytes; a browser takes seconds to draw more, and the kernel's message with it is as large."""


_DRAWN = re.compile(rb"<(path|polyline|polygon|line|circle|ellipse|rect|image|text|use)\b")


@dataclass(frozen=True)
class Picture:
    """An image's bytes, its format ('svg+xml', 'png') and, if it is a file, its path."""

    data: bytes
    format: str
    path: Path | None = None


def result_path(result: Any) -> Path | None:
    """Return the file that a job's result names, None when it names none."""
    if not isinstance(result, (str, Path)) or not str(result) or "\n" in str(result):
        return None
    path = home() / result
    try:
        return path if path.is_file() else None
    except OSError:  # a text that is too long for a name
        return None


def result_picture(result: Any) -> Picture | None:
    """Return the picture in the file that a job's result names, None when that is no picture."""
    path = result_path(result)
    kind = FORMATS.get(path.suffix.lower()) if path else None
    if path is None or kind is None or path.stat().st_size > LARGEST_SHOWN:
        return None
    return Picture(path.read_bytes(), kind, path)


def preview_picture(preview: bytes | None) -> Picture | None:
    """Return a running job's preview as a picture, None when there is none or nothing on it yet."""
    if not preview:
        return None
    picture = Picture(preview, "png" if preview.startswith(b"\x89PNG") else "svg+xml")
    return None if is_blank(picture) else picture


def is_blank(picture: Picture) -> bool:
    """Return whether nothing is drawn on an SVG; of pixels that is not known."""
    return picture.format == "svg+xml" and not _DRAWN.search(picture.data)


def empty_sheet(width_mm: float, height_mm: float) -> Picture:
    """Return a blank sheet of that size."""
    size = f'width="{width_mm:g}mm" height="{height_mm:g}mm"'
    box = f'viewBox="0 0 {width_mm:g} {height_mm:g}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}></svg>'
    return Picture(svg.encode(), "svg+xml")


def place_words(path: Path) -> str:
    """Return where a file is, from the home on if it is in there."""
    folder = home()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


# Small pictures, within a number of bytes

LARGEST_PX = 800
SMALLEST_PX = 60
SHRINK = 0.75

MOST_DRAWN = 1_000_000
"""Points that are drawn as lines, at each size: a second. Of more the ink in each pixel is counted, once."""


@dataclass(frozen=True)
class Thumbnail:
    """An image's bytes and its format as MIME names it: 'png', 'webp', 'svg+xml'."""

    data: bytes
    format: str


def thumbnail_of(
    document: Document, most_bytes: int, most_px: int = LARGEST_PX
) -> Thumbnail | None:
    """Return the drawing as pixels, as large as `most_bytes` and `most_px` of its longer side allow.

    None where it cannot be made: without Pillow.
    """
    pixels, counted = float(most_px), None
    is_large = sum(len(layer.lines.points) for layer in document.layers) > MOST_DRAWN
    while pixels >= SMALLEST_PX:
        try:
            if is_large:
                counted = (
                    _counted(document, pixels) if counted is None else _smaller(counted, pixels)
                )
            data = _webp(_drawn(document, pixels) if counted is None else counted)
        except (ImportError, MissingExtraError):
            return None
        if len(data) <= most_bytes:
            return Thumbnail(data, "webp")
        # Bytes grow a little less than with the area.
        pixels *= min(SHRINK, (most_bytes / len(data)) ** 0.6)
    return None


def _drawn(document: Document, longer_px: float) -> "Image":
    from drawscape.plot.export.png import to_png

    longer_mm = max(document.width_mm, document.height_mm)
    png = to_png(document, dpi=longer_px / longer_mm * INCH)
    from PIL import Image

    return Image.open(io.BytesIO(png))


def _counted(document: Document, longer_px: float) -> "Image":
    from PIL import Image

    return Image.fromarray(pixels_of(document, round(longer_px)))


def _smaller(picture: "Image", longer_px: float) -> "Image":
    factor = longer_px / max(picture.size)
    width, height = (max(1, round(side * factor)) for side in picture.size)
    return picture.resize((width, height))


def _webp(picture: "Image") -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=60, method=2)
    return out.getvalue()
