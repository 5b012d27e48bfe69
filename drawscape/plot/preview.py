"""The pen's way through the air, drawn."""

import numpy as np

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines


def travel_lines(lines: Lines, *, start: tuple[float, float] = (0.0, 0.0)) -> Lines:
    """Return the pen-up moves as two-point lines, the first from `start`; moves of no length are left out.

    >>> travel_lines(Lines.of([[(0, 0), (10, 0)], [(10, 5), (0, 5)]])).points
    array([[10.,  0.],
           [10.,  5.]])
    """
    lines = lines.take(lines.counts > 0)
    left = np.concatenate((np.array([start], dtype=np.float64), lines.ends))[: len(lines)]
    moves = np.stack((left, lines.starts), axis=1)
    return Lines.of(moves[(moves[:, 0] != moves[:, 1]).any(axis=1)])


def with_travel(
    document: Document, *, start: tuple[float, float] = (0.0, 0.0), color: str = "#e4572e"
) -> Document:
    """Return the document with a layer 'travel' that shows the pen-up moves of all layers.

    >>> [layer.pen.name for layer in with_travel(document).layers]
    ['red', 'blue', 'travel']
    """
    travel = Lines.join(travel_lines(layer.lines, start=start) for layer in document.layers)
    # Thin, so that the drawing below stays readable.
    return document.with_layers((*document.layers, Layer("travel", color, 0.1, travel)))
