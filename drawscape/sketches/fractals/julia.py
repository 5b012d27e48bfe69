"""Heights around a Julia set."""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import grey_erosion

from drawscape.geometry import Floats, Lines, as_on_a4, contours_by_level, fit_count, thinned
from drawscape.sketches import PLUM, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

ITERATIONS = 90
"""What has not left by then is less than a line away from the set."""


SHORES = {
    "spirals": (0.35, 0.6),
    "islands": (0.7, 1.3),
    "stars": (2.2, 3.1),
    "branches": (1.5, 2.2),
}
"""From where to where on the main cardioid of the Mandelbrot set c lies, in radians."""


@sketch
def julia(
    svg: SVGBuilder,
    rng: Rng,
    *,
    real: Annotated[float | None, Slider(-1.5, 0.5, "Real part of c")] = None,
    imaginary: Annotated[float | None, Slider(-1, 1, "Imaginary part")] = None,
    zoom: Annotated[float, Slider(0.5, 2, "1: the set fills the page")] = 1.0,
    lines: Annotated[int, Slider(14, 40, "Contours from the set out, on A4")] = 30,
    palette: Palette = "as designed",
) -> None:
    """Contours around the Julia set of z^2 + c, close together at its shore.

    The set is Gaston Julia's (1918), the distance to it estimated as in Heinz-Otto Peitgen and
    Dietmar Saupe, The Science of Fractal Images, 1988. Every fourth is drawn with the second pen.
    """
    frame = svg.frame
    # Just off the cardioid, where the Mandelbrot set's shore is richest, and not within a bulb: 0, the
    # last to leave, goes away from the set late, but goes.
    angle = rng.uniform(*choose(svg, "shore", SHORES), 200)
    shore = (np.exp(1j * angle) / 2 - np.exp(2j * angle) / 4) * rng.uniform(1.01, 1.2, 200)
    steps, _ = _flight(np.zeros(200, dtype=complex), shore)
    chosen = shore[np.argmax((steps > 11) & (steps < 24))]
    below = rng.choice((-1, 1)) * chosen.imag
    c = complex(chosen.real if real is None else real, below if imaginary is None else imaginary)
    # Far outside of the Mandelbrot set there is nothing but dust: c comes back to its shore.
    while _flight(np.zeros(1, dtype=complex), c)[0][0] < 13:
        c *= 0.97
    # And within it there is nothing but paper: c leaves it up or down, where it is nowhere far.
    while _flight(np.zeros(1, dtype=complex), c)[0][0] == ITERATIONS:
        c += 0.02j if c.imag >= 0 else -0.02j
    nearer, aside = choose(svg, "view", {"whole": (1, 0), "near": (1.5, 0.6), "a bay": (1.8, 1)})
    zoom *= nearer
    palette = choose_inks(svg, palette, "plum", "tide", "kiln", "moss")
    # Backwards, the map drives any point to the set: it lies along the page, as large as that holds it.
    points = np.ones(2000, dtype=complex)
    for _ in range(30):
        points = np.sqrt(points - c) * rng.choice((-1, 1), len(points))
    lean = np.radians(rng.uniform(5, 35) + 90 * (frame.height >= frame.width))
    heading = np.exp(1j * (lean - np.angle(np.mean(points**2)) / 2))
    sides = np.abs((points * heading).view(float).reshape(-1, 2)).max(axis=0)
    scale = 2.1 * np.max(sides / frame.size) / zoom
    cell = max(0.45, frame.short / 420)  # a finer grid shows nothing that a pen could draw
    x, y = (np.linspace(-side, side, max(2, int(side / cell))) / 2 for side in frame.size)
    # Around the inner fixed point the set winds in spirals.
    middle = aside * (1 - np.sqrt(1 - 4 * c)) / 2
    off = _flight((x + 1j * y[:, None]) * scale / heading + middle, c)[1] / scale
    # Where the map stands still the estimate has peaks, steeper than any distance.
    cone = -cell * np.hypot(*np.mgrid[-3:4, -3:4])
    for _ in range(8):
        off = grey_erosion(off, structure=cone)
    # The first step outward is the narrowest, of 0.45 mm at least.
    first = max(0.5, np.min(off))
    last = max(first, np.quantile(off, 0.995))
    count = as_on_a4(lines, frame, lines=True)
    count = fit_count(count, (last - first) ** (1 / 1.6), 0.45 ** (1 / 1.6), least=2)
    levels = first + (last - first) * np.linspace(0.001, 1, count) ** 1.6
    found = contours_by_level(off, levels, frame)
    number = np.repeat(np.arange(count), [len(level) for level in found])
    joined, marked = Lines.join(found), number % 4 == 0
    drawn = joined.lengths_mm > np.where(number == 0, 9, 5)  # shorter ones are specks
    parts = [thinned(joined.take(k), 1 + number[k]) for k in (drawn & ~marked, drawn & marked)]
    in_pens(svg, palette, PLUM, parts)


def _flight(z: NDArray[Any], c: NDArray[Any] | complex) -> tuple[Floats, Floats]:
    """Return after how many steps each z has left, and how far it is from the set; 0 within it."""
    slope, steps = np.ones_like(z), np.zeros(z.shape)
    for _ in range(ITERATIONS):
        near = np.abs(z) < 1e4
        steps += near
        slope = np.where(near, 2 * z * slope, slope)
        z = np.where(near, z * z + c, z)
    size = np.maximum(np.abs(z), 1.0)
    # The slope is 0 at the critical point; nothing on the page is 4 away from the set.
    off = np.where(near, 0.0, size * np.log(size) / np.maximum(np.abs(slope), size))
    return steps, off
