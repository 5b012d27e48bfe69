"""Tours by always going to the nearest end that is left: best on hatches, drawn line by line."""

import numpy as np

from drawscape.geometry.lines import Floats, Ints
from drawscape.plot.neighbours import Neighbours

_NEIGHBOURS = 10
# Below this many lines a fresh tree costs more than it saves.
_SMALLEST_REBUILD = 200


def walk_to_nearest(ends: Floats, start: tuple[float, float]) -> Ints:
    """Return steps (`2 * line + backward`) that draw all lines with ends (L, 2, 2), from `start` on."""
    if not len(ends):
        return np.empty(0, dtype=np.int64)
    return np.array(_Walk(ends).steps_from(start), dtype=np.int64)


class _Walk:
    """Neighbours of every end, looked up in bulk; looked up anew when half of the lines are drawn."""

    def __init__(self, ends: Floats) -> None:
        self._points = ends.reshape(-1, 2)
        self._left = np.ones(len(ends), dtype=bool)
        self._look_up()

    def _look_up(self) -> None:
        lines = np.flatnonzero(self._left)
        self._ids = np.stack((2 * lines, 2 * lines + 1), axis=1).ravel()
        here = self._points[self._ids]
        self._tree = Neighbours(here)
        # The end itself and its line's other end are among the neighbours.
        count = min(_NEIGHBOURS + 2, len(here))
        near = self._ids[self._tree.nearest(here, count)[1]]
        self._near = dict(zip(self._ids.tolist(), near.tolist(), strict=True))

    def steps_from(self, start: tuple[float, float]) -> list[int]:
        left = self._left.tolist()
        remaining, rebuild_at = len(left), len(left) // 2
        steps: list[int] = []
        end = self._nearest(np.asarray(start, dtype=np.float64), left)
        while True:
            steps.append(end)
            left[end >> 1] = False
            remaining -= 1
            if not remaining:
                return steps
            if remaining < rebuild_at and remaining > _SMALLEST_REBUILD:
                here, rebuild_at = end ^ 1, remaining // 2
                self._left = np.array(left)
                self._look_up()
                end = self._nearest(self._points[here], left)
                continue
            here = end ^ 1
            for end in self._near[here]:
                if left[end >> 1]:
                    break
            else:
                end = self._nearest(self._points[here], left)

    def _nearest(self, point: Floats, left: list[bool]) -> int:
        """Return the nearest end of a line that is left, wherever it is."""
        count, total = 4 * _NEIGHBOURS, len(self._ids)
        while True:
            found = self._tree.nearest(point[None], min(count, total))[1]
            for index in self._ids[found[0]].tolist():
                if left[index >> 1]:
                    return int(index)
            count *= 4
