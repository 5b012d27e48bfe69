"""Celtic knots: bands that go over and under, in a panel or a roundel."""

from typing import Annotated

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from drawscape.geometry import Flags, Floats, Ints, Lines, as_on_a4, fit_count
from drawscape.geometry.clip import visible
from drawscape.geometry.lines import Complexes, as_floats
from drawscape.sketches import MOSS, Fraction, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks
from drawscape.sketches.tilings._plane_graph import neighbours, panel, roundel

STEPS = 13
"""Points of half an arc."""

PENS = dict(zip(("rims", "gold", "green", "teal"), MOSS))


@sketch
def celtic_knot(
    svg: SVGBuilder,
    rng: Rng,
    *,
    loops: Annotated[int, Slider(2, 12, "Loops across A4")] = 6,
    breaks: Annotated[Fraction, "Part of the crossings that are undone"] = 0.35,
    band: Annotated[float, Slider(0.3, 0.7, "Bands, part of their room")] = 0.58,
    lines: Annotated[int, Slider(0, 8, "Most lines inside a band")] = 7,
    palette: Palette = "as designed",
) -> None:
    """Endless bands over and under each other, each in its ink, as in the books of Kells and Durrow.

    Christian Mercat's method (1997): strands cross on every edge of a plane graph. The seed chooses the
    graph, and undoes crossings, alike on all sides.
    """
    shape = choose(svg, "shape", {"panel": panel, "roundel": roundel})
    palette = choose_inks(svg, palette, "moss", "tide", "plum")
    loops = round(loops * choose(svg, "scale", {"large": 0.5, "middling": 1.0, "fine": 1.5}))
    # A roundel keeps its crossings: with some undone it falls into rings.
    band *= choose(svg, "bands", {"slim": 0.68, "middling": 0.8, "broad": 0.95})
    breaks *= (shape is panel) * choose(svg, "crossings", {"most": 0.5, "some": 1.0, "few": 1.4})
    loops = max(2, as_on_a4(loops, svg.frame, lines=True) + int(rng.integers(-1, 2)))
    edges, fold = shape(loops, svg.frame.height / svg.frame.width)
    # Both halves of each edge, from its node outwards: h, and its twin h + E, which is h - E.
    half = np.concatenate([edges, edges[:, ::-1]])
    follower, gap = neighbours(half[:, 0], np.angle(half[:, 1] - half[:, 0]))
    undone = np.tile(_undone(rng, edges.mean(axis=1), fold, breaks), 2)
    arcs = _arcs(half, follower, gap, undone)
    reach = 0.35 * band * np.abs(half[:, 1] - half[:, 0])
    extent = [np.ptp(arcs.real), np.ptp(arcs.imag)] + 2 * np.max(reach)
    scale = np.min(svg.frame.size / extent)
    arcs = scale * arcs + complex(*svg.frame.middle)
    reach = scale * np.linspace(reach, reach[follower], arcs.shape[1], axis=1)
    inner = fit_count(lines, 1.3 * np.min(reach), 0.62, least=0)
    offsets = np.concatenate([[-1.0, 1.0], np.linspace(-0.65, 0.65, inner)])
    found, arc, is_rim = _bands(arcs, reach, offsets, undone[follower])
    knot = rng.permutation(3)[_strand_numbers(follower, undone)[arc] % 3]
    parts = [found.take(is_rim)] + [found.take(~is_rim & (knot == ink)) for ink in range(3)]
    in_pens(svg, palette, PENS, parts, width=(0.5, 0.3, 0.3, 0.3))


def _undone(rng: Rng, middles: Complexes, fold: int, breaks: float) -> Ints:
    """Return 0 for an edge on which strands cross, 1 for a wall along it, 2 for one across it."""
    alike = np.round([np.abs(middles), np.cos(fold * np.angle(middles))], 3)
    keys, index = np.unique(alike, axis=1, return_inverse=True)
    # Strands cross near the corners: else lone loops would lie there.
    free = (keys[0] < 0.9 * keys[0].max()) & (rng.random(keys.shape[1]) < breaks)
    return np.where(free, rng.integers(1, 3, keys.shape[1]), 0)[index]


def _arcs(half: Complexes, follower: Ints, gap: Floats, undone: Ints) -> Complexes:
    """Return for each half edge the arc from its middle to its follower's, (2E, 25): a cubic each."""
    out, middle, ends = half[:, 1] - half[:, 0], half.mean(axis=1), []
    for side in (1j, -1j):
        # A strand crosses the edge, runs along the wall on it, or turns back before the wall.
        heading = np.choose(undone, [(side - 1) / np.sqrt(2), -1, side]) * out / np.abs(out)
        ends.append((middle + np.choose(undone, [0, 0.25 * side, -0.25]) * out, heading))
    (p, leaving), (q, coming) = ends
    q, coming = q[follower], coming[follower]
    apart = np.maximum(np.abs(q - p), 0.3 * np.abs(out))
    handle = 0.32 * apart / np.maximum(np.cos(gap / 4), 0.3)
    t = np.linspace(0, 1, 2 * STEPS - 1)[:, None]
    inward = t * (1 - t) ** 2 * (p + handle * leaving) + t**2 * (1 - t) * (q + handle * coming)
    return (p * (1 - t) ** 3 + 3 * inward + q * t**3).T


def _bands(
    arcs: Complexes, reach: Floats, offsets: Floats, undone: Ints
) -> tuple[Lines, Ints, Flags]:
    """Return the visible lines beside the arcs, the arc of each, and which are rims.

    The first half of an arc goes under, the second over, but where its crossing is undone.
    """
    ahead = np.gradient(arcs, axis=1)
    aside = 1j * reach * ahead / np.abs(ahead)
    bands = arcs[:, None] + offsets[:, None] * aside[:, None]
    halves = np.concatenate([bands[..., :STEPS], bands[..., STEPS - 1 :]])
    lines = Lines.of(halves.reshape(-1, STEPS))
    over = np.repeat([0, 1], bands.shape[0] * len(offsets))
    # The upper band hides a little more than itself: a gap says that it is above.
    top, wider = np.flatnonzero(undone == 0), aside * (1 + 0.6 / reach)
    rims = np.concatenate([arcs + wider, (arcs - wider)[:, ::-1]], axis=1)
    masks = rims[top, STEPS - 1 : 3 * STEPS - 1]
    found, source = visible(lines, over, list(as_floats(masks)), np.ones(len(top), int))
    return found, source // len(offsets) % len(arcs), source % len(offsets) < 2


def _strand_numbers(follower: Ints, undone: Ints) -> Ints:
    """Return for each arc the number of the endless strand that it is part of, (2E,)."""
    count = len(follower)
    here, before = np.arange(count), np.argsort(follower)
    twin = np.roll(here, count // 2)
    begins = np.choose(undone, [twin, before[twin], before])
    ends = np.where(undone == 0, before[twin], before)
    pairs = np.concatenate([[here, begins], [before, ends]], axis=1)
    graph = coo_array((np.ones(2 * count), pairs), shape=(count, count))
    return connected_components(graph, directed=False)[1]
