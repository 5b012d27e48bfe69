"""A page cut into fields, each hatched its own way."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Points, clip_to_rectangle, polar, rectangle
from drawscape.geometry.hatch import hatch
from drawscape.sketches import Between, Palette, Rng, Share, SVGBuilder, in_pens, sketch

Field = tuple[float, float, float, float]


@sketch
def subdivision(
    svg: SVGBuilder,
    rng: Rng,
    *,
    depth: Annotated[int, Between(3, 9, "Times a field may be cut in two")] = 7,
    evenness: Annotated[Share, "1 cuts in the middle"] = 0.3,
    stop: Annotated[float, Between(0, 0.6, "Chance to leave a field whole")] = 0.2,
    spacing: Annotated[float, Between(0.6, 4, "Closest hatch lines, in mm")] = 0.9,
    arcs: Annotated[Share, "Share of fields filled by arcs"] = 0.4,
    accent: Annotated[float, Between(0, 0.9, "Share of fields in colour")] = 0.45,
    palette: Palette = "as designed",
) -> None:
    """Fields within fields, each filled by lines, nested frames or arcs about a corner.

    A recursive cut as in Piet Mondrian's compositions of the 1920s and Michael Noll's Computer
    Composition with Lines (1964). The arcs are those of the quilts called Drunkard's Path.
    """
    gap = 0.010 * svg.frame.short
    fields = _cut(rng, svg.frame, depth, evenness, stop, 6 * gap)
    inked: list[list[Points]] = [[], [], [], []]
    for field in fields:
        ink = rng.integers(1, 4) if rng.random() < accent else 0
        filling = _arcs if rng.random() < arcs else _hatched
        inner = _inset(field, gap / 2)
        inked[ink] += [rectangle(inner), *filling(rng, inner, spacing)]
    in_pens(svg, palette, ["#1b1b1b", "#b3402a", "#1d3a6e", "#c9922e"], inked)


def _inset(field: Field, by: float) -> Field:
    x0, y0, x1, y1 = field
    return x0 + by, y0 + by, x1 - by, y1 - by


def _arcs(rng: Rng, field: Field, spacing: float) -> list[Points]:
    """Return quarter circles about a corner of a field."""
    x0, y0, x1, y1 = field
    step = spacing * float(rng.choice([1, 1, 1.5]))
    centre = rectangle(field)[[0, 1, 3, 2][rng.integers(4)]]
    width, reach = min(x1 - x0, y1 - y0), np.hypot(x1 - x0, y1 - y0)
    # A bow in the fan: some of its rings are left out.
    inner, outer = (0.0, reach) if rng.random() < 0.5 else (rng.uniform(0.2, 0.5) * width, width)
    radii = np.arange(max(inner, step), outer, step)
    if width <= 0.6 * step:
        return []
    circles = polar(radii[:, None], np.linspace(0, 2 * np.pi, 181)) + centre
    return [arc for arc in clip_to_rectangle(circles, *_inset(field, 0.3 * step)) if len(arc) > 2]


def _cut(
    rng: Rng, field: Field, depth: int, evenness: float, stop: float, smallest: float
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
    at = (x0 if wide else y0) + share * length
    first, second = (x0, y0, at, y1), (at, y0, x1, y1)
    if not wide:
        first, second = (x0, y0, x1, at), (x0, at, x1, y1)
    how = depth - 1, evenness, stop, smallest
    return [*_cut(rng, first, *how), *_cut(rng, second, *how)]


def _hatched(rng: Rng, field: Field, spacing: float) -> list[Points]:
    """Return a field's filling: hatched, nested frames or nothing."""
    x0, y0, x1, y1 = field
    kind, width = rng.random(), min(x1 - x0, y1 - y0)
    step = spacing * rng.choice([1, 1, 1.6, 2.6])
    if kind < 0.1:
        return []
    if kind < 0.24:
        return [rectangle(_inset(field, by)) for by in np.arange(0, width / 2, step)[1:]]
    angle = float(rng.choice([0, 45, 90, 135]))
    # A hatch line beside the outline would look like a second one.
    inner = _inset(field, 0.45 * step)
    return list(hatch(rectangle(inner), step, angle=angle)) if width > 0.9 * step else []
