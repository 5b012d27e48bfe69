"""Vector fields: functions of place, or their directions sampled on a grid."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.lines import Floats, Points
from drawscape.geometry.regions import Bounds

Field: TypeAlias = Callable[[Floats, Floats], ArrayLike]
"""Of x and y in mm, both (N,): returns angles in radians, (N,), or vectors, (N, 2) or (u, v)."""

Complexes: TypeAlias = NDArray[np.complex128]
"""Places or directions as x + iy: one array, one operation."""

_MOST_NODES = 16_000_000


def directions(field: Field, x: Floats, y: Floats) -> Complexes:
    """Return the unit direction of `field` at each place, (N,) complex; 0 where there is none.

    Raises GeometryError when the field returns another shape.
    """
    found = field(x, y)
    if isinstance(found, tuple):
        found = np.column_stack([np.broadcast_to(part, x.shape) for part in found])
    values = np.asarray(found, dtype=np.float64)
    if values.shape == x.shape:
        unit = np.empty(x.shape, dtype=np.complex128)
        unit.real, unit.imag = np.cos(values), np.sin(values)
        unit[~np.isfinite(values)] = 0.0
        return unit
    if values.shape != (*x.shape, 2):
        raise GeometryError(
            f"a field of {x.shape} places returns their angles or vectors, not {values.shape}"
        )
    vectors = values[..., 0] + 1j * values[..., 1]
    size = np.abs(vectors)
    real = np.isfinite(size) & (size > 1e-12)
    return np.where(real, np.where(real, vectors, 0.0) / np.where(real, size, 1.0), 0.0)


def to_complex(points: Points) -> Complexes:
    """Return (N, 2) points as (N,) complex places."""
    return np.asarray(points[:, 0] + 1j * points[:, 1])


def to_points(places: Complexes) -> Points:
    """Return (N,) complex places as (N, 2) points."""
    return np.ascontiguousarray(places).view(np.float64).reshape(-1, 2)


@dataclass(frozen=True)
class SampledField:
    """Directions on a grid of nodes, blended in between (bilinear)."""

    origin: complex
    pitch: float
    columns: int
    # (cells, 4): the blend a + b s + c t + d s t of the cell's corners, one look-up a place.
    blends: NDArray[np.complex64]

    @classmethod
    def of(cls, field: Field, bounds: Bounds, pitch: float, margin: float) -> "SampledField":
        """Return `field` sampled every `pitch` mm within `bounds`, good for `margin` mm around.

        Raises GeometryError when that makes more nodes than memory would hold.
        """
        x0, y0, x1, y1 = bounds
        around = int(np.ceil(margin / pitch)) + 1
        columns, rows = (int(np.ceil(s / pitch)) + 2 * around + 2 for s in (x1 - x0, y1 - y0))
        if columns * rows > _MOST_NODES:
            raise GeometryError(f"{columns} x {rows} samples of the field; use a wider spacing")
        # Nodes beyond the edge have the edge's direction: the field is never asked for places outside.
        x, y = np.meshgrid(
            np.clip(x0 + (np.arange(columns) - around) * pitch, x0, x1),
            np.clip(y0 + (np.arange(rows) - around) * pitch, y0, y1),
        )
        nodes = directions(field, x.ravel(), y.ravel()).astype(np.complex64).reshape(rows, columns)
        a, b, c, d = nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, :-1], nodes[1:, 1:]
        blends = np.empty((*a.shape, 4), dtype=np.complex64)
        blends[..., 0] = a
        np.subtract(b, a, out=blends[..., 1])
        np.subtract(c, a, out=blends[..., 2])
        np.add(a - b - c, d, out=blends[..., 3])
        blends = blends.reshape(-1, 4)
        return cls(complex(x0 - around * pitch, y0 - around * pitch), pitch, columns - 1, blends)

    def at(self, places: Complexes) -> Complexes:
        """Return the blended direction at each place (N,) within the margin of the bounds.

        Its length is 1 where the field is even, and less where neighbours disagree.
        """
        q = (places - self.origin) * (1.0 / self.pitch)
        column, row = q.real.astype(np.int64), q.imag.astype(np.int64)
        s, t = (q.real - column).astype(np.float32), (q.imag - row).astype(np.float32)
        row *= self.columns
        row += column
        a, b, c, d = self.blends.take(row, axis=0).T
        return np.asarray(a + s * b + t * (c + s * d))
