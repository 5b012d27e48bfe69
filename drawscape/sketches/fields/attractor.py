"""Strange attractors: straight lines, folded by the same map again and again."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.lines import Floats, Lines
from drawscape.sketches import Share, sketch
from drawscape.sketches.ink import thinned
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

Family = Literal["de Jong", "Clifford"]


@sketch
def attractor(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    family: Annotated[Family, doc("Which map")] = "de Jong",
    a: Annotated[float, Interval(ge=-2.4, le=2.4), doc("First constant of the map")] = 0.9,
    b: Annotated[float, Interval(ge=-2.4, le=2.4), doc("Second constant")] = 1.85,
    c: Annotated[float, Interval(ge=-2.4, le=2.4), doc("Third constant")] = -1.36,
    d: Annotated[float, Interval(ge=-2.4, le=2.4), doc("Fourth constant")] = 1.98,
    threads: Annotated[int, Interval(ge=10, le=240), doc("Number of lines")] = 96,
    folds: Annotated[int, Interval(ge=1, le=3), doc("How often the map is applied")] = 2,
    drift: Annotated[Share, doc("How far the seed moves the constants")] = 0.12,
) -> None:
    """A sheet of parallel threads carried through a strange attractor's map, like folded gauze.

    After Peter de Jong's map in A. K. Dewdney, Scientific American 256 (1987), and Clifford
    Pickover, "Chaos in Wonderland" (1994).
    """
    frame = svg.frame
    constants = np.array([a, b, c, d]) + drift * rng.uniform(-1, 1, 4)
    threads = at_most(threads, frame.short, 1.0, least=10)
    sheet = _folded(_threads(threads, folds), family, constants, folds)
    low, high = sheet.min(axis=(0, 1)), sheet.max(axis=(0, 1))
    span = np.maximum(high - low, 1e-9)
    if (frame.height > frame.width) != (span[1] > span[0]):
        sheet, low, span = sheet[:, :, ::-1], low[::-1], span[::-1]
    size = np.array([frame.width, frame.height])
    # Both axes reach the frame as long as that stretches neither beyond one and a half.
    scale = np.minimum(size / span, 1.5 * np.min(size / span))
    placed = (sheet - low - span / 2) * scale + (frame.cx, frame.cy)
    # Where threads crowd at a fold, every second one goes on, then every fourth.
    svg.polylines(thinned(_slim(placed), 1 + np.arange(threads)))


def _threads(threads: int, folds: int) -> Floats:
    """Return (threads, K, 2) straight lines across the square from -2 to 2."""
    samples = (240, 700, 1600)[folds - 1]
    x, y = np.linspace(-2, 2, samples), np.linspace(-2, 2, threads)
    shape = (threads, samples)
    return np.stack((np.broadcast_to(x, shape), np.broadcast_to(y[:, None], shape)), axis=2)


def _folded(sheet: Floats, family: Family, constants: Floats, folds: int) -> Floats:
    a, b, c, d = constants
    x, y = sheet[..., 0], sheet[..., 1]
    for _ in range(folds):
        if family == "de Jong":
            x, y = np.sin(a * y) - np.cos(b * x), np.sin(c * x) - np.cos(d * y)
        else:
            x, y = np.sin(a * y) + c * np.cos(a * x), np.sin(b * x) + d * np.cos(b * y)
    return np.stack((x, y), axis=2)


def _slim(sheet: Floats) -> Lines:
    """Return the threads without samples nearer than a quarter of a millimetre."""
    step = np.hypot(*np.moveaxis(np.diff(sheet, axis=1), 2, 0))
    along = np.floor(np.cumsum(step, axis=1) / 0.25)
    keep = np.ones(sheet.shape[:2], dtype=bool)
    keep[:, 1:-1] = np.diff(along, axis=1) > 0
    offsets = np.concatenate(([0], np.cumsum(keep.sum(axis=1)))).astype(np.int64)
    return Lines(sheet[keep], offsets)
