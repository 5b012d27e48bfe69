"""Plants that grow by rewriting."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import Noise, OpaqueShape, as_on_a4, cartesian, clamped, occlude, thinned
from drawscape.geometry.lines import Lines, Points
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

Plants = Literal["fern", "bush", "weed", "meadow"]

PENS = {
    "far": "#9db09a",
    "middle": "#4f7a5a",
    "near": "#1f2a1f",
    "flowers": "#b3582a",
    "ground": "#7a6a4a",
}

# What X becomes, each F being doubled, and the turn of + and -. F draws; [ and ] remember and return.
SYSTEMS = {
    "fern": ("F+[[X]-X]-F[-FX]+X", 22.5),
    "bush": ("F[+X][-X]FX", 25.7),
    "weed": ("F[+X]F[-X]+X", 20.0),
}


@sketch
def l_system(
    svg: SVGBuilder,
    rng: Rng,
    *,
    kind: Annotated[Plants, "Which plants; a meadow has all of them"] = "meadow",
    generations: Annotated[int, Slider(4, 7, "Rewritings of a plant's text")] = 6,
    plants: Annotated[int, Slider(1, 12, "Plants on A4, far ones behind")] = 4,
    wildness: Annotated[Fraction, "Chance in a plant's growth"] = 0.7,
    weight: Annotated[Fraction, "How far twigs hang"] = 0.45,
    leaves: Annotated[Fraction, "Part of the twigs in leaf"] = 0.6,
    palette: Palette = "as designed",
) -> None:
    """A bed of plants that grow from a few letters by rewriting; leaves hide the lines behind them.

    After Przemyslaw Prusinkiewicz and Aristid Lindenmayer, The Algorithmic Beauty of Plants, 1990.
    """
    frame, plants = svg.frame, as_on_a4(plants, svg.frame, lines=True)
    # Far plants first: they stand higher on the page, smaller, and are drawn in a paler ink.
    near = (np.arange(plants) + 0.5) / plants
    x = frame.x0 + frame.width * (0.1 + 0.8 * rng.permutation(near))
    foot = frame.y1 - frame.height * (0.13 * (1 - near) + 0.03)
    pens, shapes = list[int](), list[OpaqueShape]()
    for number in range(plants):
        name = str(rng.choice(list(SYSTEMS))) if kind == "meadow" else kind
        (rule, angle), text = SYSTEMS[name], "X"
        for _ in range(generations - (name == "fern")):  # ferns branch twice as often
            text = text.replace("F", "FF").replace("X", rule)
        twigs = _branches(rng, text, np.radians(angle), 0.4 * wildness, 0.012 * weight)
        tall = frame.height * (0.2 + 0.72 * near[number] ** 1.5) * rng.uniform(0.9, 1.0)
        leaf = 0.03 * tall
        (low, top), (high, _) = twigs.points.min(axis=0), twigs.points.max(axis=0)
        # A plant wider than the page is smaller, one that would stand over its edge moves in.
        size = min(tall / -top, 0.92 * frame.width / max(high - low, 1e-9))
        at = np.clip(x[number], frame.x0 + leaf - size * low, frame.x1 - leaf - size * high)
        twigs = twigs.with_points(twigs.points * size + (at, foot[number]))
        in_leaf = rng.random(len(twigs)) < min(leaves, 300 / len(twigs))  # each takes time
        pen, broad = (3, 0.3) if number % 3 == 0 else (int(near[number] > 1 / 3), 0.2)
        edges = _leaves(twigs.take(in_leaf), leaf, broad)
        shapes += [OpaqueShape(twigs), *(OpaqueShape(Lines.of([edge]), edge) for edge in edges)]
        pens += [int(3 * near[number])] + len(edges) * [pen]
    # Blades of grass over the foot of the page, longer the nearer they stand.
    depth = rng.random(int(4.5 * frame.width)) ** 0.6
    x = rng.uniform(frame.x0, frame.x1, len(depth))
    y = frame.y1 - frame.height * 0.17 * (1 - depth)
    blades = frame.height * (0.008 + 0.022 * depth) * rng.uniform(0.5, 1.2, len(depth))
    lean = Noise(rng).perlin(x / frame.short * 5, y / frame.short * 5) + rng.normal(0, 0.12, len(x))
    t = np.linspace(0, 1, 5)[:, None]
    grass = Lines.of(np.stack([x + 1.4 * lean * blades * t**2, y - blades * t]).T)
    drawn = [*zip(pens, occlude(shapes), strict=True), (4, grass)]
    lines = [Lines.join(part for pen, part in drawn if pen == number) for number in range(5)]
    # A twig that no pen could show is only a blot on its neighbour.
    parts = [thinned(clamped(frame, part.longer_than(0.6)), most=0.5) for part in lines]
    in_pens(svg, palette, PENS, parts, width=(0.25, 0.3, 0.45, 0.3, 0.3))


def _branches(rng: Rng, text: str, turn: float, blur: float, sag: float) -> Lines:
    """Return the turtle's unbroken lines, each step bent by chance and, far out, by its weight."""
    chance = iter(rng.normal(0, blur * turn, len(text)).tolist())
    place, heading, line = 0j, -np.pi / 2, [0j]
    lines, stack = [line], list[tuple[complex, float]]()
    for letter in text:
        if letter == "F":
            # Downwards is +90 degrees; a stem stands, a twig hangs.
            heading += sag * len(stack) * np.cos(heading) + 0.06 * next(chance)
            place += complex(np.cos(heading), np.sin(heading))
            line.append(place)
        elif letter in "+-":
            heading += (turn if letter == "+" else -turn) + next(chance)
        elif letter == "[":
            stack.append((place, heading))
        elif letter == "]":
            place, heading = stack.pop()
            line = [place]
            lines.append(line)
    return Lines.of(line for line in lines if len(line) > 1)


def _leaves(twigs: Lines, size: float, broad: float) -> Points:
    """Return (n, 15, 2): a leaf on the tip of each twig, in its direction, `size` mm long."""
    t = np.linspace(0, 1, 8)
    side = broad * np.sin(np.pi * t) * (1.2 - 0.4 * t)
    leaf = np.concatenate([t + 1j * side, (t - 1j * side)[-2::-1]])
    ahead = (twigs.ends - twigs.points[twigs.offsets[1:] - 2]) @ (1, 1j)
    placed = size * leaf * (ahead / np.abs(ahead))[:, None]
    return cartesian(placed.real, placed.imag) + twigs.ends[:, None]
