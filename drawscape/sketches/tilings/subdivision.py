"""A page cut into fields, each hatched its own way."""

from typing import Annotated

import numpy as np

from drawscape.geometry import rectangle
from drawscape.sketches import (
    INK,
    Fraction,
    Frame,
    Palette,
    Rng,
    Slider,
    SVGBuilder,
    set_pens,
    sketch,
)
from drawscape.sketches.composition import Field, choose, focus


@sketch
def subdivision(
    svg: SVGBuilder,
    rng: Rng,
    *,
    depth: Annotated[int, Slider(3, 9, "Times a field may be cut in two")] = 7,
    evenness: Annotated[Fraction, "1 cuts in the middle"] = 0.4,
    spacing: Annotated[float, Slider(0.7, 4, "Closest hatch lines, in mm")] = 0.9,
    arcs: Annotated[Fraction, "Fraction of fields filled by arcs"] = 0.4,
    accent: Annotated[float, Slider(0, 0.9, "Fraction of fields in colour")] = 0.4,
    palette: Palette = "as designed",
) -> None:
    """Fields within fields, each filled by lines or arcs about a corner, small where the seed says.

    A recursive cut as in Piet Mondrian's compositions of the 1920s and Michael Noll's Computer
    Composition with Lines (1964). The arcs are those of the quilts called Drunkard's Path.
    """
    pens = set_pens(svg, palette, INK[:4])
    empty = choose(svg, "empty fields", {"none": 0.0, "a few": 0.15, "many": 0.28})
    small = focus(svg, "small fields")
    gap = 0.01 * svg.frame.short
    for field in _cut(rng, svg.frame, svg.frame, depth, evenness, small):
        pen = pens[rng.integers(1, 4)] if rng.random() < accent else pens[0]
        step = spacing * rng.choice([1, 1, 1.6, 2.6])
        inner = field.inset(gap / 2)
        svg.rect(inner.x0, inner.y0, *inner.size, pen=pen)
        if rng.random() < empty or inner.short < 2 * step:
            continue
        if rng.random() < arcs:
            turn = rng.integers(4)
            x, y = rectangle(inner)[turn]
            for radius in np.arange(step, inner.short, step):
                svg.arc(x, y, radius, start=90 * turn, stop=90 * turn + 90, pen=pen)
        else:
            angle = float(rng.choice([0, 45, 90, 135]))
            svg.hatch(rectangle(inner.inset(0.45 * step)), step, angle=angle, pen=pen)


def _cut(
    rng: Rng, page: Frame, field: Frame, depth: int, evenness: float, small: Field
) -> list[Frame]:
    """Return the fields that `field` is cut into, across its longer side, `depth` times at most."""
    u, v = (field.middle - page[:2]) / page.size
    # Fields stay whole sooner where the seed wants large ones.
    least = page.short * (0.32 - 0.27 * float(small(u, v)))
    is_wide = field.width * rng.uniform(0.8, 1.25) > field.height
    length = field.width if is_wide else field.height
    share = 0.5 + (1 - evenness) * rng.uniform(-0.32, 0.32)
    if depth == 0 or length * min(share, 1 - share) < least:
        return [field]
    at = (field.x0 if is_wide else field.y0) + share * length
    first, second = field._replace(x1=at), field._replace(x0=at)
    if not is_wide:
        first, second = field._replace(y1=at), field._replace(y0=at)
    parts = [_cut(rng, page, part, depth - 1, evenness, small) for part in (first, second)]
    return [*parts[0], *parts[1]]
