"""From an SVG file to layers of lines."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from drawscape.drawing.document import Document
from drawscape.errors import SvgReadError, UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.svg.read import layering
from drawscape.svg.read.filling import hatched
from drawscape.svg.read.layering import Layering
from drawscape.svg.read.plain_runs import tree_with_runs
from drawscape.svg.read.scene import Scene
from drawscape.svg.read.walk import Text, read_scene
from drawscape.svg.read.xml_tree import Node, parse_xml

Bounds = tuple[float, float, float, float]
Fill = Literal["outline", "hatch"]


def read_svg(
    source: str | os.PathLike[str] | bytes | Node,
    *,
    tolerance_mm: float = 0.05,
    layers: Layering = "auto",
    fill: Fill = "outline",
    text: Text = "strokes",
    enlarged: Callable[[Bounds], float] | None = None,
) -> Document:
    """Return the lines of an SVG in mm, in layers.

    `source` is a path, or the file's content as text, bytes (gzipped, too) or a tree. `layers` parts the
    lines by top-level `group`, by stroke `color` (or the fill's, where only that is seen), not at all
    (`none`), or by what makes more layers (`auto`). Curves become polylines that keep within
    `tolerance_mm` of them. A plotter follows outlines; with `fill="hatch"` what is filled is
    hatched, too. Text is written in `strokes` of a single-line font, or drawn as the `outlines` of the
    fonts of this machine (with the extra `fonts`). What cannot be drawn is named in the document's
    `unsupported`.
    `enlarged` is for a drawing that is going to be scaled: from its bounds in mm it gives the factor,
    and curves then keep within the tolerance at that size.
    Raises SvgReadError for a file that is no SVG or is unsafe, FileNotFoundError when there is none,
    UnknownNameError for other `layers`, `fill` and `text`.

    >>> document = read_svg(SVGBuilder(100, 50).line(10, 10, 90, 40).to_bytes())
    >>> document.width_mm, document.layers[0].lines[0].tolist()
    (100.0, [[10.0, 10.0], [90.0, 40.0]])
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm > 0):
        raise SvgReadError(f"tolerance_mm={tolerance_mm!r} is not positive; 0.05 suits most pens")
    layering.checked(layers)
    if fill not in get_args(Fill):
        raise UnknownNameError("fill", str(fill), get_args(Fill))
    if text not in get_args(Text):
        raise UnknownNameError("text", str(text), get_args(Text))
    scene = read_scene(_root(source), text=text)
    lines, outlines = scene.lines(tolerance_mm)
    bounds = lines.bounds if enlarged is not None else None
    if enlarged is not None and bounds is not None and (factor := enlarged(bounds)) > 1:
        lines, outlines = scene.lines(tolerance_mm / factor)
    if fill == "outline":
        scene.forget_texts()
    lines, outlines = layering.without_white(scene, lines, outlines)
    width, height = _page(scene, lines)
    if fill == "hatch":
        lines, outlines = hatched(scene, lines, outlines)
    notes = [f"{note} ({n} times)" if n > 1 else note for note, n in scene.unsupported.items()]
    if scene.broken:
        holds = "1 outline holds" if scene.broken == 1 else f"{scene.broken} outlines hold"
        notes.append(f"{holds} errors; drawing goes up to the first")
    parted = layering.layers(scene, lines, outlines, layers)
    return Document(width, height, tuple(parted), tuple(notes), scene.metadata)


def _content(source: str | os.PathLike[str] | bytes) -> bytes | str | Path:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, str) and ("\n" in source or "<" in source):
        # No file's name; XML wants its declaration at the very beginning.
        return source.lstrip("\ufeff \t\r\n")
    return Path(source)


def _root(source: str | os.PathLike[str] | bytes | Node) -> Node:
    if isinstance(source, Node):
        return source
    content = _content(source)
    data = content.read_bytes() if isinstance(content, Path) else content
    found = tree_with_runs(data) if isinstance(data, bytes) else None
    del data  # a path's file is read again in pieces, and never stands beside its tree
    return parse_xml(content) if found is None else found


def _page(scene: Scene, lines: Lines) -> tuple[float, float]:
    """Return the page; a file that names no size gets one that reaches to its farthest lines."""
    if scene.sized or lines.bounds is None:
        return scene.width_mm, scene.height_mm
    return max(lines.bounds[2], 1.0), max(lines.bounds[3], 1.0)
