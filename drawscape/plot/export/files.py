"""Any format to a file that is whole or not there at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

from drawscape.atomic import write_atomic
from drawscape.errors import PlotError
from drawscape.plot.export.gcode import GcodeProfile, to_gcode
from drawscape.plot.export.hpgl import to_hpgl
from drawscape.plot.export.pdf import to_pdf
from drawscape.plot.export.png import to_png
from drawscape.plot.export.svg import to_svg
from drawscape.svg.read import Document

Format = Literal["svg", "png", "pdf", "gcode", "hpgl"]
FORMATS: tuple[Format, ...] = get_args(Format)

_SUFFIXES: dict[str, Format] = {".nc": "gcode", ".ngc": "gcode", ".plt": "hpgl", ".hpg": "hpgl"}


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that a file name's ending stands for.

    Raises PlotError when it stands for none.
    """
    suffix = Path(path).suffix.lower()
    for name in FORMATS:
        if suffix == f".{name}":
            return name
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    known = ", ".join((*(f".{name}" for name in FORMATS), *_SUFFIXES))
    raise PlotError(f"file name {str(path)!r} tells no format; end it in one of {known}")


def encode(
    document: Document,
    format: Format,
    *,
    profile: GcodeProfile | None = None,
    dpi: float = 150.0,
    device: str = "hp7475a",
) -> bytes:
    """Return the drawing as the content of a file of `format`.

    `profile` is for G-code, `dpi` for PNG, `device` for HPGL.
    Raises PlotError for an unknown format and what the format cannot hold, MissingExtraError.
    """
    match format:
        case "svg":
            return to_svg(document)
        case "png":
            return to_png(document, dpi=dpi)
        case "pdf":
            return to_pdf(document)
        case "gcode":
            return to_gcode(document, profile=profile).encode("ascii")
        case "hpgl":
            return to_hpgl(document, device=device).encode("ascii")
    raise PlotError(f"format={format!r}: choose one of {', '.join(FORMATS)}")


def save(
    document: Document,
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,
    profile: GcodeProfile | None = None,
    dpi: float = 150.0,
    device: str = "hp7475a",
) -> Path:
    """Write the drawing and return the file's absolute path; the ending names the format by default.

    It is written beside its place under a temporary name, flushed to the disk, then renamed. The
    folder must exist.
    Raises what `encode` raises, and OSError when the file cannot be written.
    """
    target = Path(path).absolute()
    content = encode(document, format or format_of(target), profile=profile, dpi=dpi, device=device)
    write_atomic(target, [content])
    return target
