"""A drawing's thumbnail: its lines as ink on few pixels, in few bytes."""

import importlib.util
import io
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.document import WARM_WHITE, Document
from drawscape.drawing.values import luminance, rgb
from drawscape.geometry.lines import Floats, Lines

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL_PX = 560
"""The longer side: twice that of the largest tile in a notebook, so that it is sharp on any screen."""

LARGEST_THUMBNAIL = 56_000
"""Bytes: a rose of 64 petals has 50,000."""

_LEVELS = (3, 1)
"""Steps from paper to ink. Few steps keep a lossless picture small, and its ink has its true colour.

Two steps take as many bytes as three, one step takes half.
"""

MOST_COLORS = 256
"""The limit of a picture with a palette."""

_MOST_SAMPLES = 330_000
"""Samples of a thumbnail: three for two pixels."""

_GOLDEN = (math.sqrt(5) - 1) / 2

_GAIN = 1.2
"""How much darker a line is than its share of a pixel: otherwise a thin black line would be grey."""


def thumbnail_of(document: Document) -> bytes | None:
    """Return a PNG picture of at most 56 kB, None without Pillow (the extra `png`).

    It costs some 5 to 20 ms, hardly more for a drawing of many points.
    """
    if importlib.util.find_spec("PIL") is None:
        return None
    size = THUMBNAIL_PX
    while True:
        for levels in _LEVELS:
            out = io.BytesIO()
            image_of(document, size, levels).save(out, "PNG", compress_level=1)
            if out.tell() <= LARGEST_THUMBNAIL:
                return out.getvalue()
        size = size * 3 // 4


def image_of(document: Document, longer_px: int, levels: int = _LEVELS[0]) -> "Image":
    """Return the picture, the longer side of `longer_px`; ink covers the paper in `levels` steps.

    Each pixel is the number of a colour in a small palette.
    """
    from PIL import Image

    scale = longer_px / max(document.width_mm, document.height_mm)
    most = round(_MOST_SAMPLES * (longer_px / THUMBNAIL_PX) ** 2)
    rows = max(1, round(document.height_mm * scale))
    columns = max(1, round(document.width_mm * scale))
    paper = document.paper_color or WARM_WHITE
    is_dark = luminance(paper) < 0.5
    colors = _color(paper)[None]
    numbers: NDArray[np.integer] = np.zeros((rows, columns), dtype=np.uint8)
    share = np.linspace(0, 1, levels + 1)[:, None]
    for layer in document.layers:
        ink = _ink(_samples(layer.lines, scale, most), (rows, columns))
        if len(colors) * len(share) > MOST_COLORS:
            used, numbers = np.unique(numbers, return_inverse=True)
            colors, numbers = colors[used], numbers.astype(np.int32)
        numbers *= len(share)
        # An amount of 1 is half a pixel of line.
        gain = _GAIN * min(max((layer.width_mm or 0.3) * scale, 0.75), 1.5)
        for level in range(levels):
            numbers += ink > -math.log1p(-(level + 0.5) / levels) / gain
        # Inks multiply on light paper, and cover dark paper.
        pen, ground = _color(layer.color), colors[:, None]
        colors = (ground + share * ((pen if is_dark else pen * ground) - ground)).reshape(-1, 3)
    colors = np.rint(colors * 255).astype(np.uint8)
    if len(colors) > MOST_COLORS:
        return Image.fromarray(colors[numbers])
    picture = Image.fromarray(numbers.astype(np.uint8))
    picture.putpalette(colors.tobytes())
    return picture


def _color(name: str) -> Floats:
    try:
        return np.array(rgb(name), dtype=np.float64) / 255
    except ValueError:
        return np.zeros(3)


def _ink(samples: tuple[Floats, Floats, Floats], shape: tuple[int, int]) -> Floats:
    """Return how much ink lies on each pixel: samples half a pixel apart, each spread over four."""
    rows, columns = shape
    x, y, amount = samples
    # A ring of pixels around the page receives lines outside it.
    x, y = np.clip(x - 0.5, -1, columns), np.clip(y - 0.5, -1, rows)
    left, top = np.floor(x), np.floor(y)
    right_part, below = x - left, (y - top) * amount
    above = amount - below
    right_above, right_below = above * right_part, below * right_part
    width = columns + 3
    place = ((top + 1) * width + left + 1).astype(np.int64)
    ink = np.bincount(
        np.concatenate((place, place + 1, place + width, place + width + 1)),
        np.concatenate((above - right_above, right_above, below - right_below, right_below)),
        minlength=(rows + 3) * width,
    )
    return ink.reshape(rows + 3, width)[1 : rows + 1, 1 : columns + 1]


def _samples(lines: Lines, scale: float, most: int) -> tuple[Floats, Floats, Floats]:
    """Return x and y in pixels of points half a pixel apart along all lines, and how much ink each is.

    If there are more than `most`, they are further apart, and weigh more.

    Samples run along all lines as if those were one: a curve of many points is as dark as one of few.
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
    # Samples more than 1.5 pixels apart use golden steps, or those of equal lines would form columns.
    along = (number + (0.5 if step <= 3 else number * _GOLDEN % 1)) * step
    amount = np.concatenate((np.full(count, step), np.ones(dots.sum())))
    return (
        np.concatenate((np.interp(along, reach, x), x[first[dots]])),
        np.concatenate((np.interp(along, reach, y), y[first[dots]])),
        amount,
    )
