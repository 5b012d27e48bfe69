"""Plants and curves that grow by rewriting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Lines, Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.placing import fitted_lines, polar
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


# F, G draw; + and - turn; [ and ] remember and return; other letters only grow.
SYSTEMS: dict[str, System] = {
    "fern": System("X", {"X": "F+[[X]-X]-F[-FX]+X", "F": "FF"}, 25, 6, -90),
    "bush": System("F", {"F": "FF+[+F-F-F]-[-F+F+F]"}, 22.5, 4, -90),
    "weed": System("F", {"F": "F[+F]F[-F]F"}, 25.7, 5, -90),
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
    generations: Annotated[int, Interval(ge=3, le=7), doc("Rewritings, as far as they fit")] = 6,
    wildness: Annotated[float, Interval(ge=0, le=1), doc("Chance in a plant's every turn")] = 0.3,
    buds: Annotated[float, Interval(ge=0, le=1), doc("Share of a plant's twigs in bud")] = 0.12,
) -> None:
    """A plant or a curve that a few letters grow into by rewriting.

    Aristid Lindenmayer, Mathematical models for cellular interactions in development, 1968; most
    systems are from Przemyslaw Prusinkiewicz and Lindenmayer, The Algorithmic Beauty of Plants,
    1990.
    """
    chosen = SYSTEMS[system]
    text = _grown(chosen, min(generations, chosen.most))
    if "[" not in text:
        curve = _once(_curve(text, chosen))
        svg.polylines(fitted_lines(svg, _echoes(curve, chosen.echoes)))
        return
    lines = fitted_lines(svg, Lines.of(list(_branches(rng, text, chosen, wildness))))
    with svg.layer("branches", color="#1b1b1b", width=0.3):
        svg.polylines(lines)
    tips = lines.ends[rng.random(len(lines)) < buds]
    ring = polar(0.006 * svg.frame.short, np.linspace(0, 2 * np.pi, 17))
    frame = svg.frame
    with svg.layer("buds", color="#b3402a", width=0.3):
        rings = tips[:, None, :] + ring
        svg.polylines(clip_to_rectangle(rings, frame.x0, frame.y0, frame.x1, frame.y1))


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
    rng: np.random.Generator, text: str, system: System, wildness: float
) -> Iterator[Points]:
    """Yield the unbroken lines that the turtle draws, the twigs as it comes back to them."""
    chance = iter(rng.normal(0, 1, text.count("+") + text.count("-")).tolist())
    angle, blur = np.radians(system.angle), np.radians(system.angle) * 0.5 * wildness
    place, heading, line = 0j, np.radians(system.heading), [0j]
    stack: list[tuple[complex, float]] = []
    step = np.exp(1j * heading)
    for letter in text:
        if letter == "F":
            place += step
            line.append(place)
        elif letter in "+-":
            heading += (angle if letter == "+" else -angle) + blur * next(chance)
            step = complex(np.cos(heading), np.sin(heading))
        elif letter == "[":
            stack.append((place, heading))
        elif letter == "]":
            if len(line) > 1:
                yield _points(line)
            place, heading = stack.pop()
            step = complex(np.cos(heading), np.sin(heading))
            line = [place]
    if len(line) > 1:
        yield _points(line)


def _points(line: list[complex]) -> Points:
    z = np.array(line)
    return np.stack([z.real, z.imag], axis=-1)
