"""Heights around a Julia set."""

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry import as_on_a4, clamped, contours_by_level, fit_count, thinned
from drawscape.geometry.lines import Floats, Lines
from drawscape.sketches import AS_DESIGNED, Palette, Steps, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder

ITERATIONS = 90


@sketch
def julia(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    real: Annotated[float | None, Interval(ge=-1.5, le=0.5), doc("Real part of c")] = None,
    imaginary: Annotated[float | None, Interval(ge=-1, le=1), doc("Imaginary part")] = None,
    zoom: Annotated[float, Interval(ge=0.5, le=2), doc("1: the set fills the page")] = 1.0,
    lines: Annotated[int, Interval(ge=2, le=40), doc("Contours from the set out, on A4")] = 30,
    turn: Annotated[float, Interval(ge=0, le=180), doc("Degrees it leans")] = 20.0,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """Contours around the Julia set of z^2 + c, close together at its shore.

    The set is Gaston Julia's (1918), the distance to it estimated as in Heinz-Otto Peitgen and
    Dietmar Saupe, The Science of Fractal Images, 1988. Every fourth is drawn with the second pen.
    """
    ink = inks(svg, palette, "#14213d", "#b3402a")
    # Just off the main cardioid of the Mandelbrot set, where its shore is richest, and not within a bulb.
    for _ in range(60):
        angle = rng.uniform(0.3, np.pi)
        shore = (np.exp(1j * angle) / 2 - np.exp(2j * angle) / 4) * rng.uniform(1.01, 1.2)
        if _escapes_slowly(shore):
            break
    shore = np.conj(shore) if rng.random() < 0.5 else shore
    c = complex(
        shore.real if real is None else real, shore.imag if imaginary is None else imaginary
    )
    frame = svg.frame
    cell = max(0.45, frame.short / 420)  # a finer grid shows nothing that a pen could draw
    x = np.linspace(-1, 1, 2 * round(frame.width / cell / 2) + 1) * frame.width / 2
    y = np.linspace(-1, 1, 2 * round(frame.height / cell / 2) + 1) * frame.height / 2
    # Upright on an upright page, lying on one that lies, as large as the page holds it.
    points = _shore(rng, c)
    lean = np.radians(turn + rng.uniform(-15, 15) + 90 * (len(y) >= len(x)))
    lean -= np.angle(np.mean(points**2)) / 2  # where its longest axis lies
    points = points * np.exp(1j * lean)
    wide, tall = np.max(np.abs(points.real)), np.max(np.abs(points.imag))
    scale = 2.1 * float(max(wide / frame.width, tall / frame.height)) / zoom
    z = (x + 1j * y[:, None]) * scale * np.exp(-1j * lean)
    half = z[: len(y) // 2 + 1]  # z and -z go the same way
    height = np.zeros(z.shape)
    for row in range(0, len(half), 24):
        height[row : row + 24][: len(half) - row] = _distances(half[row : row + 24], c) / scale
        yield 0.9 * row / len(half), partial(_draw, ink=ink, height=height[: row + 24], count=lines)
    height[len(half) :] = height[len(half) - 2 :: -1, ::-1]
    _draw(svg, ink, height, lines)


def _draw(svg: SVGBuilder, ink: list[str], height: Floats, count: int) -> None:
    """Draw contours of `height`, of which lower rows may be missing, wider and wider apart."""
    frame = svg.frame
    cell = frame.width / (height.shape[1] - 1)
    area = (frame.x0, frame.y0, frame.x1, frame.y0 + cell * (len(height) - 1))
    # From half a millimetre off the set to the farthest corner.
    first = max(0.5, float(np.min(height)))
    last = max(float(np.max(height[0])), float(np.max(height[:, 0])), first)
    # The first step outward is the narrowest, of 0.45 mm at least.
    room, count = (last - first) ** (1 / 1.6), as_on_a4(count, frame, lines=True)
    count = fit_count(count, room, 0.45 ** (1 / 1.6), least=2)
    levels = first + (last - first) * np.linspace(0.001, 1, count) ** 1.6
    found = contours_by_level(height, levels, area)
    number = np.repeat(np.arange(1, count + 1), [len(lines) for lines in found])
    joined = clamped(frame, Lines.join(found))
    drawn, marked = joined.lengths_mm > 2.5, number % 4 == 1  # shorter ones are specks
    parts = [thinned(joined.take(k), number[k]) for k in (drawn & ~marked, drawn & marked)]
    in_pens(svg, ink, parts, names=("contours", "marked"))


def _shore(rng: np.random.Generator, c: complex) -> NDArray[np.complex128]:
    """Return points of the Julia set of `c`, to which the map drives all others when it runs backwards."""
    z = np.ones(2000, dtype=complex)
    for _ in range(30):
        z = np.sqrt(z - c) * rng.choice((-1, 1), len(z))
    return z


def _escapes_slowly(c: complex) -> bool:
    """Return whether 0, the last to leave, goes away from the set of `c` late, but goes."""
    z = 0j
    for step in range(4 * ITERATIONS):
        z = z * z + c
        if abs(z) > 2:
            return 11 < step < 60
    return False


def _distances(z: NDArray[np.complex128], c: complex) -> Floats:
    """Return how far each z is from the set, 0 within it."""
    shape, result = z.shape, np.zeros(z.size)
    left = np.arange(z.size)
    z, slope = z.ravel().copy(), np.ones(z.size, dtype=complex)
    for _ in range(ITERATIONS):
        slope = 2 * z * slope
        z = z * z + c
        size = np.abs(z)
        gone = size > 1e4
        if gone.any():
            # The slope is 0 at the critical point; nothing on the page is 4 away from the set.
            steep = np.maximum(np.abs(slope[gone]), size[gone])
            result[left[gone]] = size[gone] * np.log(size[gone]) / steep
            left, z, slope = left[~gone], z[~gone], slope[~gone]
    return result.reshape(shape)
