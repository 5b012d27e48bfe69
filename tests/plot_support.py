"""Drawings that the plot-ready functions are tried on, and plotters that forgive nothing.

The plotters read G-code and HPGL, and share no code with the writers.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.geometry.mesh import Mesh


def strokes(lines):
    """Return the lines in a form that is the same for reversed and rotated ones, sorted."""
    return sorted(_canonical([tuple(point) for point in line.tolist()]) for line in lines)


def _canonical(points):
    if len(points) > 2 and points[0] == points[-1]:
        ring = points[:-1]
        turns = [ring[k:] + ring[:k] for k in range(len(ring))]
        turns += [turn[::-1] for turn in turns]
        return tuple(min(turns))
    return min(tuple(points), tuple(points[::-1]))


@st.composite
def drawings(draw, *, least=0):
    """Lines on a small whole-number grid: many coincidences, closed lines, and lines of no length."""
    point = st.tuples(st.integers(0, 6), st.integers(0, 6))
    line = st.lists(point, min_size=2, max_size=6)
    return Lines.of(
        [np.array(p, dtype=float) for p in draw(st.lists(line, min_size=least, max_size=12))]
    )


def segments(count, *, seed=0):
    """`count` random two-point lines on an A4 page."""
    rng = np.random.default_rng(seed)
    return Lines.of(rng.uniform(0, 1, (count, 2, 2)) * [210, 297])


def hatch(count, *, spacing=0.5, width=100.0):
    """Parallel lines, all drawn from left to right."""
    y = np.arange(count) * spacing
    left, right = np.stack((0 * y, y), axis=1), np.stack((0 * y + width, y), axis=1)
    return Lines.of(np.stack((left, right), axis=1))


def mesh(side, *, seed=0):
    """The edges of a grid of triangles with `side` nodes a side, shuffled and turned at random."""
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).astype(float)
    pairs = ((grid[:, :-1], grid[:, 1:]), (grid[:-1], grid[1:]), (grid[:-1, :-1], grid[1:, 1:]))
    edges = np.concatenate([np.stack(pair, axis=2).reshape(-1, 2, 2) for pair in pairs])
    rng = np.random.default_rng(seed)
    flipped = rng.random(len(edges)) < 0.5
    edges[flipped] = edges[flipped, ::-1]
    return Lines.of(rng.permutation(edges))


def page(*layers, width=210, height=297, pen_mm=0.3):
    """Return a document of layers in black: lines, or a name and lines."""
    names = ["a"] if len(layers) == 1 else [f"pen {number}" for number in range(len(layers))]
    pairs = [
        one if isinstance(one, tuple) else (name, one)
        for name, one in zip(names, layers, strict=True)
    ]
    return Document(width, height, tuple(Layer(n, "black", pen_mm, lines) for n, lines in pairs))


def distances(points, line):
    """The distance of each point from a polyline, by brute force."""
    a, step = line[:-1, None], np.diff(line, axis=0)[:, None]
    square = np.maximum((step**2).sum(axis=2), 1e-300)
    along = np.clip(((points - a) * step).sum(axis=2) / square, 0, 1)
    return np.hypot(*(points - a - along[..., None] * step).T).min(axis=1)


def middles(lines):
    """The middles of all segments that are long enough to be on one side for certain."""
    found = [
        (line[:-1] + line[1:])[np.hypot(*np.diff(line, axis=0).T) > 1e-4] / 2 for line in lines
    ]
    return np.concatenate([np.empty((0, 2)), *found])


def travel(lines):
    """Pen-up travel from the origin, as a loop would add it up."""
    here, total = np.zeros(2), 0.0
    for line in lines:
        total += float(np.hypot(*(line[0] - here)))
        here = line[-1]
    return total


class MachineError(Exception):
    """What a real machine would stop at, or be damaged by."""


@dataclass
class Stroke:
    """Where the pen went while down, in mm, and how fast, in mm/min."""

    points: list[tuple[float, float]]
    feed: float | None = None


@dataclass
class GcodeMachine:
    """A controller after GRBL's rules: modal words, millimetres, feed before motion.

    `is_down(row)` returns what a row does to the pen: True, False, or None for nothing.
    """

    is_down: Callable[[str], bool | None]
    width: float = math.inf
    height: float = math.inf
    strokes: list[Stroke] = field(default_factory=list)
    lifts: int = 0
    travel_mm: float = 0.0
    _millimetres: bool = False
    _absolute: bool = False
    _down: bool = True  # unknown at the start: nothing may move before it is raised
    _feed: float | None = None
    _at: complex = 0j
    _code: str = ""

    def run(self, text):
        if not text.isascii():
            raise MachineError("not ASCII")
        for row in text.splitlines():
            if not row.startswith("("):
                self._row(row)
        if self._down:
            raise MachineError("the pen is down at the end")
        if self._code != "M2":
            raise MachineError("no end of program")
        return self

    def _row(self, row):
        down = self.is_down(row)
        if down is not None:
            if down:
                self.strokes.append(Stroke([(self._at.real, self._at.imag)]))
            self.lifts += self._down and not down
            self._down = down
        if row == "G28 X Y":
            return  # homing
        bare = re.sub(r"\(.*?\)", "", row)
        words = re.findall(r"([A-Z$])(-?\d+(?:\.\d+)?|-?\.\d+)", bare)
        if "".join(letter + number for letter, number in words) != bare.replace(" ", ""):
            raise MachineError(f"cannot be parsed: {row!r}")
        values = {letter: float(number) for letter, number in words}
        self._code = code = next((f"{k}{v:g}" for k, v in values.items() if k in "GM"), "")
        if "F" in values:
            self._feed = values["F"]
        match code:
            case "G21":
                self._millimetres = True
            case "G90":
                self._absolute = True
            case "G0" | "G1":
                self._move(code, values, row)

    def _move(self, code, values, row):
        if not (self._millimetres and self._absolute):
            raise MachineError(f"moves before G21 and G90: {row!r}")
        if "X" not in values and "Y" not in values:
            return  # the pen's axis alone
        if code != "G0" and self._feed is None:
            raise MachineError(f"no feed rate (GRBL: error 22): {row!r}")
        if code == "G0" and self._down:
            raise MachineError(f"rapid move with the pen down: {row!r}")
        at = self._at
        x, y = values.get("X", at.real), values.get("Y", at.imag)
        if not (-1e-9 <= x <= self.width + 1e-9 and -1e-9 <= y <= self.height + 1e-9):
            raise MachineError(f"out of bounds: {row!r}")
        if self._down:
            self.strokes[-1].points.append((x, y))
            self.strokes[-1].feed = self._feed
        else:
            self.travel_mm += abs(complex(x, y) - at)
        self._at = complex(x, y)


@dataclass
class HpglStroke:
    """Points in plotter units, with the pen and the speed (cm/s, None the plotter's own)."""

    points: np.ndarray
    pen: int
    speed: int | None


def cuboids(low, high):
    """Return axis-parallel boxes from `low` to `high`, (N, 3) each, as a mesh."""
    corners = np.array([(x, y, z) for z in (0, 1) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))])
    sides = [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    low, high = np.atleast_2d(low), np.atleast_2d(high)
    vertices = np.where(corners, high[:, None], low[:, None]).reshape(-1, 3)
    faces = np.array(sides) + 8 * np.arange(len(low))[:, None, None]
    return Mesh.of(vertices, faces.reshape(-1, 4))


def run_hpgl(text, *, x, y):
    """Return what a plotter with these limits draws; raise MachineError for what it would not."""
    commands = re.fullmatch(r"(?:[A-Z]{2}[-\d,]*;)+\n", text)
    if commands is None:
        raise MachineError("not HPGL")
    strokes = []
    pen, down, speed, started = 0, False, None, False
    at = []
    for name, given in re.findall(r"([A-Z]{2})([-\d,]*);", text):
        numbers = [int(n) for n in given.split(",")] if given else []
        if name == "IN":
            started, pen, down, speed = True, 0, False, None
        elif not started:
            raise MachineError("no IN first")
        elif name == "SP":
            if down:
                raise MachineError("the pen is changed while down")
            (pen,) = numbers
        elif name == "VS":
            speed = numbers[0] if numbers else None
        elif name in ("PU", "PD"):
            down = name == "PD"
            if len(numbers) % 2:
                raise MachineError("half a coordinate")
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
            for px, py in points:
                if not (x[0] <= px <= x[1] and y[0] <= py <= y[1]):
                    raise MachineError(f"out of bounds: {px}, {py}")
            if down:
                if not pen:
                    raise MachineError("draws without a pen")
                strokes.append(HpglStroke(np.array([*at[-1:], *points]), pen, speed))
            at = points or at
        elif name not in ("DF", "PS"):
            raise MachineError(f"unknown: {name}")
    if down or pen:
        raise MachineError("ends with the pen down, or in the holder")
    return strokes
