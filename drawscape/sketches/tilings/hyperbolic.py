"""Tilings of the hyperbolic plane, whose tiles shrink towards its rim."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Lines, clip_to_rectangle
from drawscape.geometry.lines import Complexes, as_floats
from drawscape.sketches import TIDE, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose
from drawscape.sketches.tilings._poincare import disc, moved, tiles

TILINGS = {
    "pentagons, four at a corner": (5, 4),
    "hexagons, four at a corner": (6, 4),
    "squares, six at a corner": (4, 6),
    "triangles, eight at a corner": (3, 8),
}
"""Corners of a tile, and tiles around a corner: an even number, so that two inks take turns."""


@sketch
def hyperbolic(
    svg: SVGBuilder,
    rng: Rng,
    *,
    spacing: Annotated[float, Slider(0.6, 3, "In mm, between the lines of a tile")] = 0.65,
    twist: Annotated[float, Slider(0.02, 0.4, "How far each line of a whirl is turned")] = 0.1,
    palette: Palette = "as designed",
) -> None:
    """A regular tiling of the hyperbolic plane, in Poincaré's disc or stretched into a band.

    Tiles of one size crowd at the rim, as in the figure of H. S. M. Coxeter (Crystal symmetry and its
    generalizations, 1957), after which M. C. Escher cut his Circle Limits. The seed moves the plane.
    """
    corners, around = choose(svg, "tiling", TILINGS)
    motif = choose(svg, "motif", {"whirls": _whirls, "triangles": _triangles, "ways": _ways})
    view = choose(svg, "view", {"disc": 0.5, "near the rim": 0.8, "band": 0.0})
    frame, heading = svg.frame, np.exp(2j * np.pi * rng.random())
    middle, shift = complex(*frame.middle), 0.5 * np.sqrt(rng.random()) * np.exp(6j * rng.random())
    radius = view * (frame.short if view == 0.5 else frame.long)
    if view > 0.5:
        middle += (radius - 0.4 * frame.long) * np.sign(heading.imag) * 1j

    def place(z: Complexes) -> Complexes:
        """Return where points of the disc lie on the page, in mm."""
        z = (heading * z + shift) / (1 + np.conj(shift) * heading * z)
        along = np.log((1 + z) / (1 - z)) * frame.short / np.pi
        upright = 1j if frame.height > frame.width else 1
        return np.asarray(middle + (radius * z if radius else along * upright), dtype=complex)

    # In Klein's model sides are straight: a tile is a plain polygon of this radius.
    tight, wide = np.cos(np.pi / corners + np.array([1, -1]) * np.pi / around)
    polygon = (
        2
        * np.sqrt(tight * wide)
        / (tight + wide)
        * np.exp(2j * np.pi * np.arange(corners + 1) / corners)
    )
    motions, sizes, odd = tiles(disc((polygon[1:] + polygon[:-1]) / 2), place, frame)
    counts = np.clip(sizes / spacing, 1, 60).astype(int)
    parts = [list[Lines](), list[Lines]()]
    for count, ink in set(zip(counts.tolist(), odd.tolist())):
        lines = disc(motif(polygon, count, twist * (1 - 2 * ink)))
        some = motions[(counts == count) & (odd == ink)]
        drawn = place(moved(some[:, :, None, None], lines)).reshape(-1, lines.shape[1])
        parts[ink].append(Lines.of(as_floats(drawn)))
    cut = [clip_to_rectangle(Lines.join(part), *frame).longer_than(0.6) for part in parts]
    in_pens(svg, palette, TIDE[:2], cut)


def _whirls(polygon: Complexes, count: int, twist: float) -> Complexes:
    """Return outlines in one another, each turned a little in the one before, (count, points)."""
    outlines, corners, share = [], polygon[:-1], np.linspace(0, 1, 9)[:-1]
    for _ in range(count):
        sides = corners[:, None] * (1 - share) + np.roll(corners, -1)[:, None] * share
        outlines.append(np.append(sides, corners[0]))
        part = abs(twist) + 0.5 / count
        corners = corners + part * (np.roll(corners, -1 if twist > 0 else 1) - corners)
    return np.stack(outlines)


def _triangles(polygon: Complexes, count: int, twist: float) -> Complexes:
    """Return lines along each side, nearer and nearer to the middle, most along one half of it only."""
    share, nearer = np.linspace(0, 0.5, 6), 1 - (np.arange(count) + 0.5) / count
    halves = []
    for begin, every in ((0.0, 1), (0.5, 3)) if twist > 0 else ((0.5, 1), (0.0, 3)):
        side = polygon[:-1, None] * (1 - share - begin) + polygon[1:, None] * (share + begin)
        halves.append((nearer[every // 2 :: every, None, None] * side).reshape(-1, len(share)))
    return np.concatenate(halves)


def _ways(polygon: Complexes, count: int, twist: float) -> Complexes:
    """Return straight ways around every corner, from side to side."""
    ends = np.stack([np.roll(polygon[:-1], 1), polygon[1:]], axis=1) - polygon[:-1, None]
    reach = 0.5 + 0.3 * np.linspace(-1, 1, max(2, count // 2))[:, None, None]
    share = np.linspace(0, 1, 13)
    across = ends[:, :1] * (1 - share) + ends[:, 1:] * share
    return (polygon[:-1, None] + reach * across).reshape(-1, 13)
