"""Two rhombs that cover the plane and never repeat."""

from typing import Annotated

import numpy as np

from drawscape.geometry import grow_count
from drawscape.geometry.lines import Complexes, Flags, Points, as_floats
from drawscape.sketches import KILN, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

GOLDEN = (1 + 5**0.5) / 2


@sketch
def penrose(
    svg: SVGBuilder,
    rng: Rng,
    *,
    tiles: Annotated[int, Slider(4, 30, "Tile sides across the shorter side")] = 11,
    rings: Annotated[int, Slider(1, 8, "Most outlines nested in a rhomb")] = 6,
    palette: Palette = "as designed",
) -> None:
    """Thick and thin rhombs of a Penrose tiling, each filled with its own echoes.

    Roger Penrose, The role of aesthetics in pure and applied mathematical research, 1974 (P3).
    It grows by cutting Raphael Robinson's half tiles: the seed cuts once more for another star.
    """
    frame = svg.frame
    tiles = round(tiles * choose(svg, "tiles", {"middling": 1.0, "large": 0.6, "small": 1.3}))
    star = choose(svg, "star", {"of five": 0, "of ten": 1})
    side = frame.short / tiles
    reach = np.hypot(frame.width, frame.height) / 2 / side
    centres, corners, is_thin = _rhombs(reach, star)
    tone = _tones(rng, centres)
    turn = 1j * rng.choice([-1, 1]) * side
    # The thin rhomb is 0.59 sides wide, the thick one 0.95; lines closer than 0.5 mm only blot.
    most = np.minimum(
        grow_count(rings, frame), np.maximum(1, side * np.where(is_thin, 0.29, 0.47) / 0.5)
    ).astype(int)
    wanted = np.clip(np.rint(most * tone), 1, most).astype(int)
    pens = np.where(is_thin, 1, np.where(tone > np.quantile(tone, 0.82), 2, 0))
    palette = choose_inks(svg, palette, "kiln", "tide")
    names = set_pens(svg, palette, KILN[:3])
    # Of each ring its rhomb, and how far it lies inwards from the rim.
    owner = np.repeat(np.arange(len(pens)), wanted)
    inner = np.arange(len(owner)) - np.repeat(np.cumsum(wanted) - wanted, wanted)
    scale, middle = 0.92 * (1 - inner / most[owner])[:, None], centres[owner, None]
    rhombs = as_floats((middle + scale * (corners[owner] - middle)) * turn)
    with svg.clip(frame):
        svg.translate(*frame.middle)
        for number, name in enumerate(names):
            svg.polylines(rhombs[pens[owner] == number], pen=name)


def _tones(rng: Rng, centres: Complexes) -> Points:
    """Return how many of its outlines each rhomb shows, 0 to 1."""
    # Waves that a fifth of a turn, and a mirror, leave as they are.
    tone = np.zeros(len(centres))
    for _ in range(3):
        wave, phase = rng.uniform(0.5, 1.6), rng.uniform(0, 2 * np.pi)
        for spoke in range(10):
            tone += np.cos(wave * (centres * np.exp(0.2j * np.pi * spoke)).real + phase) / 10
    return 0.54 + 0.33 * tone / np.std(tone)


def _rhombs(reach: float, star: int) -> tuple[Complexes, Complexes, Flags]:
    """Return centres (n,), corners (n, 5) and which are thin, of the rhombs within `reach` of 0."""
    generations = int(np.ceil(np.log(4 * reach + 8) / np.log(GOLDEN))) + star
    radius = GOLDEN**generations
    spokes = radius * np.exp(1j * np.pi * np.arange(-1, 10) / 5)
    even = np.arange(10) % 2 == 0
    b, c = np.where(even, spokes[:-1], spokes[1:]), np.where(even, spokes[1:], spokes[:-1])
    thin, halves = np.ones(10, dtype=bool), np.transpose([np.zeros(10), b, c])
    for generation in range(generations):
        thin, halves = _cut(thin, halves)
        size = GOLDEN ** (generations - generation - 1)
        near = np.abs(halves[:, 1:].mean(axis=1)) < reach + 2 * size
        thin, halves = thin[near], halves[near]
    centre = halves[:, 1:].mean(axis=1)
    # A rhomb is two half tiles, mirrored on the side b c: keep one.
    first = np.unique(np.round(centre, 4), return_index=True)[1]
    a, b, c = halves[first].T
    corners = np.transpose([c, a, b, b + c - a, c])
    return centre[first].astype(complex), corners.astype(complex), thin[first]


def _cut(thin: Flags, halves: Complexes) -> tuple[Flags, Complexes]:
    """Return the half tiles, (n, 3), that each is cut into: a thin one into two, a thick into three."""
    ta, tb, tc = halves[thin].T
    ka, kb, kc = halves[~thin].T
    p = ta + (tb - ta) / GOLDEN
    q, r = kb + (ka - kb) / GOLDEN, kb + (kc - kb) / GOLDEN
    kind = np.repeat([True, False, False, True], [len(p), len(p) + len(q), len(q), len(q)])
    parts = [(tc, p, tb), (p, tc, ta), (r, kc, ka), (q, r, kb), (r, q, ka)]
    return kind, np.concatenate([np.transpose(part) for part in parts])
