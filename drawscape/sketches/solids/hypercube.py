"""Hypercubes: cubes of more dimensions than three, and the ways along their edges."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Floats, Ints, fit_count
from drawscape.sketches import AS_DESIGNED, Palette, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder


@sketch
def hypercube(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    dimensions: Annotated[int, Interval(ge=3, le=7), doc("Of the cube")] = 5,
    columns: Annotated[int, Interval(ge=1, le=9), doc("Cubes side by side")] = 4,
    turning: Annotated[float, Interval(ge=0, le=3), doc("How far it turns in all")] = 1.0,
    ways: Annotated[int, Interval(ge=1, le=3), doc("Ways drawn with the broad pens")] = 2,
    palette: Palette = AS_DESIGNED,
) -> None:
    """One cube of many dimensions that turns from picture to picture, and the ways through it.

    In homage to Manfred Mohr's P-series (P-306, 1980; P-480, 1992). From a corner to the opposite
    one a way takes one edge of each direction. The seed turns the cube.
    """
    frame = svg.frame
    ink = inks(svg, palette, "#1b1b1b", "#1b1b1b", "#b3402a", "#27406e")
    columns = fit_count(columns, frame.width, 40.0)
    size = frame.width / columns
    rows = max(1, round(frame.height / size))
    count = 2**dimensions
    corners = (np.arange(count)[:, None] >> np.arange(dimensions) & 1) - 0.5
    # An edge for each bit that is not set yet.
    edges = np.array(
        [(c, c | 1 << k) for c in range(count) for k in range(dimensions) if not c >> k & 1]
    )
    view = np.linalg.qr(rng.normal(size=(dimensions, dimensions)))[0]
    planes = rng.permutation(dimensions)
    speeds = rng.uniform(0.5, 1, dimensions // 2)
    orders = [rng.permutation(dimensions) for _ in range(ways)]
    shown = corners[edges]
    # At most some 2,500 strokes of the thin pen on a sheet.
    most = max(dimensions, 2500 // (rows * columns))
    thin, broad = [], [[] for _ in orders]  # type: ignore[var-annotated]
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        share = number / max(rows * columns - 1, 1)
        seen = _turned(view, planes, speeds * turning * np.pi * share)[:, :2]
        # No view of a cube is wider than its diagonal.
        scale = 0.94 * min(size, frame.height / rows) / np.sqrt(dimensions)
        middle = (
            frame.x0 + (column + 0.5) * size,
            frame.y0 + (row + 0.5) * frame.height / rows,
        )
        thin.append((shown @ seen * scale + middle)[:: -(-len(shown) // most)])
        for order, lines in zip(orders, broad, strict=True):
            # The way's corners: one bit after the other is set.
            way = np.concatenate([[0], np.cumsum(1 << order)])
            lines.append(corners[way] @ seen * scale + middle)
    names = ("edges", "way", "second way", "third way")
    parts = [np.concatenate(thin), *broad]
    in_pens(svg, ink, parts, width=(0.2, 0.9, 0.9, 0.9), names=names)


def _turned(view: Floats, planes: Ints, angles: Floats) -> Floats:
    """Return the axes `view` after a turn in each plane, two of the axes in the order of `planes`."""
    turned = view.copy()
    for number, angle in enumerate(angles.tolist()):
        i, j = planes[2 * number : 2 * number + 2]
        cos, sin = np.cos(angle), np.sin(angle)
        turned[[i, j]] = np.array([[cos, -sin], [sin, cos]]) @ turned[[i, j]]
    return turned
