"""What made the pictures that come along, `_fruit.npz`, `_head.npz` and `_shell.npz`: solids and a relief.

Run it with `python tests/own_photographs.py`; it writes them into `drawscape/sketches/pictures`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from drawscape.geometry import Flags, Floats, Noise, is_lit, march, normals_of, smooth_union
from drawscape.geometry.implicit import Distance

WIDE, TALL = 300, 400

SIDE = 520
GROWTH = 0.135
"""The spiral widens by e to this power per radian; whorls then touch at a tube of 0.40 its radius."""


def photograph(
    distance: Distance,
    color: Callable[[Floats], Floats],
    *,
    view: float,
    middle: tuple[float, float, float],
    lamp: tuple[float, float, float],
    wall: tuple[float, float, float],
    shine: float,
) -> NDArray[np.uint8]:
    """Return the picture, (TALL, WIDE, 3): `view` units wide around `middle`, seen from a little above."""
    rise = 0.16
    ahead = np.array([0, -np.sin(rise), np.cos(rise)])
    up = np.array([0, np.cos(rise), np.sin(rise)])
    x, y = np.meshgrid(np.arange(WIDE) - WIDE / 2, TALL / 2 - np.arange(TALL))
    screen = np.stack([x.ravel(), y.ravel()], axis=-1) * view / WIDE
    origins = np.array(middle) - 6 * ahead + screen[:, :1] * (1, 0, 0) + screen[:, 1:] * up
    far = march(distance, origins, ahead, 12.0)
    seen = np.isfinite(far)
    points = origins[seen] + far[seen, None] * ahead
    normals = normals_of(distance, points)
    light = np.zeros(len(points))
    rng = np.random.default_rng(4)
    # A window, not a lamp: eight lights beside each other make soft shadows.
    for _ in range(8):
        way = np.array(lamp) + rng.normal(0, 0.14, 3)
        way /= np.linalg.norm(way)
        light += np.maximum(normals @ way, 0) * is_lit(distance, points, normals, way, 6.0) / 8
    half = np.array(lamp) / np.linalg.norm(lamp) - ahead
    glint = np.maximum(normals @ (half / np.linalg.norm(half)), 0) ** 50 * light
    hollow = np.clip(distance(points + 0.12 * normals) / 0.12, 0.2, 1)
    shade = (0.2 * hollow * (0.6 + 0.4 * normals[:, 1]) + 0.95 * light)[:, None]
    # The wall grows lighter towards the dark side of things, as painters have it.
    glow = 0.75 + 0.45 * (screen[:, :1] / view + 0.5) - 0.15 * screen[:, 1:] / view
    picture = np.array(wall) * glow
    picture[seen] = color(points) * shade + shine * glint[:, None]
    picture = np.clip(picture, 0, 1) ** (1 / 2.2)
    return np.asarray((picture.reshape(TALL, WIDE, 3) * 63).round() * 4, dtype=np.uint8)


def ball(points: Floats, middle: tuple[float, float, float], *radii: float) -> Floats:
    """Return the distance to an ellipsoid, nearly."""
    r = np.array(radii * (3 // len(radii)))
    return np.asarray((np.linalg.norm((points - middle) / r, axis=1) - 1) * r.min())


def fruit() -> NDArray[np.uint8]:
    """Return a pear, two lemons, an apple and plums on a table before a blue wall."""
    noise = Noise(5)
    pieces: list[tuple[Callable[[Floats], Floats], tuple[float, float, float]]] = [
        (lambda p: p[:, 1], (0.55, 0.4, 0.3)),
        (
            lambda p: smooth_union(
                ball(p, (-0.38, 0.5, 0.25), 0.5), ball(p, (-0.3, 1.12, 0.25), 0.24), 0.35
            ),
            (0.62, 0.6, 0.08),
        ),
        (lambda p: ball(p, (0.52, 0.44, 0.3), 0.47, 0.43, 0.47), (0.7, 0.05, 0.04)),
        (lambda p: ball(p, (0.16, 0.27, -0.5), 0.4, 0.27, 0.27), (0.95, 0.66, 0.03)),
        (lambda p: ball(p, (-0.72, 0.25, -0.42), 0.25), (0.16, 0.05, 0.26)),
        (lambda p: ball(p, (0.83, 0.23, -0.42), 0.23), (0.2, 0.06, 0.3)),
        (lambda p: ball(p, (-0.27, 1.42, 0.25), 0.025, 0.16, 0.025), (0.12, 0.07, 0.03)),
    ]

    def distance(p: Floats) -> Floats:
        return np.asarray(np.min([piece(p) for piece, _ in pieces], axis=0))

    def color(p: Floats) -> Floats:
        nearest = np.argmin([piece(p) for piece, _ in pieces], axis=0)
        grain = 1 + 0.25 * noise.fractal(p[:, 0] * 3, p[:, 1] * 2 + p[:, 2] * 7, octaves=3)
        return np.array([tone for _, tone in pieces])[nearest] * grain[:, None]

    return photograph(
        distance, color, view=2.5, middle=(0, 0.72, 0), lamp=(-0.75, 0.8, -0.6),
        wall=(0.1, 0.2, 0.3), shine=0.45,
    )  # fmt: skip


def head() -> NDArray[np.uint8]:
    """Return a plaster head, lit from the upper left, (TALL, WIDE) in grey."""

    def distance(p: Floats) -> Floats:
        q, side = p, p.copy()
        side[:, 0] = np.abs(side[:, 0])
        skull = ball(q, (0, 0.3, 0.12), 0.62, 0.72, 0.75)
        jaw = ball(q, (0, -0.22, -0.14), 0.44, 0.56, 0.5)
        face = smooth_union(skull, jaw, 0.25)
        face = smooth_union(face, ball(side, (0.3, -0.08, -0.36), 0.2, 0.16, 0.2), 0.16)
        face = smooth_union(face, ball(side, (0.2, 0.26, -0.54), 0.2, 0.06, 0.1), 0.14)
        socket = ball(side, (0.235, 0.13, -0.72), 0.15, 0.09, 0.16)
        face = -smooth_union(-face, socket, 0.1)
        face = smooth_union(face, ball(side, (0.225, 0.12, -0.53), 0.105), 0.03)
        bridge = ball(q, (0, 0.06, -0.66), 0.065, 0.22, 0.12)
        tip = smooth_union(
            ball(q, (0, -0.1, -0.78), 0.085), ball(side, (0.08, -0.12, -0.7), 0.06), 0.05
        )
        face = smooth_union(face, smooth_union(bridge, tip, 0.1), 0.09)
        lips = smooth_union(
            ball(q, (0, -0.315, -0.615), 0.17, 0.035, 0.08),
            ball(q, (0, -0.4, -0.6), 0.14, 0.045, 0.09), 0.025,
        )  # fmt: skip
        face = smooth_union(face, lips, 0.05)
        face = smooth_union(face, ball(q, (0, -0.62, -0.5), 0.16, 0.12, 0.13), 0.12)
        face = smooth_union(face, ball(side, (0.6, 0.08, 0.1), 0.08, 0.19, 0.12), 0.06)
        hair = ball(q, (0, 0.48, 0.2), 0.68, 0.66, 0.74)
        wave = 0.022 * np.sin(26 * np.arctan2(q[:, 0], q[:, 1] - 0.2) + 9 * q[:, 2])
        face = np.minimum(
            face, np.maximum(hair + wave, 0.42 - q[:, 1] + 0.55 * np.abs(q[:, 2] + 0.2) * 0)
        )
        neck = np.hypot(q[:, 0], q[:, 2] - 0.15) - 0.34 - 0.12 * np.clip(-0.8 - q[:, 1], 0, 1)
        face = smooth_union(face, np.maximum(neck, q[:, 1] + 0.3), 0.14)
        return 0.7 * smooth_union(face, ball(q, (0, -1.75, 0.2), 1.15, 0.55, 0.5), 0.2)

    def turned(p: Floats) -> Floats:
        cos, sin = np.cos(0.5), np.sin(0.5)
        return distance(p @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]))

    picture = photograph(
        turned, lambda p: np.full((len(p), 3), 0.8), view=2.35, middle=(0, -0.15, 0),
        lamp=(-0.8, 0.75, -0.7), wall=(0.5, 0.5, 0.5), shine=0.05,
    )  # fmt: skip
    return picture[..., 1]


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


def _relief(x: Floats, y: Floats) -> tuple[Floats, Floats, Flags]:
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


def _lit(height: Floats, pitch: float) -> Floats:
    """Return how brightly a lamp at the upper left lights the relief, 0 to 1."""
    down, right = np.gradient(height, pitch)
    normal = np.stack((-right, -down, np.ones_like(height)))
    normal /= np.sqrt((normal**2).sum(axis=0))
    lamp = np.array([-0.55, -0.62, 0.56])
    return np.asarray(np.clip(np.tensordot(lamp, normal, axes=1), 0, 1) ** 0.85)


def _shadow(height: Floats) -> Floats:
    """Return where something between a place and the lamp is higher than the ray between them."""
    dark = np.zeros_like(height)
    for step in range(2, 170, 2):
        shifted = np.zeros_like(height)
        shifted[step:, step:] = height[:-step, :-step]
        rise = step * np.sqrt(2) * (2 / SIDE) * 0.62
        dark = np.maximum(dark, np.clip((shifted - height - rise) / 0.03, 0, 1))
    return dark


def _blurred(grid: Floats, sigma: float) -> Floats:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(grid.astype(np.float64), sigma))


def main() -> None:
    """Write the pictures into the package."""
    folder = Path(__file__).parents[1] / "drawscape" / "sketches" / "pictures"
    for name, picture in (("fruit", fruit()), ("head", head()), ("shell", shell())):
        np.savez_compressed(folder / f"_{name}.npz", picture=picture)


if __name__ == "__main__":
    main()
