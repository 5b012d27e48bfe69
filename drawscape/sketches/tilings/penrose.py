"""Two rhombs that cover the plane and never repeat."""

from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Flags, Floats
from drawscape.geometry.noise import Noise
from drawscape.sketches import sketch
from drawscape.svg_builder import SVGBuilder

GOLDEN = (1 + 5**0.5) / 2


@sketch
def penrose(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    tiles: Annotated[int, Interval(ge=4, le=30), doc("Tile sides across the shorter side")] = 11,
    thick: Annotated[int, Interval(ge=1, le=8), doc("Nested outlines of the thick rhombs")] = 5,
    thin: Annotated[int, Interval(ge=1, le=8), doc("Nested outlines of the thin rhombs")] = 5,
    symmetric: Annotated[bool, doc("Put a centre of fivefold symmetry mid page")] = False,
) -> None:
    """Thick and thin rhombs of a Penrose tiling, each filled with its own echoes.

    Roger Penrose, The role of aesthetics in pure and applied mathematical research, 1974 (the
    tiling P3), grown by cutting Raphael Robinson's half tiles in the golden ratio.
    """
    reach = np.hypot(svg.frame.width, svg.frame.height) / 2 / (svg.frame.short / tiles)
    centres, corners, is_thin = _rhombs(rng, reach, symmetric)
    turn = rng.uniform(0, 2 * np.pi)
    noise = Noise(rng)
    side = svg.frame.short / tiles
    frame = svg.frame
    for name, color, chosen, rings in (
        ("thick", "#1b1b1b", ~is_thin, thick),
        ("thin", "#b3402a", is_thin, thin),
    ):
        # Only whole rhombs: the tiling ends in its own outline, not at a cut.
        z = corners[chosen] * np.exp(1j * turn) * side
        inner = frame.contains(np.stack([z.real + frame.cx, z.imag + frame.cy], axis=-1)).all(
            axis=1
        )
        # The thin rhomb is 0.59 sides wide, the thick one 0.95; lines closer than 0.5 mm only blot.
        rings = min(rings, max(1, int(side * (0.29 if name == "thin" else 0.47) / 0.5)))
        scales = 0.9 * (np.arange(rings) + 0.6) / (rings - 0.4)
        middle, arms = centres[chosen][inner], corners[chosen][inner]
        z = middle[:, None, None] + scales[:, None] * (arms - middle[:, None])[:, None, :]
        z = z.reshape(-1, 5) * np.exp(1j * turn) * side
        points = np.stack([z.real + frame.cx, z.imag + frame.cy], axis=-1)
        kept = _relief(noise, points[::rings, 0], rings)
        with svg.layer(name, color=color, width=0.3):
            svg.polylines(points[kept])


def _relief(noise: Noise, places: Floats, rings: int) -> Flags:
    """Return which of the `rings` outlines of the rhombs at `places`, (n, 2) in mm, are drawn.

    Hidden hills make the tiling lighter and darker: in hollows only the outer outlines are left.
    """
    high = 0.5 + 0.9 * noise.perlin(*(places / 70).T)
    count = np.clip(np.rint(rings * high), 1, rings)
    return np.asarray((rings - np.arange(rings) <= count[:, None]).ravel())


def _rhombs(
    rng: np.random.Generator, reach: float, symmetric: bool
) -> tuple[NDArray[np.complex128], NDArray[np.complex128], Flags]:
    """Return centres (n,), corners (n, 5) and which are thin, of the rhombs within `reach` sides
    of 0.
    """
    generations = int(np.ceil(np.log(4 * reach + 8) / np.log(GOLDEN)))
    radius = GOLDEN**generations
    away = 0.0 if symmetric else radius * 0.5 * np.sqrt(rng.random())
    window = away * np.exp(2j * np.pi * rng.random())
    spokes = radius * np.exp(1j * np.pi * np.arange(-1, 10) / 5)
    even = np.arange(10) % 2 == 0
    b, c = np.where(even, spokes[:-1], spokes[1:]), np.where(even, spokes[1:], spokes[:-1])
    thin, a = np.ones(10, dtype=bool), np.zeros(10, dtype=complex)
    for generation in range(generations):
        thin, a, b, c = _cut(thin, a, b, c)
        size = GOLDEN ** (generations - generation - 1)
        near = np.abs((b + c) / 2 - window) < reach + 2 * size
        thin, a, b, c = thin[near], a[near], b[near], c[near]
    centre = (b + c) / 2
    # A rhomb is two half tiles, mirrored on the side b c: keep one.
    _, first = np.unique(
        np.round(np.stack([centre.real, centre.imag]), 4), axis=1, return_index=True
    )
    a, b, c, centre, thin = a[first], b[first], c[first], centre[first], thin[first]
    corners = np.stack([c, a, b, b + c - a, c], axis=-1)
    return centre - window, corners - window, thin


def _cut(
    thin: Flags,
    a: NDArray[np.complex128],
    b: NDArray[np.complex128],
    c: NDArray[np.complex128],
) -> tuple[Flags, NDArray[np.complex128], NDArray[np.complex128], NDArray[np.complex128]]:
    """Return the half tiles that each half tile is cut into: a thin one into two, a thick into
    three.
    """
    ta, tb, tc = a[thin], b[thin], c[thin]
    ka, kb, kc = a[~thin], b[~thin], c[~thin]
    p = ta + (tb - ta) / GOLDEN
    q, r = kb + (ka - kb) / GOLDEN, kb + (kc - kb) / GOLDEN
    kind = np.repeat(
        [True, False, False, False, True], [len(ta), len(ta), len(ka), len(ka), len(ka)]
    )
    return (
        kind,
        np.concatenate([tc, p, r, q, r]),
        np.concatenate([p, tc, kc, r, q]),
        np.concatenate([tb, ta, ka, kb, ka]),
    )
