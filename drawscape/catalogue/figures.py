"""What a drawing counts, and a thumbnail of it, from its lines."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.plot.export.colors import rgb
from drawscape.plot.statistics import statistics
from drawscape.svg_builder import SVGBuilder

THUMBNAIL_PX = 240
LARGEST_THUMBNAIL = 7_200
"""Bytes: in a notebook that is saved, as base64 with a caption, they are less than 10 kB."""

_MOST_SAMPLES = 400_000
_QUALITIES = (70, 45, 25, 10)


@dataclass(frozen=True)
class Figures:
    """Lines, points, ink and travel in mm, lifts, seconds; `pens` are (name, colour, minutes) each."""

    lines: int
    points: int
    ink_mm: float
    travel_mm: float
    lifts: int
    seconds: float
    pens: tuple[tuple[str, str, float], ...]

    @property
    def minutes(self) -> float:
        """How long a plotter draws it, all pens together."""
        return self.seconds / 60

    @property
    def columns(self) -> dict[str, Any]:
        """The values as the catalogue's row holds them."""
        return {**asdict(self), "pens": json.dumps(self.pens)}


def document_of(svg: SVGBuilder) -> Document:
    """Return a canvas as layers of lines."""
    layers = [Layer(pen.name, pen.color, pen.width, lines) for pen, lines in svg.layers()]
    return Document(svg.width, svg.height, tuple(layers))


def figures_of(document: Document) -> Figures:
    """Return what a drawing counts."""
    *layers, total = statistics(document)
    colors = [layer.color for layer in document.layers]
    pens = [
        (s.name, color, round(s.seconds / 60, 2)) for s, color in zip(layers, colors, strict=True)
    ]
    return Figures(
        total.lines,
        total.points,
        round(total.pen_down_mm, 1),
        round(total.pen_up_mm, 1),
        total.lifts,
        round(total.seconds, 1),
        tuple(pens),
    )


def thumbnail_of(document: Document, pixels: int = THUMBNAIL_PX) -> bytes | None:
    """Return a small WebP picture of at most 7.2 kB, None without Pillow (the extra `png`).

    Lines are laid on the pixels as points of ink, all at once: 100,000 points take some 20 ms.
    """
    try:
        from PIL import Image
    except ImportError:
        return None
    picture = Image.fromarray(_pixels(document, pixels))
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=0)
        if out.tell() <= LARGEST_THUMBNAIL:
            return out.getvalue()
    return thumbnail_of(document, pixels * 3 // 4)


def _pixels(document: Document, pixels: int) -> NDArray[np.uint8]:
    """Return the picture as (rows, columns, 3)."""
    scale = pixels / max(document.width_mm, document.height_mm)
    rows = max(1, round(document.height_mm * scale))
    columns = max(1, round(document.width_mm * scale))
    light = np.ones((rows, columns, 3))
    for layer in document.layers:
        ink = _coverage(layer.lines, scale, (rows, columns), (layer.width_mm or 0.3) * scale)
        light *= 1 - ink[:, :, None] * (1 - _color(layer.color))
    return np.rint(light * 255).astype(np.uint8)


def _color(name: str) -> NDArray[np.float64]:
    try:
        return np.array(rgb(name), dtype=np.float64) / 255
    except ValueError:
        return np.zeros(3)


def _coverage(
    lines: Lines, scale: float, shape: tuple[int, int], width_px: float
) -> NDArray[np.float64]:
    """Return how much of each pixel is covered, 0 to 1: samples half a pixel apart, spread over two."""
    places, amount = _samples(lines, scale)
    rows, columns = shape
    low = np.floor(places - 0.5).astype(np.int64)
    part = places - 0.5 - low
    ink = np.zeros(rows * columns)
    for dx in (0, 1):
        for dy in (0, 1):
            x, y = low[:, 0] + dx, low[:, 1] + dy
            inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
            weight = amount * np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            ink += np.bincount((y * columns + x)[inside], weight[inside], minlength=rows * columns)
    # An amount of 1 is half a pixel of line; a pen finer than a pixel still leaves a grey one.
    cover = 1 - np.exp(-ink * 0.5 * min(max(width_px, 0.5), 1.5))
    return np.asarray(cover, dtype=np.float64).reshape(shape)


def _samples(lines: Lines, scale: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points half a pixel apart along all lines, (N, 2) in pixels, and how much ink each is, (N,).

    A piece shorter than half a pixel is one point with less ink, so that a curve of many points is no
    darker than one of few; a line shorter than that is a whole one. Of very many points there are only some.
    """
    points = lines.points * scale
    if len(points) < 2:
        return points, np.ones(len(points))
    begins = np.ones(len(points) - 1, dtype=bool)
    begins[lines.offsets[1:-1] - 1] = False
    a, b = points[:-1][begins], points[1:][begins]
    halves = np.hypot(*(b - a).T) * 2
    counts = np.ceil(halves).astype(np.int64).clip(1)
    lengths = np.bincount(
        np.repeat(np.arange(len(lines)), lines.counts - 1), halves, minlength=len(lines)
    )
    dots, missing = points[lines.offsets[:-1]][lengths < 1], 1 - lengths[lengths < 1]
    if counts.sum() > _MOST_SAMPLES:
        most = max(1, int(len(a) * _MOST_SAMPLES / counts.sum()))
        keep = np.linspace(0, len(a) - 1, most).astype(int)
        a, b, halves, counts = a[keep], b[keep], halves[keep], counts[keep]
    first = np.repeat(np.cumsum(counts) - counts, counts)
    t = (np.arange(counts.sum()) - first) / np.repeat(counts, counts)
    samples = np.repeat(a, counts, axis=0) + t[:, None] * np.repeat(b - a, counts, axis=0)
    amounts = np.repeat(halves / counts, counts)
    return np.concatenate((samples, dots)), np.concatenate((amounts, missing))
