"""What a walk through the tree collects: outlines as path data, how each is drawn, and its lines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix
from drawscape.drawing.path import LARGEST, MOST_POINTS, flatten, read_commands, resolve
from drawscape.drawing.values import is_white
from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Flags, Floats, Ints, Lines, ranges, stretches
from drawscape.svg.read.tree import PlainRun

Region = Any
"""A shapely Polygon or MultiPolygon."""

# Half of a stroke along a clip's edge is seen; chords of the same curve stray as far from each other.
_ALONG_MM = 0.021
# Characters of path data that are read at once: enough for numpy, little beside a large file.
_BATCH = 500_000


class Context(NamedTuple):
    """How outlines are drawn: the map to mm, colours, the pen's width, and what cuts the lines.

    An `is_area` is filled and has no stroke: its edge is closed, as its fill is. What `has_caps` shows
    strokes without length.
    """

    matrix: Matrix
    group: int | None = None
    stroke: str | None = None
    fill: str | None = None
    width_mm: float | None = None
    dashes: tuple[float, ...] = ()
    dash_offset: float = 0.0
    clip: int | None = None
    evenodd: bool = False
    on_dark: bool = False
    is_area: bool = False
    has_caps: bool = False

    @property
    def shows_fill(self) -> bool:
        """Whether the fill itself is seen on paper."""
        hidden = self.stroke and is_white(self.fill or "") and not self.on_dark
        return bool(self.fill) and not hidden

    @property
    def ink(self) -> str:
        """The colour that draws: the stroke's, unless only the fill is seen on white paper."""
        inks = [color for color in (self.stroke, self.fill) if color]
        return next((ink for ink in inks if not is_white(ink)), inks[0] if inks else "black")


@dataclass(slots=True)
class GroupDraft:
    """A top-level group: its name, and the pen that it names itself."""

    name: str
    color: str | None = None
    width_mm: float | None = None
    is_layer: bool = False


@dataclass
class Scene:
    """Outlines as path data; outline `i` is drawn as `contexts[of[i]]` says.

    `runs` are outlines that are lines already, an outline each, by the number of the first.
    """

    width_mm: float
    height_mm: float
    data: list[str] = field(default_factory=list)
    runs: dict[int, Lines] = field(default_factory=dict)
    of: list[int] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    groups: list[GroupDraft] = field(default_factory=list)
    clips: list[Region] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    metadata: str | None = None
    paper_color: str | None = None
    sized: bool = True
    broken: int = 0

    def number_of(self, context: Context, known: dict[Context, int]) -> int:
        """Return the number of a context; `known` are those that have one."""
        number = known.get(context)
        if number is None:
            number = known[context] = len(self.contexts)
            self.contexts.append(context)
        return number

    def append(self, data: str, number: int) -> None:
        """Add an outline that is drawn as that context says; of a PlainRun, one for each line."""
        count = 1
        if isinstance(data, PlainRun):
            self.runs[len(self.data)], count, data = data.lines, len(data.lines), ""
        self.data += [data] * count
        self.of += [number] * count

    def lines(self, tolerance_mm: float, *, cut: bool = True) -> tuple[Lines, Ints]:
        """Return the lines in mm and the outline that each is part of; dashed and clipped if `cut`."""
        self.broken = 0
        parts: list[tuple[Lines, Ints]] = []
        left = MOST_POINTS
        for low, high in self._batches():
            # Ten points for a character are curves of metres: refused before they are computed.
            most = min(left, MOST_POINTS // 10)
            parts.append(self._batch(low, high, tolerance_mm, cut, most))
            left -= len(parts[-1][0].points)
        if len(parts) == 1:
            return parts[0]
        owners = [part[1] for part in parts] or [np.empty(0, dtype=np.int64)]
        return Lines.join(part[0] for part in parts), np.concatenate(owners)

    def areas(self, tolerance_mm: float) -> Iterator[tuple[int, Region]]:
        """Yield each outline that is filled, or in a clip path could be, and what of it is seen."""
        lines, owners = self.lines(tolerance_mm, cut=False)
        for outline, own in by_outline(lines, owners):
            yield outline, self.area(outline, own)

    def area(self, outline: int, lines: Lines) -> Region:
        """Return what an outline of those `lines` encloses, within its clip."""
        context = self.contexts[self.of[outline]]
        area = region(lines, evenodd=context.evenodd)
        if context.clip is None:
            return area
        return areas_only(area.intersection(self.clips[context.clip]))

    def _batches(self) -> Iterator[tuple[int, int]]:
        if not self.data:
            return iter(())
        ends = np.cumsum([len(data) for data in self.data])
        batches = np.arange(1, int(ends[-1]) // _BATCH + 1) * _BATCH
        runs = [(first, first + len(lines)) for first, lines in self.runs.items()]
        cuts = {0, len(ends), *np.searchsorted(ends, batches).tolist(), *sum(runs, ())}
        return pairwise(sorted(cuts))

    def _batch(
        self, low: int, high: int, tolerance_mm: float, cut: bool, most: int
    ) -> tuple[Lines, Ints]:
        of = np.array(self.of[low:high], dtype=np.int64)
        stretch = np.array([max(context.matrix.stretch, 1e-12) for context in self.contexts])
        if low in self.runs:
            lines, owners = self.runs[low], np.arange(high - low)
        else:
            commands = read_commands(self.data[low:high])
            self.broken += len(commands.broken)
            lines, owners = flatten(resolve(commands), tolerance_mm / stretch[of], most=most)
        lines, owners = self._with_closed_areas(lines, owners, of[owners])
        if cut:
            lines, owners = self._with_seen_ends(lines, owners, of[owners])
        matrices = np.array([context.matrix for context in self.contexts])
        whole, whole_owners = self._near(lines, _placed(lines, matrices, of[owners]), owners)
        if not cut:
            return whole, whole_owners + low
        if any(context.dashes for context in self.contexts):
            lines, owners = self._dashed(lines, owners, of)
            lines, owners = self._near(lines, _placed(lines, matrices, of[owners]), owners)
        else:
            lines, owners = whole, whole_owners
        if self.clips:
            lines, owners = self._clipped(lines, owners, of, whole, whole_owners)
        return lines, owners + low

    def _with_closed_areas(self, lines: Lines, owners: Ints, of: Ints) -> tuple[Lines, Ints]:
        """Return the lines, areas closed as a fill closes them; a line there and back encloses none."""
        areas = np.array([context.is_area for context in self.contexts], dtype=bool)[of]
        if not areas.any():
            return lines, owners
        if (flat := areas & _is_straight(lines)).any():
            lines, owners, areas = lines.take(~flat), owners[~flat], areas[~flat]
        ajar = areas & ~lines.closed
        if not ajar.any():
            return lines, owners
        order = np.argsort(np.concatenate((np.flatnonzero(~ajar), np.flatnonzero(ajar))))
        return Lines.join((lines.take(~ajar), lines.take(ajar).closed_up())).take(order), owners

    def _near(self, lines: Lines, points: Floats, owners: Ints) -> tuple[Lines, Ints]:
        """Return the lines at their places, without those that reach beyond all paper."""
        lines = lines.with_points(points)
        if max(np.max(points, initial=0.0), -np.min(points, initial=0.0)) <= LARGEST:
            return lines, owners
        self.unsupported["lines that reach a thousand kilometres away are not drawn"] = 1
        near = (np.abs(points) <= LARGEST).all(axis=1)
        whole = np.logical_and.reduceat(near, lines.offsets[:-1])
        return lines.take(whole), owners[whole]

    def _with_seen_ends(self, lines: Lines, owners: Ints, of: Ints) -> tuple[Lines, Ints]:
        """Return the lines, and behind each stroked open path the edge that closes its fill.

        What a screen shows of a stroke without length depends on its caps, which a pen has not: it is noted.
        """
        kinds = [(bool(c.stroke), c.has_caps, c.shows_fill) for c in self.contexts]
        stroked, caps, filled = np.array(kinds, dtype=bool).reshape(-1, 3)[of].T
        counts = lines.counts
        chosen = np.flatnonzero(stroked & np.where(counts > 2, filled, ~caps))
        if not len(chosen):
            return lines, owners
        first, last = (
            lines.points.take(at, axis=0)
            for at in (lines.offsets[chosen], lines.offsets[chosen + 1] - 1)
        )
        closed = (first == last).all(axis=1)
        if (closed & (counts[chosen] == 2)).any():
            self.unsupported["strokes without length are drawn as dots, whatever their caps"] = 1
        ajar = chosen[~closed & (counts[chosen] > 2)]
        ajar = ajar[~_is_straight(lines.take(ajar))] if len(ajar) else ajar
        if not len(ajar):
            return lines, owners
        edges = Lines.of(np.stack((lines.ends[ajar], lines.starts[ajar]), axis=1))
        places = np.concatenate((np.arange(len(lines)), ajar))
        return _in_order([lines, edges], places, np.concatenate((owners, owners[ajar])))

    def _dashed(self, lines: Lines, owners: Ints, of: Ints) -> tuple[Lines, Ints]:
        parts: list[tuple[Lines, Ints]] = []
        contexts = of[owners]
        plain = np.array([not context.dashes for context in self.contexts])[contexts]
        parts.append((lines.take(plain), np.flatnonzero(plain)))
        for number in np.unique(contexts[~plain]).tolist():
            which = np.flatnonzero(contexts == number)
            context = self.contexts[number]
            pieces, source = dashed(lines.take(which), context.dashes, context.dash_offset)
            parts.append((pieces, which[source]))
        sources = np.concatenate([source for _, source in parts])
        return _in_order([part for part, _ in parts], sources, owners[sources])

    def _clipped(
        self, lines: Lines, owners: Ints, of: Ints, whole: Lines, whole_owners: Ints
    ) -> tuple[Lines, Ints]:
        """Return the lines within their clips, and where a clip cuts what is filled, that edge."""
        numbers = np.array([-1 if c.clip is None else c.clip for c in self.contexts])
        fills = np.array([c.is_area for c in self.contexts], dtype=bool)
        shown = np.array([c.shows_fill for c in self.contexts], dtype=bool)
        # Of an area without a stroke all that is seen is the border of what is left of it.
        clips = numbers[of[owners]]
        stroked = np.where(fills[of[owners]], -1, clips)
        filled = np.where(shown, numbers, -1)[of[whole_owners]]
        parts: list[Lines] = [lines.take(clips < 0)]
        places: list[Ints] = [np.flatnonzero(clips < 0)]
        outlines: list[Ints] = [owners[clips < 0]]
        for number in np.unique(clips[clips >= 0]).tolist():
            area = self.clips[number]
            if area.is_empty or area.geom_type not in ("Polygon", "MultiPolygon"):
                continue
            which = np.flatnonzero(stroked == number)
            pieces, source = _inside(lines.take(which), area)
            parts.append(pieces)
            places.append(which[source])
            outlines.append(owners[which[source]])
            which = np.flatnonzero(filled == number)
            edges, edge_owners = self._edges(area, of, whole.take(which), whole_owners[which])
            parts.append(edges)
            # Behind the last line of the outline that they complete.
            places.append(np.searchsorted(owners, edge_owners, side="right") - 1)
            outlines.append(edge_owners)
        return _in_order(parts, np.concatenate(places), np.concatenate(outlines))

    def _edges(self, clip: Region, of: Ints, lines: Lines, owners: Ints) -> tuple[Lines, Ints]:
        """Return what ends the filled areas of `lines` in a clip, and the outline of each.

        Of a stroked shape these are the pieces of the clip's border, of another the border of what is left.
        """
        import shapely

        shapely.prepare(clip)
        found: list[Lines] = []
        found_owners: list[int] = []
        for outline, own in by_outline(lines, owners):
            context, bounds = self.contexts[of[outline]], own.bounds
            if bounds is None:
                continue
            if clip.contains_properly(shapely.box(*bounds)):
                kept = own if context.is_area else Lines.of([])
            else:
                area = region(own, evenodd=context.evenodd)
                if context.is_area:
                    ends = areas_only(area.intersection(clip)).boundary
                else:
                    border = area.boundary
                    ends = shapely.intersection(clip.boundary, area).difference(border)
                pieces = shapely.get_parts(shapely.line_merge(ends))
                if not context.is_area:  # the border itself is drawn
                    pieces = pieces[~shapely.within(pieces, border.buffer(3 * _ALONG_MM))]
                kept = Lines.of(
                    [
                        np.asarray(piece.coords)[:, :2]
                        for piece in pieces
                        if piece.geom_type in ("LineString", "LinearRing") and piece.length > 1e-6
                    ]
                )
            found.append(kept)
            found_owners += [outline] * len(kept)
        return Lines.join(found), np.array(found_owners, dtype=np.int64)


def _inside(lines: Lines, clip: Region) -> tuple[Lines, Ints]:
    """Return the pieces of lines within a clip, and the line that each is of; most are in it as a whole."""
    import shapely

    from drawscape.geometry.clip import pieces_in

    if not len(lines):
        return lines, np.empty(0, dtype=np.int64)
    low, high = (f.reduceat(lines.points, lines.offsets[:-1]) for f in (np.minimum, np.maximum))
    clip = clip.buffer(_ALONG_MM, join_style="mitre")
    shapely.prepare(clip)
    boxes = shapely.box(*low.T, *high.T)
    whole = shapely.contains_properly(clip, boxes)
    cut = np.flatnonzero(~whole & shapely.intersects(clip, boxes))
    if not len(cut):
        return lines.take(whole), np.flatnonzero(whole)
    pieces, source = pieces_in(lines.take(cut), clip)
    places = np.concatenate((np.flatnonzero(whole), cut[source]))
    return _in_order([lines.take(whole), pieces], places, places)


def by_outline(lines: Lines, owners: Ints) -> Iterator[tuple[int, Lines]]:
    """Yield each outline and its lines; `owners` (M,) are in order."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1)).tolist()
    for begin, end in pairwise([*starts, len(owners)]):
        offsets = lines.offsets[begin : end + 1]
        points = lines.points[offsets[0] : offsets[-1]]
        yield int(owners[begin]), Lines(points, offsets - offsets[0])


def _in_order(parts: Sequence[Lines], places: Ints, outlines: Ints) -> tuple[Lines, Ints]:
    """Return the pieces in the order of their `places`, and the outline of each."""
    order = np.argsort(places, kind="stable")
    return Lines.join(parts).take(order), outlines[order]


def _is_straight(lines: Lines) -> Flags:
    """Return which lines (M,) lie on a straight line as a whole."""
    points = lines.points - np.repeat(lines.points[lines.offsets[:-1]], lines.counts, axis=0)
    x, y = points.T
    xx, yy, xy = (np.add.reduceat(part, lines.offsets[:-1]) for part in (x * x, y * y, x * y))
    straight: Flags = (xx * yy - xy * xy) <= 1e-12 * (xx + yy) ** 2
    return straight


def _placed(lines: Lines, matrices: Floats, of: Ints) -> Floats:
    """Return the points under each line's matrix."""
    if (matrices == IDENTITY).all():
        return lines.points
    x, y = lines.points[:, 0], lines.points[:, 1]
    a, b, c, d, e, f = (
        matrices[0] if len(matrices) == 1 else matrices[np.repeat(of, lines.counts)].T
    )
    return np.stack((a * x + c * y + e, b * x + d * y + f), axis=1)


def region(lines: Lines, *, evenodd: bool = False) -> Region:
    """Return what `lines`, closed as a fill closes them, enclose by one of SVG's two fill rules."""
    import shapely

    rings = [np.vstack((line, line[:1])) for line in lines if len(line) > 2]
    rings = [ring[np.append(True, (np.diff(ring, axis=0) != 0).any(axis=1))] for ring in rings]
    rings = [ring for ring in rings if len(ring) > 3]
    if not rings:
        return shapely.Polygon()
    if len(rings) == 1:
        simple = shapely.Polygon(rings[0])
        if simple.is_valid:
            return simple
    edges = shapely.unary_union([shapely.LineString(ring) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize([edges]))
    inside = shapely.point_on_surface(faces)
    points = np.column_stack((shapely.get_x(inside), shapely.get_y(inside)))
    turns = sum((_winding(ring, points) for ring in rings), np.zeros(len(points), dtype=np.int64))
    filled = turns % 2 != 0 if evenodd else turns != 0
    return shapely.unary_union(faces[filled])


def areas_only(area: Region) -> Region:
    """Return the polygons of what an intersection left."""
    import shapely

    if area.geom_type in ("Polygon", "MultiPolygon"):
        return area
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return shapely.unary_union(parts) if parts else shapely.Polygon()


def _winding(ring: Floats, points: Floats) -> Ints:
    """Return how often a closed ring goes round each point (Sunday 2001)."""
    a, b = ring[:-1], ring[1:]
    x, y = points[:, :1], points[:, 1:]
    left = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])
    up = (a[:, 1] <= y) & (b[:, 1] > y) & (left > 0)
    down = (a[:, 1] > y) & (b[:, 1] <= y) & (left < 0)
    turns: Ints = up.sum(axis=1) - down.sum(axis=1)
    return turns


_MOST_DASHES_IN_ALL = 3_000_000
MOST_DASHES = 200_000
"""Of one line: a dash of a thousandth of a mm on a sheet is a mistake, or an attack."""


def dashed(lines: Lines, pattern: Sequence[float], offset: float = 0.0) -> tuple[Lines, Ints]:
    """Return the dashes of `lines`, and the line (K,) that each is a part of.

    `pattern` are lengths of dashes and gaps in turn, an odd number counts twice; it starts again with
    each line, `offset` into it. A pattern that sums to nothing, has a negative length, or makes more
    than MOST_DASHES of a line leaves that line as it is.
    """
    steps = np.asarray(pattern, dtype=np.float64)
    steps = np.concatenate((steps, steps)) if len(steps) % 2 else steps
    period = float(steps.sum())
    if not np.isfinite(period) or period <= 0 or (steps < 0).any():
        return lines, np.arange(len(lines))
    offset %= period
    lengths = lines.lengths_mm
    dashes = np.cumsum(np.append(0.0, steps))[:-1].reshape(-1, 2)
    # A line that is drawn as it is has one dash, as long as itself.
    whole = (lengths == 0) | (lengths / period * len(steps) > MOST_DASHES)
    rounds = np.where(whole, 0.0, np.ceil((lengths + offset) / period))
    counts = np.where(whole, 1, rounds * len(dashes)).astype(np.int64)
    if counts.sum() > _MOST_DASHES_IN_ALL:
        raise SvgReadError(f"{counts.sum():,} dashes are more than a pen draws; use longer ones")
    which = np.repeat(np.arange(len(lines)), counts)
    turn, dash = np.divmod(ranges(np.zeros_like(counts), counts), len(dashes))
    begin, end = dashes[dash].T + turn * period - offset
    is_dot = begin == end
    begin = np.where(whole[which], 0.0, np.maximum(begin, 0.0))
    end = np.where(whole[which], lengths[which], np.minimum(end, lengths[which]))
    kept = (begin < end) | ((begin == end) & (is_dot | whole[which]))
    return stretches(lines, which[kept], begin[kept], end[kept]), which[kept]
