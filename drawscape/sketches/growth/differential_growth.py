"""Differential growth: one line that grows faster than its room."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree
from shapely import buffer

from drawscape.geometry import as_on_a4, cartesian, catmull_rom, clamped, fit_count, polar
from drawscape.geometry.lines import Floats, Ints, Points, simplify
from drawscape.geometry.regions import from_shapely, to_shapely
from drawscape.sketches import PLUM, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_unless

MOST_NODES = 9000
"""On large pages strands are wider, so that the line has grown within five seconds."""


Dish = Literal["page", "oval", "flower"]

RIMS: dict[str, Callable[[Floats], Floats]] = {
    "page": lambda a: 1 / np.maximum(np.abs(np.sin(a)), np.abs(np.cos(a))),
    "oval": lambda a: 0.97 + 0 * a,
    "flower": lambda a: 0.78 + 0.19 * np.cos(5 * a),
}
"""How far out the rim lies, in half the page, at each angle from straight down."""


@sketch
def differential_growth(
    svg: SVGBuilder,
    rng: Rng,
    *,
    dish: Annotated[Dish | None, "What the line grows in; none: any"] = None,
    nodes: Annotated[int, Slider(300, 5000, "Points of the line on A4")] = 3800,
    room: Annotated[float, Slider(1.4, 2.6, "Room of a strand, in steps")] = 2.0,
    stiffness: Annotated[float, Slider(0.1, 0.9, "How stiff the line is")] = 0.45,
    echoes: Annotated[int, Slider(0, 5, "Most lines that follow it inside")] = 3,
    palette: Palette = "as designed",
) -> Steps:
    """A closed line that keeps growing and keeps apart from itself, as corals and brains fold.

    After A. Hoff's "Differential line" (2015) and Nervous System's "Floraform" (2014); that uneven
    growth makes form is D'Arcy Thompson's thought, "On growth and form" (1917).
    """
    frame = svg.frame
    draw = partial(_draw, palette=palette)
    echoes = round(echoes * choose(svg, "echoes", {"none": 0.0, "few": 0.5, "many": 1.0}))
    rim = RIMS[choose_unless(svg, dish, "dish", RIMS)]
    half = frame.size / 2
    area = 2 * half.prod() * float(np.mean(rim(np.linspace(-np.pi, np.pi, 400)) ** 2)) * np.pi / 2
    # As many steps as cover the dish with strands `room` steps apart.
    nodes = fit_count(min(as_on_a4(nodes, frame), MOST_NODES), area / room, 0.6, least=300)
    step = np.sqrt(area / nodes / room / 0.66)
    line, settled = _start(rng, step, half), 0
    for round_ in range(960):
        line, crowd = _moved(line, step, room * step, max(stiffness, 0.7 * (settled > 0)))
        away = line / half
        out = (np.hypot(*away.T) / rim(np.arctan2(*away.T)))[:, None]
        # A wall that yields: the nearer, the harder it pushes back, so that tips come to it round.
        shrink = 1 - 0.01 * np.maximum(out - 0.9, 0) ** 2 / 0.1**2
        line = line * shrink / np.maximum(out * shrink, 1.0)
        if len(line) < nodes and round_ < 900:
            # A node in each edge that is too long, and in some that have room.
            after, roomy = np.roll(line, -1, axis=0), crowd < 2 * room + 2.5
            long = np.hypot(*(after - line).T) > 1.3 * step
            chosen = np.flatnonzero(long | (roomy & (rng.random(len(line)) < 0.06)))
            line = np.insert(line, chosen + 1, (line[chosen] + after[chosen]) / 2, axis=0)
        else:  # growth has ceased: the line settles
            settled += 1
        if settled == 60:
            break
        if round_ % 10 == 0:
            yield min(0.7 * len(line) / nodes + settled / 240, 1.0), partial(draw, line=line)
    draw(svg, line=line, echoes=echoes, room=step * room)


def _start(rng: Rng, step: float, half: Floats) -> Points:
    """Return a wavering oval somewhere about the middle of the dish, a node at every `step`."""
    count = max(24, round(np.pi * 0.25 * half.sum() / step))
    t = np.arange(count) * 2 * np.pi / count
    order, phase = np.array([[2], [3], [5]]), rng.uniform(0, 2 * np.pi, (3, 1))
    waver = 1 + (0.25 / order * np.sin(order * t + phase)).sum(axis=0)
    return half * (0.25 * polar(waver, t) + rng.uniform(-0.08, 0.08, 2))


def _moved(line: Points, step: float, reach: float, stiffness: float) -> tuple[Points, Ints]:
    """Return the line, pulled together along it and pushed apart across it, and who is within `reach`."""
    i, j = cKDTree(line).query_pairs(reach, output_type="ndarray").T
    off = line[i] - line[j]
    gap = np.maximum(np.hypot(*off.T), 1e-9)
    off *= ((1 - gap / reach) / gap)[:, None]
    n = len(line)
    push = [np.bincount(i, off[:, k], n) - np.bincount(j, off[:, k], n) for k in (0, 1)]
    neighbours = (np.roll(line, 1, axis=0) + np.roll(line, -1, axis=0)) / 2
    move = stiffness * (neighbours - line) + cartesian(*push) * step * 0.55
    # A node that jumps farther than a step could cross a strand.
    length = np.maximum(np.hypot(*move.T), 1e-12)
    move *= np.minimum(1.0, 0.35 * step / length)[:, None]
    return line + move, np.bincount(i, minlength=n) + np.bincount(j, minlength=n)


def _draw(svg: SVGBuilder, palette: str, line: Points, echoes: int = 0, room: float = 1) -> None:
    """Draw the line, rounded and closed, and its echoes; strands are `room` mm apart."""
    even = gaussian_filter1d(line, 1.2, axis=0, mode="wrap")  # a step shows as a kink
    closed = np.append(even, even[:1], axis=0) + svg.frame.middle
    smooth = clamped(svg.frame, catmull_rom(closed))
    gap = max(room * 0.8 / (2 * echoes + 1), 0.45)
    # Shrunk by 0.4 mm too much and grown back: what is left in a narrow arm is a sliver, not an echo.
    shapes = buffer(to_shapely(smooth), -gap * np.arange(1, echoes + 1) - 0.4)
    inner = simplify(from_shapely(buffer(shapes, 0.4)), 0.03)
    parts = [[smooth], inner.longer_than(40 * gap)]
    in_pens(svg, palette, PLUM, parts)
