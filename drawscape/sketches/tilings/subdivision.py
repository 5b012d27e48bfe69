"""A page cut into fields, each hatched its own way."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Points, clip_to_rectangle, rectangle
from drawscape.geometry.hatch import hatch
from drawscape.sketches import AS_DESIGNED, Palette, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder

Field = tuple[float, float, float, float]


@sketch
def subdivision(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    depth: Annotated[int, Interval(ge=3, le=9), doc("Times a field may be cut in two")] = 7,
    evenness: Annotated[float, Interval(ge=0, le=1), doc("1 cuts in the middle")] = 0.3,
    stop: Annotated[float, Interval(ge=0, le=0.6), doc("Chance to leave a field whole")] = 0.2,
    spacing: Annotated[float, Interval(ge=0.6, le=4), doc("Closest hatch lines, in mm")] = 0.9,
    arcs: Annotated[float, Interval(ge=0, le=1), doc("Share of fields filled by arcs")] = 0.4,
    accent: Annotated[float, Interval(ge=0, le=0.9), doc("Share of fields in colour")] = 0.45,
    palette: Palette = AS_DESIGNED,
) -> None:
    """Fields within fields, each filled by lines, nested frames or arcs about a corner.

    A recursive cut as in Piet Mondrian's compositions of the 1920s and Michael Noll's Computer
    Composition with Lines (1964). The arcs are those of the quilts called Drunkard's Path.
    """
    colors = inks(svg, palette, "#1b1b1b", "#b3402a", "#1d3a6e", "#c9922e")
    gap = 0.010 * svg.frame.short
    frame = svg.frame
    fields = _cut(rng, (frame.x0, frame.y0, frame.x1, frame.y1), depth, evenness, stop, 6 * gap)
    inked: list[list[Points]] = [[] for _ in colors]
    for x0, y0, x1, y1 in fields:
        inner = (x0 + gap / 2, y0 + gap / 2, x1 - gap / 2, y1 - gap / 2)
        ink = int(rng.integers(1, len(colors))) if rng.random() < accent else 0
        filling = _arcs if rng.random() < arcs else _filled
        inked[ink].extend(filling(rng, inner, spacing))
    in_pens(svg, colors, inked)


def _arcs(rng: np.random.Generator, field: Field, spacing: float) -> list[Points]:
    """Return a field's outline and quarter circles about a corner, or half ones about a side."""
    x0, y0, x1, y1 = field
    step = spacing * float(rng.choice([1, 1, 1.5]))
    corner = int(rng.integers(4))
    centre = np.array([(x0, x1)[corner % 2], (y0, y1)[corner // 2]])
    reach = np.hypot(x1 - x0, y1 - y0)
    # A bow in the fan: some of its rings are left out.
    width = min(x1 - x0, y1 - y0)
    inner, outer = (0.0, reach) if rng.random() < 0.5 else (rng.uniform(0.2, 0.5) * width, width)
    radii = np.arange(max(inner, step), outer, step)
    t = np.linspace(0, 2 * np.pi, 181)
    circles = radii[:, None, None] * np.stack([np.cos(t), np.sin(t)], axis=-1) + centre
    outline = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
    room = 0.3 * step
    if width <= 2 * room:
        return [outline]
    cut = clip_to_rectangle(circles, x0 + room, y0 + room, x1 - room, y1 - room)
    return [outline, *(arc for arc in cut if len(arc) > 2)]


def _cut(
    rng: np.random.Generator,
    field: Field,
    depth: int,
    evenness: float,
    stop: float,
    smallest: float,
) -> list[Field]:
    """Return the fields that `field` is cut into, across its longer side, `depth` times at most."""
    x0, y0, x1, y1 = field
    wide = (x1 - x0) * rng.uniform(0.8, 1.25) > y1 - y0
    # A field that fills most of the page is never left whole.
    whole = rng.random() < stop and max(x1 - x0, y1 - y0) < 8 * smallest
    share = 0.5 + (1 - evenness) * rng.uniform(-0.32, 0.32)
    length = x1 - x0 if wide else y1 - y0
    if depth == 0 or length * min(share, 1 - share) < smallest or whole:
        return [field]
    if wide:
        at = x0 + share * length
        halves = [(x0, y0, at, y1), (at, y0, x1, y1)]
    else:
        at = y0 + share * length
        halves = [(x0, y0, x1, at), (x0, at, x1, y1)]
    return [
        part for half in halves for part in _cut(rng, half, depth - 1, evenness, stop, smallest)
    ]


def _filled(rng: np.random.Generator, field: Field, spacing: float) -> list[Points]:
    """Return a field's outline and filling: hatched, nested or left blank."""
    x0, y0, x1, y1 = field
    outline = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)])
    kind = rng.random()
    step = spacing * rng.choice([1, 1, 1.6, 2.6])
    if kind < 0.1:
        return [outline]
    if kind < 0.24:
        middle, half = outline[:4].mean(axis=0), min(x1 - x0, y1 - y0) / 2
        insets = np.arange(0, half, step)[:, None, None]
        nested = outline[None] + insets * np.sign(middle - outline)[None]
        return list(nested)
    angle = float(rng.choice([0, 45, 90, 135]))
    # A hatch line beside the outline would look like a second one.
    room = 0.45 * step
    if min(x1 - x0, y1 - y0) <= 2 * room:
        return [outline]
    inner = rectangle((x0 + room, y0 + room, x1 - room, y1 - room))
    return [outline, *hatch(inner, step, angle=angle)]
