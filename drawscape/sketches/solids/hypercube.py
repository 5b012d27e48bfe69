"""Hypercubes: cubes of more dimensions than three, and the ways along their edges."""

from typing import Annotated

import numpy as np

from drawscape.geometry import fit_count
from drawscape.sketches import INK, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks


@sketch
def hypercube(
    svg: SVGBuilder,
    rng: Rng,
    *,
    dimensions: Annotated[int, Slider(4, 7, "Of the cube")] = 5,
    columns: Annotated[int, Slider(1, 6, "Most cubes side by side")] = 2,
    turning: Annotated[float, Slider(0.1, 3, "How far it turns in all")] = 0.8,
    ways: Annotated[int, Slider(1, 3, "Ways drawn with the broad pens")] = 3,
    palette: Palette = "as designed",
) -> None:
    """One cube of many dimensions that turns from picture to picture, and the ways through it.

    In homage to Manfred Mohr's P-series (P-306, 1980; P-480, 1992). From a corner to the opposite
    one a way takes one edge of each direction. The seed turns the cube and leaves directions out.
    """
    palette = choose_inks(svg, palette, "ink", "kiln")
    edges_pen, *broad_pens = set_pens(svg, palette, [INK[0], *INK[:3]], width=(0.25, 0.9, 0.9, 0.9))
    frame = svg.frame
    shown = choose(svg, "edges", {"all": 1.0, "a few directions": 0.6})
    columns = fit_count(columns, frame.width, 35.0)
    rows = max(1, round(columns * frame.height / frame.width))
    pictures = {"one": (1, 1), "a pair": (1, 2), "a sheet": (columns, rows)}
    corners = (np.arange(2**dimensions)[:, None] >> np.arange(dimensions) & 1) - 0.5
    orders = [rng.permutation(dimensions) for _ in range(ways)]
    routes = [np.append(0, np.cumsum(1 << order)) for order in orders]
    edges = np.argwhere(np.abs(corners[:, None] - corners[None]).sum(axis=2) == 1)
    edges = edges[edges[:, 0] < edges[:, 1]]
    # All edges of a direction are drawn, or none: single ones would look broken off.
    direction = np.log2(edges[:, 1] - edges[:, 0]).astype(int)
    edges = edges[direction < round(shown * dimensions)]
    view = np.linalg.qr(rng.normal(size=(dimensions, dimensions)))[0]
    plane = np.linalg.qr(rng.normal(size=(dimensions, dimensions)))[0]
    cells = [*svg.grid(*choose(svg, "pictures", pictures))]
    for cell in cells:
        angle = turning * np.pi * cell.index / len(cells)
        # A turn by the angle in each of the planes that two neighbouring axes span.
        pairs = [(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))]
        turn = np.eye(dimensions)
        for axis in range(0, dimensions - 1, 2):
            turn[axis : axis + 2, axis : axis + 2] = pairs
        seen = (corners @ plane @ turn @ plane.T @ view)[:, :2]
        seen *= 0.46 * np.array([cell.width, cell.height]) / np.abs(seen).max(axis=0)
        with cell:
            for start, end in seen[edges]:
                svg.line(*start, *end, pen=edges_pen)
            for pen, route in zip(broad_pens, routes, strict=False):
                svg.polyline(seen[route], pen=pen)
