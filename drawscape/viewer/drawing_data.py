"""A drawing as viewer.js wants it: a header and binary arrays, never SVG text.

The contract between Python and viewer.js. A web page may use viewer.js alone: `mount(el, header, buffers)`.

- `header` is JSON: `title`, `width_mm`, `height_mm`, `paper` (a CSS colour), `units_per_mm`, `plotter` and
  `layers`. A plotter has `draw_mm_s`, `travel_mm_s`, `lift_s`. The layers are in plotting order, each with
  `name`, `color`, `width_mm`, `wide` and `seconds`. Those are the estimated time, pen-up moves included;
  they are null above MOST_TIMED points. `rough` says that the same drawing follows with all its points.
- `buffers` holds two arrays a layer, little-endian. The first has x and y of each point in turn, as the
  difference from the point before, the first from 0, 0. Lines follow one another without a break. The unit is
  1 / `units_per_mm` mm: int32 where `wide`, else int16. The second has the number of points of each line,
  uint32.

`findings` are what `preflight` sees, one entry each: `concern`, `text`, and `places`, a list of x and y
in mm.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from drawscape.drawing.document import WARM_WHITE, Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.machine.ink import metres_left
from drawscape.plot import Plotter, layer_statistics, preflight

UNITS_PER_MM = 100
"""A plotter's step is about that, and an A0 sheet fits into an int32 a thousand times."""

ROUGH_POINTS = 1_000_000
"""A drawing with more points comes twice, first with one point in _ROUGH_EVERY."""

_ROUGH_EVERY = 8

MOST_TIMED = 500_000
"""Points of a layer whose time is estimated before it is shown: a tenth of a second."""


@dataclass(frozen=True)
class DrawingData:
    """The data for viewer.js, as the first lines of this module describe it."""

    header: dict[str, Any]
    buffers: list[bytes]

    def packed(self) -> bytes:
        """Return all of it in one piece, for a page that asks by HTTP; `unpack` of viewer.js splits it.

        The header's length, uint32; the header with `bytes`, the lengths of the arrays, and blanks up to
        a multiple of four bytes; the arrays.
        """
        header = json.dumps({**self.header, "bytes": [len(each) for each in self.buffers]}).encode()
        header += b" " * (-len(header) % 4)
        return b"".join([len(header).to_bytes(4, "little"), header, *self.buffers])


def drawing_data(
    document: Document, *, title: str = "drawing", paper: str = WARM_WHITE
) -> DrawingData:
    """Return `document` as the viewer wants it: 4 bytes a point, as a rule."""
    plotter = Plotter()
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
        "layers": [entry for entry, _ in layers],
    }
    return DrawingData(header, [buffer for _, buffers in layers for buffer in buffers])


def roughly(document: Document) -> Document:
    """Return `document` with some points of each line, if it has more than ROUGH_POINTS."""
    if sum(len(layer.lines.points) for layer in document.layers) <= ROUGH_POINTS:
        return document
    return document.with_layers([each.with_lines(_thinned(each.lines)) for each in document.layers])


def _thinned(lines: Lines) -> Lines:
    lines = _without_empty(lines)
    kept = np.zeros(len(lines.points), dtype=bool)
    kept[::_ROUGH_EVERY] = True
    kept[lines.offsets[:-1]] = kept[lines.offsets[1:] - 1] = True
    places = np.flatnonzero(kept)
    return Lines(lines.points.take(places, axis=0), np.searchsorted(places, lines.offsets))


def _without_empty(lines: Lines) -> Lines:
    return lines if lines.counts.all() else lines.take(lines.counts > 0)


def findings(document: Document, *, margin_mm: float) -> list[dict[str, Any]]:
    """Return what `preflight` sees as the viewer wants it. Raises PlotError as it does."""
    return [
        {
            "concern": found.concern.value,
            "text": found.text,
            "places": [[round(x, 2), round(y, 2)] for x, y in found.places_mm],
        }
        for found in preflight(document, margin_mm=margin_mm, metres_left=metres_left())
    ]


def _layer_data(layer: Layer, plotter: Plotter) -> tuple[dict[str, Any], list[bytes]]:
    lines = _without_empty(layer.lines)
    steps = np.diff(np.rint(lines.points * UNITS_PER_MM), axis=0, prepend=[[0, 0]])
    wide = len(steps) > 0 and np.abs(steps).max() > np.iinfo(np.int16).max
    is_timed = len(lines.points) <= MOST_TIMED
    entry = {
        "name": layer.name or "pen",
        "color": layer.color,
        "width_mm": layer.pen_mm,
        "seconds": layer_statistics(lines, plotter=plotter).seconds if is_timed else None,
        "wide": bool(wide),
    }
    sent = steps.astype("<i4" if wide else "<i2").tobytes()
    return entry, [sent, lines.counts.astype("<u4").tobytes()]
