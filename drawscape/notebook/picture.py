"""The bytes of a picture and what kind they are: a job's file, a preview, an empty sheet."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drawscape.settings import home

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
