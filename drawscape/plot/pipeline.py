"""All that makes a drawing plot-ready, in the order that works."""

from __future__ import annotations

from collections.abc import Callable

from drawscape.plot.deduplicate import deduplicate as deduplicated
from drawscape.plot.filter import drop_shorter
from drawscape.plot.merge import merge
from drawscape.plot.order import Effort, order
from drawscape.plot.simplify import simplify
from drawscape.svg_reader import Document, Layer

OnProgress = Callable[[float, str], None]


def optimize(
    document: Document,
    *,
    tolerance_mm: float = 0.05,
    simplify_mm: float = 0.02,
    drop_shorter_mm: float = 0.0,
    deduplicate: bool = True,
    effort: Effort = "normal",
    start: tuple[float, float] = (0.0, 0.0),
    on_progress: OnProgress | None = None,
) -> Document:
    """Return the drawing with fewer lines, points and less travel, and the same ink on the paper.

    Layer by layer: duplicates go, ends within `tolerance_mm` are joined, points within `simplify_mm` are
    left out, lines shorter than `drop_shorter_mm` dropped, and the rest put in order. Layers that
    become empty are left out. `on_progress(fraction, step)` is called before each step.
    Raises PlotError for tolerances that are negative and for an unknown effort.
    """
    steps: list[tuple[str, Callable[[Layer], Layer]]] = [
        ("merge", lambda layer: layer.with_lines(merge(layer.lines, tolerance_mm=tolerance_mm))),
        (
            "simplify",
            lambda layer: layer.with_lines(simplify(layer.lines, tolerance_mm=simplify_mm)),
        ),
        (
            "filter",
            lambda layer: layer.with_lines(drop_shorter(layer.lines, than_mm=drop_shorter_mm)),
        ),
        ("order", lambda layer: layer.with_lines(order(layer.lines, effort=effort, start=start))),
    ]
    if deduplicate:
        steps.insert(0, ("deduplicate", lambda layer: layer.with_lines(deduplicated(layer.lines))))
    layers = []
    total = len(steps) * max(len(document.layers), 1)
    for index, layer in enumerate(document.layers):
        for number, (name, step) in enumerate(steps):
            if on_progress is not None:
                on_progress((index * len(steps) + number) / total, f"{name} {layer.name}")
            layer = step(layer)
        layers.append(layer)
    if on_progress is not None:
        on_progress(1.0, "done")
    return document.with_layers([layer for layer in layers if len(layer.lines)])
