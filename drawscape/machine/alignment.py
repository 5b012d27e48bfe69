"""The position of a sheet that was put back into the machine: turned, moved, perhaps a little larger."""

from dataclasses import dataclass

import numpy as np

from drawscape.errors import PlotError
from drawscape.geometry.lines import Ints, Lines, Points

_SHORTEST_MM = 10.0
_STRETCH_MM = 0.5  # the error of a careful person at both points together
_STRETCH = 0.005  # how much paper grows in damp air


@dataclass(frozen=True)
class Alignment:
    """Maps places of a plan to places on the sheet as it lies: turned and scaled, then shifted.

    `along` is where a step of 1 mm to the right leads, `shift` is the place of the origin, in mm.
    """

    along: tuple[float, float] = (1.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)

    def placed(self, points: Points) -> Points:
        """Return the places (N, 2) on the sheet as it lies."""
        right, down = self.along
        return points @ np.array([[right, down], [-down, right]]) + self.shift

    @property
    def words(self) -> str:
        """The turn in degrees, the size, and where the origin lies."""
        right, down = self.along
        turn = np.degrees(np.arctan2(down, right))
        x, y = self.shift
        return f"turned by {turn:.2f} degrees, size {np.hypot(right, down):.4f}, zero at {x:.2f}, {y:.2f} mm"


AS_LAID = Alignment()
"""The sheet lies in its corner."""


def find_alignment(planned: Points, found: Points, *, scale: bool = False) -> Alignment:
    """Return the alignment from two places (2, 2) of a plan and where they were found on the sheet, in mm.

    The size stays, unless `scale`. The remaining error is shared by both points.
    Raises PlotError for points that are too close together, and for distances that differ too much.
    """
    way, seen = planned[1] - planned[0], found[1] - found[0]
    far_mm, seen_mm = np.hypot(*way), np.hypot(*seen)
    if min(far_mm, seen_mm) < _SHORTEST_MM:
        raise PlotError(
            f"the two points are {min(far_mm, seen_mm):.1f} mm apart: choose points that are far apart"
        )
    if not scale and abs(seen_mm - far_mm) > _STRETCH_MM + _STRETCH * far_mm:
        raise PlotError(
            f"the points are {seen_mm:.1f} mm apart on the paper and {far_mm:.1f} mm in the drawing: "
            "find them again, or give --scale"
        )
    turn = complex(*seen) / complex(*way)
    if not scale:
        turn /= abs(turn)
    turned = Alignment((turn.real, turn.imag)).placed(planned.mean(axis=0))
    x, y = found.mean(axis=0) - turned
    return Alignment((turn.real, turn.imag), (float(x), float(y)))


def far_points(lines: Lines, drawn: Ints) -> list[tuple[int, tuple[float, float]]]:
    """Return the beginnings of two drawn strokes that are far apart: number from 1, and (x, y).

    `drawn` (M,) is how often each stroke was drawn. The result is empty until two are drawn.
    """
    numbers = np.flatnonzero(drawn)
    starts = lines.starts[numbers]
    if len(starts) < 2:
        return []
    directions = np.array([(1, 1), (1, -1), (1, 0), (0, 1)])
    along = starts @ directions.T
    firsts, lasts = along.argmin(axis=0), along.argmax(axis=0)
    apart = np.hypot(*(starts[firsts] - starts[lasts]).T)
    best = apart.argmax()
    return [
        (int(numbers[one]) + 1, (float(starts[one, 0]), float(starts[one, 1])))
        for one in (firsts[best], lasts[best])
    ]
