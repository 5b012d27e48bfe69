"""The lines of a batch of outlines: closed, placed on the paper, dashed and clipped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix
from drawscape.drawing.values import LARGEST_MM, is_white
from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Flags, Ints, Lines, ranges, stretches
from drawscape.geometry.regions import from_shapely
from drawscape.svg.read.areas import COST_WITHIN, CrossingBudget, Region, borders, edges_of, region

# Half of a stroke along a clip's edge is visible; chords of the same curve deviate this far from each other.
_ALONG_MM = 0.021


class Context(NamedTuple):
    """How outlines are drawn: the map to mm, colours, the pen's width, dashes and clip.

    An `is_area` is filled without a stroke: its edge is closed, like its fill. One that `hides` has an
    opaque fill.
    """

    matrix: Matrix
    group: int | None
    stroke: str | None
    fill: str | None
    width_mm: float | None
    dashes: tuple[float, ...]
    dash_offset: float
    clip: int | None
    evenodd: bool
    on_dark: bool
    is_area: bool
    hides: bool

    @property
    def shows_fill(self) -> bool:
        """Whether the fill itself is visible on paper."""
        hidden = self.stroke and is_white(self.fill or "") and not self.on_dark
        return bool(self.fill) and not hidden

    @property
    def ink(self) -> str:
        """The colour that draws: the stroke's, unless only the fill is visible on white paper."""
        if self.stroke and self.fill and is_white(self.stroke) and not self.on_dark:
            return self.fill
        return self.stroke or self.fill or "black"


@dataclass(frozen=True)
class LineBatch:
    """Lines, and the outline (M,) that each is part of; outline `i` is drawn as `contexts[of[i]]` says."""

    lines: Lines
    owners: Ints
    of: Ints
    contexts: Sequence[Context]

    def _with(self, parts: Sequence[Lines], owners: Ints) -> "LineBatch":
        """Return the batch with other lines, in the order of their outlines."""
        lines, owners = in_order(parts, owners, owners)
        return LineBatch(lines, owners, self.of, self.contexts)

    def _where(self, holds: Callable[[Context], object]) -> Flags:
        """Return for each line (M,) whether its context passes that test."""
        flags = np.array([bool(holds(context)) for context in self.contexts], dtype=bool)
        return flags[self.of[self.owners]]

    def with_closed_fills(self, *, edges: bool) -> "LineBatch":
        """Return the batch with filled areas closed.

        With `edges`, the last edge of its fill follows an open path that is filled and stroked.
        A line there and back encloses nothing: as an area it is invisible.
        """
        lines, areas = self.lines, self._where(lambda context: context.is_area)
        filled = self._where(lambda context: context.stroke and context.shows_fill)
        ajar = (lines.starts != lines.ends).any(axis=1)
        filled &= ajar & (lines.counts > 2) & edges
        if not (areas.any() or filled.any()):
            return self
        flat = is_straight(lines)
        seen, edged = np.flatnonzero(~(areas & flat)), np.flatnonzero(filled & ~flat)
        last_edges = Lines.of(np.stack((lines.ends[edged], lines.starts[edged]), axis=1))
        closed = lines.take(seen).closed_up((areas & ~lines.closed)[seen])
        places = np.concatenate((seen, edged))
        lines, owners = in_order([closed, last_edges], places, self.owners[places])
        return LineBatch(lines, owners, self.of, self.contexts)

    def placed(self) -> "LineBatch":
        """Return the lines at their places in mm, without those far beyond any paper."""
        matrices = np.array([context.matrix for context in self.contexts])
        lines, points = self.lines, self.lines.points
        if not (matrices == IDENTITY).all():
            each = np.repeat(self.of[self.owners], lines.counts)
            a, b, c, d, e, f = matrices[0] if len(matrices) == 1 else matrices[each].T
            x, y = points.T
            points = np.stack((a * x + c * y + e, b * x + d * y + f), axis=1)
        lines, owners = lines.with_points(points), self.owners
        if max(np.max(points, initial=0.0), -np.min(points, initial=0.0)) > LARGEST_MM:
            on_paper = (np.abs(points) <= LARGEST_MM).all(axis=1)
            near = np.logical_and.reduceat(on_paper, lines.offsets[:-1])
            lines, owners = lines.take(near), owners[near]
        return LineBatch(lines, owners, self.of, self.contexts)

    def dashed(self) -> "LineBatch":
        """Return the dashes of each line, by its context."""
        # Of a thousand contexts, each with its own place, most have the same dashes.
        known: dict[tuple[tuple[float, ...], float], int] = {}
        kinds = [known.setdefault((c.dashes, c.dash_offset), len(known)) for c in self.contexts]
        numbers = np.array(kinds, dtype=np.int64)[self.of[self.owners]]
        patterns = list(known)
        parts = []
        owners = []
        order = np.argsort(numbers, kind="stable")
        for number, own in by_outline(self.lines.take(order), numbers[order]):
            which, order = order[: len(own)], order[len(own) :]
            pattern, offset = patterns[number]
            pieces, source = dashed(own, pattern, offset)
            parts.append(pieces)
            owners.append(self.owners[which[source]])
        return self._with(parts, np.concatenate(owners))

    def clipped(
        self, whole: "LineBatch", clips: Sequence[Region], budget: CrossingBudget
    ) -> "LineBatch":
        """Return the lines within their clips, and the edges where a clip cuts an area.

        `whole` are the lines without dashes. Most outlines are completely inside their clip.
        """
        straying = whole._straying(clips)
        cut = np.isin(self.owners, whole.owners[straying])
        parts, owners = [self.lines.take(~cut)], [self.owners[~cut]]
        stroked = np.flatnonzero(cut & ~self._where(lambda context: context.is_area))
        numbers = self._clip_numbers()[stroked]
        for number in np.unique(numbers).tolist():
            which = stroked[numbers == number]
            pieces, source = _pieces_within(self.lines.take(which), clips[number], budget)
            parts.append(pieces)
            owners.append(self.owners[which[source]])
        for outline, own in by_outline(whole.lines.take(straying), whole.owners[straying]):
            context = self.contexts[self.of[outline]]
            if context.shows_fill and context.clip is not None:
                parts.append(_edges(own, context, clips[context.clip], budget))
                owners.append(np.full(len(parts[-1]), outline))
        return self._with(parts, np.concatenate(owners))

    def _clip_numbers(self) -> Ints:
        """Return the number of the clip of each line (M,), -1 for none."""
        numbers = [-1 if context.clip is None else context.clip for context in self.contexts]
        return np.array(numbers, dtype=np.int64)[self.of[self.owners]]

    def _straying(self, clips: Sequence[Region]) -> Flags:
        """Return which lines (M,) belong to an outline that is not completely inside its clip."""
        import shapely

        points, begins = self.lines.points, self.lines.offsets[:-1]
        low, high = np.minimum.reduceat(points, begins), np.maximum.reduceat(points, begins)
        boxes = shapely.box(*low.T, *high.T)
        regions = np.array(clips, dtype=object)
        shapely.prepare(regions)
        numbers = self._clip_numbers()
        inside = numbers < 0
        has_clip = ~inside
        around = regions[numbers[has_clip]]
        inside[has_clip] = shapely.contains_properly(around, boxes[has_clip])
        return np.isin(self.owners, self.owners[~inside])


def _pieces_within(lines: Lines, clip: Region, budget: CrossingBudget) -> tuple[Lines, Ints]:
    """Return the pieces of strokes that a clip shows, and the line that each comes from."""
    from drawscape.geometry.clip import pieces_in

    wider = clip.buffer(_ALONG_MM, join_style="mitre")
    budget.spend(edges_of(lines), borders(wider))
    return pieces_in(lines, wider)


def _edges(lines: Lines, context: Context, clip: Region, budget: CrossingBudget) -> Lines:
    """Return the edges of an outline's filled area in its clip.

    For a stroked shape these are pieces of the clip's border, for others the border of the clipped area.
    """
    import shapely

    area = region(lines, budget, evenodd=context.evenodd)
    budget.spend(borders(area), borders(clip), COST_WITHIN)
    if context.is_area:
        parts = shapely.get_parts(area.intersection(clip))
        # An area that only touches the clip leaves a sliver.
        return from_shapely(parts[shapely.area(parts) > 1e-3 * shapely.length(parts)])
    border = area.boundary  # it is drawn already
    ends = shapely.intersection(clip.boundary, area).difference(border)
    pieces = shapely.get_parts(shapely.line_merge(ends))
    pieces = pieces[~shapely.within(pieces, border.buffer(3 * _ALONG_MM))]
    pieces = pieces[shapely.length(pieces) > 1e-6]
    return Lines.from_shapes(pieces)


def by_outline(lines: Lines, owners: Ints) -> Iterator[tuple[int, Lines]]:
    """Yield each outline and its lines; `owners` (M,) are in order."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1)).tolist()
    for begin, end in pairwise([*starts, len(owners)]):
        yield int(owners[begin]), lines.part(begin, end)


def in_order(parts: Sequence[Lines], places: Ints, outlines: Ints) -> tuple[Lines, Ints]:
    """Return the pieces in the order of their `places`, and the outline of each."""
    order = np.argsort(places, kind="stable")
    return Lines.join(parts).take(order), outlines[order]


def is_straight(lines: Lines) -> Flags:
    """Return which lines (M,) lie on a straight line as a whole."""
    points = lines.points - np.repeat(lines.starts, lines.counts, axis=0)
    x, y = points.T
    xx, yy, xy = (np.add.reduceat(part, lines.offsets[:-1]) for part in (x * x, y * y, x * y))
    return (xx * yy - xy * xy) <= 1e-12 * (xx + yy) ** 2


_MOST_DASHES_IN_ALL = 3_000_000
MOST_DASHES = 200_000
"""The limit for one line: a dash of a thousandth of a mm is a mistake, or an attack."""


def dashed(lines: Lines, pattern: Sequence[float], offset: float = 0.0) -> tuple[Lines, Ints]:
    """Return the dashes of `lines`, and the line (K,) that each is a part of.

    `pattern` are lengths of dashes and gaps in turn; an odd number of them is repeated. It restarts with
    each line, at `offset`. Dashes without length are dots. A line stays unchanged if the pattern sums
    to 0, has a negative length, or makes more than MOST_DASHES of it.
    """
    steps = np.asarray(pattern, dtype=np.float64)
    steps = np.concatenate((steps, steps)) if len(steps) % 2 else steps
    period = steps.sum()
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
    turn, dash = np.divmod(ranges(0, counts), len(dashes))
    begin, end = dashes[dash].T + turn * period - offset
    is_dot = begin == end
    begin, end = np.maximum(begin, 0.0), np.minimum(end, lengths[which])
    kept = (begin < end) | ((begin == end) & is_dot)
    places = np.concatenate((which[kept], plain))
    pieces = stretches(lines, which[kept], begin[kept], end[kept])
    return in_order([pieces, lines.take(plain)], places, places)
