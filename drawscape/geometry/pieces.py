"""Pieces of segments: which stretches of polylines stay, and the lines that they make."""

from dataclasses import dataclass

import numpy as np

from drawscape.geometry.lines import Flags, Floats, Ints, Lines, Points

# Stretches shorter than this share of their segment are rounding, not geometry.
_NOTHING = 1e-12


@dataclass(frozen=True)
class Segments:
    """The straight segments of lines: `a` and `b` are (S, 2), `line` is the line of each, (S,)."""

    a: Points
    b: Points
    line: Ints

    @classmethod
    def of(cls, lines: Lines) -> "Segments":
        """Return the segments of `lines`, in order; a line of one point makes one of length 0."""
        first = np.ones(len(lines.points), dtype=bool)
        first[lines.offsets[1:] - 1] = lines.counts == 1
        index = np.flatnonzero(first)
        alone = np.repeat(lines.counts == 1, lines.counts)[index]
        return cls(lines.points[index], lines.points[index + ~alone], lines.ids[index])

    def __len__(self) -> int:
        return len(self.a)


@dataclass(frozen=True)
class Pieces:
    """Stretches of segments: from `start` to `end` (0 to 1) of `segment`, sorted and apart."""

    segment: Ints
    start: Floats
    end: Floats

    @classmethod
    def united(cls, segment: Ints, start: Floats, end: Floats, *, slack: float = 0.0) -> "Pieces":
        """Return the union of any stretches; gaps of `slack` or less are closed."""
        keep = end > start
        segment, start, end = segment[keep], start[keep], end[keep]
        if not len(segment):
            return cls(segment, start, end)
        order = np.lexsort((start, segment))
        segment, start, end = segment[order], start[order], end[order]
        # Segments are moved two apart, so that one running maximum serves them all.
        reach = np.maximum.accumulate(2.0 * segment + end)
        fresh = np.ones(len(segment), dtype=bool)
        fresh[1:] = 2.0 * segment[1:] + start[1:] > reach[:-1] + slack
        heads = np.flatnonzero(fresh)
        return cls(segment[heads], start[heads], np.maximum.reduceat(end, heads))

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
        return Pieces(segment[keep], start[keep], end[keep])

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
        return Pieces(self.segment[order], self.start[order], self.end[order])
