"""Towers in parallel projection: boxes with facades, for a painter to stack."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry import Lines, OpaqueShape, Points, cartesian


def box(
    foot: tuple[float, float],
    half: float,
    lean: float,
    low: float,
    high: float,
    facades: tuple[str, str],
    spacings: tuple[float, float],
) -> OpaqueShape:
    """Return a box that stands on its corner: its edges, facades and the outline that hides others.

    `foot` is the middle of its foot on the page in mm, `half` half its width there. `lean` is the slope
    of its feet (rise over run). It begins at `low` and ends at `high` above the foot. The left and
    the right face have `facades` of `floors`, `columns` or `windows`, lines `spacings` mm apart.
    """
    x, y = foot
    height, wide = high - low, half * np.hypot(1, lean)
    corners = np.array([(x - half, y), (x, y + half * lean), (x + half, y), (x, y - half * lean)])
    lower, upper = corners - (0, low), corners - (0, high)
    outline = np.concatenate([lower[:3], upper[[2, 3, 0]], lower[:1]])
    lines = [outline, upper[:3], np.array([upper[1], lower[1]])]
    for side, (facade, spacing) in enumerate(zip(facades, spacings)):
        if height >= 2 * spacing and wide >= 2 * spacing:
            # `u` runs from 0 to 1 along the face, `v` from its foot in mm.
            u, v = np.moveaxis(_facade(facade, spacing, wide, height), -1, 0)
            right, near = (2 * u - 1, 1.0) if side == 0 else (1.0, 1 - 2 * u)
            across, down = (right - near) / 2 * half, (right + near) / 2 * half * lean
            lines += list(cartesian(x + across, y + down - low - v))
    return OpaqueShape(Lines.of(lines), outline)


def _facade(facade: str, spacing: float, wide: float, height: float) -> Points:
    """Return lines of a face, (n, k, 2), from 0 to 1 along it and in mm above its foot."""

    def repeated(line: ArrayLike, u: ArrayLike, v: ArrayLike) -> Points:
        places = cartesian(u, np.reshape(v, (-1, 1))).reshape(-1, 1, 2)
        return np.asarray(line) + places

    if facade == "floors":
        return repeated([(0, 0), (1, 0)], 0.0, np.arange(spacing, height - 0.3 * spacing, spacing))
    if facade == "columns":
        share = np.linspace(0, 1, max(2, int(wide / spacing)) + 1)[1:-1]
        return repeated([(0, 0), (0, height)], share, 0.0)
    across, down = max(1, int(wide / (2.1 * spacing))), max(1, int(height / (2.4 * spacing)))
    u, v = (np.arange(across) + 0.5) / across, (np.arange(down) + 0.5) / down * height
    du, dv = 0.27 / across, 0.3 * height / down
    return repeated([(-du, -dv), (du, -dv), (du, dv), (-du, dv), (-du, -dv)], u, v)
