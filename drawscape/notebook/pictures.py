"""The bytes of a picture and what kind they are: a job's file, a preview, an empty sheet, a thumbnail."""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drawscape.catalogue.thumbnail import pixels_of
from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError
from drawscape.image_tag import table_of
from drawscape.settings import home
from drawscape.svg.read import read_svg

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = {".svg": "svg+xml", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}
"""File endings that a browser shows, with the name that an image's MIME type has for each."""

LONGEST_RESULT = 2000
"""Characters of a result that is no picture; the rest is in `job.result`."""

LARGEST_SHOWN = 30_000_000
"""Bytes; a browser takes seconds to draw more, and the kernel's message with it is as large."""


_DRAWN = re.compile(rb"<(path|polyline|polygon|line|circle|ellipse|rect|image|text|use)\b")


@dataclass(frozen=True)
class Picture:
    """An image's bytes, its format ('svg+xml', 'png') and, if it is a file, its path."""

    data: bytes
    format: str
    path: Path | None = None

    @property
    def url(self) -> str:
        """The address of the picture that holds its bytes."""
        return f"data:image/{self.format};base64,{base64.b64encode(self.data).decode('ascii')}"


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

LARGEST_PX, SMALLEST_PX, SHRINK = 800, 60, 0.75

KEPT_PX, LARGEST_KEPT = 240, 7_000
"""Pixels and bytes of one of many pictures in a saved notebook."""


def reduced(image: "Image", most_bytes: int, most_px: int = LARGEST_PX) -> Picture | None:
    """Return an image as large as `most_bytes` and `most_px` of its longer side allow; None for none."""
    longer = min(most_px, max(image.size))
    smallest = min(SMALLEST_PX, longer)
    while longer >= smallest:
        small, out = image.copy(), io.BytesIO()
        small.thumbnail((longer, longer))
        small.save(out, "WEBP", quality=60, method=2)
        if out.tell() <= most_bytes:
            return Picture(out.getvalue(), "webp")
        # Bytes grow a little less than with the area.
        longer = int(longer * min(SHRINK, (most_bytes / out.tell()) ** 0.6))
    return None


def thumbnail_of(document: Document, most_bytes: int, most_px: int = LARGEST_PX) -> Picture | None:
    """Return a drawing as pixels, within bytes and pixels as `reduced`. None without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        return None
    return reduced(Image.fromarray(pixels_of(document, most_px)), most_bytes, most_px)


def small_picture(picture: Picture | None) -> Picture | None:
    """Return a picture in the few bytes that a saved notebook keeps; None where that needs Pillow."""
    if picture is None or len(picture.data) <= LARGEST_KEPT:
        return picture
    try:
        if picture.format == "svg+xml":
            return thumbnail_of(read_svg(picture.data), LARGEST_KEPT, KEPT_PX)
        from PIL import Image

        return reduced(Image.open(io.BytesIO(picture.data)), LARGEST_KEPT, KEPT_PX)
    except (ImportError, DrawscapeError):
        return None


def picture_table(
    pictures: Iterable[tuple[Picture | None, str]],
    columns: int = 1,
    *,
    width_px: int | None = None,
    failures: Sequence[bool] = (),
) -> str:
    """Return pictures over their captions as HTML that every viewer of notebooks shows; red where failed."""
    tiles = []
    for number, (picture, caption) in enumerate(pictures):
        words, width = escape(caption), f' width="{width_px}"' if width_px else ""
        # Its caption stands under it, and is not to be read out twice.
        image = (
            f'<img src="{picture.url}"{width} alt="picture of {words}">'
            if picture
            else "no picture"
        )
        if number < len(failures) and failures[number]:
            words = f'<span style="color: #b00020">{words}</span>'
        tiles.append(f"{image}<br>{words}")
    return table_of(tiles, columns)
