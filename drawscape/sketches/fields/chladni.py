"""Chladni figures: where the sand lies still on a plate that sings."""

from math import gcd
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.contours import contours_by_level
from drawscape.geometry.lines import Floats, Lines
from drawscape.sketches import sketch
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder


@sketch
def chladni(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    columns: Annotated[int, Interval(ge=1, le=8), doc("Plates side by side")] = 3,
    lowest: Annotated[int, Interval(ge=2, le=8), doc("Waves across the first plate")] = 2,
    highest: Annotated[int, Interval(ge=3, le=16), doc("Waves across the last plate")] = 9,
    grains: Annotated[int, Interval(ge=1, le=15), doc("Lines drawn along each still line")] = 5,
    spacing: Annotated[
        float, Interval(ge=0.4, le=3.0), doc("Distance in mm between those lines")
    ] = 0.8,
    gap: Annotated[
        float, Interval(ge=0.0, le=0.4), doc("Room between plates, as a part of a plate")
    ] = 0.14,
    border: Annotated[bool, doc("Draw the edge of each plate")] = True,
) -> None:
    """A table of square plates, each sounding another note, the sand lying along its still lines.

    After E. F. F. Chladni, "Entdeckungen über die Theorie des Klanges" (1787); the plates' waves
    are the usual cos(m x) cos(n y) ± cos(n x) cos(m y).
    """
    frame = svg.frame
    columns = at_most(columns, frame.width, 9.0)
    side = frame.width / (columns + (columns - 1) * gap)
    side = min(side, frame.height)
    rows = max(1, int((frame.height + gap * side) / (side * (1 + gap)) + 1e-9))
    across = (columns * (1 + gap) - gap) * side
    down = (rows * (1 + gap) - gap) * side
    notes = _notes(rng, columns * rows, lowest, max(highest, lowest + 1))
    # Some 0.35 mm a sample on A4; large single plates need no finer grid than small ones.
    samples = int(np.clip(side / 0.35, 60, 460))
    corners, figures = [], []
    for index, (m, n, sign) in enumerate(notes):
        row, column = divmod(index, columns)
        corner = np.array([frame.cx - across / 2, frame.cy - down / 2])
        corner = corner + side * (1 + gap) * np.array([column, row])
        corners.append(corner)
        inset = 0.035 * side if border else 0.0
        figures += _figure(m, n, sign, corner, side, inset, samples, grains, spacing)
    svg.polylines(Lines.join(figures))
    if border:
        with svg.layer("pen 2", color="#b3402a", width=0.3):
            square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * side
            svg.polylines([corner + square for corner in corners])


def _notes(
    rng: np.random.Generator, count: int, lowest: int, highest: int
) -> list[tuple[int, int, int]]:
    """Return `count` modes (m, n, sign) of rising pitch, none twice as long as there are enough."""
    modes = [(m, n) for n in range(1, highest + 1) for m in range(n) if lowest <= n]
    # A mode with a common divisor is a lower one repeated, as tiles: two such plates look the same.
    own = [(m, n) for m, n in modes if gcd(m, n) == 1]
    modes = own if len(own) >= count else modes
    modes.sort(key=lambda mode: mode[0] ** 2 + mode[1] ** 2)
    # Of the two figures of a mode one is shown: they are alike but for a turn or a shift.
    signs = rng.choice((1, -1), len(modes))
    both = [(m, n, int(sign)) for (m, n), sign in zip(modes, signs, strict=True)]
    # A single plate sounds a note of the middle: the lowest are but a line or two.
    steps = (np.arange(count) + 0.65) / (count + 0.3) * len(both)
    jitter = rng.uniform(-0.5, 0.5, count) * max(1.0, len(both) / count)
    chosen = np.sort(np.clip(np.rint(steps + jitter), 0, len(both) - 1).astype(int))
    # No note twice while there are others: each is at least one above the one before.
    apart = np.maximum.accumulate(chosen - np.arange(count)) + np.arange(count)
    return [both[i % len(both)] for i in apart - max(0, int(apart[-1]) - len(both) + 1)]


def _figure(
    m: int,
    n: int,
    sign: int,
    corner: Floats,
    side: float,
    inset: float,
    samples: int,
    grains: int,
    spacing: float,
) -> list[Lines]:
    """Return lines beside the still lines of one plate, about `spacing` mm apart."""
    t = np.linspace(inset / side, 1 - inset / side, samples)
    cm, cn = np.cos(m * np.pi * t), np.cos(n * np.pi * t)
    sm, sn = m * np.sin(m * np.pi * t), n * np.sin(n * np.pi * t)
    z = np.outer(cn, cm) + sign * np.outer(cm, cn)
    slope = np.hypot(
        np.outer(cn, sm) + sign * np.outer(cm, sn), np.outer(sn, cm) + sign * np.outer(sm, cn)
    )
    slope *= np.pi / side
    # Value over slope is the distance to the still line; where lines cross both vanish, and the
    # small constant rounds the crossing as sand does.
    distance = z / np.hypot(slope, 0.25 * n * np.pi / side)
    # The bundle may take 0.6 of the room between two still lines: finer figures get fewer grains.
    fitting = int(np.clip(0.6 * side / n / spacing, 1, grains))
    levels = (np.arange(fitting) - (fitting - 1) / 2) * spacing
    low, high = corner + inset, corner + side - inset
    area = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return contours_by_level(distance, levels, area)
