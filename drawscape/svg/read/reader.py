"""From an SVG file to layers of lines, each with the pen that draws it."""

import math
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from drawscape.drawing.document import Document, Layer
from drawscape.drawing.values import is_white
from drawscape.errors import SvgReadError, UnknownNameError
from drawscape.geometry.lines import Ints, Lines
from drawscape.geometry.regions import Bounds
from drawscape.svg.read.areas import Region, borders, edges_of
from drawscape.svg.read.scene import Scene, by_outline, in_order, is_straight
from drawscape.svg.read.tree import XmlNode, parse_xml, tree_with_runs
from drawscape.svg.read.walk import read_scene

FillMode = Literal["outline", "hatch"]
Layering = Literal["auto", "group", "color", "none"]
"""`auto` takes Inkscape's layers, else groups or colours, depending on which make more layers."""

HATCH_MM = 1.0
"""Distance of the hatch lines: three widths of the usual pen, so that the paper shines through."""

_TOLERANCE_MM = 0.05
# Beyond what geometry.clip counts as touching.
_EDGE_MM = 1e-5
# The part of a white outline that must lie on a colour.
_SEEN = 0.05
# Whether an outline lies on a shape; beyond that it counts as seen where boxes overlap.
_MOST_TESTS = 30_000


def read_svg(
    source: str | os.PathLike[str] | bytes | XmlNode,
    *,
    tolerance_mm: float = 0.05,
    layers: Layering = "auto",
    fill: FillMode = "outline",
    hatching: Callable[[str], Mapping[str, Any]] | None = None,
    hide: bool = False,
    enlarged: Callable[[Bounds], float] | None = None,
) -> Document:
    """Return the lines of an SVG in mm, in layers.

    `source` is a path, or the file's content as text, bytes (gzipped, too) or a tree. `layers` parts
    the lines by top-level `group`, by `color` of the stroke, or not at all (`none`). A shape without a
    stroke has the color of its fill. `auto` takes what makes more layers. Curves become polylines within
    `tolerance_mm` of them. A plotter follows outlines; with `fill="hatch"` areas are
    hatched, too: `hatching` may return options of `geometry.hatch.hatch` for a fill's colour, such as
    `{"spacing_mm": 2, "angle": 30, "style": "cross"}`. With `hide`, filled shapes hide lines below
    them, as on a screen; translucent ones do not. Text is written in
    a single-line font. What cannot be drawn is named in the document's `unsupported`.
    `enlarged` is for a drawing that is going to be scaled: from its bounds in mm it gives the factor.
    Curves then keep within the tolerance at that size, and hatches have their spacing there.
    Raises SvgReadError for a file that is not SVG or is unsafe, FileNotFoundError for a missing one,
    and UnknownNameError for other `layers` and `fill`.

    >>> document = read_svg(SVGBuilder(100, 50).line(10, 10, 90, 40).to_bytes())
    >>> document.width_mm, document.layers[0].lines[0].tolist()
    (100.0, [[10.0, 10.0], [90.0, 40.0]])
    """
    if not (math.isfinite(tolerance_mm) and tolerance_mm > 0):
        raise SvgReadError(f"tolerance_mm={tolerance_mm!r} is not positive; 0.05 suits most pens")
    for what, value, known in (
        ("layering", layers, get_args(Layering)),
        ("fill", fill, get_args(FillMode)),
    ):
        if value not in known:
            raise UnknownNameError(what, value, known)
    scene = read_scene(source if isinstance(source, XmlNode) else _root(source))
    lines, outlines = scene.lines(tolerance_mm)
    factor = 1.0
    if enlarged and (bounds := lines.bounds) and (factor := enlarged(bounds)) > 1:
        lines, outlines = scene.lines(tolerance_mm / factor)
    filled = list(_hiding(scene, min(tolerance_mm, tolerance_mm / factor))) if hide else []
    _drop_empty_fills(scene)
    lines, outlines = _without_white(scene, lines, outlines)
    width, height = scene.width_mm, scene.height_mm
    if not scene.sized and lines.bounds is not None:  # its lines' extent
        width, height = max(lines.bounds[2], 1.0), max(lines.bounds[3], 1.0)
    painted = outlines
    if fill == "hatch":
        lines, outlines, painted = _hatched(scene, lines, outlines, hatching, factor)
    if filled:
        from drawscape.geometry.clip import visible

        lines, owners = visible(lines, painted, *zip(*filled, strict=True))
        outlines = outlines[owners]
    # What the outlines were read from is as large as their lines.
    scene.parts.clear()
    notes = [f"{note} ({n} times)" if n > 1 else note for note, n in scene.unsupported.items()]
    if scene.broken:
        holds = "1 outline holds" if scene.broken == 1 else f"{scene.broken} outlines hold"
        notes.append(f"{holds} errors; drawing goes up to the first")
    parted = tuple(_parted(scene, lines, outlines, layers))
    return Document(width, height, parted, tuple(notes), scene.metadata, scene.paper_color)


def _root(source: str | os.PathLike[str] | bytes) -> XmlNode:
    if isinstance(source, str) and ("\n" in source or "<" in source):
        # No file's name; XML wants its declaration at the very beginning.
        return parse_xml(source.lstrip("\ufeff \t\r\n"))
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    return tree_with_runs(data) or parse_xml(data)


def _drop_empty_fills(scene: Scene) -> None:
    """Take the fill from outlines that enclose nothing, so that a white stroke decides their colour.

    A line has a black fill by default, of which nothing is seen.
    """
    white = [is_white(c.stroke or "") and c.fill is not None for c in scene.contexts]
    if not any(white):
        return
    lines, owners = scene.lines(_TOLERANCE_MM, cut=False)
    of = np.array(scene.of, dtype=np.int64)
    mine = np.array(white, dtype=bool)[of[owners]]
    straight = is_straight(lines.take(mine))
    stroked = owners[mine]
    for outline in np.setdiff1d(stroked, stroked[~straight]).tolist():
        context = scene.contexts[scene.of[outline]]._replace(fill=None)
        scene.of[outline] = scene.number_of(context)


def _without_white(scene: Scene, lines: Lines, outlines: Ints) -> tuple[Lines, Ints]:
    """Return the lines without those that would be white on white paper; if all are white, they stay.

    A white outline on a coloured shape is an edge of that shape, and is drawn in its colour.
    """
    white = [is_white(c.ink) and not c.on_dark for c in scene.contexts]
    if scene.paper_color is not None or not any(white) or not len(outlines):
        return lines, outlines
    of = np.array(scene.of, dtype=np.int64)
    whites = np.array(white, dtype=bool)[of[outlines]]
    if whites.all() or not whites.any():
        return lines, outlines
    beneath = _Beneath(scene)
    dropped = 0
    kept, owners = [lines.take(~whites)], [outlines[~whites]]
    for outline, own in by_outline(lines.take(whites), outlines[whites]):
        color, part = beneath.seen(outline, own)
        if color is None:
            dropped += 1
            continue
        kept.append(part)
        owners.append(np.full(len(part), outline))
        context = scene.contexts[scene.of[outline]]._replace(stroke=color, fill=None)
        scene.of[outline] = scene.number_of(context)
    if dropped:
        scene.unsupported["white outlines on white paper are not drawn"] += dropped
    places = np.concatenate(owners)
    return in_order(kept, places, places)


class _Beneath:
    """The filled shapes in the order of painting, to find those beneath an outline."""

    def __init__(self, scene: Scene) -> None:
        import shapely

        self._scene = scene
        lines, owners = scene.lines(_TOLERANCE_MM, cut=False)
        contexts = {i: scene.contexts[scene.of[i]] for i in set(owners.tolist())}
        # What is drawn in another colour stays as white as it is. Through a white sheen a colour is seen.
        self._colors = {
            i: c.fill for i, c in contexts.items() if c.fill and (c.hides or not is_white(c.fill))
        }
        self._lines = {i: own for i, own in by_outline(lines, owners) if i in self._colors}
        self._filled = np.array(list(self._lines), dtype=np.int64)
        boxes = np.array([own.bounds for own in self._lines.values()]).reshape(-1, 4)
        self._boxes = shapely.STRtree(shapely.box(*boxes.T))
        self._areas: dict[int, Region] = {}
        self._tests = 0

    def seen(self, outline: int, own: Lines) -> tuple[str | None, Lines]:
        """Return the main colour beneath an outline, None on bare paper, and the part of it on colours."""
        import shapely

        rest = shapely.MultiLineString(list(own))
        under = self._filled[self._boxes.query(shapely.box(*rest.bounds))]
        hits: list[tuple[str, Any]] = []
        for index in sorted(under[under < outline].tolist(), reverse=True):
            color = self._colors[index]
            if self._tests > _MOST_TESTS:
                return (None if is_white(color) else color), own
            self._tests += 1
            if index not in self._areas:
                self._areas[index] = self._scene.area(index, self._lines[index])
            area = self._areas[index]
            self._scene.crossings.spend(edges_of(own), borders(area))
            hit = rest.intersection(area).difference(area.boundary)  # its edge is drawn already
            if hit.length:
                hits.append((color, hit))
                rest = rest.difference(area)
        colored = [(hit.length, color, hit) for color, hit in hits if not is_white(color)]
        length, main, _ = max(colored, default=(0.0, None, None), key=lambda each: each[0])
        if length < _SEEN * own.lengths_mm.sum():
            return None, own
        if rest.is_empty and len(colored) == len(hits):
            return main, own
        pieces = shapely.line_merge(shapely.union_all([hit for *_, hit in colored]))
        lines = [np.asarray(p.coords) for p in shapely.get_parts(pieces) if p.geom_type != "Point"]
        return main, Lines.of(lines)


def _filled(scene: Scene, tolerance_mm: float) -> Iterator[tuple[Region, int]]:
    """Yield each shape that is filled, white ones too, and the number of its outline."""
    for outline, area in scene.areas(tolerance_mm):
        if scene.contexts[scene.of[outline]].fill and not area.is_empty:
            yield area, outline


def _hiding(scene: Scene, tolerance_mm: float) -> Iterator[tuple[Region, int]]:
    """Yield as `_filled` what nothing shines through.

    Of a white one no edge is drawn where it meets another shape's: there it leaves that one's.
    """
    for area, outline in _filled(scene, tolerance_mm):
        context = scene.contexts[scene.of[outline]]
        if context.is_area and is_white(context.ink):
            area = area.buffer(-_EDGE_MM, join_style="mitre")
        if context.hides and not area.is_empty:
            yield area, outline


def _hatched(
    scene: Scene,
    lines: Lines,
    outlines: Ints,
    hatching: Callable[[str], Mapping[str, Any]] | None,
    factor: float,
) -> tuple[Lines, Ints, Ints]:
    """Return the lines with a hatch in each shape that is filled, the outline of each line, and the shape's.

    The hatches are new outlines of the scene, in the colours of the fills. White fills stay empty.
    """
    from drawscape.geometry.hatch import hatch

    parts, numbers, shapes = [lines], [outlines], [outlines]
    for area, outline in list(_filled(scene, _TOLERANCE_MM)):
        context = scene.contexts[scene.of[outline]]
        if context.fill is None or is_white(context.fill):
            continue
        options = {"spacing_mm": HATCH_MM, **(hatching(context.fill) if hatching else {})}
        filling = hatch(area, options.pop("spacing_mm") / factor, **options)
        scene.of.append(scene.number_of(context._replace(stroke=context.fill, fill=None)))
        parts.append(filling)
        numbers.append(np.full(len(filling), len(scene.of) - 1))
        shapes.append(np.full(len(filling), outline))
    return Lines.join(parts), np.concatenate(numbers), np.concatenate(shapes)


def _parted(scene: Scene, lines: Lines, outlines: Ints, layering: Layering) -> Iterator[Layer]:
    """Yield the lines by layer, in the order in which the layers begin in the file."""
    if not len(lines):
        return
    of = np.array(scene.of, dtype=np.int64)[outlines]
    numbers, firsts = np.unique(of, return_index=True)
    used = {n: scene.contexts[n] for n in numbers[np.argsort(firsts)].tolist()}
    colors = {n: c.ink.strip().lower() for n, c in used.items()}
    groups = {n: c.ink.strip() if c.group is None else c.group for n, c in used.items()}
    if layering == "auto":
        own = {c.group for c in used.values() if c.group is not None}
        more = own and len({*groups.values()}) >= len({*colors.values()})
        marked = any(scene.groups[group].is_layer for group in own)
        layering = "group" if marked or more else "color"
    keys: dict[str, Mapping[int, object]] = {"color": colors, "group": groups}
    members: dict[object, list[int]] = {}
    for number in used:
        members.setdefault(keys.get(layering, {}).get(number), []).append(number)
    layer_of = np.empty(len(scene.contexts), dtype=np.int64)
    for place, same in enumerate(members.values()):
        layer_of[same] = place
    places = layer_of[of]
    if len(members) > 1:
        lines, places = in_order([lines], places, places)
    for same, (_, part) in zip(members.values(), by_outline(lines, places), strict=True):
        first = used[same[0]]
        inks = {used[number].ink for number in same}
        all_widths = [used[number].width_mm for number in same]
        widths = [one for one in all_widths if one is not None]
        width = widths[0] if widths else None
        color = first.ink.strip()
        name = "all" if layering == "none" else color
        if layering == "group" and first.group is not None:
            name, pen, pen_width, _ = scene.groups[first.group]
            if pen and pen in inks and not is_white(pen):
                color = pen
            if pen_width in widths:
                width = pen_width
        yield Layer(name, color, width, part)
