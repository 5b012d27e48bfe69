"""Drawings as PNG pictures: the inks as they look on their paper."""

import io
import itertools
from typing import TYPE_CHECKING

import numpy as np

from drawscape.drawing.document import WARM_WHITE, Document, Layer
from drawscape.drawing.values import INCH, check_number, luminance, rgb
from drawscape.errors import MissingExtraError, PlotError

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

# At twice the size, steps no longer show; pens below two pixels need more for their right width.
_SUPERSAMPLING = 2
_FINE_SUPERSAMPLING = 4
# A sheet of A1 at 300 dpi; beyond it the picture would take gigabytes.
_MOST_PIXELS = 100_000_000


def to_png(document: Document, *, dpi: float = 150.0, background: str | None = None) -> bytes:
    """Return the drawing as a PNG file of `dpi` pixels per inch, on its paper's colour or `background`.

    Inks of several layers multiply on light paper, as glazes do; on dark paper they cover.

    Raises MissingExtraError without Pillow (the extra `png`), PlotError for a resolution that gives an
    empty or too large picture, and for an unknown colour.
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
