"""Plants that grow by rewriting."""

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Ints, Lines, Noise, Points, thinned
from drawscape.sketches import AS_DESIGNED, Palette, Share, in_pens, inks, sketch
from drawscape.svg_builder import Frame, SVGBuilder

Kind = Literal["fern", "bush", "weed", "meadow"]


class System(NamedTuple):
    """An axiom, its rules, the angle of a turn in degrees, and the generations that fit a page."""

    axiom: str
    rules: dict[str, str]
    angle: float
    most: int


# F draws; + and - turn; [ and ] remember and return; X only grows.
SYSTEMS = {
    "fern": System("X", {"X": "F+[[X]-X]-F[-FX]+X", "F": "FF"}, 22.5, 6),
    "bush": System("X", {"X": "F[+X][-X]FX", "F": "FF"}, 25.7, 7),
    "weed": System("X", {"X": "F[+X]F[-X]+X", "F": "FF"}, 20, 7),
}


@sketch
def l_system(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    kind: Annotated[Kind, doc("Which plants; a meadow has all of them")] = "meadow",
    generations: Annotated[int, Interval(ge=4, le=7), doc("Rewritings; 7 fill a page")] = 7,
    plants: Annotated[int, Interval(ge=1, le=12), doc("Plants, far ones behind near ones")] = 7,
    wildness: Annotated[Share, doc("Chance in a plant's growth")] = 0.7,
    weight: Annotated[Share, doc("How far twigs hang")] = 0.45,
    leaves: Annotated[Share, doc("Part of the twigs in leaf")] = 0.3,
    palette: Palette = AS_DESIGNED,
) -> None:
    """A bed of plants that a few letters grow into by rewriting, on their ground.

    Aristid Lindenmayer, Mathematical models for cellular interactions in development, 1968; the
    systems are from Przemyslaw Prusinkiewicz and Lindenmayer, The Algorithmic Beauty of Plants, 1990.
    """
    ink = inks(svg, palette, "#9db09a", "#4f7a5a", "#1f2a1f", "#b3582a", "#7a6a4a")
    frame = svg.frame
    # Far plants first: they stand higher on the page, smaller, and are drawn in a paler ink.
    near = np.sort(rng.permutation((np.arange(plants) + 0.5) / plants))
    x = frame.x0 + frame.width * (0.12 + 0.76 * rng.permutation((np.arange(plants) + 0.5) / plants))
    foot = frame.y1 - frame.height * (0.13 * (1 - near) + 0.03)
    drawn: list[list[Lines]] = [[] for _ in ink]
    for number in range(plants):
        name = str(rng.choice(list(SYSTEMS))) if kind == "meadow" else kind
        tall = frame.height * (0.5 + 0.36 * near[number]) * rng.uniform(0.85, 1.0)
        twigs, foliage = _plant(rng, SYSTEMS[name], generations, wildness, weight, leaves, tall)
        # A wide plant is drawn together until the page holds it.
        room = min(x[number] - frame.x0, frame.x1 - x[number])
        wide = max(float(np.abs(part.points[:, 0]).max(initial=0)) for part in (twigs, foliage))
        shrink = min(1.0, room / max(wide, 1e-9))
        twigs, foliage = (
            part.with_points(part.points * (shrink, 1) + (x[number], foot[number]))
            for part in (twigs, foliage)
        )
        drawn[min(int(3 * near[number]), 2)].append(twigs)
        drawn[3 if number % 3 == 0 else 1].append(foliage)
    drawn[4].append(_ground(rng, frame))
    parts = []
    for lines in map(Lines.join, drawn):
        points = np.clip(lines.points, (frame.x0, frame.y0), (frame.x1, frame.y1))
        light = thinned(lines.with_points(points), 1 + np.arange(len(lines)), most=0.5)
        parts.append(light.take(light.lengths_mm > 0.5))
    in_pens(svg, ink, parts, names=("far", "middle", "near", "flowers", "ground"))


def _plant(
    rng: np.random.Generator,
    system: System,
    generations: int,
    wildness: float,
    weight: float,
    leaves: float,
    tall: float,
) -> tuple[Lines, Lines]:
    """Return the twigs and the leaves of a plant that stands at (0, 0), `tall` mm high."""
    text = system.axiom
    for _ in range(max(2, system.most - 8 + generations)):
        text = "".join(system.rules.get(letter, letter) for letter in text)
    lines = Lines.of(list(_branches(rng, text, system.angle, wildness, weight)))
    lines = lines.with_points(lines.points * (tall / np.ptp(lines.points[:, 1])))
    # A twig that no pen could show is only a blot on its neighbour.
    lines = lines.take(lines.lengths_mm > 0.6)
    ends = np.flatnonzero(rng.random(len(lines)) < leaves)
    return lines, Lines.of(_leaves(lines, ends, 0.03 * tall))


def _leaves(lines: Lines, chosen: Ints, size: float) -> Points:
    """Return (n, 15, 2): a leaf on the tip of each `chosen` line, in its direction, `size` mm long."""
    last = lines.offsets[chosen + 1] - 1
    ahead = lines.points[last] - lines.points[last - 1]
    ahead = ahead / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None] * size
    across = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    t = np.linspace(0, 1, 8)
    side = 0.22 * np.sin(np.pi * t) * (1.2 - 0.4 * t)
    along, off = np.append(t, t[-2::-1]), np.append(side, -side[-2::-1])
    leaf = along[:, None] * ahead[:, None] + off[:, None] * across[:, None]
    return np.asarray(lines.ends[chosen][:, None] + leaf)


def _branches(
    rng: np.random.Generator, text: str, degrees: float, wildness: float, weight: float
) -> Iterator[Points]:
    """Yield the unbroken lines that the turtle draws, the twigs as it comes back to them.

    Each step bends a little, by chance and by its own weight: the further out, the more.
    """
    chance = iter(rng.normal(0, 1, len(text)).tolist())
    angle, blur = np.radians(degrees), np.radians(degrees) * 0.4 * wildness
    place, heading, depth, line = 0j, -np.pi / 2, 0, [0j]
    stack: list[tuple[complex, float]] = []
    for letter in text + "]":
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
                yield np.column_stack([np.real(line), np.imag(line)])
            place, heading = stack.pop() if stack else (place, heading)
            depth, line = depth - 1, [place]


def _ground(rng: np.random.Generator, frame: Frame) -> Lines:
    """Return blades of grass over the foot of the page, denser and longer the nearer they stand."""
    depth = rng.random(int(4.5 * frame.width)) ** 0.6
    x = rng.uniform(frame.x0, frame.x1, len(depth))
    y = frame.y1 - frame.height * 0.17 * (1 - depth)
    tall = frame.height * (0.008 + 0.022 * depth) * rng.uniform(0.5, 1.2, len(depth))
    lean = Noise(rng).perlin(x / frame.short * 5, y / frame.short * 5) + rng.normal(0, 0.12, len(x))
    t = np.linspace(0, 1, 5)
    blade_x = x[:, None] + (lean * tall)[:, None] * t**2 * 1.4
    return Lines.of(np.stack([blade_x, y[:, None] - tall[:, None] * t], axis=-1))
