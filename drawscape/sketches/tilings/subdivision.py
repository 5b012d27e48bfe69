"""A page cut into fields, each hatched its own way."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Points, clip_to_rectangle, polar, rectangle
from drawscape.geometry.hatch import hatch
from drawscape.sketches import Fraction, Frame, Palette, Rng, Slider, SVGBuilder, in_pens, sketch


@sketch
def subdivision(
    svg: SVGBuilder,
    rng: Rng,
    *,
    depth: Annotated[int, Slider(3, 9, "Times a field may be cut in two")] = 7,
    evenness: Annotated[Fraction, "1 cuts in the middle"] = 0.3,
    stop: Annotated[float, Slider(0, 0.6, "Chance to leave a field whole")] = 0.2,
    spacing: Annotated[float, Slider(0.6, 4, "Closest hatch lines, in mm")] = 0.9,
    arcs: Annotated[Fraction, "Fraction of fields filled by arcs"] = 0.4,
    accent: Annotated[float, Slider(0, 0.9, "Fraction of fields in colour")] = 0.45,
    palette: Palette = "as designed",
) -> None:
    """Fields within fields, each filled by lines, nested frames or arcs about a corner.

    A recursive cut as in Piet Mondrian's compositions of the 1920s and Michael Noll's Computer
    Composition with Lines (1964). The arcs are those of the quilts called Drunkard's Path.
    """
    gap = 0.010 * svg.frame.short
    fields = _cut(rng, svg.frame, depth, evenness, stop, 6 * gap)
    inked = [list[Points]() for _ in range(4)]
    for field in fields:
        ink = rng.integers(1, 4) if rng.random() < accent else 0
        filling = _arcs if rng.random() < arcs else _hatched
        inner = field.inset(gap / 2)
        inked[ink] += [rectangle(inner), *filling(rng, inner, spacing)]
    in_pens(svg, palette, ["#1b1b1b", "#b3402a", "#1d3a6e", "#c9922e"], inked)


def _arcs(rng: Rng, field: Frame, spacing: float) -> list[Points]:
    """Return quarter circles about a corner of a field."""
    step = spacing * float(rng.choice([1, 1, 1.5]))
    centre = rectangle(field)[[0, 1, 3, 2][rng.integers(4)]]
    width, reach = field.short, np.hypot(*field.size)
    # A bow in the fan: some of its rings are left out.
    inner, outer = (0.0, reach) if rng.random() < 0.5 else (rng.uniform(0.2, 0.5) * width, width)
    radii = np.arange(max(inner, step), outer, step)
    if width <= 0.6 * step:
        return []
    circles = polar(radii[:, None], np.linspace(0, 2 * np.pi, 181)) + centre
    return [arc for arc in clip_to_rectangle(circles, *field.inset(0.3 * step)) if len(arc) > 2]


def _cut(
    rng: Rng, field: Frame, depth: int, evenness: float, stop: float, smallest: float
) -> list[Frame]:
    """Return the fields that `field` is cut into, across its longer side, `depth` times at most."""
    wide = field.width * rng.uniform(0.8, 1.25) > field.height
    # A field that fills most of the page is never left whole.
    whole = rng.random() < stop and field.long < 8 * smallest
    share = 0.5 + (1 - evenness) * rng.uniform(-0.32, 0.32)
    length = field.width if wide else field.height
    if depth == 0 or length * min(share, 1 - share) < smallest or whole:
        return [field]
    at = (field.x0 if wide else field.y0) + share * length
    first, second = field._replace(x1=at), field._replace(x0=at)
    if not wide:
        first, second = field._replace(y1=at), field._replace(y0=at)
    how = depth - 1, evenness, stop, smallest
    return [*_cut(rng, first, *how), *_cut(rng, second, *how)]


def _hatched(rng: Rng, field: Frame, spacing: float) -> list[Points]:
    """Return a field's filling: hatched, nested frames or nothing."""
    kind, width = rng.random(), field.short
    step = spacing * rng.choice([1, 1, 1.6, 2.6])
    if kind < 0.1:
        return []
    if kind < 0.24:
        return [rectangle(field.inset(by)) for by in np.arange(0, width / 2, step)[1:]]
    angle = float(rng.choice([0, 45, 90, 135]))
    # A hatch line beside the outline would look like a second one.
    inner = field.inset(0.45 * step)
    return list(hatch(rectangle(inner), step, angle=angle)) if width > 0.9 * step else []
