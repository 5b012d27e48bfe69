"""Any format to a file that is whole or not there at all."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from drawscape.atomic import write_atomic
from drawscape.drawing.document import Document
from drawscape.drawing.paper import Outside
from drawscape.errors import PlotError

if TYPE_CHECKING:
    from drawscape.plot.export.gcode import GcodeProfile

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
    raise PlotError(f"file name {str(path)!r} names no format; end it in one of {known}")


def encode(
    document: Document,
    format: Format,
    *,
    profile: "GcodeProfile | None" = None,
    dpi: float = 150.0,
    device: str = "hp7475a",
    outside: Outside = "refuse",
) -> bytes:
    """Return the drawing, as it stands, as the content of a file of `format`.

    `profile` is for G-code, `dpi` for PNG, `device` for HPGL; `outside` is what becomes of lines
    that the machine of a G-code or HPGL file cannot reach: 'refuse', 'crop' or 'keep'.
    Raises PlotError for an unknown format and what the format cannot hold, MissingExtraError.
    """
    match format:
        case "svg":
            from drawscape.plot.export.svg import to_svg

            return to_svg(document)
        case "png":
            from drawscape.plot.export.png import to_png

            return to_png(document, dpi=dpi)
        case "pdf":
            from drawscape.plot.export.pdf import to_pdf

            return to_pdf(document)
        case "gcode":
            from drawscape.plot.export.gcode import to_gcode

            return to_gcode(document, profile=profile, outside=outside).encode("ascii")
        case "hpgl":
            from drawscape.plot.export.hpgl import to_hpgl

            return to_hpgl(document, device=device, outside=outside).encode("ascii")
    raise PlotError(f"format={format!r}: choose one of {', '.join(FORMATS)}")


def save(
    document: Document,
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,
    **options: Any,
) -> Path:
    """Write the drawing, as it stands, and return the file's absolute path.

    The file's ending names the format by default; `options` are those of `encode`. The file is whole
    or not there at all. The folder must exist.
    Raises what `encode` raises, and OSError when the file cannot be written.

    >>> save(document, "plot.gcode").name
    'plot.gcode'
    """
    target = Path(path).absolute()
    write_atomic(target, [encode(document, format or format_of(target), **options)])
    return target
