"""The formats of files that a drawing is written in: one table, which all faces read.

SVG, PNG and PDF are written here, G-code and HPGL beside. A format that is added has a writer and a row.
"""

import io
import itertools
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from drawscape.atomic import write_atomic
from drawscape.drawing.document import WARM_WHITE, Document, Layer
from drawscape.drawing.values import INCH, MM, PT, check_number, luminance, rgb
from drawscape.errors import MissingExtraError, PlotError
from drawscape.plot.gcode_export import to_gcode
from drawscape.plot.hpgl_export import to_hpgl
from drawscape.plot.pipeline import optimize


def to_svg(document: Document) -> bytes:
    """Return the drawing as an SVG file; layers keep name, colour and width, two decimals are written.

    Where the document's metadata are a drawing's provenance, the file says what it is derived from. It
    is an export and never taken for the drawing itself.
    """
    return _written(document, _derived(document.metadata))


def _written(document: Document, provenance: dict[str, object] | None) -> bytes:
    from drawscape.svg_builder import SVGBuilder

    svg = SVGBuilder(document.width_mm, document.height_mm)
    svg.provenance = provenance
    svg.paper_color = document.paper_color
    for name, layer in _distinct(document.layers):
        with svg.layer(name, color=layer.color, width=layer.pen_mm):
            svg.polylines(layer.lines)
    return svg.to_bytes()


def ordered_svg(svg: "SVGBuilder", order: Callable[[Document], Document] = optimize) -> bytes:
    """Return the canvas as an SVG file with its lines merged and in order, curves as polylines.

    Its metadata says so, so that the drawing can be drawn again byte for byte.

    >>> from drawscape.svg_builder import SVGBuilder
    >>> svg = SVGBuilder(50, 20).line(5, 5, 20, 5).line(40, 5, 20, 5)
    >>> ordered_svg(svg).count(b"<polyline")
    1
    """
    return _written(order(svg.document()), {**(svg.provenance or {}), "ordered": True})


def _derived(metadata: str | None) -> dict[str, object] | None:
    try:
        found = json.loads(metadata or "null")
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    origin = found.get("derived_from") or found.get("recipe") or "a drawing of version 0.2"
    kept = {name: value for name, value in found.items() if name not in ("recipe", "request")}
    return {**kept, "derived_from": origin}


def _distinct(layers: tuple[Layer, ...]) -> Iterator[tuple[str, Layer]]:
    """Yield the layers with different names: in a file, a name used twice would be one layer."""
    seen: set[str] = set()
    for layer in layers:
        name, number = layer.name.strip() or "pen", 2
        while name in seen:
            name, number = f"{layer.name} ({number})", number + 1
        seen.add(name)
        yield name, layer


_POINTS_PER_MM = MM / PT


def to_pdf(document: Document) -> bytes:
    """Return the drawing as a PDF file, layers as optional content that viewers can switch.

    Raises PlotError for a colour that is not known.
    """
    height = document.height_mm * _POINTS_PER_MM
    size = f"0 0 {document.width_mm * _POINTS_PER_MM:.3f} {height:.3f}"
    parts = [b"1 J 1 j\n"]
    if document.paper_color is not None:
        parts.append(f"{_shares(document.paper_color)} rg {size} re f\n".encode())
    for number, layer in enumerate(document.layers):
        parts += [b"/OC /L%d BDC\n" % number, _stream(layer, height), b"EMC\n"]
    content = zlib.compress(b"".join(parts), 6)
    return _file(f"[{size}]".encode(), content, [layer.name for layer in document.layers])


def _shares(color: str) -> str:
    return " ".join(f"{part / 255:.3f}" for part in rgb(color))


def _stream(layer: Layer, height: float) -> bytes:
    """Return the layer's lines as operators; PDF's y points up."""
    width = layer.pen_mm * _POINTS_PER_MM
    lines = layer.lines.drawable()
    points = lines.points * _POINTS_PER_MM
    # Plus zero: no -0.0.
    places = np.round(np.stack((points[:, 0], height - points[:, 1]), axis=1), 3) + 0.0
    out = [f"{_shares(layer.color)} RG {width:.3f} w\n".encode()]
    for first, last in itertools.pairwise(lines.offsets.tolist()):
        text = orjson.dumps(places[first:last], option=orjson.OPT_SERIALIZE_NUMPY)[2:-2]
        begin, _, rest = text.replace(b"],[", b"\n").replace(b",", b" ").partition(b"\n")
        out.append(begin + b" m\n" + rest.replace(b"\n", b" l\n") + b" l S\n")
    return b"".join(out)


def _file(page: bytes, content: bytes, names: list[str]) -> bytes:
    layers = [b"%d 0 R" % (5 + k) for k in range(len(names))]
    references = b" ".join(layers)
    resources = b" ".join(b"/L%d %s" % (k, layer) for k, layer in enumerate(layers))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [%s] /D << /Order [%s] >> >> >>"
        % (references, references),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R "
        b"/Resources << /Properties << %s >> >> >>" % (page, resources),
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
        *(b"<< /Type /OCG /Name %s >>" % _text(name) for name in names),
    ]
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def _text(text: str) -> bytes:
    """Return a PDF string: in plain ASCII as it is, else UTF-16 in hexadecimal."""
    if re.fullmatch(r"[ -~]*", text):
        return b"(" + re.sub(r"([\\()])", r"\\\1", text).encode() + b")"
    return b"<FEFF" + text.encode("utf-16-be", "replace").hex().upper().encode() + b">"


if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

    from drawscape.svg_builder import SVGBuilder

# Twice as large is where steps cease to show; pens below two pixels need more to get their width right.
_SUPERSAMPLING = 2
_FINE_SUPERSAMPLING = 4
# A sheet of A1 at 300 dpi; beyond it the picture would take gigabytes.
_MOST_PIXELS = 100_000_000


def to_png(document: Document, *, dpi: float = 150.0, background: str | None = None) -> bytes:
    """Return the drawing as a PNG file of `dpi` pixels per inch, on its paper's colour or `background`.

    Inks of several layers multiply on light paper, as glazes do; on dark paper they cover.

    Raises MissingExtraError without Pillow (the extra `png`), PlotError for a resolution that gives no
    picture or too large a one, and for an unknown colour.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise MissingExtraError("PNG export", "png") from error
    check_number(dpi=dpi)
    scale = dpi / INCH
    width = max(round(document.width_mm * dpi / INCH), 1)
    height = max(round(document.height_mm * dpi / INCH), 1)
    if width * height > _MOST_PIXELS:
        raise PlotError(f"dpi={dpi:g} makes a picture of {width} x {height} pixels; choose fewer")
    finest = min((layer.pen_mm for layer in document.layers), default=1.0) * scale
    factor = _FINE_SUPERSAMPLING if finest < 2 else _SUPERSAMPLING
    paper = background or document.paper_color or WARM_WHITE
    light = np.full((height, width, 3), rgb(paper), dtype=np.float32) / 255
    is_dark = luminance(paper) < 0.5
    for layer in document.layers:
        mask = Image.new("L", (width * factor, height * factor), 0)
        _draw(ImageDraw.Draw(mask), layer, scale * factor)
        cover = np.asarray(mask.reduce(factor), dtype=np.float32)[..., None] / 255
        ink = np.array(rgb(layer.color), dtype=np.float32) / 255
        # Inks are glazes that darken light paper, and cover dark paper as gel pens do.
        light += cover * ((ink if is_dark else light * ink) - light)
    picture = Image.fromarray(np.rint(light * 255).astype(np.uint8))
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi), compress_level=6)
    return out.getvalue()


def _draw(pencil: "ImageDraw", layer: Layer, scale: float) -> None:
    """Draw the layer's lines with round ends; `scale` is in pixels per mm."""
    width = max(round(layer.pen_mm * scale), 1)
    places = np.round(layer.lines.points * scale, 2)
    flat = places.ravel().tolist()
    joint = "curve" if width > 3 else None
    bounds = (2 * layer.lines.offsets).tolist()
    for first, last in itertools.pairwise(bounds):
        pencil.line(flat[first:last], fill=255, width=width, joint=joint)
    if width > 2:
        radius = (width - 1) / 2
        ends = np.concatenate((layer.lines.starts, layer.lines.ends)) * scale
        for x, y in np.unique(np.round(ends, 1), axis=0).tolist():
            pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


Format = str


@dataclass(frozen=True)
class Exporter:
    """A format: its title, the file names' endings, and the function that writes it.

    `writer` takes the document, and those of the options of `encode` that `options` names.
    """

    title: str
    suffixes: tuple[str, ...]
    writer: Callable[..., str | bytes]
    options: tuple[str, ...] = ()


EXPORTERS: dict[Format, Exporter] = {
    "svg": Exporter("SVG", (".svg",), to_svg),
    "png": Exporter("PNG", (".png",), to_png, ("dpi",)),
    "pdf": Exporter("PDF", (".pdf",), to_pdf),
    "gcode": Exporter("G-code", (".gcode", ".nc", ".ngc"), to_gcode, ("profile", "outside")),
    "hpgl": Exporter("HPGL", (".hpgl", ".plt", ".hpg"), to_hpgl, ("device", "outside")),
}
FORMATS: tuple[Format, ...] = tuple(EXPORTERS)
SUFFIXES = {suffix: name for name, exporter in EXPORTERS.items() for suffix in exporter.suffixes}


def menu_of_formats() -> list[tuple[str, Format]]:
    """Return the title and the name of each format, for a menu."""
    return [(exporter.title, name) for name, exporter in EXPORTERS.items()]


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that a file name's ending stands for.

    Raises PlotError when it stands for none.

    >>> format_of("plot.nc")
    'gcode'
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise PlotError(
            f"file name {str(path)!r} has no known ending; use one of {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[suffix]


def encode(document: Document, format: Format, **options: Any) -> bytes:
    """Return the drawing, as it stands, as the content of a file of `format`.

    Options that other formats have are left out: `profile` (a GcodeProfile) for G-code, `dpi` for PNG,
    and `device` for HPGL. For both machines' files `outside` says what becomes of lines beyond reach:
    'refuse', 'crop' or 'keep'.
    Raises PlotError for an unknown format, an option of none, and what the format cannot hold;
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
    format: Format | None = None,
    **options: Any,
) -> Path:
    """Write the drawing, as it stands, and return the file's absolute path.

    The file's ending names the format by default; `options` are those of `encode`. The file is complete
    or not there at all. The folder must exist.
    Raises what `encode` raises, and OSError when the file cannot be written.

    >>> save(document, "plot.gcode").name
    'plot.gcode'
    """
    target = Path(path).absolute()
    write_atomic(target, [encode(document, format or format_of(target), **options)])
    return target
