"""A drawing as viewer.js wants it: a header and binary arrays, never SVG text.

The contract between Python and viewer.js, which a web page may use by itself (`mount(el, header, buffers)`):

- `header` is JSON: `title`, `width_mm`, `height_mm`, `paper` (a CSS colour), `units_per_mm`, `plotter`
  (`draw_mm_s`, `travel_mm_s`, `lift_s`), `marks` (a list of `{x, y, text}` in mm), and `layers`, in
  plotting order, each with `name`, `color`, `width_mm`, `seconds` (the estimated time, pen-up moves
  included) and `wide`.
  `blink` shows the layers of one name at a time, in turn.
- `buffers` holds two arrays a layer, little-endian. The first has x and y of each point in turn, as the
  difference from the point before (the first from 0, 0; lines follow one another without a break), in
  1 / `units_per_mm` mm: int32 where `wide`, else int16. The second has the number of points of each
  line, uint32.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from drawscape.drawing.document import Document, Layer
from drawscape.plot import Plotter, layer_statistics

UNITS_PER_MM = 100
"""A plotter's step is about that, and two points of an A0 sheet fit into an int32 a thousand times."""

DEFAULT_PEN_MM = 0.3


@dataclass(frozen=True)
class DrawingData:
    """What viewer.js is handed; see the first lines of this module."""

    header: dict[str, Any]
    buffers: list[bytes]


def drawing_data(
    document: Document,
    *,
    title: str = "drawing",
    paper: str = "#fff",
    plotter: Plotter | None = None,
    marks: Iterable[Mapping[str, Any]] = (),
    blink: bool = False,
) -> DrawingData:
    """Return `document` as the viewer wants it: 4 bytes a point, as a rule."""
    plotter = plotter or Plotter()
    layers = [_layer_data(layer, plotter) for layer in document.layers]
    header = {
        "title": title,
        "width_mm": document.width_mm,
        "height_mm": document.height_mm,
        "paper": paper,
        "units_per_mm": UNITS_PER_MM,
        "plotter": {
            "draw_mm_s": plotter.draw_speed,
            "travel_mm_s": plotter.travel_speed,
            "lift_s": plotter.raise_s + plotter.lower_s,
        },
        "blink": blink,
        "marks": [dict(mark) for mark in marks],
        "layers": [entry for entry, _ in layers],
    }
    return DrawingData(header, [buffer for _, buffers in layers for buffer in buffers])


def _layer_data(layer: Layer, plotter: Plotter) -> tuple[dict[str, Any], list[bytes]]:
    lines = layer.lines.take(layer.lines.counts > 0)
    whole = np.rint(lines.points * UNITS_PER_MM).astype(np.int64)
    deltas = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    wide = bool(len(deltas)) and int(np.abs(deltas).max()) > np.iinfo(np.int16).max
    entry = {
        "name": layer.name or "pen",
        "color": layer.color,
        "width_mm": layer.width_mm or DEFAULT_PEN_MM,
        "seconds": layer_statistics(lines, plotter=plotter).seconds,
        "wide": wide,
    }
    points = deltas.astype("<i4" if wide else "<i2").tobytes()
    return entry, [points, lines.counts.astype("<u4").tobytes()]
