"""Jobard & Lefer's streamlines (1997) as a plain Python loop: the yardstick of the vectorised one.

One line at a time, as the paper has it: the same sampled field (blended between its nodes), the same
step, the same distances. No numpy inside the loops; points lie in a dictionary of square cells.
"""

import math
from collections import deque


def plain_streamlines(field, area, spacing, test=0.5):
    """Return the lines, lists of (x, y), along `field(x, y) -> angles` in `area`, in mm."""
    x0, y0, x1, y1 = area
    radius = test * spacing
    stride = radius / 2.0 * math.sqrt(2.0)
    direction = _sampled(field, area, spacing / 2.0)
    taken = _Taken(spacing, radius)
    lines, waiting = [], deque()

    def grow(x, y, number):
        line = deque([(x, y)])
        taken.add(x, y, number, 0)
        for way in (1, -1):
            px, py, step = x, y, 0
            while True:
                step += way
                u, v = direction(px, py)
                u, v = direction(px + u * way * stride / 2, py + v * way * stride / 2)
                size = math.hypot(u, v)
                if size < 1e-6:
                    break
                qx, qy = px + u * way * stride / size, py + v * way * stride / size
                if not (x0 <= qx <= x1 and y0 <= qy <= y1):
                    break
                if taken.near(qx, qy, number, step, int(2 * spacing / stride)):
                    break
                taken.add(qx, qy, number, step)
                (line.append if way > 0 else line.appendleft)((qx, qy))
                px, py = qx, qy
        return list(line)

    def start(x, y):
        if x0 <= x <= x1 and y0 <= y <= y1 and taken.free(x, y):
            lines.append(grow(x, y, len(lines)))
            waiting.append(lines[-1])

    for x, y in _everywhere(area, spacing):
        start(x, y)
        while waiting:
            for px, py in waiting.popleft()[::2]:
                u, v = direction(px, py)
                size = math.hypot(u, v) / (spacing * (1 + 1e-9))
                if size > 1e-6:
                    start(px - v / size, py + u / size)
                    start(px + v / size, py - u / size)
    return lines


class _Taken:
    """Points in cells as wide as the spacing: all that is near lies in nine of them."""

    def __init__(self, spacing, radius):
        self.spacing, self.radius = spacing, radius
        self.cells = {}

    def add(self, x, y, number, step):
        key = int(x / self.spacing), int(y / self.spacing)
        self.cells.setdefault(key, []).append((x, y, number, step))

    def near(self, x, y, number, step, loop):
        limit = self.radius * self.radius
        i, j = int(x / self.spacing), int(y / self.spacing)
        get = self.cells.get
        for key in ((i, j), (i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1), (i + 1, j + 1),
                    (i - 1, j - 1), (i + 1, j - 1), (i - 1, j + 1)):  # fmt: skip
            for px, py, other, at in get(key, ()):
                if (px - x) ** 2 + (py - y) ** 2 < limit and (
                    other != number or abs(at - step) > loop
                ):
                    return True
        return False

    def free(self, x, y):
        limit = self.spacing * self.spacing
        i, j = int(x / self.spacing), int(y / self.spacing)
        get = self.cells.get
        for key in ((i, j), (i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1), (i + 1, j + 1),
                    (i - 1, j - 1), (i + 1, j - 1), (i - 1, j + 1)):  # fmt: skip
            for px, py, _, _ in get(key, ()):
                if (px - x) ** 2 + (py - y) ** 2 < limit:
                    return False
        return True


def _sampled(field, area, pitch):
    """Return a function of x and y that blends the unit directions at the four nodes around."""
    import numpy as np

    x0, y0, x1, y1 = area
    columns, rows = (math.ceil(side / pitch) + 4 for side in (x1 - x0, y1 - y0))
    x, y = np.meshgrid(
        np.clip(x0 + (np.arange(columns) - 1) * pitch, x0, x1),
        np.clip(y0 + (np.arange(rows) - 1) * pitch, y0, y1),
    )
    angles = field(x.ravel(), y.ravel())
    nodes = [*zip(np.cos(angles).tolist(), np.sin(angles).tolist(), strict=True)]
    left, top = x0 - pitch, y0 - pitch

    def direction(x, y):
        s, t = (x - left) / pitch, (y - top) / pitch
        i, j = int(s), int(t)
        s -= i
        t -= j
        at = j * columns + i
        (au, av), (bu, bv) = nodes[at], nodes[at + 1]
        (cu, cv), (du, dv) = nodes[at + columns], nodes[at + columns + 1]
        p, q, r, w = (1 - s) * (1 - t), s * (1 - t), (1 - s) * t, s * t
        return p * au + q * bu + r * cu + w * du, p * av + q * bv + r * cv + w * dv

    return direction


def _everywhere(area, spacing):
    x0, y0, x1, y1 = area
    for index in range(1, int(2 * (x1 - x0) * (y1 - y0) / spacing**2) + 20):
        yield (
            x0 + index * 0.7548776662466927 % 1.0 * (x1 - x0),
            y0 + index * 0.5698402909980532 % 1.0 * (y1 - y0),
        )
