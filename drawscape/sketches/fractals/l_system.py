"""Plants and curves that grow by rewriting."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Floats, Ints, Lines, Points
from drawscape.sketches import sketch
from drawscape.sketches.ink import thinned
from drawscape.sketches.placing import fitted_lines
from drawscape.svg_builder import SVGBuilder

Name = Literal[
    "fern", "bush", "weed", "snowflake", "arrowhead", "crystal", "pentagons", "kolam", "rings"
]


@dataclass(frozen=True)
class System:
    """An axiom, its rules, the angle of a turn in degrees, and the generations that fit a page.

    A curve that is seen whole from its middle may have `echoes`, one within the other.
    """

    axiom: str
    rules: dict[str, str]
    angle: float
    most: int
    heading: float = 0.0
    echoes: int = 1


GREENS = {"leaves": "#3f7d4e", "olive leaves": "#7d8f2c", "teal leaves": "#2f6f6a"}

# F, G draw; + and - turn; [ and ] remember and return; other letters only grow.
SYSTEMS: dict[str, System] = {
    "fern": System("X", {"X": "F+[[X]-X]-F[-FX]+X", "F": "FF"}, 22.5, 6, -90),
    "bush": System("X", {"X": "F[+X][-X]FX", "F": "FF"}, 25.7, 7, -90),
    "weed": System("X", {"X": "F[+X]F[-X]+X", "F": "FF"}, 20, 7, -90),
    "snowflake": System("F++F++F", {"F": "F-F++F-F"}, 60, 5, echoes=14),
    "arrowhead": System("F", {"F": "G-F-G", "G": "F+G+F"}, 60, 7),
    "crystal": System("F+F+F+F", {"F": "FF+F++F+F"}, 90, 4),
    "pentagons": System("F++F++F++F++F", {"F": "F++F++F+++++F-F++F"}, 36, 4),
    "kolam": System("F+XF+F+XF", {"X": "XF-F+F-XF+F+XF-F+F-X"}, 90, 5),
    "rings": System("F+F+F+F", {"F": "FF+F+F+F+F+F-F"}, 90, 4),
}


@sketch
def l_system(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    system: Annotated[Name, doc("Which axiom and rules")] = "bush",
    generations: Annotated[
        int, Interval(ge=3, le=7), doc("Rewritings, counted so that 7 are as many as fit a page")
    ] = 7,
    plants: Annotated[int, Interval(ge=1, le=9), doc("Plants side by side")] = 4,
    wildness: Annotated[float, Interval(ge=0, le=1), doc("Chance in a plant's growth")] = 0.6,
    weight: Annotated[float, Interval(ge=0, le=1), doc("How far a plant's twigs hang")] = 0.4,
    leaves: Annotated[float, Interval(ge=0, le=1), doc("Share of a plant's twigs in leaf")] = 0.28,
) -> None:
    """A bed of plants or a curve that a few letters grow into by rewriting.

    Aristid Lindenmayer, Mathematical models for cellular interactions in development, 1968; most
    systems are from Przemyslaw Prusinkiewicz and Lindenmayer, The Algorithmic Beauty of Plants,
    1990. The seed grows the plants and turns a curve.
    """
    chosen = SYSTEMS[system]
    text = _grown(chosen, max(1, chosen.most - 7 + generations))
    if "[" not in text:
        curve = _turned(_once(_curve(text, chosen)), chosen.angle * int(rng.integers(12)))
        svg.polylines(fitted_lines(svg, _echoes(curve, chosen.echoes)))
        return
    bed = [
        _plant(rng, SYSTEMS[name], generations, wildness, weight, leaves, size, svg.frame.height)
        for name, size in zip(_company(rng, system, plants), _sizes(rng, plants), strict=True)
    ]
    # They stand on one ground, close enough for their twigs to reach into each other.
    stand = np.cumsum(
        [0.0]
        + [
            0.36 * (np.ptp(a.points[:, 0]) + np.ptp(b.points[:, 0]))
            for (a, _), (b, _) in pairwise(bed)
        ]
    )
    grown = [
        part.with_points(np.add(part.points, (x, 0)))
        for (twigs, foliage), x in zip(bed, stand, strict=True)
        for part in (twigs, foliage)
    ]
    count = [len(part) for part in grown]
    placed = fitted_lines(svg, Lines.join(grown), stretched=plants > 1)
    plant = np.repeat(np.arange(2 * plants), count)
    with svg.layer("branches", color="#1f2a1f", width=0.3):
        twigs = placed.take(plant % 2 == 0)
        svg.polylines(thinned(twigs, 1 + np.arange(len(twigs))))
    for number, (name, color) in enumerate(GREENS.items()):
        foliage = placed.take((plant % 2 == 1) & (plant // 2 % 3 == number))
        if len(foliage):
            with svg.layer(name, color=color, width=0.3):
                svg.polylines(thinned(foliage, 1 + np.arange(len(foliage)), most=0.4))


def _company(rng: np.random.Generator, system: Name, plants: int) -> list[Name]:
    """Return the systems of the plants: every second one is the one asked for, the others any."""
    kinds: tuple[Name, ...] = ("fern", "bush", "weed")
    others = rng.integers(3, size=plants)
    return [system if i % 2 == 0 else kinds[others[i]] for i in range(plants)]


def _sizes(rng: np.random.Generator, plants: int) -> Floats:
    """Return the plants' heights, the tallest 1."""
    sizes = rng.uniform(0.45, 0.85, plants)
    sizes[rng.integers(plants)] = 1.0
    return np.asarray(sizes)


def _plant(
    rng: np.random.Generator,
    system: System,
    generations: int,
    wildness: float,
    weight: float,
    leaves: float,
    size: float,
    height: float,
) -> tuple[Lines, Lines]:
    """Return the twigs and the leaves of a plant that stands at (0, 0), `size` times `height` mm tall."""
    text = _grown(system, max(1, system.most - 7 + generations - (size < 0.6)))
    lines = Lines.of(list(_branches(rng, text, system, wildness, weight)))
    lines = lines.with_points(lines.points * (size * height / np.ptp(lines.points[:, 1])))
    # A twig that no pen could show is only a blot on its neighbour.
    lines = lines.take(lines.lengths_mm > 0.6)
    ends = np.flatnonzero(rng.random(len(lines)) < leaves)
    return lines, Lines.of(_leaves(lines, ends, 0.023 * size**0.7 * height))


def _leaves(lines: Lines, chosen: Ints, size: float) -> Points:
    """Return (n, 21, 2): a leaf on the tip of each `chosen` line, in its direction, `size` mm long."""
    tips = lines.ends[chosen]
    last = lines.offsets[chosen + 1] - 1
    ahead = lines.points[last] - lines.points[last - 1]
    ahead = ahead / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None] * size
    t = np.linspace(0, 1, 11)
    side = 0.22 * np.sin(np.pi * t) * (1.2 - 0.4 * t)
    outline = np.concatenate([np.column_stack([t, side]), np.column_stack([t, -side])[-2::-1]])
    across = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    along = outline[None, :, :1] * ahead[:, None] + outline[None, :, 1:] * across[:, None]
    return np.asarray(tips[:, None] + along)


def _turned(lines: Lines, degrees: float) -> Lines:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return lines.with_points(lines.points @ np.array([[cos, sin], [-sin, cos]]))


def _grown(system: System, generations: int) -> str:
    text = system.axiom
    for _ in range(generations):
        text = "".join(system.rules.get(letter, letter) for letter in text)
    return text


def _curve(text: str, system: System) -> Points:
    """Return the turtle's path, (n, 2), of a text without branches."""
    letters = np.frombuffer(text.encode(), dtype=np.uint8)
    turns = (letters == ord("+")).astype(int) - (letters == ord("-"))
    heading = np.radians(system.heading + system.angle * np.cumsum(turns))
    steps = np.exp(1j * heading[np.isin(letters, np.frombuffer(b"FG", dtype=np.uint8))])
    path = np.concatenate([[0], np.cumsum(steps)])
    return np.stack([path.real, path.imag], axis=-1)


def _echoes(curve: Lines, count: int) -> Lines:
    """Return `count` copies of the curve, one within the other."""
    middle = (curve.points.min(axis=0) + curve.points.max(axis=0)) / 2
    scales = 1 - np.arange(count) / count
    return Lines.join(curve.with_points((curve.points - middle) * s + middle) for s in scales)


def _once(path: Points) -> Lines:
    """Return the path without the steps that it takes a second time."""
    middles = np.round((path[1:] + path[:-1]) * 8).astype(np.int64)
    fresh = np.zeros(len(middles), dtype=bool)
    fresh[np.unique(middles, axis=0, return_index=True)[1]] = True
    change = np.flatnonzero(np.diff(np.concatenate([[False], fresh, [False]]).astype(int)))
    return Lines.of([path[a : b + 1] for a, b in change.reshape(-1, 2).tolist()])


def _branches(
    rng: np.random.Generator, text: str, system: System, wildness: float, weight: float
) -> Iterator[Points]:
    """Yield the unbroken lines that the turtle draws, the twigs as it comes back to them.

    Each step bends a little, by chance and by its own weight: the further out, the more.
    """
    chance = iter(rng.normal(0, 1, len(text)).tolist())
    angle, blur = np.radians(system.angle), np.radians(system.angle) * 0.4 * wildness
    place, heading, depth, line = 0j, np.radians(system.heading), 0, [0j]
    stack: list[tuple[complex, float]] = []
    for letter in text:
        if letter == "F":
            # Downwards is +90 degrees; a stem stands, a twig hangs.
            heading += 0.012 * weight * depth * float(np.cos(heading)) + 0.06 * blur * next(chance)
            place += complex(np.cos(heading), np.sin(heading))
            line.append(place)
        elif letter in "+-":
            heading += (angle if letter == "+" else -angle) + blur * next(chance)
        elif letter == "[":
            stack.append((place, heading))
            depth += 1
        elif letter == "]":
            if len(line) > 1:
                yield _points(line)
            place, heading = stack.pop()
            depth -= 1
            line = [place]
    if len(line) > 1:
        yield _points(line)


def _points(line: list[complex]) -> Points:
    z = np.array(line)
    return np.stack([z.real, z.imag], axis=-1)
