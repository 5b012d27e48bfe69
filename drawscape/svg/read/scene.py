"""What a walk through the tree collects: outlines as path data, and how each is to be drawn."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from drawscape.drawing.affine import IDENTITY, Matrix
from drawscape.drawing.dashes import dashed
from drawscape.drawing.path.commands import read_commands
from drawscape.drawing.path.flatten import MOST_POINTS, flatten
from drawscape.drawing.path.segments import resolve
from drawscape.geometry.lines import Floats, Ints, Lines
from drawscape.svg.read.plain_runs import PlainRun
from drawscape.svg.read.regions import Region

# Characters of path data that are read at once: enough for numpy, little beside a large file.
_BATCH = 500_000


class Context(NamedTuple):
    """How outlines are drawn: the map to mm, colours, the pen's width, and what cuts the lines."""

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

    def forget_texts(self) -> None:
        """Give back what the outlines were read from: of a large file it is as large as its lines."""
        self.data.clear()
        self.runs.clear()

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
        if cut and any(context.dashes for context in self.contexts):
            lines, owners = self._dashed(lines, owners, of)
        matrices = np.array([context.matrix for context in self.contexts])
        lines = lines.with_points(_placed(lines, matrices, of[owners]))
        if not np.isfinite(lines.points).all():
            finite = np.isfinite(lines.points).all(axis=1)
            whole = ~np.logical_or.reduceat(~finite, lines.offsets[:-1])
            lines, owners = lines.take(whole), owners[whole]
        if cut and self.clips:
            lines, owners = self._clipped(lines, owners, of)
        return lines, owners + low

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
        return _in_order(parts, owners)

    def _clipped(self, lines: Lines, owners: Ints, of: Ints) -> tuple[Lines, Ints]:
        from drawscape.geometry.clip import pieces_in

        numbers = np.array([-1 if c.clip is None else c.clip for c in self.contexts])
        clips = numbers[of[owners]]
        free = clips < 0
        parts: list[tuple[Lines, Ints]] = [(lines.take(free), np.flatnonzero(free))]
        for number in np.unique(clips[~free]).tolist():
            area = self.clips[number]
            if area.is_empty or area.geom_type not in ("Polygon", "MultiPolygon"):
                continue
            which = np.flatnonzero(clips == number)
            pieces, source = pieces_in(lines.take(which), area)
            parts.append((pieces, which[source]))
        return _in_order(parts, owners)


def _in_order(parts: list[tuple[Lines, Ints]], owners: Ints) -> tuple[Lines, Ints]:
    """Return the pieces in the order of the lines they come from, and the outline of each."""
    sources = np.concatenate([source for _, source in parts])
    order = np.argsort(sources, kind="stable")
    return Lines.join(lines for lines, _ in parts).take(order), owners[sources[order]]


def _placed(lines: Lines, matrices: Floats, of: Ints) -> Floats:
    """Return the points under each line's matrix."""
    if (matrices == IDENTITY).all():
        return lines.points
    x, y = lines.points[:, 0], lines.points[:, 1]
    a, b, c, d, e, f = (
        matrices[0] if len(matrices) == 1 else matrices[np.repeat(of, lines.counts)].T
    )
    return np.stack((a * x + c * y + e, b * x + d * y + f), axis=1)
