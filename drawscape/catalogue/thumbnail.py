"""A drawing's thumbnail: its lines laid on few pixels as ink, and those in few bytes."""

import io
import math

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.document import Document
from drawscape.drawing.paper import WARM_WHITE
from drawscape.drawing.values import luminance, rgb
from drawscape.geometry.lines import Floats, Lines

Shades = NDArray[np.float32]

THUMBNAIL_PX = 560
"""The longer side: twice that of the largest tile in a notebook, so that it is sharp on any screen."""

LARGEST_THUMBNAIL = 56_000
"""Bytes: a rose of 64 petals has 50,000."""

_LEVELS = (3, 1)
"""Steps from paper to ink. Few of them keep a lossless picture small, and its ink has its true colour.

Two steps take as many bytes as three, one half of it.
"""

_MOST_SAMPLES = 330_000
"""Of a thumbnail: three for two pixels."""

_GOLDEN = (math.sqrt(5) - 1) / 2

_GAIN = 1.2
"""How much darker than its share of a pixel a line is: else a thin black one would be grey."""


def thumbnail_of(document: Document) -> bytes | None:
    """Return a WebP picture of at most 56 kB, None without Pillow (the extra `png`).

    It costs some 20 ms, hardly more for a drawing of many points.
    """
    try:
        from PIL import Image
    except ImportError:
        return None
    size = THUMBNAIL_PX
    while True:
        for levels in _LEVELS:
            out = io.BytesIO()
            picture = Image.fromarray(pixels_of(document, size, levels=levels))
            picture.save(out, "WEBP", lossless=True, quality=0, method=0)
            if out.tell() <= LARGEST_THUMBNAIL:
                return out.getvalue()
        size = size * 3 // 4


def pixels_of(document: Document, longer_px: int, *, levels: int = 255) -> NDArray[np.uint8]:
    """Return the picture as (rows, columns, 3), the longer side of `longer_px`.

    Ink covers the paper in one of so many `levels`.
    """
    scale = longer_px / max(document.width_mm, document.height_mm)
    most = round(_MOST_SAMPLES * (longer_px / THUMBNAIL_PX) ** 2)
    rows = max(1, round(document.height_mm * scale))
    columns = max(1, round(document.width_mm * scale))
    paper = _color(document.paper_color or WARM_WHITE).astype(np.float32)
    is_dark = luminance(document.paper_color or WARM_WHITE) < 0.5
    light = np.repeat(paper, rows * columns).reshape(3, rows, columns)
    for layer in document.layers:
        samples = _samples(layer.lines, scale, most)
        ink = _coverage(samples, (rows, columns), (layer.width_mm or 0.3) * scale)
        ink = (np.rint(ink * levels) / levels).astype(np.float32)
        for channel, value in zip(light, _color(layer.color).astype(np.float32), strict=True):
            # Inks darken light paper together, and cover dark paper.
            channel += ink * ((value if is_dark else value * channel) - channel)
    return np.ascontiguousarray(np.rint(light * 255).astype(np.uint8).transpose(1, 2, 0))


def _color(name: str) -> Floats:
    try:
        return np.array(rgb(name), dtype=np.float64) / 255
    except ValueError:
        return np.zeros(3)


def _coverage(
    samples: tuple[Floats, Floats, Floats], shape: tuple[int, int], width_px: float
) -> Shades:
    """Return how much of each pixel is covered, 0 to 1: samples half a pixel apart, spread over two."""
    rows, columns = shape
    x, y, amount = samples
    # With a ring of pixels around the page, where what lies outside of it ends up.
    x, y = np.clip(x - 0.5, -1, columns), np.clip(y - 0.5, -1, rows)
    left, top = np.floor(x), np.floor(y)
    right_part, bottom_part = x - left, (y - top) * amount
    top_part = amount - bottom_part
    place = ((top + 1) * (columns + 3) + left + 1).astype(np.int64)
    ink = np.zeros((rows + 3) * (columns + 3))
    for step, part in ((0, top_part), (columns + 3, bottom_part)):
        right = part * right_part
        ink += np.bincount(place + step, part - right, minlength=len(ink))
        ink += np.bincount(place + step + 1, right, minlength=len(ink))
    inner = ink.reshape(rows + 3, columns + 3)[1 : rows + 1, 1 : columns + 1].astype(np.float32)
    # An amount of 1 is half a pixel of line.
    cover: Shades = 1 - np.exp(inner * np.float32(-_GAIN * min(max(width_px, 0.75), 1.5)))
    return cover


def _samples(lines: Lines, scale: float, most: int) -> tuple[Floats, Floats, Floats]:
    """Return x and y in pixels of points half a pixel apart along all lines, and how much ink each is.

    Of more than `most` they are further apart, and weigh more.

    They are counted along all lines as if those were one: a curve of many points is as dark as one of few.
    A line shorter than half a pixel is one point.
    """
    if not len(lines.points):
        return np.empty(0), np.empty(0), np.empty(0)
    x, y = np.ascontiguousarray(lines.points.T) * scale
    across, down = np.diff(x), np.diff(y)
    halves = np.sqrt(across * across + down * down) * 2
    halves[lines.offsets[1:-1] - 1] = 0  # nothing is drawn from one line to the next
    reach = np.concatenate(([0.0], np.cumsum(halves)))
    first = lines.offsets[:-1]
    dots = reach[lines.offsets[1:] - 1] - reach[first] < 1
    if dots.any():
        halves[np.repeat(dots, lines.counts)[:-1]] = 0
        reach = np.concatenate(([0.0], np.cumsum(halves)))
    count = min(math.ceil(reach[-1]), most)
    step, number = reach[-1] / max(count, 1), np.arange(count)
    # Samples more than 1.5 pixels apart take golden steps: those of equal lines would stand in columns.
    along = (number + (0.5 if step <= 3 else number * _GOLDEN % 1)) * step
    amount = np.concatenate((np.full(count, step), np.ones(dots.sum())))
    return (
        np.concatenate((np.interp(along, reach, x), x[first[dots]])),
        np.concatenate((np.interp(along, reach, y), y[first[dots]])),
        amount,
    )
