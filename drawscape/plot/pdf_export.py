"""Drawings as PDF files, layers as optional content that viewers can switch."""

import itertools
import re
import zlib

import numpy as np
import orjson

from drawscape.drawing.document import Document, Layer
from drawscape.drawing.values import MM, PT, rgb

_POINTS_PER_MM = MM / PT


def to_pdf(document: Document) -> bytes:
    """Return the drawing as a PDF file, layers as optional content that viewers can switch.

    Raises PlotError for a colour that is not known.
    """
    height = document.height_mm * _POINTS_PER_MM
    size = f"0 0 {document.width_mm * _POINTS_PER_MM:.3f} {height:.3f}"
    parts = [b"1 J 1 j\n"]
    if document.paper_color is not None:
        parts.append(f"{_color_fractions(document.paper_color)} rg {size} re f\n".encode())
    for number, layer in enumerate(document.layers):
        parts += [b"/OC /L%d BDC\n" % number, _stream(layer, height), b"EMC\n"]
    content = zlib.compress(b"".join(parts), 6)
    return _file(f"[{size}]".encode(), content, [layer.name for layer in document.layers])


def _color_fractions(color: str) -> str:
    return " ".join(f"{part / 255:.3f}" for part in rgb(color))


def _stream(layer: Layer, height: float) -> bytes:
    """Return the layer's lines as operators; PDF's y points up."""
    width = layer.pen_mm * _POINTS_PER_MM
    lines = layer.lines.drawable()
    points = lines.points * _POINTS_PER_MM
    # Plus zero: no -0.0.
    places = np.round(np.stack((points[:, 0], height - points[:, 1]), axis=1), 3) + 0.0
    out = [f"{_color_fractions(layer.color)} RG {width:.3f} w\n".encode()]
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
