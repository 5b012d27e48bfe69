"""The scene that a walk through the tree collects: outlines, how each is drawn, and its lines."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix
from drawscape.drawing.path import MOST_POINTS, flatten, read_segments
from drawscape.drawing.values import LARGEST_MM, is_white
from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Flags, Ints, Lines, ranges, stretches
from drawscape.geometry.regions import from_shapely
from drawscape.svg.read.areas import (
    COST_WITHIN,
    CrossingBudget,
    Region,
    borders,
    edges_of,
    overlap,
    region,
)

# Half of a stroke along a clip's edge is seen; chords of the same curve stray as far from each other.
_ALONG_MM = 0.021
# Characters of path data that are read at once: enough for numpy, little beside a large file.
_BATCH = 500_000


class Context(NamedTuple):
    """How outlines are drawn: the map to mm, colours, the pen's width, and what cuts the lines.

    An `is_area` is filled and has no stroke: its edge is closed, as its fill is. What `hides` has a fill
    that nothing shines through.
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
    hides: bool = True

    @property
    def shows_fill(self) -> bool:
        """Whether the fill itself is seen on paper."""
        hidden = self.stroke and is_white(self.fill or "") and not self.on_dark
        return bool(self.fill) and not hidden

    @property
    def ink(self) -> str:
        """The colour that draws: the stroke's, unless only the fill is seen on white paper."""
        if self.stroke and self.fill and is_white(self.stroke) and not self.on_dark:
            return self.fill
        return self.stroke or self.fill or "black"


class GroupDraft(NamedTuple):
    """A top-level group: its name, and the pen that it names itself."""

    name: str
    color: str | None
    width_mm: float | None
    is_layer: bool


@dataclass
class Scene:
    """Outlines in `parts`, path data or lines already; outline `i` is drawn as `contexts[of[i]]` says."""

    width_mm: float
    height_mm: float
    parts: list[list[str] | Lines] = field(default_factory=list)
    of: list[int] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)
    groups: list[GroupDraft] = field(default_factory=list)
    clips: list[Region] = field(default_factory=list)
    unsupported: Counter[str] = field(default_factory=Counter)
    metadata: str | None = None
    paper_color: str | None = None
    sized: bool = True
    broken: int = 0
    crossings: CrossingBudget = field(default_factory=CrossingBudget)
    _numbers: dict[Context, int] = field(default_factory=dict)
    _room: int = 0

    def number_of(self, context: Context) -> int:
        """Return the number of a context."""
        number = self._numbers.setdefault(context, len(self.contexts))
        if number == len(self.contexts):
            self.contexts.append(context)
        return number

    def context_of(self, outline: int) -> Context:
        """Return how an outline is drawn."""
        return self.contexts[self.of[outline]]

    def redraw(self, outline: int, *, stroke: str | None) -> None:
        """Draw an outline with that stroke, and without a fill."""
        context = self.context_of(outline)._replace(stroke=stroke, fill=None)
        self.of[outline] = self.number_of(context)

    def append(self, data: str | Lines, number: int) -> None:
        """Add an outline that is drawn as that context says; of lines, one for each."""
        if isinstance(data, Lines):
            if not len(data):
                return
            self.parts.append(data)
            self.of += [number] * len(data)
            self._room = 0
            return
        if self._room <= 0:
            self.parts.append([])
            self._room = _BATCH
        self.parts[-1].append(data)  # type: ignore[union-attr]
        self.of.append(number)
        self._room -= len(data)

    @np.errstate(over="ignore", invalid="ignore")
    def lines(self, tolerance_mm: float, *, cut: bool = True) -> tuple[Lines, Ints]:
        """Return the lines in mm and the outline that each is part of; dashed and clipped if `cut`."""
        self.broken = 0
        parts, owners = [Lines.empty()], [np.empty(0, dtype=np.int64)]
        left, low = MOST_POINTS, 0
        for part in self.parts:
            # Ten points for a character are curves of metres: refused before they are computed.
            most = min(left, MOST_POINTS // 10)
            lines, own = self._batch(part, low, tolerance_mm, cut, most)
            parts.append(lines)
            owners.append(own + low)
            left -= len(lines.points)
            low += len(part)
        if len(parts) == 2:
            return parts[1], owners[1]
        return Lines.join(parts), np.concatenate(owners)

    def areas(self, tolerance_mm: float) -> Iterator[tuple[int, Region]]:
        """Yield each outline that is filled, or in a clip path could be, and what of it is seen."""
        lines, owners = self.lines(tolerance_mm, cut=False)
        for outline, own in by_outline(lines, owners):
            yield outline, self.area(outline, own)

    def area(self, outline: int, lines: Lines) -> Region:
        """Return what an outline of those `lines` encloses, within its clip."""
        context = self.context_of(outline)
        area = region(lines, self.crossings, evenodd=context.evenodd)
        if context.clip is None:
            return area
        return overlap(area, self.clips[context.clip], self.crossings)

    def _batch(
        self, part: list[str] | Lines, low: int, tolerance_mm: float, cut: bool, most: int
    ) -> tuple[Lines, Ints]:
        # Only this part's contexts: of a thousand texts each is a part, and may have its own.
        numbers = np.array(self.of[low : low + len(part)], dtype=np.int64)
        used = np.bincount(numbers) > 0
        of = (np.cumsum(used) - 1)[numbers]
        contexts = [self.contexts[number] for number in np.flatnonzero(used)]
        stretch = np.array([max(context.matrix.stretch, 1e-12) for context in contexts])
        if isinstance(part, Lines):
            lines, owners = part, np.arange(len(part))
        else:
            segments = read_segments(part)
            self.broken += segments.broken
            lines, owners = flatten(segments, tolerance_mm / stretch[of], most=most)
        lines, owners = self._with_closed_fills(lines, owners, of[owners], contexts, cut)
        whole, whole_owners = self._placed(lines, owners, of, contexts)
        if not cut:
            return whole, whole_owners
        dashed = any(context.dashes for context in contexts)
        if dashed:
            lines, owners = self._placed(*self._dashed(lines, owners, of, contexts), of, contexts)
        else:
            lines, owners = whole, whole_owners
        if self.clips:
            lines, owners = self._clipped(lines, owners, of, contexts, whole, whole_owners)
        return lines, owners

    def _with_closed_fills(
        self, lines: Lines, owners: Ints, of: Ints, contexts: list[Context], cut: bool
    ) -> tuple[Lines, Ints]:
        """Return the lines, filled areas closed, and behind each stroked open path its fill's last edge.

        A line there and back encloses nothing: as an area it is not seen.
        """
        kinds = [(c.is_area, c.stroke and c.shows_fill) for c in contexts]
        areas, filled = np.array(kinds, dtype=bool).reshape(-1, 2)[of].T
        ajar = (lines.starts != lines.ends).any(axis=1)
        filled &= ajar & (lines.counts > 2) & cut
        if not (areas.any() or filled.any()):
            return lines, owners
        flat = is_straight(lines)
        seen, edged = np.flatnonzero(~(areas & flat)), np.flatnonzero(filled & ~flat)
        edges = Lines.of(np.stack((lines.ends[edged], lines.starts[edged]), axis=1))
        places = np.concatenate((seen, edged))
        closed = lines.take(seen).closed_up((areas & ~lines.closed)[seen])
        return in_order([closed, edges], places, owners[places])

    def _placed(
        self, lines: Lines, owners: Ints, of: Ints, contexts: list[Context]
    ) -> tuple[Lines, Ints]:
        """Return the lines at their places in mm, without those that reach beyond all paper."""
        matrices = np.array([context.matrix for context in contexts])
        points = lines.points
        if not (matrices == IDENTITY).all():
            each = np.repeat(of[owners], lines.counts)
            a, b, c, d, e, f = matrices[0] if len(matrices) == 1 else matrices[each].T
            x, y = points.T
            points = np.stack((a * x + c * y + e, b * x + d * y + f), axis=1)
        lines = lines.with_points(points)
        if max(np.max(points, initial=0.0), -np.min(points, initial=0.0)) <= LARGEST_MM:
            return lines, owners
        self.unsupported["lines that reach a thousand kilometres away are not drawn"] = 1
        near = np.logical_and.reduceat(
            (np.abs(points) <= LARGEST_MM).all(axis=1), lines.offsets[:-1]
        )
        return lines.take(near), owners[near]

    def _dashed(
        self, lines: Lines, owners: Ints, of: Ints, contexts: list[Context]
    ) -> tuple[Lines, Ints]:
        numbers = of[owners]
        parts: list[Lines] = []
        sources: list[Ints] = []
        order = np.argsort(numbers, kind="stable")
        for number, own in by_outline(lines.take(order), numbers[order]):
            which, order, context = order[: len(own)], order[len(own) :], contexts[number]
            pieces, source = dashed(own, context.dashes, context.dash_offset)
            parts.append(pieces)
            sources.append(which[source])
        places = np.concatenate(sources)
        return in_order(parts, places, owners[places])

    def _clipped(
        self,
        lines: Lines,
        owners: Ints,
        of: Ints,
        contexts: list[Context],
        whole: Lines,
        whole_owners: Ints,
    ) -> tuple[Lines, Ints]:
        """Return the lines within their clips, and the edges where a clip cuts an area.

        Most outlines are in their clip as a whole.
        """
        import shapely

        from drawscape.geometry.clip import pieces_in

        numbers = np.array([-1 if c.clip is None else c.clip for c in contexts])[of]
        areas = np.array([c.is_area for c in contexts], dtype=bool)[of]
        low, high = (f.reduceat(whole.points, whole.offsets[:-1]) for f in (np.minimum, np.maximum))
        boxes = shapely.box(*low.T, *high.T)
        clips = np.array(self.clips, dtype=object)
        shapely.prepare(clips)
        clip = numbers[whole_owners]
        inside = clip < 0
        inside[clip >= 0] = shapely.contains_properly(clips[clip[clip >= 0]], boxes[clip >= 0])
        straying = np.isin(whole_owners, whole_owners[~inside])
        cut = np.isin(owners, whole_owners[straying])
        parts, outlines = [lines.take(~cut)], [owners[~cut]]
        stroked = np.flatnonzero(cut & ~areas[owners])
        clip = numbers[owners[stroked]]
        for number in np.unique(clip).tolist():
            which = stroked[clip == number]
            wider = self.clips[number].buffer(_ALONG_MM, join_style="mitre")
            stroked_lines = lines.take(which)
            self.crossings.spend(edges_of(stroked_lines), borders(wider))
            pieces, source = pieces_in(stroked_lines, wider)
            parts.append(pieces)
            outlines.append(owners[which[source]])
        for outline, own in by_outline(whole.take(straying), whole_owners[straying]):
            if contexts[of[outline]].shows_fill:
                parts.append(self._edges(own, contexts[of[outline]]))
                outlines.append(np.full(len(parts[-1]), outline))
        places = np.concatenate(outlines)
        return in_order(parts, places, places)

    def _edges(self, lines: Lines, context: Context) -> Lines:
        """Return what ends the filled area of an outline in its clip.

        Of a stroked shape these are the pieces of the clip's border, of another the border of the rest.
        """
        import shapely

        clip = self.clips[context.clip or 0]
        area = region(lines, self.crossings, evenodd=context.evenodd)
        self.crossings.spend(borders(area), borders(clip), COST_WITHIN)
        if context.is_area:
            parts = shapely.get_parts(area.intersection(clip))
            # What only touches the clip leaves a sliver.
            return from_shapely(parts[shapely.area(parts) > 1e-3 * shapely.length(parts)])
        border = area.boundary  # it is drawn already
        ends = shapely.intersection(clip.boundary, area).difference(border)
        pieces = shapely.get_parts(shapely.line_merge(ends))
        pieces = pieces[~shapely.within(pieces, border.buffer(3 * _ALONG_MM))]
        pieces = pieces[shapely.length(pieces) > 1e-6]
        return Lines.of([shapely.get_coordinates(piece) for piece in pieces])


def by_outline(lines: Lines, owners: Ints) -> Iterator[tuple[int, Lines]]:
    """Yield each outline and its lines; `owners` (M,) are in order."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1)).tolist()
    for begin, end in pairwise([*starts, len(owners)]):
        offsets = lines.offsets[begin : end + 1]
        points = lines.points[offsets[0] : offsets[-1]]
        yield int(owners[begin]), Lines(points, offsets - offsets[0])


def in_order(parts: Sequence[Lines], places: Ints, outlines: Ints) -> tuple[Lines, Ints]:
    """Return the pieces in the order of their `places`, and the outline of each."""
    order = np.argsort(places, kind="stable")
    return Lines.join(parts).take(order), outlines[order]


def is_straight(lines: Lines) -> Flags:
    """Return which lines (M,) lie on a straight line as a whole."""
    points = lines.points - np.repeat(lines.points[lines.offsets[:-1]], lines.counts, axis=0)
    x, y = points.T
    xx, yy, xy = (np.add.reduceat(part, lines.offsets[:-1]) for part in (x * x, y * y, x * y))
    straight: Flags = (xx * yy - xy * xy) <= 1e-12 * (xx + yy) ** 2
    return straight


_MOST_DASHES_IN_ALL = 3_000_000
MOST_DASHES = 200_000
"""Of one line: a dash of a thousandth of a mm on a sheet is a mistake, or an attack."""


def dashed(lines: Lines, pattern: Sequence[float], offset: float = 0.0) -> tuple[Lines, Ints]:
    """Return the dashes of `lines`, and the line (K,) that each is a part of.

    `pattern` are lengths of dashes and gaps in turn, an odd number counts twice; it starts again with
    each line, `offset` into it. Dashes without length are dots. A pattern that sums to
    nothing, has a negative length, or makes more than MOST_DASHES of a line leaves that line as it is.
    """
    steps = np.asarray(pattern, dtype=np.float64)
    steps = np.concatenate((steps, steps)) if len(steps) % 2 else steps
    period = float(steps.sum())
    if not np.isfinite(period) or period <= 0 or (steps < 0).any():
        return lines, np.arange(len(lines))
    offset %= period
    lengths = lines.lengths_mm
    dashes = np.cumsum(np.append(0.0, steps))[:-1].reshape(-1, 2)
    plain = np.flatnonzero((lengths == 0) | (lengths / period * len(steps) > MOST_DASHES))
    rounds = np.ceil((lengths + offset) / period)
    rounds[plain] = 0
    counts = (rounds * len(dashes)).astype(np.int64)
    if counts.sum() > _MOST_DASHES_IN_ALL:
        raise SvgReadError(f"{counts.sum():,} dashes are more than a pen draws; use longer ones")
    which = np.repeat(np.arange(len(lines)), counts)
    turn, dash = np.divmod(ranges(np.zeros_like(counts), counts), len(dashes))
    begin, end = dashes[dash].T + turn * period - offset
    is_dot = begin == end
    begin, end = np.maximum(begin, 0.0), np.minimum(end, lengths[which])
    kept = (begin < end) | ((begin == end) & is_dot)
    places = np.concatenate((which[kept], plain))
    pieces = stretches(lines, which[kept], begin[kept], end[kept])
    return in_order([pieces, lines.take(plain)], places, places)
