"""Hypercubes: cubes of more dimensions than three, and the ways along their edges."""

from itertools import pairwise
from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Ints, cartesian, fit_count, polar
from drawscape.sketches import Palette, Rng, Slider, SVGBuilder, in_pens, sketch

PENS = {"edges": "#1b1b1b", "way": "#1b1b1b", "second way": "#b3402a", "third way": "#27406e"}

TRIES = 16
"""Views of the cube that the seed proposes: the one that hides fewest edges behind others is drawn."""


@sketch
def hypercube(
    svg: SVGBuilder,
    rng: Rng,
    *,
    dimensions: Annotated[int, Slider(3, 7, "Of the cube")] = 5,
    columns: Annotated[int, Slider(1, 9, "Cubes side by side")] = 4,
    turning: Annotated[float, Slider(0, 3, "How far it turns in all")] = 1.0,
    ways: Annotated[int, Slider(1, 3, "Ways drawn with the broad pens")] = 2,
    palette: Palette = "as designed",
) -> None:
    """One cube of many dimensions that turns from picture to picture, and the ways through it.

    In homage to Manfred Mohr's P-series (P-306, 1980; P-480, 1992). From a corner to the opposite
    one a way takes one edge of each direction. The seed turns the cube.
    """
    frame = svg.frame
    columns = fit_count(columns, frame.width, 40.0)
    size = frame.width / columns
    rows = max(1, round(frame.height / size))
    count = 2**dimensions
    corners = (np.arange(count)[:, None] >> np.arange(dimensions) & 1) - 0.5
    # A way sets one bit after the other; there is an edge for each bit that is not set yet.
    orders = [rng.permutation(dimensions) for _ in range(ways)]
    routes = [np.concatenate([[0], np.cumsum(1 << order)]).tolist() for order in orders]
    edges = {(c, c | 1 << k) for c in range(count) for k in range(dimensions) if not c >> k & 1}
    bare = np.array(sorted(edges - {edge for route in routes for edge in pairwise(route)}))
    planes, speeds = rng.permutation(dimensions), rng.uniform(0.5, 1, dimensions // 2)
    angles = np.outer(np.linspace(0, turning * np.pi, rows * columns), speeds)
    views = np.linalg.qr(rng.normal(size=(TRIES, dimensions, dimensions)))[0]
    turns = [np.array([_turned(view, planes, one)[:, :2] for one in angles]) for view in views]
    seen = corners @ max(turns, key=_clarity)
    seen *= 0.47 * min(size, frame.height / rows) / np.abs(seen).max()
    row, column = np.divmod(np.arange(rows * columns), columns)
    y = frame.y0 + (row + 0.5) * frame.height / rows
    seen += cartesian(frame.x0 + (column + 0.5) * size, y)[:, None]
    # At most some 2,500 strokes of the thin pen on a sheet.
    most = max(dimensions, 2500 // (rows * columns))
    thin = np.concatenate(seen[:, bare[:: -(-len(bare) // most)]])
    parts = [thin, *(seen[:, route] for route in routes)]
    broad = min(0.9, size / (4 * dimensions * ways))  # finer where ways crowd
    in_pens(svg, palette, PENS, parts, width=(0.2, broad, broad, broad))


def _clarity(turns: Floats) -> float:
    """Return how far the directions of edges differ on paper, where two come closest, on average."""
    i, j = np.triu_indices(turns.shape[1], 1)
    x, y = turns.T
    return float(np.abs(x[i] * y[j] - x[j] * y[i]).min(axis=0).mean())


def _turned(view: Floats, planes: Ints, angles: Floats) -> Floats:
    """Return the axes `view` after a turn in each plane, two of the axes in the order of `planes`."""
    turned = view.copy()
    for number, angle in enumerate(angles):
        i, j = planes[2 * number : 2 * number + 2]
        turned[[i, j]] = polar(1, np.array([-angle, np.pi / 2 - angle])) @ turned[[i, j]]
    return turned
