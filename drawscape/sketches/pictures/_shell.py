"""The script that made `_shell.npz`: an ammonite on a table, computed as a relief and lit.

Run it with `python -m drawscape.sketches.pictures._shell`; it writes the file beside itself.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drawscape.geometry import Flags, Floats, Noise

SIDE = 520
GROWTH = 0.135
"""The spiral widens by e to this power per radian; whorls then touch at a tube of 0.40 its radius."""

Grid = Floats


def shell() -> NDArray[np.uint8]:
    """Return the picture, (520, 520), 0 black to 255 white.

    The form is D. M. Raup's, "Geometric analysis of shell coiling" (1966), flattened to a relief.
    """
    axis = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(axis, axis)
    relief, ribs, inside = _relief(x + 0.135, y + 0.15)
    height = relief + 0.5 * ribs
    light = _lit(height, axis[1] - axis[0])
    shade = _shadow(height)
    table = 0.97 - 0.36 * np.hypot(x + 0.55, y + 0.75) / 2.0
    table += 0.02 * Noise(3).fractal(x * 3 + 9, y * 14 + 9, octaves=3)
    table *= 1 - 0.62 * _blurred(shade * ~inside, 4)
    hollow = np.clip(_blurred(height, 9) - height, 0, 0.09) / 0.09
    stone = 0.13 + 0.85 * light * (1 - 0.55 * hollow)
    stone *= 1 - 0.35 * _blurred(shade * inside, 2)
    tone = np.where(inside, stone, table)
    return np.asarray(np.clip(_blurred(tone, 0.6) * 255, 0, 255).astype(np.uint8))


def _relief(x: Grid, y: Grid) -> tuple[Grid, Grid, Flags]:
    """Return the shell's height without ribs, the ribs, and where the shell is."""
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    mouth = 0.62 * np.pi  # where the last whorl ends
    height, ribs = np.zeros_like(x), np.zeros_like(x)
    inside = np.zeros(x.shape, dtype=bool)
    for turn in range(-7, 1):
        theta = angle + 2 * np.pi * turn
        theta = np.where(theta > mouth, theta - 2 * np.pi * 40, theta)
        middle = 0.66 * np.exp(GROWTH * (theta - mouth))
        tube = 0.44 * middle
        off = (radius - middle) / tube
        lip = np.clip((theta - mouth + 0.2) / 0.2, 0, 1)  # the mouth is rounded off
        bend = 1 - off**2 - lip**3
        here = bend > 0
        z = tube * np.sqrt(np.clip(bend, 0, 1))
        lifted = here & (z > height)
        # Ribs lean forward towards the rim and fade at the seam.
        rib = np.sin(theta * 19 - 1.6 * off**2 - 0.5 * off) * tube * 0.09 * (1 - off**2)
        height, ribs = np.where(lifted, z, height), np.where(lifted, rib, ribs)
        inside |= here
    return height, ribs, inside


def _lit(height: Grid, pitch: float) -> Grid:
    """Return how brightly a lamp at the upper left lights the relief, 0 to 1."""
    down, right = np.gradient(height, pitch)
    normal = np.stack((-right, -down, np.ones_like(height)))
    normal /= np.sqrt((normal**2).sum(axis=0))
    lamp = np.array([-0.55, -0.62, 0.56])
    return np.asarray(np.clip(np.tensordot(lamp, normal, axes=1), 0, 1) ** 0.85)


def _shadow(height: Grid) -> Grid:
    """Return where something between a place and the lamp is higher than the ray between them."""
    dark = np.zeros_like(height)
    for step in range(2, 170, 2):
        shifted = np.zeros_like(height)
        shifted[step:, step:] = height[:-step, :-step]
        rise = step * np.sqrt(2) * (2 / SIDE) * 0.62
        dark = np.maximum(dark, np.clip((shifted - height - rise) / 0.03, 0, 1))
    return dark


def _blurred(grid: Grid, sigma: float) -> Grid:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(grid.astype(np.float64), sigma))


def main() -> None:
    """Write the picture to `_shell.npz` beside this file."""
    np.savez_compressed(Path(__file__).with_suffix(".npz"), picture=shell())


if __name__ == "__main__":
    main()
