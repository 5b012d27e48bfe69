"""Circle packing: as many circles as find room, each wound in its own way."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Floats, Points, circle, depth_in, polar
from drawscape.geometry.hatch import hatch
from drawscape.sketches import AS_DESIGNED, Palette, Share, in_pens, inks, sketch
from drawscape.svg_builder import Frame, SVGBuilder

Within = Literal["page", "disc"]
Fill = Literal["mixed", "rings", "spiral", "hatch", "rays", "empty"]
Circles = Floats
"""(N, 3): centre and radius in mm."""

FILLS: tuple[Fill, ...] = ("rings", "spiral", "hatch", "rays", "empty")


@sketch
def circle_packing(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    within: Annotated[Within, doc("What the circles fill")] = "page",
    count: Annotated[int, Interval(ge=5, le=1500), doc("Most circles")] = 480,
    largest: Annotated[float, Interval(ge=0.03, le=0.4), doc("Largest, part of the page")] = 0.2,
    smallest: Annotated[float, Interval(ge=0.5, le=5), doc("Smallest radius in mm")] = 1.4,
    gap: Annotated[float, Interval(ge=0, le=4), doc("Room in mm between circles")] = 0.9,
    fill: Annotated[Fill, doc("What a circle is filled with")] = "mixed",
    spacing: Annotated[float, Interval(ge=0.5, le=4), doc("In mm, between closest lines")] = 0.6,
    contrast: Annotated[Share, doc("How much lighter some circles are than others")] = 0.8,
    palette: Palette = AS_DESIGNED,
) -> None:
    """Circles that grew until they touched, filled from dark to light with three pens.

    A random Apollonian gasket, after J. Shier, "Filling space with random fractal
    non-overlapping simple shapes" (2011).
    """
    ink = inks(svg, palette, "#1d2f4f", "#b3402a", "#c9922e")
    frame = svg.frame
    most = max(largest * frame.short, 1.2 * smallest)
    circles = _packed(rng, frame, within, count, most, smallest, gap)
    # Darker circles and lighter ones, large ones never quite dark: each is a tone of its own.
    light = rng.beta(0.7, 0.9, len(circles)) * contrast
    steps = spacing * (1 + 3.5 * light**1.5 + 0.02 * circles[:, 2])
    # Each pen has a region of its own, with a few guests.
    hearts = rng.uniform((frame.x0, frame.y0), (frame.x1, frame.y1), (7, 2))
    away = np.hypot(*(circles[:, None, :2] - hearts).transpose(2, 0, 1))
    pens = np.array([0, 1, 0, 2, 0, 1, 0])[away.argmin(axis=1)]
    pens = np.where(rng.random(len(pens)) < 0.08, rng.integers(3, size=len(pens)), pens)
    inked: list[list[Points]] = [[], [], []]
    for (x, y, radius), pen, step in zip(circles.tolist(), pens, steps.tolist(), strict=True):
        kind = fill if fill != "mixed" else str(rng.choice(FILLS, p=(0.3, 0.24, 0.26, 0.14, 0.06)))
        # A large disc left white looks forgotten, a small one like a bubble.
        kind = "rings" if (fill, kind) == ("mixed", "empty") and radius > 4 * smallest else kind
        drawn = [circle(0, 0, radius), *_filling(kind, radius, step, rng.uniform(0, 360))]
        inked[pen] += [line + np.array([x, y]) for line in drawn]
    in_pens(svg, ink, inked)


def _packed(
    rng: np.random.Generator,
    frame: Frame,
    within: Within,
    count: int,
    largest: float,
    smallest: float,
    gap: float,
) -> Circles:
    """Return circles at least `gap` apart, large ones first, as large as their room lets them be."""
    circles = np.empty((0, 3))
    # The least radius sinks from round to round, so that large circles find their places first.
    for least in np.geomspace(max(largest * 0.8, smallest), smallest, 34):
        places = rng.uniform((frame.x0, frame.y0), (frame.x1, frame.y1), (1500, 2))
        room = np.minimum(_room(places, circles, frame, within, gap), largest)
        for index in np.argsort(-room, kind="stable"):
            if room[index] < least or len(circles) >= count:
                break
            new = _room(places[index : index + 1], circles, frame, within, gap)[0]
            if new >= least:
                circles = np.vstack((circles, [*places[index], min(new, largest)]))
    return circles


def _room(places: Points, circles: Circles, frame: Frame, within: Within, gap: float) -> Floats:
    """Return the radius of the largest circle about each place that meets nothing."""
    if within == "disc":
        room = frame.short / 2 - np.hypot(places[:, 0] - frame.cx, places[:, 1] - frame.cy)
    else:
        room = depth_in(frame, places)
    if len(circles):
        off = np.hypot(*(places[:, None] - circles[None, :, :2]).transpose(2, 0, 1))
        room = np.minimum(room, (off - circles[:, 2]).min(axis=1) - gap)
    return np.asarray(room)


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
