"""Heights around a Julia set."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.geometry.placing import fit_count
from drawscape.geometry.thinning import thinned
from drawscape.sketches import Steps, sketch
from drawscape.sketches.palette import AS_DESIGNED, Palette, inks
from drawscape.svg_builder import SVGBuilder

if TYPE_CHECKING:
    from contourpy import ContourGenerator


CELL_MM = 0.45
"""Grid of the sampling; finer costs time and shows nothing that a pen could draw."""

ITERATIONS = 90

SHORTEST_MM = 2.5
"""Shorter contours are specks."""


@sketch
def julia(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    real: Annotated[
        float | None, Interval(ge=-1.5, le=0.5), doc("Real part of c; none: the seed picks c")
    ] = None,
    imaginary: Annotated[
        float | None, Interval(ge=-1, le=1), doc("Imaginary part of c; none: the seed picks c")
    ] = None,
    zoom: Annotated[float, Interval(ge=0.5, le=2), doc("1 shows the whole set")] = 1.0,
    lines: Annotated[int, Interval(ge=2, le=40), doc("Contours from the set outward")] = 22,
    inner: Annotated[int, Interval(ge=0, le=30), doc("Contours within the set")] = 7,
    turn: Annotated[float, Interval(ge=0, le=180), doc("Degrees the set is turned")] = 60.0,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """Contours around the Julia set of z^2 + c, close together at its shore, and within it.

    Gaston Julia, Mémoire sur l'itération des fonctions rationnelles, 1918. Outside they are contours
    of the distance to the set, estimated as in Heinz-Otto Peitgen and Dietmar Saupe, The Science of
    Fractal Images, 1988; inside of how near each orbit comes to 0, after Clifford Pickover,
    Computers, Pattern, Chaos and Beauty, 1990.
    """
    ink = inks(svg, palette, "#14213d", "#b3402a")
    shore = _shore(rng)
    c = complex(
        shore.real if real is None else real, shore.imag if imaginary is None else imaginary
    )
    frame = svg.frame
    cell = max(CELL_MM, frame.short / 420)
    x = np.linspace(0, frame.width, 2 * round(frame.width / cell / 2) + 1)
    y = np.linspace(0, frame.height, 2 * round(frame.height / cell / 2) + 1)
    scale = 3.3 / zoom / frame.long
    z = ((x - frame.width / 2) + 1j * (y[:, None] - frame.height / 2)) * scale
    # Upright on an upright page, lying on one that lies.
    z = z * np.exp(1j * np.radians(turn - 90 * (frame.width > frame.height)))
    # z and -z go the same way, so half of the page is enough.
    half = z[: len(y) // 2 + 1]
    distance, trap = np.empty(half.shape), np.empty(half.shape)
    draw = partial(_draw, ink=ink, x=x + frame.x0, y=y + frame.y0, lines=lines, inner=inner)
    for row in range(0, len(half), 24):
        part = slice(row, row + 24)
        distance[part], trap[part] = _fields(half[part], c)
        distance[part] /= scale
        shown = distance[: row + 24], trap[: row + 24]
        yield 0.9 * row / len(half), partial(draw, height=shown[0], trap=shown[1])
    whole = (np.concatenate([f, f[-2::-1, ::-1]]) for f in (distance, trap))
    draw(svg, height=next(whole), trap=next(whole))


def _shore(rng: np.random.Generator) -> complex:
    """Return a c just off the main cardioid of the Mandelbrot set, where its shore is richest."""
    turn = rng.uniform(0.3, np.pi)
    return complex(np.exp(1j * turn) / 2 - np.exp(2j * turn) / 4) * rng.uniform(1.01, 1.06)


def _draw(
    svg: SVGBuilder,
    ink: list[str],
    x: Floats,
    y: Floats,
    height: Floats,
    trap: Floats,
    lines: int,
    inner: int,
) -> None:
    """Draw the contours of `height` outside and of `trap` inside; lower rows may be missing."""
    with svg.layer("outside", color=ink[0], width=0.3):
        svg.polylines(_contours(x, y[: len(height)], height, lines))
    found = _inner(x, y[: len(height)], height, trap, inner)
    if len(found):
        with svg.layer("inside", color=ink[1], width=0.3):
            svg.polylines(found)


def _inner(x: Floats, y: Floats, height: Floats, trap: Floats, count: int) -> Lines:
    """Return contours of `trap` where `height` is 0, at levels that share the inside evenly."""
    from contourpy import contour_generator
    from scipy.ndimage import binary_erosion

    # The shore is drawn from outside; a few cells in from it the contours have room.
    inside = binary_erosion(height <= 0, iterations=2)
    if count == 0 or np.count_nonzero(inside) < 100:
        return Lines.empty()
    levels = np.quantile(trap[inside], (np.arange(count) + 0.5) / count)
    generator = contour_generator(x, y, np.ma.masked_array(trap, ~inside))
    return _each_level(generator, levels, 2 * SHORTEST_MM)


def _length(line: Points) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def _fields(z: NDArray[np.complex128], c: complex) -> tuple[Floats, Floats]:
    """Return how far each z is from the set, 0 within it, and how near its orbit comes to 0."""
    shape, result, trap = z.shape, np.zeros(z.size), np.full(z.size, np.inf)
    left = np.arange(z.size)
    z, slope = z.ravel().copy(), np.ones(z.size, dtype=complex)
    for _ in range(ITERATIONS):
        slope = 2 * z * slope
        z = z * z + c
        size = np.abs(z)
        trap[left] = np.minimum(trap[left], size)
        gone = size > 1e4
        if gone.any():
            # The slope is 0 at the critical point; nothing on the page is 4 away from the set.
            steep = np.maximum(np.abs(slope[gone]), size[gone])
            result[left[gone]] = size[gone] * np.log(size[gone]) / steep
            stay = ~gone
            left, z, slope = left[stay], z[stay], slope[stay]
    return result.reshape(shape), trap.reshape(shape)


def _contours(x: Floats, y: Floats, height: Floats, count: int) -> Lines:
    """Return `count` contours from 0.5 mm off the set outward, wider and wider apart."""
    from contourpy import contour_generator

    generator = contour_generator(x, y, height)
    # Further out the contours only say that there is nothing.
    first, last = (
        max(0.5, float(np.min(height))),
        min(0.28 * float(np.ptp(y)), float(np.max(height))),
    )
    # The first step outward is the narrowest.
    count = fit_count(count, np.maximum(last - first, 0) ** (1 / 1.6), 0.45 ** (1 / 1.6), least=2)
    levels = first + (last - first) * np.linspace(0.001, 1, count) ** 1.6
    return _each_level(generator, levels, SHORTEST_MM)


def _each_level(generator: "ContourGenerator", levels: Floats, shortest: float) -> Lines:
    """Return the contours longer than `shortest`; where levels crowd, every second or fourth."""
    found = [
        (n, line) for n, level in enumerate(levels, 1) for line in generator.lines(float(level))
    ]
    found = [(n, line) for n, line in found if _length(line) > shortest]
    return thinned(Lines.of([line for _, line in found]), np.array([n for n, _ in found]))
