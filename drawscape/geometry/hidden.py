"""Lines in space, seen by a camera, without what a mesh hides of them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from drawscape.errors import GeometryError
from drawscape.geometry.clip import Pieces
from drawscape.geometry.lines import Floats, Ints, Lines, Segments
from drawscape.geometry.mesh import Camera, Mesh, Points3, edges, lone_corner_first
from drawscape.geometry.nearest import as_points

# As shares of the picture's depth: what lies on a face counts as in front of it.
_BIAS = 1e-6
# Gaps between neighbouring faces that only rounding makes, as shares of a segment.
_SEAM = 1e-7
# Pairs handled at once, for about 200 MB of temporaries.
_MOST_AT_ONCE = 500_000


def visible_edges(mesh: Mesh, camera: Camera, *, crease_degrees: float = 20.0) -> Lines:
    """Return what `camera` sees of the edges of `mesh`: borders, creases and silhouette.

    On paper in the camera's units, y down; `fitted` brings it onto a page. `crease_degrees`
    is that of `mesh.edges`.

    >>> from drawscape.geometry.solids import boxes
    >>> visible_edges(boxes((0, 0, 0), (1, 1, 1)), Camera.isometric()).counts.tolist()
    [2, 2, 2, 2, 2, 2, 2, 2, 2]
    """
    return visible_paths(edges(mesh, camera=camera, crease_degrees=crease_degrees), mesh, camera)


def visible_paths(
    paths: ArrayLike | Iterable[ArrayLike],
    mesh: Mesh,
    camera: Camera,
    *,
    bias: float = _BIAS,
    shaded_from: ArrayLike | None = None,
) -> Lines:
    """Return what `camera` sees of `paths` in front of the triangles of `mesh`.

    `paths` are lines in space: an (M, K, 3) array or an iterable of (N, 3) arrays. A point is hidden
    when a triangle lies before it by more than `bias`, a share of the scene's depth: lines on the
    surface show. Exact: each triangle hides one stretch of each segment (the idea of Roberts
    1963), cut where the segment passes its edges or its plane. `shaded_from` is the direction in which
    light falls, (3,): then only what `mesh` shades is returned, such as the hatch of its shadow.
    Raises GeometryError for other shapes, and for shade in perspective.

    >>> from drawscape.geometry.solids import sphere
    >>> ring = np.array([(2 * np.cos(a), 2 * np.sin(a), 0) for a in np.linspace(0, 2 * np.pi, 100)])
    >>> len(visible_paths([ring], sphere(1), Camera.isometric()))
    1
    >>> floor = [[(-9, 0, -1), (9, 0, -1)]]
    >>> visible_paths(floor, sphere(1), Camera.parallel(0, 60), shaded_from=(0, 0, -1)).lengths_mm.round(1)
    array([0.1, 0.1])
    """
    ends, offsets = _flat(paths)
    line = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    a, b, owner = _before_camera(ends, line, camera)
    if not len(a):
        return Lines.empty()
    start, end = camera.projected(a), camera.projected(b)
    corners = _faces_before_camera(camera.seen(mesh.corners.reshape(-1, 3)), camera)
    lines, keys = _chained(start, end, owner)
    if len(corners):
        hidden = _hidden(start[keys], end[keys], camera.projected(corners), bias)
        if shaded_from is not None:
            lit = _lit(a, b, mesh, camera, shaded_from)
            hidden = Pieces(
                np.concatenate((hidden.segment, lit.segment)),
                np.concatenate((hidden.start, lit.start)),
                np.concatenate((hidden.end, lit.end)),
            ).united(_SEAM)
        lines = _shown(lines, hidden.complement(len(keys)))
    return lines


def _hidden(start: Points3, end: Points3, corners: Points3, bias: float) -> Pieces:
    """Return the hidden stretches of segments with x, y and depth at both ends."""
    planes = _planes(corners.reshape(-1, 3, 3))
    lowest, highest = start.min(axis=0), start.max(axis=0)
    depths = np.concatenate((corners[:, 2], [lowest[2], highest[2]]))
    margin = bias * float(np.ptp(depths))
    segment, face = _near(start, end, planes, margin)
    found = []
    for first in range(0, len(segment) + 1, _MOST_AT_ONCE):
        s, f = segment[first : first + _MOST_AT_ONCE], face[first : first + _MOST_AT_ONCE]
        low, high = _stretch(start[s], end[s], planes[f], margin)
        found.append((s, low, high))
    s, low, high = map(np.concatenate, zip(*found, strict=True))
    return Pieces(s, low, high).united(_SEAM)


def _lit(a: Points3, b: Points3, mesh: Mesh, camera: Camera, light: ArrayLike) -> Pieces:
    """Return the stretches of segments, whose ends the camera has at `a` and `b`, that light falls on."""
    if camera.perspective:
        raise GeometryError("shaded_from needs a parallel camera; this one is a perspective")
    sun = Camera.looking((0.0, 0.0, 0.0), camera.axes @ np.asarray(light, dtype=np.float64)).axes
    corners = camera.seen(mesh.corners.reshape(-1, 3)) @ sun.T
    return _hidden(a @ sun.T, b @ sun.T, corners, _BIAS).complement(len(a))


def _planes(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return four functions a x + b y + c of each triangle, (F, 4, 3), and its box.

    Three are distances inside its edges, the last is its depth. Flat ones are left out. The box is
    appended as two rows: (F, 6, 3).
    """
    a, b, c = corners.transpose(1, 0, 2)
    u, v = b - a, c - a
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    size = np.abs(u[:, :2]).max(axis=1, initial=0) + np.abs(v[:, :2]).max(axis=1, initial=0)
    real = np.abs(area) > 1e-12 * np.maximum(size, 1e-300) ** 2
    a, b, c, area, u, v = a[real], b[real], c[real], area[real], u[real], v[real]
    rows = []
    for p, q in ((a, b), (b, c), (c, a)):
        along = (q - p)[:, :2]
        normal = np.column_stack((-along[:, 1], along[:, 0])) * np.sign(area)[:, None]
        normal /= np.hypot(*along.T)[:, None]
        rows.append(np.column_stack((normal, -(normal * p[:, :2]).sum(axis=1))))
    slope_x = (u[:, 2] * v[:, 1] - u[:, 1] * v[:, 2]) / area
    slope_y = (u[:, 0] * v[:, 2] - u[:, 2] * v[:, 0]) / area
    rows.append(
        np.column_stack((slope_x, slope_y, a[:, 2] - slope_x * a[:, 0] - slope_y * a[:, 1]))
    )
    rows += [np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)]
    return np.stack(rows, axis=1)


def _near(
    start: Points3, end: Points3, planes: NDArray[np.float64], margin: float
) -> tuple[Ints, Ints]:
    """Return the pairs (segment, triangle) whose boxes meet on paper, the triangle not behind."""
    import shapely

    low, high = np.minimum(start, end), np.maximum(start, end)
    tree = shapely.STRtree(
        shapely.box(planes[:, 4, 0], planes[:, 4, 1], planes[:, 5, 0], planes[:, 5, 1])
    )
    segment, face = tree.query(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
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
            # On the edge counts as inside, so that no seam shows between neighbours.
            first, last = first + scale, last + scale
        else:
            first, last = start[:, 2] - first - margin, end[:, 2] - last - margin
        # Along the segment the value runs evenly from first to last; only where it is > 0 counts.
        rise = last - first
        with np.errstate(divide="ignore", invalid="ignore"):
            at = -first / rise
        low = np.where((rise > 0.0) & (first < 0.0), np.maximum(low, at), low)
        high = np.where((rise < 0.0) & (last < 0.0), np.minimum(high, at), high)
        high = np.where((first <= 0.0) & (last <= 0.0), -1.0, high)
    return low, high


def _chained(start: Points3, end: Points3, owner: Ints) -> tuple[Lines, Ints]:
    """Return the segments as lines on paper, and the number of the segment in each of their steps."""
    joined = np.zeros(len(start), dtype=bool)
    joined[1:] = (owner[1:] == owner[:-1]) & (start[1:] == end[:-1]).all(axis=1)
    heads = np.flatnonzero(~joined)
    counts = np.diff(np.append(heads, len(start))) + 1
    points = np.empty((int(counts.sum()), 2))
    ends = np.arange(len(start)) + np.cumsum(~joined)
    points[ends] = end[:, :2]
    points[ends[heads] - 1] = start[heads, :2]
    return Lines.from_counts(points, counts), np.arange(len(start))


def _shown(lines: Lines, pieces: Pieces) -> Lines:
    """Return the visible pieces without specks, which the bias leaves where edges meet."""
    bounds = lines.bounds
    if bounds is None:
        return lines
    speck = 2e-5 * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    whole = (pieces.start == 0.0) & (pieces.end == 1.0)
    keep = whole | (pieces.lengths_mm(Segments.of(lines)) > speck)
    return pieces.take(keep).lines_of(lines)[0]


def _before_camera(points: Points3, line: Ints, camera: Camera) -> tuple[Points3, Points3, Ints]:
    """Return the segments' ends as the camera has them, cut at its near plane, and their lines."""
    inner = np.flatnonzero(line[1:] == line[:-1])
    seen = camera.seen(points)
    a, b, owner = seen[inner], seen[inner + 1], line[inner]
    if not camera.perspective:
        return a, b, owner
    front = (a[:, 2] >= camera.near) | (b[:, 2] >= camera.near)
    a, b, owner = a[front], b[front], owner[front]
    return _to_near(a, b, camera.near), _to_near(b, a, camera.near), owner


def _to_near(from_: Points3, to: Points3, near: float) -> Points3:
    """Return `from_`, moved towards `to`, up to `near`, where it lies behind that."""
    behind = from_[:, 2] < near
    rise = np.where(behind, to[:, 2] - from_[:, 2], 1.0)
    share = np.where(behind, (near - from_[:, 2]) / rise, 0.0)
    moved = from_ + share[:, None] * (to - from_)
    moved[behind, 2] = near
    return moved


def _faces_before_camera(seen: Points3, camera: Camera) -> Points3:
    """Return the triangles' corners, (3 F, 3), cut at the near plane."""
    if not camera.perspective or not len(seen):
        return seen
    near, faces = camera.near, seen.reshape(-1, 3, 3)
    front = faces[:, :, 2] >= near
    one, two, whole = (front.sum(axis=1) == count for count in (1, 2, 3))
    p, q, r = lone_corner_first(faces[one], front[one]).transpose(1, 0, 2)
    tips = np.stack((p, _to_near(q, p, near), _to_near(r, p, near)), axis=1)
    p, q, r = lone_corner_first(faces[two], front[two]).transpose(1, 0, 2)
    pq, pr = _to_near(p, q, near), _to_near(p, r, near)
    parts = [faces[whole], tips, np.stack((pq, q, r), axis=1), np.stack((pq, r, pr), axis=1)]
    return np.concatenate(parts).reshape(-1, 3)


def _flat(paths: ArrayLike | Iterable[ArrayLike]) -> tuple[Points3, Ints]:
    if isinstance(paths, np.ndarray) and paths.ndim == 3:
        points = as_points(paths.reshape(-1, paths.shape[2]), 3)
        return points, np.arange(len(paths) + 1) * paths.shape[1]
    if isinstance(paths, np.ndarray) and paths.ndim == 2:
        paths = [paths]
    try:
        parts = [as_points(path, 3) for path in paths]  # type: ignore[union-attr]
    except TypeError as error:
        raise GeometryError(f"paths in space are (N, 3) arrays: {error}") from error
    counts = np.array([len(part) for part in parts], dtype=np.int64)
    return np.concatenate([np.empty((0, 3)), *parts]), np.concatenate(([0], np.cumsum(counts)))
