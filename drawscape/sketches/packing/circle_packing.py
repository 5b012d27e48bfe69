"""Circle packing: as many circles as find room, each wound in its own way."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Flags, Floats, Points
from drawscape.sketches import Share, sketch
from drawscape.sketches.fields._cut import depth_in
from drawscape.sketches.placing import ring
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
    count: Annotated[int, Interval(ge=5, le=1500), doc("Most circles")] = 520,
    largest: Annotated[
        float, Interval(ge=0.03, le=0.4), doc("Largest radius, as a part of the page")
    ] = 0.19,
    smallest: Annotated[float, Interval(ge=0.5, le=5.0), doc("Smallest radius in mm")] = 1.3,
    gap: Annotated[float, Interval(ge=0.0, le=4.0), doc("Room in mm between circles")] = 0.7,
    fill: Annotated[Fill, doc("What a circle is filled with")] = "mixed",
    spacing: Annotated[
        float, Interval(ge=0.5, le=4.0), doc("Distance in mm between lines in a circle")
    ] = 1.15,
    accent: Annotated[Share, doc("Part of the circles drawn in the second pen")] = 0.15,
) -> None:
    """Circles that grew until they touched, filled with rings, spirals, hatches and rays.

    A random Apollonian gasket, after J. Shier, "Filling space with random fractal
    non-overlapping simple shapes" (2011).
    """
    frame = svg.frame
    most = max(largest * frame.short, 1.2 * smallest)
    circles = _packed(rng, frame, within, count, most, smallest, gap)
    kinds = rng.choice(len(FILLS), len(circles), p=(0.3, 0.22, 0.22, 0.14, 0.12))
    if fill != "mixed":
        kinds = np.full(len(circles), FILLS.index(fill))
    else:
        # A large disc left white looks forgotten, a small one like a bubble.
        kinds[(kinds == FILLS.index("empty")) & (circles[:, 2] > 4 * smallest)] = FILLS.index(
            "rings"
        )
    lean = _drift(rng, circles, accent)
    turns = rng.uniform(0, np.pi, len(circles))
    pens: tuple[list[Points], list[Points]] = ([], [])
    for circle, kind, turn, second in zip(circles, kinds, turns, lean, strict=True):
        pens[int(second)].extend(_drawn(circle, FILLS[kind], spacing, float(turn)))
    svg.polylines(pens[0])
    if pens[1]:
        with svg.layer("pen 2", color="#b3402a", width=0.3):
            svg.polylines(pens[1])


def _drift(rng: np.random.Generator, circles: Circles, share: float) -> Flags:
    """Return which circles, a `share` of them, lie in drifts that chance has strewn on the page."""
    if not len(circles):
        return np.zeros(0, dtype=bool)
    centres = rng.uniform(circles[:, :2].min(axis=0), circles[:, :2].max(axis=0), (3, 2))
    away = np.hypot(*(circles[:, None, :2] - centres).transpose(2, 0, 1)).min(axis=1)
    return np.asarray(away <= np.quantile(away, share)) if share > 0 else away < 0


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


def _drawn(circle: Floats, fill: Fill, spacing: float, turn: float) -> list[Points]:
    """Return the circle's outline and what fills it."""
    centre, radius = circle[:2], float(circle[2])
    inner = {"rings": _rings, "spiral": _spiral, "hatch": _hatch, "rays": _rays}.get(fill)
    lines = [ring(radius)] + (inner(radius, spacing, turn) if inner else [])
    return [line + centre for line in lines]


def _rings(radius: float, spacing: float, turn: float) -> list[Points]:
    return [ring(r) for r in np.arange(radius - spacing, 0.3 * spacing, -spacing)]


def _spiral(radius: float, spacing: float, turn: float) -> list[Points]:
    reach = radius - spacing * 0.6
    if reach < spacing:
        return []
    t = np.linspace(0, 2 * np.pi * reach / spacing, max(24, int(12 * reach / spacing * 3)))
    r = spacing * t / (2 * np.pi)
    return [r[:, None] * np.column_stack((np.cos(t + turn), np.sin(t + turn)))]


def _hatch(radius: float, spacing: float, turn: float) -> list[Points]:
    reach = radius - 0.4 * spacing
    off = np.arange(-reach + spacing / 2, reach, spacing)
    half = np.sqrt(np.maximum(reach**2 - off**2, 0))
    along, aside = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    ends = [np.array([-h * along, h * along]) + o * aside for o, h in zip(off, half, strict=True)]
    # Every other line runs back, as a pen would.
    return [line[:: (-1) ** k] for k, line in enumerate(ends)]


def _rays(radius: float, spacing: float, turn: float) -> list[Points]:
    count = max(5, int(2 * np.pi * radius * 0.62 / spacing))
    t = turn + np.arange(count) * 2 * np.pi / count
    unit = np.column_stack((np.cos(t), np.sin(t)))
    core = min(0.42 * radius, radius - 0.8)
    if core < 0.4:
        return []
    return [ring(core), *np.stack((unit * core, unit * (radius - 0.25 * spacing)), axis=1)]
