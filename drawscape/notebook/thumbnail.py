"""A small picture of a drawing, within a number of bytes."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drawscape.catalogue.thumbnail import pixels_of
from drawscape.drawing.document import Document
from drawscape.drawing.units import INCH
from drawscape.errors import MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image

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
