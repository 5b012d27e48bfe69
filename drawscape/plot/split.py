"""One drawing as several: a file per pen, or per filling of ink."""

import math

import numpy as np

from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError


def split_layers(document: Document) -> tuple[Document, ...]:
    """Return a document per layer.

    >>> [page.layers[0].pen.name for page in split_layers(document)]
    ['red', 'blue']
    """
    return tuple(document.with_layers((layer,)) for layer in document.layers)


def split_ink(document: Document, *, metres: float) -> tuple[Document, ...]:
    """Return documents with at most `metres` of pen-down length each, layer by layer, in order.

    A line is never cut: one that is longer by itself gets a document of its own.
    Raises PlotError when `metres` is not positive.

    >>> len(split_ink(document, metres=0.2))
    2
    """
    if not (math.isfinite(metres) and metres > 0):
        raise PlotError(f"metres={metres!r}: a pen's filling has a positive length")
    return tuple(
        document.with_layers((part,))
        for layer in document.layers
        for part in _fillings(layer, metres * 1000)
    )


def _fillings(layer: Layer, most_mm: float) -> list[Layer]:
    parts, first, used = [], 0, 0.0
    for index, length in enumerate(layer.lines.lengths_mm.tolist()):
        if index > first and used + length > most_mm:
            parts.append(layer.with_lines(layer.lines.take(np.arange(first, index))))
            first, used = index, 0.0
        used += length
    parts.append(layer.with_lines(layer.lines.take(np.arange(first, len(layer.lines)))))
    return parts
