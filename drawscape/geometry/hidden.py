"""The visible parts of lines in space, seen by a camera, behind and on meshes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.geometry.clip import Pieces
from drawscape.geometry.lines import Floats, Ints, Lines, Segments, as_floats
from drawscape.geometry.mesh import Camera, Mesh, Points3, edges

# As fractions of the picture's depth: a line on a face counts as in front of it.
_BIAS = 1e-6
# Gaps between neighbouring faces that only rounding makes, as shares of a segment.
_SEAM = 1e-7
# Pairs handled at once, for about 200 MB of temporaries.
_MOST_AT_ONCE = 500_000


def visible_edges(mesh: Mesh, camera: Camera, *, crease_degrees: float = 20.0) -> Lines:
    """Return what `camera` sees of the edges of `mesh`: borders, creases and silhouette.

    The result is in the camera's units, y down; `fitted` brings it onto a page. `crease_degrees`
    is that of `mesh.edges`.

    >>> corners = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    >>> pyramid = Mesh.of(corners, [(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)])
    >>> len(visible_edges(pyramid, Camera.parallel(20, 30)))
    3
    """
    return visible_segments(edges(mesh, camera, crease_degrees=crease_degrees), mesh, camera)


def visible_segments(segments: ArrayLike, mesh: Mesh, camera: Camera) -> Lines:
    """Return what `camera` sees of `segments` in front of the triangles of `mesh`.

    `segments` are straight lines in space, (S, 2, 3). A point is hidden
    when a triangle lies before it by more than a millionth of the scene's depth: lines on the surface are
    visible. The result is exact: each triangle hides one stretch of each segment (an idea of Roberts 1963).
    Segments are cut where they pass the triangle's edges or plane.
    Raises GeometryError for other shapes.

    >>> wall = Mesh.of([(0, 0, 0), (4, 0, 0), (4, 0, 4), (0, 0, 4)], [(0, 1, 2, 3)])
    >>> behind = [[(-1, 2, 1), (9, 2, 1)]]
    >>> visible_segments(behind, wall, Camera.parallel(0, 0)).lengths_mm.round(1)
    array([1., 5.])
    """
    ends = as_floats(segments)
    start, end = (
        camera.project(ends.reshape(-1, ends.shape[-1])).reshape(-1, 2, 3).transpose(1, 0, 2)
    )
    if not len(start):
        return Lines.empty()
    hidden = _hidden(start, end, camera.project(mesh.corners.reshape(-1, 3)))
    lines = Lines.of(np.stack((start[:, :2], end[:, :2]), axis=1))
    pieces = hidden.complement(len(start))
    # Without the specks that the bias leaves where edges meet.
    speck = 2e-5 * np.max(np.ptp(lines.points, axis=0))
    whole = (pieces.start == 0.0) & (pieces.end == 1.0)
    keep = whole | (pieces.lengths_mm(Segments.of(lines)) > speck)
    return pieces.take(keep).lines_of(lines)[0]


def _hidden(start: Points3, end: Points3, corners: Points3) -> Pieces:
    """Return the hidden stretches of segments with x, y and depth at both ends."""
    planes = _planes(corners.reshape(-1, 3, 3))
    margin = _BIAS * np.ptp(np.concatenate((corners[:, 2], start[:, 2])))
    segment, face = _near(start, end, planes, margin)
    found = []
    for first in range(0, len(segment) + 1, _MOST_AT_ONCE):
        s, f = segment[first : first + _MOST_AT_ONCE], face[first : first + _MOST_AT_ONCE]
        found.append(Pieces(s, *_stretch(start[s], end[s], planes[f], margin)))
    return Pieces.union(found, _SEAM)


def _planes(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return four functions a x + b y + c of each triangle, (F, 4, 3), and its box.

    Three are distances inside its edges, the last is its depth. Flat triangles are left out. The box is
    appended as two rows: (F, 6, 3).
    """
    a, b, c = corners.transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    size = np.abs(b - a)[:, :2].max(axis=1, initial=0) + np.abs(c - a)[:, :2].max(axis=1, initial=0)
    real = np.abs(normal[:, 2]) > 1e-12 * np.maximum(size, 1e-300) ** 2
    corners, normal = corners[real], normal[real]
    a, b, c = corners.transpose(1, 0, 2)
    slopes = []
    for p, q in ((a, b), (b, c), (c, a)):
        along = (q - p)[:, :2]
        inward = np.column_stack((-along[:, 1], along[:, 0])) * np.sign(normal[:, 2:])
        slopes.append((inward / np.hypot(*along.T)[:, None], p, 0.0))
    slopes.append((-normal[:, :2] / normal[:, 2:], a, a[:, 2]))
    rows = [np.column_stack((s, at - (s * p[:, :2]).sum(axis=1))) for s, p, at in slopes]
    low, high = (pick(pick(a, b), c) for pick in (np.minimum, np.maximum))
    return np.stack([*rows, low, high], axis=1)


def _near(
    start: Points3, end: Points3, planes: NDArray[np.float64], margin: float
) -> tuple[Ints, Ints]:
    """Return the pairs (segment, triangle) whose boxes meet on paper, the triangle not behind."""
    import shapely

    low, high = np.minimum(start, end), np.maximum(start, end)
    tree = shapely.STRtree(shapely.box(*planes[:, 4, :2].T, *planes[:, 5, :2].T))
    segment, face = tree.query(shapely.box(*low[:, :2].T, *high[:, :2].T))
    before = high[segment, 2] > planes[face, 4, 2] + margin
    return segment[before], face[before]


def _stretch(
    start: Points3, end: Points3, planes: NDArray[np.float64], margin: float
) -> tuple[Floats, Floats]:
    """Return where (0 to 1) each segment enters and leaves the shadow of its triangle."""
    low, high = np.zeros(len(start)), np.ones(len(start))
    scale = 1e-9 * np.abs(planes[:, 5, :2] - planes[:, 4, :2]).max(axis=1)
    for row in range(4):
        x, y, c = planes[:, row].T
        first, last = (x * p[:, 0] + y * p[:, 1] + c for p in (start, end))
        if row < 3:
            # The edge counts as inside, so that no seam shows between neighbours.
            first, last = first + scale, last + scale
        else:
            first, last = start[:, 2] - first - margin, end[:, 2] - last - margin
        # Along the segment the value is linear from first to last; only the part above 0 counts.
        rise = last - first
        with np.errstate(divide="ignore", invalid="ignore"):
            at = -first / rise
        low = np.where((rise > 0.0) & (first < 0.0), np.maximum(low, at), low)
        high = np.where((rise < 0.0) & (last < 0.0), np.minimum(high, at), high)
        high = np.where((first <= 0.0) & (last <= 0.0), -1.0, high)
    return low, high
