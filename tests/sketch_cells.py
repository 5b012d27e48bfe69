"""A notebook's cell with a sketch and all kinds of things that it reaches, and what it makes."""

import itertools
import linecache

from drawscape.recipe import recipe_of
from drawscape.sketches import as_sketch

CELL = '''\
import math
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial, wraps
from typing import Annotated

import numpy as np
from annotated_types import Interval

STEP = 1.5
NAMES = {"inner": [1.0, 2.0], "outer": (3.0, {4, 5})}
TABLE = np.array([[0.0, 1.0], [2.0, 3.0]])


class Ink(Enum):
    RED = "#d00"
    BLACK = "#111"


@dataclass(frozen=True)
class Dot:
    radius: float = 1.25

    def drawn(self, svg, x, y):
        svg.circle(x, y, self.radius * 0.5 + 0.1)


class Ring(Dot):
    sides = 7

    @property
    def girth(self):
        return self.radius * 6.28

    @staticmethod
    def turned(angle):
        return angle + 0.25

    @classmethod
    def of(cls, radius):
        return cls(radius - 0.125)


def doubled(times):
    def decorate(function):
        @wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs) * times + 0.01

        return wrapper

    return decorate


@doubled(2)
def spread(value, by=0.75, *, extra=0.3):
    return value * by + extra


def placed(index):
    """Where the dot number `index` lies."""
    angle = index * 2.4
    return math.cos(angle) * STEP, math.sin(angle) * STEP


def make_wave(height, phase=0.2):
    shift = 0.4

    def wave(x):
        return height * math.sin(x + phase) + shift

    return wave


wave = make_wave(3)
tilt = lambda x: x * 0.15 - 0.05
half = partial(pow, 4)


@cache
def known(count):
    return count + 11


def rings(svg, rng, *, count: Annotated[int, Interval(ge=1, le=50)] = 5, wide: float = 0.8):
    """Rings about the middle."""

    def nested(turn):
        if turn > 3:
            return turn - 0.5
        return [step / 9 for step in (1, 2, turn)][-1]

    for i in range(count):
        x, y = placed(i)
        dot = Ring.of(spread(1.0) + nested(i) + wave(i) + tilt(i) + TABLE[0, 1])
        dot.drawn(svg, 30 + x * wide, 30 + y + Ring.turned(0.1) + dot.girth / 100)
    with svg.layer(Ink.RED.name, color=Ink.RED.value):
        svg.circle(20, 21, half(1) / 10 + known(2) / 13 + NAMES["inner"][0])
'''


_numbers = itertools.count()


def run_cell(text, space, name=None):
    """Run `text` as a notebook runs a cell: its lines can be found by the name of the cell."""
    name = name or f"<cell {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec", dont_inherit=True), space)


def sketch_of(text=CELL, entry="rings"):
    space = {"__name__": "__main__"}
    run_cell(text, space)
    return space[entry]


def request(function, **values):
    return recipe_of(as_sketch(function), 60, 60, seed=1, values=values).request
