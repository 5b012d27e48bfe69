"""From an SVG file to layers of lines."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drawscape.drawing.document import Document, Layer
from drawscape.drawing.path.commands import read_commands
from drawscape.drawing.path.flatten import flatten
from drawscape.drawing.path.segments import resolve
from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Lines
from drawscape.svg.read.scene import Scene
from drawscape.svg.read.walk import read_scene
from drawscape.svg.read.xml_tree import Node, parse_xml

Bounds = tuple[float, float, float, float]


def read_svg(
    source: str | os.PathLike[str] | bytes,
    *,
    tolerance_mm: float = 0.05,
    enlarged: Callable[[Bounds], float] | None = None,
) -> Document:
    """Return the lines of an SVG in mm, one layer per top-level group.

    `source` is a path, or the file's content as text or bytes (gzipped bytes, too). What stands
    outside of all groups becomes a layer per stroke colour. Curves become polylines that keep
    within `tolerance_mm` of them. Fills and clips draw nothing: a plotter follows outlines.
    `enlarged` is for a drawing that is going to be scaled: from its bounds in mm it gives the factor,
    and curves then keep within the tolerance at that size.
    Raises SvgReadError for a file that is no SVG or is unsafe, FileNotFoundError when there is
    none.
    """
    return read_tree(parse_xml(_content(source)), tolerance_mm=tolerance_mm, enlarged=enlarged)


def read_tree(
    root: Node,
    *,
    tolerance_mm: float = 0.05,
    enlarged: Callable[[Bounds], float] | None = None,
) -> Document:
    """Return the lines of an SVG's root element; options and errors are those of `read_svg`."""
    if not (math.isfinite(tolerance_mm) and tolerance_mm > 0):
        raise SvgReadError(f"tolerance_mm={tolerance_mm!r} is not positive; 0.05 suits most pens")
    scene = read_scene(root)
    lines, contexts, broken = _lines(scene, tolerance_mm)
    bounds = lines.bounds
    if enlarged is not None and bounds is not None and (factor := enlarged(bounds)) > 1:
        lines, contexts, broken = _lines(scene, tolerance_mm / factor)
    layer_of = np.array([layer for _, layer in scene.placed], dtype=np.int64)
    owners = layer_of[contexts] if len(lines) else contexts
    layers = [
        Layer(draft.name, draft.color or "black", draft.width_mm, part)
        for index, draft in enumerate(scene.layers)
        if len(part := lines if len(scene.layers) == 1 else lines.take(owners == index))
    ]
    width, height = _page(scene, lines)
    notes = [f"{text} ({n} times)" if n > 1 else text for text, n in scene.unsupported.items()]
    if broken:
        notes.append(f"{broken} outlines hold errors; they are drawn up to the first")
    return Document(width, height, tuple(layers), tuple(notes), scene.metadata)


def _content(source: str | os.PathLike[str] | bytes) -> bytes | str:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, str) and ("\n" in source or "<" in source):
        # No file's name; XML wants its declaration at the very beginning.
        return source.lstrip("\ufeff \t\r\n")
    return Path(source).read_bytes()


def _lines(scene: Scene, tolerance_mm: float) -> tuple[Lines, NDArray[np.int64], int]:
    """Return the lines in mm, the context of each, and how many outlines are broken."""
    contexts = np.array(scene.contexts, dtype=np.int64)
    if not len(contexts):
        return Lines.empty(), contexts, 0
    commands = read_commands(scene.data)
    scales = np.array([max(matrix.stretch, 1e-12) for matrix, _ in scene.placed])
    lines, paths = flatten(resolve(commands), tolerance_mm / scales[contexts])
    matrices = np.array([matrix for matrix, _ in scene.placed])
    lines = lines.with_points(_placed(lines, matrices, contexts[paths]))
    finite = np.isfinite(lines.points).all(axis=1)
    if not finite.all():
        spoilt = np.logical_or.reduceat(~finite, lines.offsets[:-1])
        lines, paths = lines.take(~spoilt), paths[~spoilt]
    return lines, contexts[paths], len(commands.broken)


def _placed(
    lines: Lines, matrices: NDArray[np.float64], contexts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the points under each line's matrix."""
    x, y = lines.points[:, 0], lines.points[:, 1]
    a, b, c, d, e, f = (
        matrices[0] if len(matrices) == 1 else matrices[np.repeat(contexts, lines.counts)].T
    )
    return np.stack((a * x + c * y + e, b * x + d * y + f), axis=1)


def _page(scene: Scene, lines: Lines) -> tuple[float, float]:
    """Return the page; a file that names no size gets one that reaches to its farthest lines."""
    if scene.sized or lines.bounds is None:
        return scene.width_mm, scene.height_mm
    return max(lines.bounds[2], 1.0), max(lines.bounds[3], 1.0)
