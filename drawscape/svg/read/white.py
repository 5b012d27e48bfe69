"""White outlines: nothing on white paper, and edges of coloured shapes below them."""

import numpy as np

from drawscape.drawing.values import is_white
from drawscape.geometry.lines import Ints, Lines
from drawscape.svg.read.areas import Region, borders, edges_of
from drawscape.svg.read.batch import by_outline, in_order, is_straight
from drawscape.svg.read.scene import Scene

_TOLERANCE_MM = 0.05
# The part of a white outline that must lie on a colour.
_SEEN = 0.05
# Tests of whether an outline lies on a shape; after these, overlapping boxes are enough.
_MOST_TESTS = 30_000


def without_white(scene: Scene, lines: Lines, outlines: Ints) -> tuple[Lines, Ints]:
    """Return the lines without those that are white on white paper; if all are white, they stay.

    A white outline on a coloured shape is an edge of that shape, and is drawn in its colour.
    """
    _drop_empty_fills(scene)
    white = [is_white(context.ink) and not context.on_dark for context in scene.contexts]
    if scene.paper_color is not None or not any(white) or not len(outlines):
        return lines, outlines
    of = np.array(scene.of, dtype=np.int64)
    whites = np.array(white, dtype=bool)[of[outlines]]
    if whites.all() or not whites.any():
        return lines, outlines
    beneath = _ShapesBeneath(scene)
    kept, owners = [lines.take(~whites)], [outlines[~whites]]
    for outline, own in by_outline(lines.take(whites), outlines[whites]):
        color, part = beneath.seen(outline, own)
        if color is None:
            scene.unsupported["white outlines on white paper are not drawn"] += 1
            continue
        kept.append(part)
        owners.append(np.full(len(part), outline))
        scene.redraw(outline, stroke=color)
    places = np.concatenate(owners)
    return in_order(kept, places, places)


def _drop_empty_fills(scene: Scene) -> None:
    """Remove the fill of outlines that enclose nothing, so that a white stroke decides their colour.

    A line has an invisible black fill by default.
    """
    white = [is_white(c.stroke or "") and c.fill is not None for c in scene.contexts]
    if not any(white):
        return
    lines, owners = scene.lines(_TOLERANCE_MM, cut=False)
    of = np.array(scene.of, dtype=np.int64)
    chosen = np.array(white, dtype=bool)[of[owners]]
    stroked = owners[chosen]
    straight = is_straight(lines.take(chosen))
    for outline in np.setdiff1d(stroked, stroked[~straight]).tolist():
        scene.redraw(outline, stroke=scene.context_of(outline).stroke)


class _ShapesBeneath:
    """The filled shapes in the order of painting, to find those beneath an outline."""

    def __init__(self, scene: Scene) -> None:
        import shapely

        self._scene = scene
        lines, owners = scene.lines(_TOLERANCE_MM, cut=False)
        self._colors: dict[int, str] = {}
        self._lines: dict[int, Lines] = {}
        for outline, own in by_outline(lines, owners):
            context = scene.context_of(outline)
            # Translucent white lets a colour show through.
            if context.fill and (context.hides or not is_white(context.fill)):
                self._colors[outline] = context.fill
                self._lines[outline] = own
        self._outlines = np.array(list(self._lines), dtype=np.int64)
        boxes = np.array([own.bounds for own in self._lines.values()]).reshape(-1, 4)
        self._boxes = shapely.STRtree(shapely.box(*boxes.T))
        self._areas: dict[int, Region] = {}
        self._tests = 0

    def seen(self, outline: int, own: Lines) -> tuple[str | None, Lines]:
        """Return the main colour beneath an outline, None on bare paper, and the part of it on colours."""
        import shapely

        rest = shapely.MultiLineString(list(own))
        under = self._outlines[self._boxes.query(shapely.box(*rest.bounds))]
        colored = []
        is_whole = True
        for index in sorted(under[under < outline].tolist(), reverse=True):
            color = self._colors[index]
            if self._tests > _MOST_TESTS:
                return (None if is_white(color) else color), own
            self._tests += 1
            area = self._area(index)
            self._scene.crossings.spend(edges_of(own), borders(area))
            hit = rest.intersection(area).difference(area.boundary)  # its edge is drawn already
            if not hit.length:
                continue
            rest = rest.difference(area)
            if is_white(color):
                is_whole = False
            else:
                colored.append((hit.length, color, hit))
        length, main, _ = max(colored, default=(0.0, None, None), key=lambda each: each[0])
        if length < _SEEN * own.lengths_mm.sum():
            return None, own
        if rest.is_empty and is_whole:
            return main, own
        pieces = shapely.line_merge(shapely.union_all([hit for _, _, hit in colored]))
        lines = [np.asarray(p.coords) for p in shapely.get_parts(pieces) if p.geom_type != "Point"]
        return main, Lines.of(lines)

    def _area(self, outline: int) -> Region:
        if outline not in self._areas:
            self._areas[outline] = self._scene.area(outline, self._lines[outline])
        return self._areas[outline]
