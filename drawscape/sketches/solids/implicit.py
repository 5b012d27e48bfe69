"""Implicit solids: a body that an equation bounds, shown by its slices."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc
from numpy.typing import NDArray

from drawscape.geometry.contours import contours
from drawscape.geometry.lines import Lines, Points
from drawscape.sketches import sketch
from drawscape.sketches.fields._cut import keep_positive
from drawscape.sketches.model import Steps
from drawscape.sketches.placing import at_most
from drawscape.svg_builder import SVGBuilder

Floats = NDArray[np.float64]
Body = Literal["gyroid", "drops", "knot", "cage"]
Inside = Callable[[Floats, Floats, Floats], Floats]
"""Positive within the body, zero on its surface; the body lies within 1 of the origin."""

RAYS = 210
"""Rays along each side of the view, and half as many steps along a ray, to find what is hidden."""


@sketch
def implicit(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    body: Annotated[Body, doc("Which solid")] = "gyroid",
    slices: Annotated[int, Interval(ge=24, le=140), doc("Slices through the solid")] = 96,
    tilt: Annotated[
        float, Interval(ge=5.0, le=85.0), doc("Degrees that the eye lies above the slices")
    ] = 34.0,
    turn: Annotated[
        float, Interval(ge=0.0, le=360.0), doc("Degrees that the solid is turned")
    ] = 28.0,
    period: Annotated[
        float, Interval(ge=1.0, le=4.0), doc("How finely gyroid, cage and knot are wound")
    ] = 2.1,
    wall: Annotated[float, Interval(ge=0.1, le=0.9), doc("How thick the walls are")] = 0.42,
    cut: Annotated[bool, doc("Cut a quarter away, its faces in the second pen")] = True,
) -> Steps:
    """An implicit solid in contour slices, those behind hidden by those in front.

    The gyroid is A. H. Schoen's, "Infinite periodic minimal surfaces without self-intersections"
    (1970); drops after J. F. Blinn, "A generalization of algebraic surface drawing" (1982).
    """
    solid = _solid(rng, body, period, wall)
    kept = _quartered(solid) if cut else solid
    axes = _axes(np.radians(tilt), np.radians(turn))
    near = _depths(kept, axes)
    slices = at_most(slices, svg.frame.short, 0.9, least=10)
    yield 0.3, partial(_draw_outline, near=near)
    heights = np.linspace(-0.99, 0.99, slices)
    parts: list[Lines] = []
    draw = partial(_draw, parts=parts, heights=heights, axes=axes, near=near, whole=None)
    for index, height in enumerate(heights):
        parts.append(_slice(kept, float(height)))
        if index % 10 == 9:
            yield 0.3 + 0.6 * index / slices, partial(draw, growing=True)
    draw(svg, whole=solid if cut else None)


def _draw(
    svg: SVGBuilder,
    parts: list[Lines],
    heights: Floats,
    axes: Floats,
    near: Floats,
    whole: Inside | None,
    growing: bool = False,
) -> None:
    """Draw what is seen of the slices; faces where they cut the `whole` solid, in the second pen.

    They fill the frame; while there are more to come they stand where they will fill it.
    """
    flat = Lines.join(parts)
    height = np.repeat(heights[: len(parts)], [len(part.points) for part in parts])
    points = np.column_stack((flat.points, height))
    places = points @ axes.T
    seen = _seen(places, near)
    # On the cut faces the whole solid goes on beyond the slice.
    face = np.zeros(len(seen), dtype=bool) if whole is None else whole(*points.T) > 0.02
    filling = _outline(near) if growing else places[seen > 0, :2]
    page = _on_page(svg, flat.with_points(places[:, :2]), filling)
    svg.polylines(_long(keep_positive(page, np.where(face, -1e-6, seen))))
    if whole is not None:
        with svg.layer("pen 2", color="#b3402a", width=0.3):
            svg.polylines(_long(keep_positive(page, np.where(face, seen, -1e-6))))


def _draw_outline(page: SVGBuilder, near: Floats) -> None:
    """Draw the edge of all that the rays meet, as large as the slices will be."""
    met = np.where(near > -2.0, 1.0, -1.0)
    edge = contours(met, 0.0, (-1.0, -1.0, 1.0, 1.0))
    page.polylines(_on_page(page, edge, _outline(near)))


def _outline(near: Floats) -> Points:
    """Return the places of the view where a ray meets the solid, (N, 2)."""
    up, right = np.nonzero(near > -2.0)
    return np.column_stack((right, up)) / (RAYS - 1) * 2 - 1


def _on_page(svg: SVGBuilder, lines: Lines, visible: Points) -> Lines:
    """Return the lines in mm, placed so that the `visible` points fill the frame."""
    frame = svg.frame
    visible = visible if len(visible) else np.array([[-1.0, -1.0], [1.0, 1.0]])
    low, high = visible.min(axis=0), visible.max(axis=0)
    size = np.maximum(high - low, 0.2)
    scale = float(min(frame.width / size[0], frame.height / size[1]))
    points = (lines.points - (low + high) / 2) * (scale, -scale)
    placed = points + np.array([frame.cx, frame.cy])
    # What the rays judge a hair too generously may reach over the frame by as much.
    return lines.with_points(np.clip(placed, (frame.x0, frame.y0), (frame.x1, frame.y1)))


def _solid(rng: np.random.Generator, body: Body, period: float, wall: float) -> Inside:
    """Return the body's equation."""
    shift = rng.uniform(-np.pi, np.pi, 3)
    k = np.pi * period

    def gyroid(x: Floats, y: Floats, z: Floats) -> Floats:
        a, b, c = k * x + shift[0], k * y + shift[1], k * z + shift[2]
        wave = np.sin(a) * np.cos(b) + np.sin(b) * np.cos(c) + np.sin(c) * np.cos(a)
        return np.asarray(np.minimum((wall - np.abs(wave)) / k, _ball(x, y, z)))

    def cage(x: Floats, y: Floats, z: Floats) -> Floats:
        a, b, c = k * x + shift[0], k * y + shift[1], k * z + shift[2]
        wave = np.cos(a) + np.cos(b) + np.cos(c)
        return np.asarray(np.minimum((wave - 1.1 + wall) / k, _ball(x, y, z)))

    def drops(x: Floats, y: Floats, z: Floats) -> Floats:
        total = sum(
            1.0 / (0.02 + (x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) for cx, cy, cz in centres
        )
        near = 0.25 * (1 - (14.0 + 45.0 * (1 - wall)) / total)
        return np.asarray(np.minimum(near, _ball(x, y, z)))

    centres = rng.normal(0, 1, (9, 3))
    centres *= (0.62 * rng.random(9) ** 0.4 / np.linalg.norm(centres, axis=1))[:, None]
    knot = _knot(2 * round(period) + 1, 0.07 + 0.13 * wall)
    return {"gyroid": gyroid, "cage": cage, "knot": knot, "drops": drops}[body]


def _knot(windings: int, thick: float) -> Inside:
    """Return a torus knot of two rounds, `thick` in radius: a trefoil for three windings."""
    t = np.linspace(0, 4 * np.pi, 90 * windings, endpoint=False)
    ring = 0.56 + 0.22 * np.cos(windings * t / 2)
    height = 0.22 * np.sin(windings * t / 2)
    strand = np.column_stack((ring * np.cos(t), ring * np.sin(t), height))

    def inside(x: Floats, y: Floats, z: Floats) -> Floats:
        from scipy.spatial import cKDTree

        x, y, z = np.broadcast_arrays(x, y, z)
        far = 0.22 + 2 * thick
        close = (np.abs(z) < far) & (np.abs(np.hypot(x, y) - 0.56) < far)
        places = np.column_stack((x[close], y[close], z[close]))
        value = np.full(x.shape, -thick)
        gap = cKDTree(strand).query(places, distance_upper_bound=2 * thick)[0]
        value[close] = thick - np.minimum(gap, 2 * thick)
        return value

    return inside


def _ball(x: Floats, y: Floats, z: Floats) -> Floats:
    return np.asarray(0.985 - np.sqrt(x * x + y * y + z * z))


def _quartered(solid: Inside) -> Inside:
    """Return the solid without the quarter that faces the eye."""

    def rest(x: Floats, y: Floats, z: Floats) -> Floats:
        return np.minimum(solid(x, y, z), np.maximum(x, y))

    return rest


def _axes(tilt: float, turn: float) -> Floats:
    """Return the rows right, up and towards the eye, (3, 3), for slices at heights z."""
    # The cut quarter, x and y negative, faces the eye when nothing is turned.
    azimuth = turn + np.pi * 1.25
    toward = np.array(
        [np.cos(tilt) * np.cos(azimuth), np.cos(tilt) * np.sin(azimuth), np.sin(tilt)]
    )
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    return np.stack((right, np.cross(toward, right), toward))


def _depths(solid: Inside, axes: Floats) -> Floats:
    """Return how near the surface comes to the eye along each ray, (RAYS, RAYS), -2 where none."""
    side = np.linspace(-1, 1, RAYS)
    up, right = (part.ravel() for part in np.meshgrid(side, side, indexing="ij"))
    steps = np.linspace(1, -1, RAYS // 2)
    near, before = np.full(up.shape, -2.0), np.full(up.shape, -1.0)
    waiting = np.flatnonzero(np.hypot(up, right) < 1)
    for w in steps:
        place = np.stack((right[waiting], up[waiting], np.full(len(waiting), w)))
        value = solid(*(axes.T @ place))
        enters = value > 0
        share = value[enters] / (value[enters] - before[waiting[enters]])
        near[waiting[enters]] = w + share * (steps[0] - steps[1])
        before[waiting] = np.minimum(value, -1e-9)
        waiting = waiting[~enters]
    return near.reshape(RAYS, RAYS)


def _slice(solid: Inside, height: float) -> Lines:
    side = np.linspace(-1, 1, 190)
    value = solid(side[None, :], side[:, None], np.full((1, 1), height))
    return contours(value, 0.0, (-1.0, -1.0, 1.0, 1.0))


def _seen(places: Floats, near: Floats) -> Floats:
    """Return a value for each place (N, 3) that is positive where nothing lies before it."""
    from scipy.ndimage import map_coordinates, minimum_filter

    # Near an edge the ray beside a place may meet a nearer part: the farthest of nine counts.
    far = minimum_filter(near, 3)
    at = (places[:, [1, 0]].T + 1) / 2 * (RAYS - 1)
    return np.asarray(places[:, 2] - map_coordinates(far, at, order=1, mode="nearest") + 0.02)


def _long(lines: Lines) -> Lines:
    return lines.take(lines.lengths_mm > 0.5)
