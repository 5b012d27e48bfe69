"""All steps that make a drawing plot-ready, in the right order."""

from collections.abc import Callable

import numpy as np

from drawscape.drawing.document import Document
from drawscape.geometry.lines import Lines, simplify
from drawscape.plot.merge import find_doubles, merge, without_doubles
from drawscape.plot.order import order
from drawscape.plot.pages import drop_shorter
from drawscape.plot.statistics import Plotter

_DUPLICATE_MM = (0.02, 0.002)
# A usual distance between lines in a good order.
_HOP_MM = 5.0

OnStep = Callable[[float, str], None]


def optimize(
    document: Document,
    *,
    tolerance_mm: float = 0.05,
    simplify_mm: float = 0.02,
    drop_shorter_mm: float = 0.0,
    deduplicate: bool = True,
    on_progress: OnStep | None = None,
) -> Document:
    """Return the drawing with fewer lines, points and less travel, and the same ink on the paper.

    Layer by layer, duplicates are removed if that saves time, and ends within `tolerance_mm` are joined.
    Points within `simplify_mm` and lines shorter than `drop_shorter_mm` are left out, and the rest is
    put in order. Layers that become empty are left out. `on_progress(fraction, step)` is called before
    each step.
    Raises PlotError for negative tolerances, GeometryError for `simplify_mm`.

    >>> optimize(document).layers[0].lines.counts
    array([3, 2])
    """
    steps: list[tuple[str, Callable[[Lines], Lines]]] = [
        ("merge", lambda lines: _merged(lines, tolerance_mm, deduplicate=deduplicate)),
        ("simplify", lambda lines: simplify(lines, tolerance_mm=simplify_mm)),
        ("filter", lambda lines: drop_shorter(lines, than_mm=drop_shorter_mm)),
        ("order", order),
    ]
    layers = []
    total = len(steps) * max(len(document.layers), 1)
    for index, layer in enumerate(document.layers):
        for number, (name, step) in enumerate(steps):
            if on_progress is not None:
                on_progress((index * len(steps) + number) / total, f"{name} {layer.name}")
            layer = layer.with_lines(step(layer.lines))
        layers.append(layer)
    if on_progress is not None:
        on_progress(1.0, "done")
    return document.with_layers([layer for layer in layers if len(layer.lines)])


def _merged(lines: Lines, tolerance_mm: float, *, deduplicate: bool) -> Lines:
    """Return the lines merged, without duplicates unless cutting those out would cost more.

    Curves that graze each other overlap in many short places; every cut there is one more pen lift. A
    narrower tolerance then still finds real duplicates.
    """
    whole = best = merge(lines, tolerance_mm=tolerance_mm)
    if not deduplicate:
        return best
    least = _seconds(whole)
    doubles = find_doubles(whole, _DUPLICATE_MM[0])
    for width_mm in _DUPLICATE_MM:
        single = without_doubles(whole, doubles, width_mm)
        if single is whole:
            break
        single = merge(single, tolerance_mm=tolerance_mm)
        cost = _seconds(single)
        if cost < least:
            best, least = single, cost
    return best


def _seconds(lines: Lines) -> float:
    """Return about how long drawing and lifting take; travel depends on the order, which comes later."""
    plotter = Plotter()
    hop_s = plotter.raise_s + plotter.lower_s + plotter.travel_s(np.array([_HOP_MM]))
    return plotter.strokes(lines)[1] + len(lines) * hop_s
