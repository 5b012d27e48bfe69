"""The file formats of drawings: one table, which the whole program reads.

A new format needs a writer, in a separate module, and a row.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drawscape.atomic import write_atomic
from drawscape.drawing.document import Document
from drawscape.errors import PlotError
from drawscape.plot.gcode_export import to_gcode
from drawscape.plot.hpgl_export import to_hpgl
from drawscape.plot.pdf_export import to_pdf
from drawscape.plot.png_export import to_png
from drawscape.plot.svg_export import to_svg

FormatName = str


@dataclass(frozen=True)
class Exporter:
    """A format: its title, the file names' endings, and the function that writes it.

    `writer` takes the document, and the options of `encode` that `options` names.
    """

    title: str
    suffixes: tuple[str, ...]
    writer: Callable[..., str | bytes]
    options: tuple[str, ...] = ()


EXPORTERS: dict[FormatName, Exporter] = {
    "svg": Exporter("SVG", (".svg",), to_svg),
    "png": Exporter("PNG", (".png",), to_png, ("dpi",)),
    "pdf": Exporter("PDF", (".pdf",), to_pdf),
    "gcode": Exporter("G-code", (".gcode", ".nc", ".ngc"), to_gcode, ("profile", "outside")),
    "hpgl": Exporter("HPGL", (".hpgl", ".plt", ".hpg"), to_hpgl, ("device", "outside")),
}
FORMATS: tuple[FormatName, ...] = tuple(EXPORTERS)
SUFFIXES = {suffix: name for name, exporter in EXPORTERS.items() for suffix in exporter.suffixes}


def menu_of_formats() -> list[tuple[str, FormatName]]:
    """Return the title and the name of each format, for a menu."""
    return [(exporter.title, name) for name, exporter in EXPORTERS.items()]


def format_of(path: str | os.PathLike[str]) -> FormatName:
    """Return the format of a file name's ending.

    Raises PlotError for an unknown ending.

    >>> format_of("plot.nc")
    'gcode'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise PlotError(
            f"file name {str(path)!r} has no known ending; use one of {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[suffix]


def encode(document: Document, format: FormatName, **options: Any) -> bytes:
    """Return the unchanged drawing as the content of a file of `format`.

    Options of other formats are ignored: `profile` (a GcodeProfile) for G-code, `dpi` for PNG, and
    `device` for HPGL. For G-code and HPGL, `outside` is what happens to lines out of reach: 'refuse',
    'crop' or 'keep'.
    Raises PlotError for an unknown format, an unknown option, and a drawing that the format cannot hold;
    MissingExtraError.
    """
    if format not in EXPORTERS:
        raise PlotError(f"format={format!r}: choose one of {', '.join(FORMATS)}")
    known = {name for exporter in EXPORTERS.values() for name in exporter.options}
    if unknown := options.keys() - known:
        raise PlotError(f"no option {min(unknown)!r}: choose from {', '.join(sorted(known))}")
    for layer in document.layers:
        if not np.isfinite(layer.lines.points).all():
            raise PlotError(f"layer {layer.name!r} holds a point that is not finite; leave it out")
    exporter = EXPORTERS[format]
    chosen = {name: value for name, value in options.items() if name in exporter.options}
    content = exporter.writer(document, **chosen)
    return content.encode("ascii") if isinstance(content, str) else content


def save(
    document: Document,
    path: str | os.PathLike[str],
    *,
    format: FormatName | None = None,
    **options: Any,
) -> Path:
    """Write the unchanged drawing, and return the file's absolute path.

    The file's ending names the format by default; `options` are those of `encode`. The file is complete
    or missing. The folder must exist.
    Raises what `encode` raises, and OSError when the file cannot be written.

    >>> save(document, "plot.gcode").name
    'plot.gcode'
    """
    target = Path(path).absolute()
    write_atomic(target, [encode(document, format or format_of(target), **options)])
    return target
