"""A document as strokes for one machine: in order, with pen, pass and time, under one hash."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from drawscape.drawing.document import Document, Motion, Outside, Pen, pen_name, pen_numbers
from drawscape.errors import PlotError
from drawscape.geometry.lines import Floats, Ints, Lines, Points, stretches
from drawscape.machine.alignment import AS_LAID, Alignment
from drawscape.plot.hpgl_export import placed
from drawscape.plot.known_machines import Machine
from drawscape.plot.order import order
from drawscape.plot.pages import Reach, crop

_FORMAT = 1
HOP_MM = 3.0
"""Shorter ways to the next stroke need a low lift only."""
_POINT_S = 10.0 * 10 / 9600  # the time of a point of ten characters on an old plotter's line


@dataclass(frozen=True)
class Section:
    """Strokes that one pen draws on one sheet: `first` to `last` - 1, counted from 0.

    `pen` counts from 1; `name`, its pen's, and `motion` come from the layer's name.
    """

    first: int
    last: int
    pen: int
    name: str
    color: str
    sheet: int
    motion: Motion
    width_mm: float = Pen().width  # version 0.4 did not write it down

    @property
    def words(self) -> str:
        """The pen, its name and its colour, for questions."""
        number = f"pen {self.pen}"
        words = number if self.name == number else f"{number}, {self.name}"
        return words if self.color == self.name else f"{words} ({self.color})"

    def has_pen_of(self, other: "Section") -> bool:
        """Whether the pen of another section draws it: the same number, name and colour."""
        return (self.pen, self.name, self.color) == (other.pen, other.name, other.color)


@dataclass(frozen=True, eq=False)
class Plan:
    """Strokes in mm of the page, y down, in the order in which they are drawn; passes are repeated.

    `seconds` (M,) is the estimate of each stroke with the way to it and both moves of the pen. `stored` are
    the bytes of the plan's file, when it was loaded from one: perhaps by another version of Drawscape.
    `alignment` is where the sheet lies in the machine; it is in no file.
    """

    lines: Lines
    sections: tuple[Section, ...]
    width_mm: float
    height_mm: float
    machine: str
    seconds: Floats
    stored: bytes = b""
    alignment: Alignment = AS_LAID

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def hash(self) -> str:
        """The plan's identity: 32 hex digits of its strokes, pens, page and machine, not of its seconds.

        A loaded plan has the hash of its file's bytes, which no later field of a section changes.
        """
        strokes = memoryview(self.packed())[8 : -8 * len(self)]
        return hashlib.blake2b(strokes, digest_size=16).hexdigest()

    def packed(self) -> bytes:
        """Return the plan for its file and for pages.

        These are the header's length in eight bytes, the header, and as doubles the points, where each
        stroke begins, and seconds. A loaded plan returns the bytes of its file.
        """
        if self.stored:
            return self.stored
        header = orjson.dumps({
            "format": _FORMAT, "machine": self.machine, "width": self.width_mm,
            "height": self.height_mm, "points": len(self.lines.points), "strokes": len(self),
            "sections": [asdict(section) for section in self.sections],
        })  # fmt: skip
        header += b" " * (-len(header) % 8)
        arrays = self.lines.points, self.lines.offsets, self.seconds
        numbers = (np.asarray(array, dtype="<f8").tobytes() for array in arrays)
        return b"".join([len(header).to_bytes(8, "little"), header, *numbers])

    @classmethod
    def load(cls, path: Path) -> "Plan":
        """Return the plan of a file; raises PlotError for a damaged or foreign one."""
        try:
            data = path.read_bytes()
            length = int.from_bytes(data[:8], "little")
            header = orjson.loads(data[8 : 8 + length])
            if header["format"] != _FORMAT:
                raise ValueError(f"version {header['format']}, not {_FORMAT}")
            count, strokes = header["points"], header["strokes"]
            numbers = np.frombuffer(data, "<f8", 2 * count + 2 * strokes + 1, 8 + length)
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise PlotError(
                f"plan {path} cannot be read: {error}; plot the drawing again"
            ) from error
        points, offsets, seconds = np.split(numbers, [2 * count, 2 * count + strokes + 1])
        lines = Lines(points.reshape(-1, 2), offsets.astype(np.int64))
        rows = [{**row, "motion": Motion(**row["motion"])} for row in header["sections"]]
        sections = tuple(Section(**row) for row in rows)
        page = header["width"], header["height"]
        return cls(lines, sections, *page, header["machine"], seconds, stored=data)

    def section_of(self, stroke: int) -> Section:
        """Return the section of a stroke, counted from 0; the last one beyond the end."""
        return next((s for s in self.sections if stroke < s.last), self.sections[-1])

    def with_pens(self, chosen: Sequence[Mapping[str, Any]]) -> "Plan":
        """Return the plan with the pens that a person has put in, each as `pen_in` describes it.

        A pen draws the sections of its `number` that begin at stroke `first` or later. Speed and height
        that the drawing asks for stay.
        """
        sections = list(self.sections)
        for pen in chosen:
            for place, section in enumerate(sections):
                if section.pen == pen["number"] and section.first >= pen["first"]:
                    old = section.motion
                    speed, height = old.speed or pen["speed"], old.height or pen["height"]
                    motion = replace(old, speed=speed, height=height)
                    ink = {name: pen[name] for name in ("name", "color", "width_mm")}
                    sections[place] = replace(section, motion=motion, **ink)
        return replace(self, sections=tuple(sections))

    def metres_of(self, done: Ints) -> dict[str, float]:
        """Return the metres of ink of each pen by name, for strokes drawn `done` (M,) times."""
        return self.pen_sums(self.lines.lengths_mm * done / 1000)

    def pen_sums(self, values: Floats | Ints) -> dict[str, float]:
        """Return the sum of `values` (M,), one for each stroke, by the pen's name."""
        sums: dict[str, float] = {}
        for s in self.sections:
            sums[s.name] = sums.get(s.name, 0.0) + float(values[s.first : s.last].sum())
        return sums

    def moved(self, section: Section, offsets: dict[str, list[float]], machine: Machine) -> Lines:
        """Return the lines of a section moved by its pen's offset in mm, by the pen's number or name.

        The offset is in the machine's directions: for a turned sheet, it is turned too.
        """
        x, y = offsets.get(str(section.pen)) or offsets.get(section.name) or (0.0, 0.0)
        if self.is_turned(machine):
            x, y = -y, x
        lines = self.lines.part(section.first, section.last)
        return lines.with_points(lines.points + np.array((x, y)))

    def is_turned(self, machine: Machine) -> bool:
        """Whether the sheet is turned on its side by Drawscape, not by the plotter."""
        return machine.format == "svg" and machine.turns(self.width_mm, self.height_mm)

    def top_side(self, machine: Machine) -> str:
        """Return at which side of the machine the sheet's top lies: back, front, left or right."""
        points = np.array([(0.0, 0.0), (0.0, 1.0)])
        if machine.format == "hpgl":
            page = Document(self.width_mm, self.height_mm, ())
            points = placed(page, machine.device).matrix.apply(points)
        else:
            points = self.placed(points, machine)
        x, y = points[0] - points[1]
        if abs(x) > abs(y):
            return "left" if x < 0 else "right"
        is_y_up = machine.is_up or machine.format == "hpgl"
        return "back" if (y > 0) == is_y_up else "front"

    def ways_mm(self, *, over_ink: bool = True) -> Floats:
        """Return how far the pen travels after each stroke, (M,), in mm; infinite before another pen.

        Without `over_ink`, a hop that crosses an earlier stroke is infinite, too.
        """
        lines = self.lines
        ways_mm = np.hypot(*(np.roll(lines.starts, -1, axis=0) - lines.ends).T)
        ways_mm[[section.last - 1 for section in self.sections]] = np.inf
        near, inked = np.flatnonzero(ways_mm < HOP_MM), np.flatnonzero(lines.counts > 1)
        if over_ink or not len(near) or not len(inked):
            return ways_mm
        import shapely  # takes long

        ways = np.stack((lines.ends[near], lines.starts[near + 1]), axis=1)
        ink = lines.take(inked)
        numbers = np.repeat(np.arange(len(ink)), ink.counts)
        strokes = shapely.linestrings(ink.points, indices=numbers)
        stroke, hop = shapely.STRtree(shapely.linestrings(ways)).query(strokes, predicate="crosses")
        ways_mm[near[hop[inked[stroke] <= near[hop]]]] = np.inf
        return ways_mm

    def placed(self, points: Points, machine: Machine) -> Points:
        """Return (N, 2) points of the page in mm of the machine, by the sheet's alignment."""
        x, y = points.T
        if self.is_turned(machine):
            points = np.stack((y, self.width_mm - x), axis=1)
        elif machine.is_up:
            points = np.stack((x, self.height_mm - y), axis=1)
        return self.alignment.placed(points)

    def stretched(
        self, parts: Iterable[tuple[int, float, float]], machine: Machine, *, over_mm: float = 0.5
    ) -> "Plan":
        """Return a plan of parts of strokes: stroke, from 0, begin and end in mm along it.

        Each part is `over_mm` longer at both ends, within its stroke. Each pen's parts are ordered.
        Raises PlotError when there are none.
        """
        rows = _joined([(k, max(a - over_mm, 0.0), b + over_mm) for k, a, b in parts])
        which = np.array([k for k, _, _ in rows], dtype=np.int64)
        begin, end = (np.array([row[i] for row in rows], dtype=np.float64) for i in (1, 2))
        drawn = []
        sections = []
        first = 0
        for s in self.sections:
            own = (which >= s.first) & (which < s.last)
            if own.any():
                drawn.append(order(stretches(self.lines, which[own], begin[own], end[own])))
                last = first + int(own.sum())
                sections.append(replace(s, first=first, last=last, sheet=1))
                first = last
        if not first:
            raise PlotError("no stretch is left to plot")
        plan = replace(self, lines=Lines.join(drawn), sections=tuple(sections), stored=b"")
        return replace(plan, machine=machine.name).estimated(machine)

    def estimated(self, machine: Machine) -> "Plan":
        """Return the plan with the seconds of each stroke on a machine, and of the ways to change pens."""
        plotter, lines = machine.plotter, self.lines
        starts, ends = (self.placed(points, machine) for points in (lines.starts, lines.ends))
        before, seconds = np.roll(ends, 1, axis=0), np.zeros(len(lines))
        low, short = self.ways_mm() < HOP_MM, plotter.lifting_low()
        was_low = np.roll(low, 1)
        for section, after in zip(self.sections, [*self.sections[1:], None], strict=True):
            own = slice(section.first, section.last)
            down = plotter.at(section.motion).stroke_seconds(self.moved(section, {}, machine))
            if machine.format == "hpgl":  # where the line may be slower than the machine
                down = np.maximum(down, lines.counts[own] * _POINT_S)
            seconds[own] = down
            if after is None or after.sheet != section.sheet or not after.has_pen_of(section):
                last = slice(section.last - 1, section.last)
                seconds[last] += plotter.travel_seconds(plotter.distances(ends[last]))
                before[section.last % len(lines)] = 0.0
        far = plotter.distances(starts - before)
        seconds += np.where(low, short.raise_s, plotter.raise_s)
        seconds += np.where(was_low, short.lowering_s(far), plotter.lowering_s(far))
        return replace(self, seconds=seconds, stored=b"")


def _joined(parts: list[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """Return parts of strokes sorted, with overlapping ones joined."""
    joined: list[tuple[int, float, float]] = []
    for stroke, begin, end in sorted(parts):
        if joined and joined[-1][0] == stroke and begin <= joined[-1][2]:
            begin, end = joined[-1][1], max(joined.pop()[2], end)
        joined.append((stroke, begin, end))
    return joined


def make_plan(
    document: Document, machine: Machine, *, outside: Outside = "refuse", copies: int = 1
) -> Plan:
    """Return the strokes of `document` for `machine`, in their order.

    A layer without a number gets a free pen for its name and colour; its passes follow each other.
    Lines off the sheet are cropped unless `outside` is 'keep'.
    Raises PlotError for a drawing without lines, one beyond the machine's reach with `outside='refuse'`,
    and copies below 1.
    """
    if copies < 1:
        raise PlotError(f"copies={copies}: give 1 or more")
    carousel = None
    if machine.format == "hpgl":
        carousel = placed(document, machine.device).plotter.pens  # raises if it lacks that paper
    if outside != "keep":
        document, _ = crop(document, Reach.of_page(document))
    document, _ = crop(document, machine.reach(document), outside=outside)
    layers = [layer for layer in document.layers if layer.motion.plotted and len(layer.lines)]
    if not layers:
        raise PlotError("the drawing has no lines that a pen can draw")
    drawn = []
    sections = []
    pens = pen_numbers(layers, most=carousel)
    first = 0
    for sheet in range(1, copies + 1):
        for layer, pen in zip(layers, pens, strict=True):
            motion, name = layer.motion, pen_name(layer.name)
            lines = layer.lines.take(layer.lines.counts > 0)
            drawn += [lines] * motion.passes
            last = first + len(lines) * motion.passes
            own = (pen, name, layer.color, sheet, motion, layer.pen_mm)
            sections.append(Section(first, last, *own))
            first = last
    page = document.width_mm, document.height_mm
    plan = Plan(Lines.join(drawn), tuple(sections), *page, machine.name, np.zeros(first))
    return plan.estimated(machine)
