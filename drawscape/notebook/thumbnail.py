"""A small picture of a drawing, within a number of bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass

from drawscape.drawing.document import Document
from drawscape.drawing.units import INCH
from drawscape.errors import MissingExtraError

LARGEST_PX = 800
SMALLEST_PX = 60
SHRINK = 0.75


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
    longest_mm = max(document.width_mm, document.height_mm)
    pixels = float(most_px)
    while pixels >= SMALLEST_PX:
        try:
            data = _encoded(document, pixels / longest_mm * INCH)
        except MissingExtraError:
            return None
        if len(data) <= most_bytes:
            return Thumbnail(data, "webp")
        # Bytes grow a little less than with the area.
        pixels *= min(SHRINK, (most_bytes / len(data)) ** 0.6)
    return None


def _encoded(document: Document, dpi: float) -> bytes:
    from drawscape.plot.export.png import to_png

    png = to_png(document, dpi=dpi)
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "WEBP", quality=60, method=2)
    return out.getvalue()
