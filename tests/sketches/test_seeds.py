"""Seeds are seen: each draws another picture, not only other numbers."""

import itertools

import numpy as np
import pytest
from golden_support import FOLDER, read_golden
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from drawscape.geometry.lines import Lines
from drawscape.geometry.resample import resample
from drawscape.sketches import SKETCHES, draw

LEAST = 0.12
"""Of the ink that lies elsewhere, after a blur of a millimetre; 2 is all of it, 0 the same picture."""

SCREENS = {
    "four_pens",
    "spiral_halftone",
    "squiggles",
    "tone_hatching",
    "tsp_picture",
    "stippling",
    "portrait",
}
"""The same picture whatever the seed, which moves the screen or the points."""

LEAST_SCREEN = 0.02

SIDE_MM = 100.0


def raster(lines: Lines, side: float) -> NDArray[np.float64]:
    """Return the ink on squares of half a millimetre, all together 1, blurred by a millimetre."""
    points = resample(lines, 0.3).points
    cells = np.clip((points * 2).astype(int), 0, int(2 * side) - 1)
    ink = np.zeros((int(2 * side), int(2 * side)))
    np.add.at(ink, (cells[:, 1], cells[:, 0]), 1.0)
    blurred = gaussian_filter(ink, 2.0)
    return np.asarray(blurred / blurred.sum())


def least(name: str) -> float:
    return LEAST_SCREEN if name in SCREENS else LEAST


@pytest.mark.parametrize("name", list(SKETCHES))
def test_the_first_two_seeds_are_told_apart_by_eye(name: str) -> None:
    one, other = (
        raster(
            Lines.join(layer.sample for layer in read_golden(FOLDER / f"{name}-{seed}.svg.gz")), 60
        )
        for seed in (0, 1)
    )
    assert np.abs(one - other).sum() > least(name)


@pytest.mark.nightly
@pytest.mark.parametrize("name", list(SKETCHES))
def test_each_of_twelve_seeds_is_told_apart_by_eye(name: str) -> None:
    pictures = [
        raster(draw(name, SIDE_MM, SIDE_MM, seed=seed).lines(), SIDE_MM) for seed in range(12)
    ]
    for (a, one), (b, other) in itertools.combinations(enumerate(pictures), 2):
        assert np.abs(one - other).sum() > least(name), (a, b)
