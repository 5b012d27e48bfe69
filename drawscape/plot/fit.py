"""A drawing scaled, turned and centred on another sheet."""

import math

import numpy as np

from drawscape.drawing.document import Document
from drawscape.errors import PlotError
from drawscape.geometry.lines import Floats


def fit(
    document: Document,
    width_mm: float,
    height_mm: float,
    *,
    margin_mm: float = 10.0,
    rotate: bool = True,
    enlarge: bool = True,
) -> Document:
    """Return the drawing as large as a sheet of `width_mm` x `height_mm` allows, centred on it.

    It is turned by 90 degrees where it becomes larger that way, unless `rotate` is False. Without
    `enlarge` it is only ever made smaller. Pens keep their widths.
    Raises PlotError when the margins leave no room.

    >>> sheet = fit(document, 210, 297, margin_mm=15)
    >>> sheet.width_mm, sheet.height_mm
    (210, 297)
    """
    room = np.array([width_mm - 2 * margin_mm, height_mm - 2 * margin_mm])
    sizes = (width_mm, height_mm, margin_mm)
    if not all(map(math.isfinite, sizes)) or margin_mm < 0 or (room <= 0).any():
        raise PlotError(
            f"a sheet of {width_mm} x {height_mm} mm has no room in margins of {margin_mm}"
        )
    bounds = document.lines.bounds
    if bounds is None:
        return Document(
            width_mm, height_mm, document.layers, document.unsupported, document.metadata
        )
    low, high = np.array(bounds[:2]), np.array(bounds[2:])
    size = high - low
    turned = rotate and _scale(size[::-1], room) > _scale(size, room) * (1 + 1e-9)
    scale = _scale(size[::-1] if turned else size, room)
    scale = scale if enlarge else min(scale, 1.0)
    # A quarter turn: x becomes down, y becomes left.
    matrix = scale * (np.array([[0.0, -1.0], [1.0, 0.0]]) if turned else np.eye(2))
    shift = np.array([width_mm, height_mm]) / 2 - matrix @ ((low + high) / 2)
    layers = tuple(
        layer.with_lines(layer.lines.with_points(layer.lines.points @ matrix.T + shift))
        for layer in document.layers
    )
    return Document(width_mm, height_mm, layers, document.unsupported, document.metadata)


def _scale(size: Floats, room: Floats) -> float:
    """Return how much a box may grow within the room; a box without extent keeps its size."""
    ratios = [space / side for side, space in zip(size, room, strict=True) if side > 0]
    return float(min(ratios, default=1.0))
