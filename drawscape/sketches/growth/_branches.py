"""A tree of nodes as a pen draws it: thick branches as outlines, thin ones as strokes."""

from typing import Any

import numpy as np

from drawscape.geometry import clip_to_polygon, clip_to_rectangle
from drawscape.geometry.lines import Floats, Ints, Lines, Points
from drawscape.geometry.regions import from_shapely
from drawscape.sketches.growth._twigs import chains, subtree_sizes, twig_lines

THINNEST_MM = 1.0
"""Branches thinner than this are one stroke: two strokes of a 0.3 mm pen would run together."""


Window = tuple[float, float, float, float]
"""x0, y0, x1, y1 in mm."""


def drawn_tree(
    places: Points, parents: Ints, trunk_mm: float, taper: float, window: Window
) -> Lines:
    """Return the tree's lines: outlines of thick branches, shaded on the right, and thin strokes.

    `places` is (N, 2), `parents` (N,) with -1 at the roots; the thickest node is `trunk_mm`
    wide. Widths follow the pipe model: the `taper`-th power of a branch is the sum of those that it
    carries. What lies outside of `window` is cut off, a trunk as if sawn.
    """
    sizes = subtree_sizes(parents)
    tips = _tips(parents)
    width = np.maximum(trunk_mm * (tips / np.max(tips)) ** (1 / taper), 0.0)
    found = [chain for chain in chains(parents, sizes) if len(chain) > 1]
    thick = [_thick_part(chain, width) for chain in found]
    strokes = twig_lines(places, [_thin_part(chain, width) for chain in found])
    strokes = clip_to_rectangle(strokes, *window)
    body = _body(places, width, [chain for chain in thick if len(chain) > 1], window)
    if body is None:
        return strokes
    shade = _shade(places, width, [chain for chain in thick if len(chain) > 2])
    return Lines.join(
        [
            from_shapely(body),
            clip_to_polygon(strokes, body, outside=True),
            clip_to_polygon(shade, body.buffer(-0.3)),
        ]
    )


def _tips(parents: Ints) -> Floats:
    """Return how many tips each node carries."""
    children = np.bincount(parents[parents >= 0], minlength=len(parents))
    tips = (children == 0).astype(np.float64)
    for node in range(len(parents) - 1, -1, -1):
        if parents[node] >= 0:
            tips[parents[node]] += tips[node]
    return np.asarray(tips)


def _thick_part(chain: list[int], width: Floats) -> list[int]:
    thick = sum(1 for node in chain[1:] if width[node] >= THINNEST_MM)
    return chain[: thick + 1] if thick else []


def _thin_part(chain: list[int], width: Floats) -> list[int]:
    thick = sum(1 for node in chain[1:] if width[node] >= THINNEST_MM)
    return chain[thick:]


def _body(places: Points, width: Floats, chains: list[list[int]], window: Window) -> Any:
    """Return the union of all thick branches as a shapely geometry, None when there are none."""
    import shapely

    if not chains:
        return None
    a = np.concatenate([chain[:-1] for chain in chains])
    b = np.concatenate([chain[1:] for chain in chains])
    # A chain starts on its parent, which may be far thicker: it begins with its own width there.
    first = np.cumsum([0, *(len(chain) - 1 for chain in chains[:-1])])
    at_a = width[a]
    at_a[first] = np.minimum(at_a[first], width[b[first]])
    starts = shapely.buffer(shapely.points(places[a]), at_a / 2, quad_segs=6)
    ends = shapely.buffer(shapely.points(places[b]), width[b] / 2, quad_segs=6)
    # The hull of two discs is a branch's piece with its taper.
    pieces = [shapely.multipolygons(pair) for pair in zip(starts, ends, strict=True)]
    whole = shapely.union_all(shapely.convex_hull(pieces)).intersection(shapely.box(*window))
    return None if whole.is_empty else whole.simplify(0.02)


def _shade(places: Points, width: Floats, chains: list[list[int]]) -> Lines:
    """Return strokes along the right of each thick branch, more of them on thicker ones."""
    strokes = []
    for whole in chains:
        # Where a branch still lies within its parent, the parent's shade is enough.
        parent = width[whole[0]] if width[whole[0]] > 1.02 * width[whole[1]] else 0.0
        out = np.hypot(*(places[whole] - places[whole[0]]).T) >= 0.62 * parent
        chain = whole[int(np.argmax(out)) :]
        if len(chain) < 3:
            continue
        middle = places[chain]
        along = np.gradient(middle, axis=0)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        aside = np.column_stack((-along[:, 1], along[:, 0]))
        # One light for all, from the upper left; a branch that turns keeps its side.
        aside *= 1.0 if np.sum(aside @ (1.0, 0.4)) >= 0 else -1.0
        half = width[chain] / 2
        half[0] = min(half[0], half[1])
        for k in range(1, int(width[chain[1]] / 1.6) + 1):
            inset = half - 0.62 * k
            wide = inset > -0.1 * half
            if wide.sum() > 1:
                end = int(np.argmin(wide)) if not wide.all() else len(chain)
                strokes.append((middle + aside * inset[:, None])[: max(end, 2)])
    return Lines.of(strokes)
