"""The scene that a walk through the tree collects: outlines, how each is drawn, and its lines."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from drawscape.drawing.path import MOST_POINTS, flatten, read_segments
from drawscape.geometry.lines import Ints, Lines
from drawscape.svg.read.areas import (
    CrossingBudget,
    Region,
    overlap,
    region,
)
from drawscape.svg.read.batch import Context, LineBatch

# Characters of path data that are read at once: enough for numpy, few for a large file.
_BATCH = 500_000


class GroupDraft(NamedTuple):
    """A top-level group: its name, and its own pen."""

    name: str
    color: str | None
    width_mm: float | None
    is_layer: bool


@dataclass
class Scene:
    """Outlines in `parts`, as path data or lines; outline `i` is drawn as `contexts[of[i]]` says."""

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
        """Add an outline that is drawn by that context; Lines add one for each line."""
        if isinstance(data, Lines):
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
            # Ten points for a character mean curves of metres: refused before they are computed.
            most = min(left, MOST_POINTS // 10)
            lines, own = self._batch(part, low, tolerance_mm, cut, most)
            parts.append(lines)
            owners.append(own + low)
            left -= len(lines.points)
            low += len(part)
        return Lines.join(parts), np.concatenate(owners)

    def area(self, outline: int, lines: Lines) -> Region:
        """Return the area inside an outline of those `lines`, within its clip."""
        context = self.context_of(outline)
        area = region(lines, self.crossings, evenodd=context.evenodd)
        if context.clip is None:
            return area
        return overlap(area, self.clips[context.clip], self.crossings)

    def _batch(
        self, part: list[str] | Lines, low: int, tolerance_mm: float, cut: bool, most: int
    ) -> tuple[Lines, Ints]:
        # Only this part's contexts: each of a thousand texts is a part, and may have its own.
        numbers = np.array(self.of[low : low + len(part)], dtype=np.int64)
        used = np.bincount(numbers) > 0
        of = (np.cumsum(used) - 1)[numbers]
        contexts = [self.contexts[number] for number in np.flatnonzero(used)]
        if isinstance(part, Lines):
            lines, owners = part, np.arange(len(part))
        else:
            stretch = np.array([max(context.matrix.stretch, 1e-12) for context in contexts])
            segments = read_segments(part)
            self.broken += segments.broken
            lines, owners = flatten(segments, tolerance_mm / stretch[of], most=most)
        read = LineBatch(lines, owners, of, contexts).with_closed_fills(edges=cut)
        whole = read.placed()
        if len(whole.lines) < len(read.lines):
            self.unsupported["lines that reach a thousand kilometres away are not drawn"] = 1
        drawn = whole
        if cut and any(context.dashes for context in contexts):
            drawn = read.dashed().placed()
        if cut and self.clips:
            drawn = drawn.clipped(whole, self.clips, self.crossings)
        return drawn.lines, drawn.owners
