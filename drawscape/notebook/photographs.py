"""Picture files that a form is given: kept in the home, shown small, cut and with another contrast."""

import hashlib
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from drawscape.atomic import write_atomic
from drawscape.errors import DrawscapeError, MissingExtraError, ParameterError
from drawscape.notebook.pictures import reduced
from drawscape.notebook.text import size_words
from drawscape.settings import home, readable_path

LARGEST_UPLOAD = 50_000_000
"""Bytes of a file that is chosen in a form."""

PREVIEW_PX, LARGEST_PREVIEW = 240, 20_000

MOST_CONTRAST = 5.0


def keep(parameter: str, file: str, data: bytes) -> str:
    """Return the name in the home of a file that was chosen on a page, where a worker may read it.

    One of the same name and another content stays. Raises ParameterError for one that is too large.
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


def preview(name: str) -> str:
    """Return the address of a small picture of the file of that name, '' where there is none."""
    try:
        from PIL import Image, ImageOps

        with Image.open(readable_path(name)) as image:
            made = reduced(
                ImageOps.exif_transpose(image).convert("RGB"), LARGEST_PREVIEW, PREVIEW_PX
            )
    except (ImportError, OSError, ValueError, DrawscapeError):  # none, or none that Pillow reads
        return ""
    return "" if made is None else made.url


def retouched(parameter: str, name: Any, cut: Sequence[float], contrast: float) -> str:
    """Return the name of a new file: that of `name` without its edges, of another contrast.

    `cut` is what goes at the left, top, right and bottom, in percent. Grey of half the light stays as it is.
    Raises ParameterError, which names the parameter, MissingExtraError.
    """
    try:
        left, top, right, bottom = (float(one) for one in cut)
        known = min(left, top, right, bottom) >= 0 and max(left + right, top + bottom) < 100
    except (TypeError, ValueError):
        known = False
    if not known:
        rule = "give left, top, right and bottom in percent that leave something of the picture"
        raise ParameterError("cut", cut, rule)
    if not 0 < contrast <= MOST_CONTRAST:
        raise ParameterError("contrast", contrast, f"must be above 0 and at most {MOST_CONTRAST:g}")
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise MissingExtraError("cutting a picture", "png") from error
    try:
        with Image.open(readable_path(str(name or ""))) as file:
            image = ImageOps.exif_transpose(file)
            wide, high = image.size
            sides = (left * wide, top * high, (100 - right) * wide, (100 - bottom) * high)
            part = image.convert("RGB").crop(tuple(round(side / 100) for side in sides))  # type: ignore[arg-type]
    except (OSError, ValueError, DrawscapeError) as error:
        raise ParameterError(parameter, name, f"is no picture that can be cut: {error}") from None
    light = [min(max(round(128 + (value - 128) * contrast), 0), 255) for value in range(256)]
    out = io.BytesIO()
    part.point(light * 3).save(out, "PNG")
    mark = hashlib.sha256(out.getvalue()).hexdigest()[:6]
    stem = re.sub(r"-cut-[0-9a-f]{6}$", "", Path(str(name)).stem)
    return keep(parameter, f"{stem}-cut-{mark}.png", out.getvalue())
