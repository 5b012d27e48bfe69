"""A drawing's thumbnail: its lines laid on few pixels as ink, and those in few bytes."""

import io
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.document import Document
from drawscape.geometry.lines import Floats, Lines
from drawscape.plot.export.colors import rgb

if TYPE_CHECKING:
    from PIL.Image import Image

Shades = NDArray[np.float32]

THUMBNAIL_PX = 240
LARGEST_THUMBNAIL = 7_200
"""Bytes: in a notebook that is saved, as base64 with a caption, they are less than 10 kB."""

_MOST_SAMPLES = 60_000
"""Of a thumbnail: three for two pixels."""

_GOLDEN = (math.sqrt(5) - 1) / 2

_QUALITIES = (10, 25, 45, 70)
_LOG_BYTES = (-0.65, -0.28, 0.0, 0.19)
"""How many bytes each quality takes, as logarithms beside the third: medians of the library's sketches."""

_DENSEST = 0.5
"""How much too large, as a logarithm, a picture may be at the third quality; beyond it has fewer pixels."""


def thumbnail_of(document: Document) -> bytes | None:
    """Return a small WebP picture of at most 7.2 kB, None without Pillow (the extra `png`).

    Its cost hardly grows with the drawing: 100,000 points take two to three times as long as 3,000.
    """
    try:
        from PIL import Image
    except ImportError:
        return None
    pixels = pixels_of(document, THUMBNAIL_PX)
    picture, over = Image.fromarray(pixels), _expected_over(pixels)
    while True:
        while over > _DENSEST:
            picture, over = _smaller(picture), over - 0.5
        quality = round(np.interp(-over, _LOG_BYTES, _QUALITIES))
        data = _webp(picture, quality)
        if len(data) <= LARGEST_THUMBNAIL:
            return data
        took = math.log(len(data) / LARGEST_THUMBNAIL)
        over = took - float(np.interp(quality, _QUALITIES, _LOG_BYTES)) + 0.05


def _expected_over(pixels: NDArray[np.uint8]) -> float:
    """Return the logarithm of how much too large the picture may be at the third quality.

    Bytes grow with the sum of all steps from pixel to pixel to the power 0.77, give or take a fifth, which
    is added: so one coding does for nine of ten, where a search would take three or four.
    """
    grey = pixels[:, :, 1].astype(np.int16)
    steps = np.abs(np.diff(grey, axis=0)).sum() + np.abs(np.diff(grey, axis=1)).sum()
    return 2.14 + 0.24 + 0.77 * math.log(max(int(steps) / 255, 1)) - math.log(LARGEST_THUMBNAIL)


def _smaller(picture: "Image") -> "Image":
    from PIL.Image import Resampling

    width, height = (max(1, side * 3 // 4) for side in picture.size)
    return picture.resize((width, height), Resampling.BILINEAR)


def _webp(picture: "Image", quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=quality, method=2)
    return out.getvalue()


def pixels_of(document: Document, longer_px: int) -> NDArray[np.uint8]:
    """Return the picture as (rows, columns, 3), the longer side of `longer_px`."""
    scale = longer_px / max(document.width_mm, document.height_mm)
    # Dots are seen for what they are in a larger picture: there a line has four times as many.
    larger = longer_px / THUMBNAIL_PX
    most = round(_MOST_SAMPLES * larger**2 * (4 if larger > 1 else 1))
    rows = max(1, round(document.height_mm * scale))
    columns = max(1, round(document.width_mm * scale))
    light = np.ones((3, rows, columns), dtype=np.float32)
    for layer in document.layers:
        samples = _samples(layer.lines, scale, most)
        ink = _coverage(samples, (rows, columns), (layer.width_mm or 0.3) * scale)
        for channel, value in zip(light, _color(layer.color), strict=True):
            channel *= 1 - ink * np.float32(1 - value)
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
    # An amount of 1 is half a pixel of line; a pen finer than a pixel still leaves a grey one.
    cover: Shades = 1 - np.exp(inner * np.float32(-0.5 * min(max(width_px, 0.5), 1.5)))
    return cover


def _samples(lines: Lines, scale: float, most: int) -> tuple[Floats, Floats, Floats]:
    """Return x and y in pixels of points half a pixel apart along all lines, and how much ink each is.

    Of more than `most` they are further apart, and weigh more.

    They are counted along all lines as if those were one, so that a curve of many points is no darker,
    nor dearer, than one of few. A line shorter than half a pixel is one point.
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
