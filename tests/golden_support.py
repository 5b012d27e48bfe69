"""Golden files: what a drawing looked like once, small enough to keep.

A golden file is a small SVG of the same drawing: up to 60 lines of each layer, up to 40 points of
each line, and in its metadata what the whole drawing counts. It is compared in numbers, not in
bytes, so that another processor's last digit is no failure.
"""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from drawscape.geometry.lines import Lines
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder

FOLDER = Path(__file__).parent / "golden"
LINES, POINTS = 60, 40
NEAR_MM = 0.02
"""Two decimals in the file, and a last digit that may round the other way."""

HEAVY = {
    "four_pens", "mesh_hatching",
    "space_colonization", "stippling", "swathes",
}  # fmt: skip
"""Sketches that take about a second: they run with the slow tests."""

FAR_MM = 5.0
"""How far the middle of a drawing may be off that is compared loosely."""


@dataclass(frozen=True)
class Layer:
    """A layer's pen, what the whole of it counts, and a sample of its lines."""

    name: str
    color: str
    width: float
    counts: dict[str, Any]
    sample: Lines


def layers_of(svg):
    return [
        Layer(pen.name, pen.color, pen.width, _counts(lines), _sampled(lines))
        for pen, lines in svg.layers()
    ]


def _counts(lines):
    middle = lines.points.mean(axis=0) if len(lines.points) else np.zeros(2)
    return {
        "lines": len(lines),
        "points": len(lines.points),
        "length": round(float(lines.lengths_mm.sum()), 2),
        "middle": np.round(middle, 3).tolist(),
    }


def _sampled(lines):
    chosen = lines.take(_spread(len(lines), LINES))
    return Lines.of([line[_spread(len(line), POINTS)] for line in chosen])


def _spread(count, most):
    return np.unique(np.linspace(0, max(count - 1, 0), min(count, most)).astype(np.int64))


def write_golden(file, svg):
    small = SVGBuilder(svg.width, svg.height)
    layers = layers_of(svg)
    for layer in layers:
        with small.layer(layer.name, color=layer.color, width=layer.width):
            small.polylines(layer.sample)
    small.provenance = {"counts": {layer.name: layer.counts for layer in layers}}
    file.write_bytes(gzip.compress(small.to_bytes(), mtime=0))


def read_golden(file):
    document = read_svg(gzip.decompress(file.read_bytes()))
    counts = json.loads(document.metadata)["counts"]
    layers = document.layers
    return [Layer(one.name, one.color, one.width_mm, counts[one.name], one.lines) for one in layers]


def differences(golden, drawn, *, loosely=False):
    """Return in words what differs first in each layer; nothing when the drawings are the same."""
    pens = [[(layer.name, layer.color, layer.width) for layer in side] for side in (golden, drawn)]
    if pens[0] != pens[1]:
        return [f"layers: {pens[0]} in the golden file, {pens[1]} drawn"]
    compare = _loosely if loosely else _closely
    both = zip(golden, drawn, strict=True)
    found = {old.name: next(compare(old, new), None) for old, new in both}
    return [f"layer {name!r}: {text}" for name, text in found.items() if text]


def _counted(old, new, limits, near_mm):
    """Yield which count is off by more than its limit, and a share of it; and how far the middle is."""
    for what, (least, share) in limits.items():
        if abs(old.counts[what] - new.counts[what]) > least + share * old.counts[what]:
            yield f"{old.counts[what]} {what} in the golden file, {new.counts[what]} drawn"
    if np.abs(np.subtract(old.counts["middle"], new.counts["middle"])).max() > near_mm:
        yield f"middle {old.counts['middle']} and {new.counts['middle']}"


def _loosely(old, new):
    limits = {"lines": (2, 0.3), "points": (2, 0.3), "length": (2, 0.2)}
    return _counted(old, new, limits, FAR_MM)


def _closely(old, new):
    limits = {"lines": (0, 0), "points": (0, 0), "length": (NEAR_MM, 1e-4)}
    yield from _counted(old, new, limits, NEAR_MM)
    if old.sample.counts.tolist() != new.sample.counts.tolist():
        yield "the lines have other numbers of points"
    elif len(old.sample.points):
        off = np.abs(old.sample.points - new.sample.points).max(axis=1)
        if off.max() > NEAR_MM:
            yield f"a point is {off.max():.3f} mm off: {new.sample.points[off.argmax()]}"


def compared(file, svg, *, regenerate, loosely=False):
    """Return in words how `svg` differs from the golden file, which is written first if `regenerate`."""
    if regenerate:
        file.parent.mkdir(exist_ok=True)
        write_golden(file, svg)
    if not file.is_file():
        return [f"no golden file {file.name}: draw it with --regenerate-golden and look at it"]
    return differences(read_golden(file), layers_of(svg), loosely=loosely)
