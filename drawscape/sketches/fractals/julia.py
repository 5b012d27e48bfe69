"""Heights around a Julia set."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.lines import Points
from drawscape.sketches.catalogue import sketch
from drawscape.sketches.model import Steps
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

CELL_MM = 0.45
"""Grid of the sampling; finer costs time and shows nothing that a pen could draw."""

ITERATIONS = 90


@sketch
def julia(
    svg: SVGBuilder,
    *,
    real: Annotated[float, Interval(ge=-1.5, le=0.5), doc("Real part of c")] = -0.4,
    imaginary: Annotated[float, Interval(ge=-1, le=1), doc("Imaginary part of c")] = 0.6,
    zoom: Annotated[float, Interval(ge=0.5, le=2), doc("1 shows the whole set")] = 1.0,
    lines: Annotated[int, Interval(ge=2, le=40), doc("Contours from the set outward")] = 22,
    turn: Annotated[float, Interval(ge=0, le=180), doc("Degrees the set is turned")] = 60.0,
) -> Steps:
    """Contours around the Julia set of z^2 + c, close together at its shore.

    Gaston Julia, Mémoire sur l'itération des fonctions rationnelles, 1918. The contours are of the
    distance to the set, estimated as in Heinz-Otto Peitgen and Dietmar Saupe, The Science of
    Fractal Images, 1988.
    """
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
    distance = np.empty(half.shape)
    draw = partial(_draw, x=x + frame.x0, y=y + frame.y0, lines=lines)
    for row in range(0, len(half), 24):
        distance[row : row + 24] = _distance(half[row : row + 24], complex(real, imaginary)) / scale
        yield 0.9 * row / len(half), partial(draw, height=distance[: row + 24])
    draw(svg, height=np.concatenate([distance, distance[-2::-1, ::-1]]))


def _draw(
    svg: SVGBuilder,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    height: NDArray[np.float64],
    lines: int,
) -> None:
    """Draw the contours of `height`, of which the lower rows may be missing."""
    svg.polylines(_contours(x, y[: len(height)], height, lines))


def _distance(z: NDArray[np.complex128], c: complex) -> NDArray[np.float64]:
    """Return how far each z is from the set, 0 where it has not left it after all iterations."""
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
            stay = ~gone
            left, z, slope = left[stay], z[stay], slope[stay]
    return result.reshape(shape)


def _contours(
    x: NDArray[np.float64], y: NDArray[np.float64], height: NDArray[np.float64], count: int
) -> list[Points]:
    """Return `count` contours from 0.5 mm off the set outward, wider and wider apart."""
    from contourpy import contour_generator

    generator = contour_generator(x, y, height)
    # Further out the contours only say that there is nothing.
    first, last = (
        max(0.5, float(np.min(height))),
        min(0.28 * float(np.ptp(y)), float(np.max(height))),
    )
    # The first step outward is the narrowest.
    count = at_most(count, np.maximum(last - first, 0) ** (1 / 1.6), 0.45 ** (1 / 1.6), least=2)
    levels = first + (last - first) * np.linspace(0.001, 1, count) ** 1.6
    found = [line for level in levels for line in generator.lines(float(level))]
    return [line for line in found if len(line) > 3]
