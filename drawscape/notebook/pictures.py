"""The bytes of a picture and their format: a job's file, a preview, an empty sheet, a thumbnail."""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drawscape.atomic import write_atomic
from drawscape.catalogue import is_draft
from drawscape.catalogue.thumbnail import THUMBNAIL_PX, image_of
from drawscape.drawing.document import Document
from drawscape.errors import DrawscapeError, ParameterError
from drawscape.image_tag import kind_of, table_of
from drawscape.notebook.labels import size_words
from drawscape.settings import home, readable_path
from drawscape.svg.read import read_svg

if TYPE_CHECKING:
    from PIL.Image import Image

SHOWN = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")  # endings of files that a browser shows
LONGEST_RESULT = 2000  # characters of a result that is no picture; the rest is in `job.result`

LARGEST_SHOWN = 30_000_000
"""Bytes; a browser takes seconds to draw more, and the kernel's message is as large."""

_DRAWN = re.compile(rb"<(path|polyline|polygon|line|circle|ellipse|rect|image|text|use)\b")


@dataclass(frozen=True)
class EncodedImage:
    """The bytes of an image."""

    data: bytes

    @property
    def format(self) -> str:
        """Its MIME type after 'image/': 'svg+xml', 'png'."""
        return kind_of(self.data)

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


def result_picture(result: Any) -> EncodedImage | None:
    """Return the picture in the file that a job's result names, None when that is no picture."""
    path = result_path(result)
    is_shown = path and path.suffix.lower() in SHOWN
    if not path or not is_shown or path.stat().st_size > LARGEST_SHOWN:
        return None
    return EncodedImage(path.read_bytes())


def preview_picture(preview: bytes | None) -> EncodedImage | None:
    """Return the preview of a running job as a picture, None while it is missing or blank."""
    if not preview:
        return None
    picture = EncodedImage(preview)
    return None if is_blank(picture) else picture


def is_blank(picture: EncodedImage) -> bool:
    """Return whether nothing is drawn on an SVG; of pixels that is not known."""
    return picture.format == "svg+xml" and not _DRAWN.search(picture.data)


def empty_sheet(width_mm: float, height_mm: float) -> EncodedImage:
    """Return a blank sheet of that size."""
    size = f'width="{width_mm:g}mm" height="{height_mm:g}mm"'
    box = f'viewBox="0 0 {width_mm:g} {height_mm:g}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}></svg>'
    return EncodedImage(svg.encode())


def place_words(path: Path) -> str:
    """Return the path of a file, relative to the home if it is inside."""
    folder = home()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def result_words(result: Any) -> str:
    """Return a job's result in words: a file's path and size, else the beginning of its text."""
    path = result_path(result)
    if not path:
        return "" if result is None else str(result)[:LONGEST_RESULT]
    place = "draft" if is_draft(path) else place_words(path)
    return f"{place} · {size_words(path.stat().st_size)}"


# Small pictures, within a number of bytes

LARGEST_PX, SMALLEST_PX, SHRINK = 800, 60, 0.75

KEPT_PX, LARGEST_KEPT = 240, 7_000  # pixels and bytes of one of many pictures in a saved notebook


def reduced(image: "Image", most_bytes: int, most_px: int) -> EncodedImage | None:
    """Return the largest image within `most_bytes` and `most_px` on its longer side; None if too small."""
    image = image.convert("RGB") if image.mode == "P" else image  # palette indices have no mean
    longer = min(most_px, max(image.size))
    smallest = min(SMALLEST_PX, longer)
    while longer >= smallest:
        small, out = image.copy(), io.BytesIO()
        small.thumbnail((longer, longer))
        small.save(out, "WEBP", quality=60, method=2)
        if out.tell() <= most_bytes:
            return EncodedImage(out.getvalue())
        # Bytes grow a little more slowly than the area.
        longer = int(longer * min(SHRINK, (most_bytes / out.tell()) ** 0.6))
    return None


def thumbnail_of(
    document: Document, most_bytes: int, most_px: int = LARGEST_PX
) -> EncodedImage | None:
    """Return a drawing as pixels, with the limits of `reduced`."""
    return reduced(image_of(document, max(most_px, THUMBNAIL_PX)), most_bytes, most_px)


def small_picture(picture: EncodedImage | None) -> EncodedImage | None:
    """Return a picture in the few bytes that a saved notebook keeps; None for an unreadable SVG."""
    if not picture or len(picture.data) <= LARGEST_KEPT:
        return picture
    if picture.format == "svg+xml":
        try:
            return thumbnail_of(read_svg(picture.data), LARGEST_KEPT, KEPT_PX)
        except DrawscapeError:
            return None
    from PIL import Image

    return reduced(Image.open(io.BytesIO(picture.data)), LARGEST_KEPT, KEPT_PX)


def picture_table(
    pictures: Iterable[tuple[EncodedImage | None, str]],
    columns: int = 1,
    *,
    width_px: int | None = None,
    failures: Sequence[bool] = (),
) -> str:
    """Return pictures over their captions as HTML that every viewer of notebooks shows; red where failed."""
    tiles = []
    for (picture, caption), failed in zip_longest(pictures, failures):
        words, width = escape(caption), f' width="{width_px}"' if width_px else ""
        # A screen reader must not read the caption below it twice.
        image = (
            f'<img src="{picture.url}"{width} alt="picture of {words}">'
            if picture
            else "no picture"
        )
        words = f'<span style="color: #b00020">{words}</span>' if failed else words
        tiles.append(f"{image}<br>{words}")
    return table_of(tiles, columns)


# Picture files that a form is given: kept in the home, and shown small

LARGEST_UPLOAD = 50_000_000  # bytes of a file that is chosen in a form

PREVIEW_PX, LARGEST_PREVIEW = 240, 20_000

_UNREADABLE = (OSError, ValueError, DrawscapeError)
"""The errors for a missing file, and for one that Pillow cannot read."""


def keep_upload(parameter: str, file: str, data: bytes) -> str:
    """Save a file that was chosen on a page where a worker may read it; return its name in the home.

    A different file of that name is kept. Raises ParameterError for a file that is too large.
    """
    if len(data) > LARGEST_UPLOAD:
        size = f"{size_words(len(data))}; {size_words(LARGEST_UPLOAD)} is the most"
        raise ParameterError(parameter, file, f"has {size}")
    place = Path("inputs") / (re.sub(r"[^\w.-]+", "_", file).lstrip(".") or "file")
    target, number = home() / place, 1
    while target.is_file() and target.read_bytes() != data:
        number += 1
        target = home() / place.with_stem(f"{place.stem}-{number}")
    target.parent.mkdir(exist_ok=True)
    write_atomic(target, [data])
    return target.relative_to(home()).as_posix()


def upload_preview(name: str) -> str:
    """Return the data URL of a small picture of the file called `name`, '' when it is no picture.

    A file is decoded once until it changes, because a form asks at each step of a drag.
    """
    if not name:
        return ""
    with suppress(*_UNREADABLE):
        file = readable_path(name)
        status = file.stat()
        return _preview_of(file, status.st_mtime_ns, status.st_size)
    return ""


@lru_cache(maxsize=16)
def _preview_of(file: Path, _modified_ns: int, _size: int) -> str:
    from PIL import Image, ImageOps

    with Image.open(file) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    made = reduced(upright, LARGEST_PREVIEW, PREVIEW_PX)
    return made.url if made else ""
