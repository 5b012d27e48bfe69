"""From an SVG file to layers of lines, each with the pen that draws it."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from drawscape.drawing.document import Document, Layer
from drawscape.drawing.values import check_name, is_white
from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Ints, Lines
from drawscape.geometry.regions import Bounds
from drawscape.svg.read.batch import Context, by_outline, in_order
from drawscape.svg.read.fills import hatched, hiding_areas, without_hidden
from drawscape.svg.read.scene import Scene
from drawscape.svg.read.tree import XmlNode, parse_xml, tree_with_runs
from drawscape.svg.read.walk import read_scene
from drawscape.svg.read.white import without_white

FillMode = Literal["outline", "hatch"]
Layering = Literal["auto", "group", "color", "none"]
"""`auto` uses Inkscape's layers, else groups or colours, depending on which make more layers."""


def read_svg(
    source: str | os.PathLike[str] | bytes | XmlNode,
    *,
    tolerance_mm: float = 0.05,
    layers: Layering = "auto",
    fill: FillMode = "outline",
    hatching: Mapping[str, Any] | None = None,
    hide: bool = False,
    enlarged: Callable[[Bounds], float] | None = None,
) -> Document:
    """Return the lines of an SVG in mm, in layers.

    `source` is a path, or the file's content as text, bytes (gzipped, too) or a tree. `layers` divides
    the lines by top-level `group`, by `color` of the stroke, or not at all (`none`). A shape without a
    stroke has the color of its fill. `auto` prefers more layers. Curves become polylines
    within `tolerance_mm` of them. A plotter follows outlines; with `fill="hatch"` areas are
    hatched, too: `hatching` are options of `geometry.hatch.hatch`, such as
    `{"spacing_mm": 2, "angle": 30, "style": "cross"}`. With `hide`, filled shapes hide lines below
    them, as on a screen; translucent ones do not. Text is written in
    a single-line font. What cannot be drawn is named in the document's `unsupported`.
    `enlarged` is for a drawing that will be scaled: it returns the factor for its bounds in mm. Curves then
    stay within the tolerance at that size, and hatches have their spacing there.
    Raises SvgReadError for a file that is not SVG or is unsafe, FileNotFoundError for a missing one,
    and UnknownNameError for other `layers` and `fill`.

    >>> document = read_svg(SVGBuilder(100, 50).line(10, 10, 90, 40).to_bytes())
    >>> document.width_mm, document.layers[0].lines[0].tolist()
    (100.0, [[10.0, 10.0], [90.0, 40.0]])
    """
    _check(tolerance_mm, layers, fill)
    scene = read_scene(source if isinstance(source, XmlNode) else _root(source))
    lines, outlines = scene.lines(tolerance_mm)
    factor = 1.0
    if enlarged is not None and lines.bounds is not None:
        factor = enlarged(lines.bounds)
    if factor > 1:
        tolerance_mm /= factor
        lines, outlines = scene.lines(tolerance_mm)
    covers = list(hiding_areas(scene, tolerance_mm)) if hide else []
    lines, outlines = without_white(scene, lines, outlines)
    width, height = _page(scene, lines)
    shapes = outlines
    if fill == "hatch":
        lines, outlines, shapes = hatched(scene, lines, outlines, hatching or {}, factor)
    if covers:
        lines, owners = without_hidden(scene, lines, shapes, covers)
        outlines = outlines[owners]
    # The sources of the outlines are as large as their lines.
    scene.parts.clear()
    parted = tuple(_parted(scene, lines, outlines, layers))
    notes = tuple(_notes(scene))
    return Document(width, height, parted, notes, scene.metadata, scene.paper_color)


def _check(tolerance_mm: float, layers: str, fill: str) -> None:
    if not (math.isfinite(tolerance_mm) and tolerance_mm > 0):
        raise SvgReadError(f"tolerance_mm={tolerance_mm!r} is not positive; 0.05 suits most pens")
    check_name("layering", layers, get_args(Layering))
    check_name("fill", fill, get_args(FillMode))


def _root(source: str | os.PathLike[str] | bytes) -> XmlNode:
    if isinstance(source, str) and ("\n" in source or "<" in source):
        # Not a file name; XML wants its declaration at the very beginning.
        return parse_xml(source.lstrip("\ufeff \t\r\n"))
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    return tree_with_runs(data) or parse_xml(data)


def _page(scene: Scene, lines: Lines) -> tuple[float, float]:
    """Return the page in mm: the file's, or one that includes the lines if the file names none."""
    if scene.sized or lines.bounds is None:
        return scene.width_mm, scene.height_mm
    _, _, right, bottom = lines.bounds
    return max(right, 1.0), max(bottom, 1.0)


def _notes(scene: Scene) -> Iterator[str]:
    """Yield a note for each kind of content left out, and its count."""
    for note, times in scene.unsupported.items():
        yield f"{note} ({times} times)" if times > 1 else note
    if scene.broken:
        holds = "1 outline holds" if scene.broken == 1 else f"{scene.broken} outlines hold"
        yield f"{holds} errors; drawing goes up to the first"


def _parted(scene: Scene, lines: Lines, outlines: Ints, layering: Layering) -> Iterator[Layer]:
    """Yield the lines by layer, in the order in which the layers begin in the file."""
    if not len(lines):
        return
    of = np.array(scene.of, dtype=np.int64)[outlines]
    numbers, firsts = np.unique(of, return_index=True)
    in_file = numbers[np.argsort(firsts)].tolist()
    if layering == "auto":
        layering = _chosen_layering(scene, [scene.contexts[number] for number in in_file])
    members: dict[object, list[Context]] = {}
    layer_of = np.empty(len(scene.contexts), dtype=np.int64)
    for number in in_file:
        context = scene.contexts[number]
        same = members.setdefault(_layer_key(context, layering), [])
        same.append(context)
        layer_of[number] = list(members.values()).index(same)
    places = layer_of[of]
    if len(members) > 1:
        lines, places = in_order([lines], places, places)
    for contexts, (_, part) in zip(members.values(), by_outline(lines, places)):
        yield _layer(scene, contexts, layering, part)


def _chosen_layering(scene: Scene, contexts: Sequence[Context]) -> Layering:
    """Return `group` if groups are marked as layers or are as many as the colours, else `color`."""
    groups = {context.group for context in contexts if context.group is not None}
    by_group = {_layer_key(context, "group") for context in contexts}
    by_color = {_layer_key(context, "color") for context in contexts}
    if any(scene.groups[group].is_layer for group in groups):
        return "group"
    return "group" if groups and len(by_group) >= len(by_color) else "color"


def _layer_key(context: Context, layering: Layering) -> object:
    """Return the key of a line's layer; outside groups it is the colour."""
    if layering == "none":
        return None
    if layering == "color":
        return context.ink.strip().lower()
    return context.ink.strip() if context.group is None else context.group


def _layer(scene: Scene, contexts: Sequence[Context], layering: Layering, lines: Lines) -> Layer:
    """Return a layer with the pen of its first lines, or with the one that its group names and uses."""
    first = contexts[0]
    color = first.ink.strip()
    widths = [context.width_mm for context in contexts if context.width_mm is not None]
    width = widths[0] if widths else None
    name = "all" if layering == "none" else color
    if layering == "group" and first.group is not None:
        group = scene.groups[first.group]
        name = group.name
        is_used = group.color in {context.ink for context in contexts}
        if group.color and is_used and not is_white(group.color):
            color = group.color
        if group.width_mm in widths:
            width = group.width_mm
    return Layer(name, color, width, lines)
