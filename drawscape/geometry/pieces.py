"""Pieces of segments: which stretches of polylines stay, and the lines that they make."""

from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Flags, Floats, Ints, Lines, Points, Segments

# Stretches shorter than this share of their segment are rounding, not geometry.
_NOTHING = 1e-12
SLIVER = 1e-9
"""Two cuts this close are one: a segment through a corner crosses both of its edges."""


@dataclass(frozen=True)
class Pieces:
    """Stretches of segments: from `start` to `end` (0 to 1) of `segment`, sorted and apart."""

    segment: Ints
    start: Floats
    end: Floats

    def united(self, slack: float = SLIVER) -> "Pieces":
        """Return the union of pieces in any order; gaps of `slack` or less are closed."""
        pieces = self.take(self.end > self.start)
        pieces = pieces.take(np.lexsort((pieces.start, pieces.segment)))
        # Segments are moved two apart, so that one running maximum serves them all.
        reach = np.maximum.accumulate(2.0 * pieces.segment + pieces.end)
        fresh = np.ones(len(reach), dtype=bool)
        fresh[1:] = 2.0 * pieces.segment[1:] + pieces.start[1:] > reach[:-1] + slack
        heads = np.flatnonzero(fresh)
        end = np.maximum.reduceat(pieces.end, heads) if len(heads) else pieces.end
        return Pieces(pieces.segment[heads], pieces.start[heads], end)

    def complement(self, count: int) -> "Pieces":
        """Return what these pieces leave of `count` segments."""
        gaps_start = np.concatenate((np.zeros(count), self.end))
        segment = np.concatenate((np.arange(count), self.segment))
        order = np.lexsort((gaps_start, segment))
        segment, start = segment[order], gaps_start[order]
        end = np.ones(len(segment))
        # The gap that starts where a piece ends goes on to the next piece of its segment.
        ordered = np.lexsort((self.start, self.segment))
        has_next = np.flatnonzero(segment[:-1] == segment[1:]) if len(segment) else segment
        end[has_next] = self.start[ordered]
        keep = end - start > _NOTHING
        return Pieces(segment, start, end).take(keep)

    def take(self, chosen: Flags | Ints) -> "Pieces":
        """Return the chosen pieces."""
        return Pieces(self.segment[chosen], self.start[chosen], self.end[chosen])

    def lengths_mm(self, segments: Segments) -> Floats:
        """Return how long each piece is."""
        steps = (segments.b - segments.a)[self.segment]
        return np.asarray(np.hypot(*steps.T) * (self.end - self.start))

    def middles(self, segments: Segments) -> Points:
        """Return the point in the middle of each piece."""
        a, b = segments.a[self.segment], segments.b[self.segment]
        return a + ((self.start + self.end) / 2.0)[:, None] * (b - a)

    def lines_of(self, lines: Lines) -> tuple[Lines, Ints]:
        """Return the pieces of `lines` as lines, and the number of the line that each comes from.

        Pieces that meet stay one line, also across the point where a closed line starts.
        """
        segments = Segments.of(lines)
        pieces = self._wrapped(lines, segments)
        if not len(pieces.segment):
            return Lines.empty(), np.empty(0, dtype=np.int64)
        line = segments.line[pieces.segment]
        head = ~pieces._follows(lines, segments)
        starts, ends = pieces._points(segments)
        at = np.arange(len(line)) + np.cumsum(head)
        points = np.empty((len(line) + int(head.sum()), 2))
        points[at] = ends
        points[at[head] - 1] = starts[head]
        heads = np.flatnonzero(head)
        return Lines.from_counts(points, np.diff(np.append(heads, len(line))) + 1), line[heads]

    def _points(self, segments: Segments) -> tuple[Points, Points]:
        a, b = segments.a[self.segment], segments.b[self.segment]
        start, end = self.start[:, None], self.end[:, None]
        step = b - a
        # Ends stay the points that they were, to the last bit.
        return np.where(start == 0.0, a, a + start * step), np.where(end == 1.0, b, a + end * step)

    def _follows(self, lines: Lines, segments: Segments) -> Flags:
        """Whether each piece goes on where the one before it ended."""
        segment = self.segment
        follows = np.zeros(len(segment), dtype=bool)
        line = segments.line[segment]
        before, after = segment[:-1], segment[1:]
        whole = (self.end[:-1] == 1.0) & (self.start[1:] == 0.0) & (line[:-1] == line[1:])
        wraps = (after < before) & lines.closed[line[1:]]
        follows[1:] = whole & ((after == before + 1) | wraps)
        return follows

    def _wrapped(self, lines: Lines, segments: Segments) -> "Pieces":
        """Return the pieces with a closed line's last run before its first, where they meet."""
        if not len(self.segment) or not lines.closed.any():
            return self
        line = segments.line[self.segment]
        edges = np.flatnonzero(np.diff(line)) + 1
        firsts, lasts = np.append(0, edges), np.append(edges, len(line)) - 1
        follows = self._follows(lines, segments)
        bounds = np.searchsorted(segments.line, [line[firsts], line[firsts] + 1])
        meets = (
            lines.closed[line[firsts]]
            & (self.segment[firsts] == bounds[0])
            & (self.start[firsts] == 0.0)
            & (self.segment[lasts] == bounds[1] - 1)
            & (self.end[lasts] == 1.0)
        )
        run = np.cumsum(~follows)
        moved = np.isin(run, run[lasts[meets & (run[firsts] != run[lasts])]])
        order = np.lexsort((~moved, line))
        return self.take(order)


def touching(segments: Segments, edges: Segments) -> tuple[Ints, Ints]:
    """Return the pairs (segment, edge) whose boxes meet."""
    import shapely

    tree = shapely.STRtree(shapely.linestrings(np.stack((edges.a, edges.b), axis=1)))
    i, j = tree.query(shapely.linestrings(np.stack((segments.a, segments.b), axis=1)))
    return i, j


def cut_at(segments: Segments, edges: Segments, i: Ints, j: Ints) -> tuple[Pieces, Ints, Ints]:
    """Return the segments cut where they meet an edge of the pairs (i, j), by runs.

    Those are the pieces, the run that each is in, and the longest piece of each run. A run crosses no
    edge: any of its points tells on which side all of it lies.
    """
    t, u = _meet(segments, edges, i, j)
    touches = (t >= -SLIVER) & (t <= 1.0 + SLIVER) & (u >= -SLIVER) & (u <= 1.0 + SLIVER)
    i, t = i[touches], t[touches]
    # A corner on an edge is a cut as well, between two segments.
    cut_at_start, cut_at_end = (np.zeros(len(segments), dtype=bool) for _ in range(2))
    cut_at_start[i[t <= SLIVER]] = True
    cut_at_end[i[t >= 1.0 - SLIVER]] = True
    within = (t > SLIVER) & (t < 1.0 - SLIVER)
    segment = np.concatenate((np.arange(len(segments)), i[within]))
    start = np.concatenate((np.zeros(len(segments)), t[within]))
    order = np.lexsort((start, segment))
    segment, start = segment[order], start[order]
    end = np.ones(len(segment))
    same = np.flatnonzero(segment[:-1] == segment[1:])
    end[same] = start[same + 1]
    real = end - start > SLIVER
    pieces = Pieces(segment[real], start[real], end[real])
    after, before = pieces.segment[1:], pieces.segment[:-1]
    fresh = np.ones(len(pieces.segment), dtype=bool)
    fresh[1:] = (
        (pieces.start[1:] > 0.0)
        | (segments.line[after] != segments.line[before])
        | cut_at_start[after]
        | cut_at_end[before]
    )
    run = np.cumsum(fresh) - 1
    order = np.lexsort((-pieces.lengths_mm(segments), run))
    return pieces, run, order[np.flatnonzero(np.diff(run[order], prepend=-1))]


def _meet(segments: Segments, edges: Segments, i: Ints, j: Ints) -> tuple[Floats, Floats]:
    """Return where segment `i` and edge `j` of each pair meet, as shares of each; nan if parallel."""
    d, e = (segments.b - segments.a)[i], (edges.b - edges.a)[j]
    gap = edges.a[j] - segments.a[i]
    turn = d[:, 0] * e[:, 1] - d[:, 1] * e[:, 0]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        t = (gap[:, 0] * e[:, 1] - gap[:, 1] * e[:, 0]) / turn
        u = (gap[:, 0] * d[:, 1] - gap[:, 1] * d[:, 0]) / turn
    return t, u
