"""Tiles of the hyperbolic plane: its two models in a disc, its motions, and where each tile lies."""

from collections.abc import Callable

import numpy as np

from drawscape.geometry import Floats, Ints, depth_in
from drawscape.geometry.lines import Complexes, as_floats
from drawscape.geometry.regions import Frame

LEAST_MM = 0.9
"""From the middle of a tile to its farthest side: smaller ones are not drawn."""


def disc(klein: Complexes) -> Complexes:
    """Return points of Klein's model as they lie in Poincaré's."""
    return klein / (1 + np.sqrt(1 - np.abs(klein) ** 2))


def moved(motions: Complexes, z: Complexes) -> Complexes:
    """Return z under the motions (a z + b) / (conj(b) z + conj(a)); a and b are (T, 2, ...)."""
    a, b = motions[:, 0], motions[:, 1]
    return (a * z + b) / (np.conj(b) * z + np.conj(a))


def tiles(
    middles: Complexes, place: Callable[[Complexes], Complexes], frame: Frame
) -> tuple[Complexes, Floats, Ints]:
    """Return the motions to all tiles on the page, (T, 2), how near their sides are in mm, and 0 or 1.

    `middles` are those of the first tile's sides. A half turn about one takes a tile to its neighbour.
    """
    c = 1j * (1 + np.abs(middles) ** 2) / (1 - np.abs(middles) ** 2)
    d = -2j * middles / (1 - np.abs(middles) ** 2)
    fresh, known = np.array([[1.0 + 0j, 0j]]), np.zeros(1, dtype=complex)
    found = list[tuple[Complexes, Floats, Ints]]()
    while len(fresh):
        middle = place(moved(fresh[..., None], np.zeros(1, dtype=complex)))
        sides = np.abs(place(moved(fresh[..., None], middles)) - middle)
        reach = sides.max(axis=1)
        on_page = depth_in(frame, as_floats(middle)[:, 0]) > -3 * reach
        kept = (reach > LEAST_MM) & on_page | (len(found) == 0)
        fresh = fresh[kept]
        found.append((fresh, sides[kept].min(axis=1), np.full(len(fresh), len(found) % 2)))
        a, b = fresh[:, None, 0], fresh[:, None, 1]
        after = np.stack([a * c + b * np.conj(d), a * d + b * np.conj(c)], axis=-1).reshape(-1, 2)
        places, first = np.unique(
            np.round(after[:, 1] / np.conj(after[:, 0]), 7), return_index=True
        )
        fresh = after[first[~np.isin(places, known)]]
        known = np.union1d(known, places)
    motions, sizes, odd = map(np.concatenate, zip(*found))
    return motions, sizes, odd
