"""Circle packing: as many circles as find room, each wound in its own way."""

from typing import Annotated, Literal

import numpy as np

from drawscape.geometry import Points, as_on_a4, circle, depth_in, grow_count, polar
from drawscape.geometry.hatch import hatch
from drawscape.sketches import Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch

Filling = Literal["mixed", "rings", "spiral", "hatch", "rays", "empty"]
FILLS = ("rings", "spiral", "hatch", "rays")


@sketch
def circle_packing(
    svg: SVGBuilder,
    rng: Rng,
    *,
    count: Annotated[int, Slider(5, 1500, "Most circles, on A4")] = 480,
    largest: Annotated[float, Slider(0.03, 0.4, "Largest, part of the page")] = 0.2,
    smallest: Annotated[float, Slider(0.5, 5, "Smallest radius in mm")] = 1.4,
    gap: Annotated[float, Slider(0, 4, "Room in mm between circles")] = 0.9,
    fill: Annotated[Filling, "What a circle is filled with"] = "mixed",
    spacing: Annotated[float, Slider(0.5, 4, "In mm, between closest lines")] = 0.6,
    contrast: Annotated[Fraction, "How much lighter some circles are than others"] = 0.8,
    palette: Palette = "as designed",
) -> None:
    """Circles as large as the room that others leave them, filled from dark to light with three pens.

    A random Apollonian gasket, after J. Shier, "Filling space with random fractal
    non-overlapping simple shapes" (2011).
    """
    frame = svg.frame
    # Each pen has its region, with a few guests.
    hearts, owners = rng.uniform(frame[:2], frame[2:], (7, 2)), (0, 1, 0, 2, 0, 1, 0)
    inked = [list[Points]() for _ in range(3)]
    places = rng.uniform(frame[:2], frame[2:], (as_on_a4(40_000, frame), 2))  # some 1 mm apart
    room, most = depth_in(frame, places), max(largest * frame.short, smallest)
    for _ in range(grow_count(count, frame)):
        # Where the largest has room, the first place is as good as any; then the widest gap is next.
        middle = places[np.argmax(np.minimum(room, most))]
        radius = min(np.max(room), max(smallest, most * rng.uniform(0.74, 1)))
        if radius < smallest:
            break
        room = np.minimum(room, np.hypot(*(places - middle).T) - radius - gap)
        pen = owners[np.argmin(np.hypot(*(hearts - middle).T))]
        pen = int(rng.integers(3)) if rng.random() < 0.08 else pen
        kind = rng.choice(FILLS, p=(0.34, 0.26, 0.26, 0.14)) if fill == "mixed" else fill
        # Each circle has another tone; large ones are never quite dark.
        step = spacing * (1 + 3.5 * (rng.beta(0.7, 0.9) * contrast) ** 1.5 + 0.02 * radius)
        lines = [circle(0, 0, radius), *_filling(kind, radius, step, rng.uniform(0, 360))]
        inked[pen] += [middle + line for line in lines]
    in_pens(svg, palette, ["#1d2f4f", "#b3402a", "#c9922e"], inked)


def _filling(kind: str, radius: float, step: float, turn: float) -> list[Points]:
    """Return lines within a circle about the origin, `step` mm apart, turned by so many degrees."""
    if kind == "rings":
        return [circle(0, 0, r) for r in np.arange(radius - step, 0.4 * step, -step)]
    if kind == "spiral" and radius > 2 * step:
        t = np.linspace(0, 2 * np.pi * (radius / step - 0.6), int(36 * radius / step))
        return [polar(step * t / (2 * np.pi), t + np.radians(turn))]
    if kind == "hatch" and radius > step:
        return list(hatch(circle(0, 0, radius - 0.4 * step), step, angle=turn))
    if kind == "rays" and radius > 2.5:
        angle = np.arange(0, 2 * np.pi, 2 * np.pi / int(2 * np.pi * radius * 0.6 / step + 5))
        core = max(0.4 * radius, 0.9 * len(angle) / 12)
        ends = polar(np.array([[core], [radius - 0.3]]), angle + np.radians(turn))
        return [circle(0, 0, core), *ends.transpose(1, 0, 2)] if core < radius - 1 else []
    return []
