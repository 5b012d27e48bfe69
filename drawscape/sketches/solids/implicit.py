"""Implicit solids: a body that an equation bounds, shown by its slices."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry.camera import Camera, Points3
from drawscape.geometry.contours import contours
from drawscape.geometry.hidden import visible_paths
from drawscape.geometry.implicit import implicit_mesh
from drawscape.geometry.lines import Floats, Lines, Points
from drawscape.geometry.placing import fit_count
from drawscape.geometry.simplify import simplify
from drawscape.geometry.thinning import keep_positive, thinned
from drawscape.sketches import Steps, sketch
from drawscape.svg_builder import SVGBuilder

Body = Literal["gyroid", "drops", "knot", "cage"]
Inside = Callable[[Floats, Floats, Floats], Floats]
"""Positive within the body, zero on its surface; the body lies within 1 of the origin."""

CELLS = 50
"""Cubes along each side of the mesh that hides what lies behind; slices are finer than it."""

CLEARANCE = 0.005
"""Of the scene's depth: how far behind the mesh a slice may lie and still show, since the mesh is coarser."""

SAMPLES = 112
"""Points along each side of the grid of a slice."""

GYROID_SLICES = 150
"""Of a gyroid of period 1: the finer it is wound, the longer each takes."""

FLOOR, SUN = -1.5, 0.36
"""Height of the ground that the shadow falls on, and how far it runs for each unit of height."""

RANKS = (8, 4, 2, 1)
"""Slices come from coarse to fine: each eighth, those between, ... and last every second one."""


@sketch
def implicit(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    body: Annotated[Body, doc("Which solid")] = "knot",
    slices: Annotated[int, Interval(ge=24, le=140), doc("Slices through the solid")] = 104,
    tilt: Annotated[
        float, Interval(ge=5.0, le=85.0), doc("Degrees that the eye lies above the slices")
    ] = 48.0,
    turn: Annotated[
        float, Interval(ge=0.0, le=360.0), doc("Degrees that the solid is turned")
    ] = 28.0,
    period: Annotated[
        float, Interval(ge=1.0, le=3.0), doc("How finely gyroid, cage and knot are wound")
    ] = 1.4,
    wall: Annotated[float, Interval(ge=0.1, le=0.9), doc("How thick the walls are")] = 0.62,
    cut: Annotated[bool, doc("Cut a quarter away, its faces in a pen of their own")] = False,
    shadow: Annotated[bool, doc("Let the sun throw its shadow, hatched")] = True,
) -> Steps:
    """An implicit solid in contour slices, those behind hidden by those in front.

    The gyroid is A. H. Schoen's, "Infinite periodic minimal surfaces without self-intersections"
    (1970); drops after J. F. Blinn, "A generalization of algebraic surface drawing" (1982). What is
    hidden is found exactly, behind a mesh of the surface. The seed moulds the solid.
    """
    solid = _solid(rng, body, period, wall)
    kept = _quartered(solid) if cut else solid
    # The cut quarter, x and y negative, faces the eye when nothing is turned.
    camera = Camera.parallel(turn - 45.0, tilt)
    mesh = implicit_mesh(lambda x, y, z: -kept(x, y, z), (-1, -1, -1), (1, 1, 1), resolution=CELLS)
    ground = _shadow(kept, turn, tilt) if shadow else Lines.empty()
    floor = [np.column_stack((line, np.full(len(line), FLOOR))) for line in ground]
    outline = camera.project(np.concatenate((mesh.vertices, *floor)))[:, :2]
    place = _placing(svg, outline)
    # Their distance on paper, where the surface is upright, is a pen's width and a gap at least.
    if body == "gyroid":
        slices = min(slices, int(GYROID_SLICES / period))
    half = np.cos(np.radians(tilt))
    slices = fit_count(
        slices, float(place(Lines.of([((0, -half), (0, half))])).lengths_mm[0]), 0.8, least=10
    )
    surface: list[Lines] = []
    faces: list[Lines] = []
    heights, number = np.linspace(-0.985, 0.985, slices), 1 + np.arange(slices)
    for step, rank in enumerate(RANKS):
        some = heights[np.minimum(number & -number, RANKS[0]) == rank]
        # Faces are seen at a slant: every second slice is enough for them.
        paths = _slices(kept, solid, some)[: 1 + (cut and rank > 1)]
        for drawn, lines in zip((surface, faces), paths, strict=False):
            drawn.append(place(visible_paths(lines, mesh, camera, bias=CLEARANCE)))
        yield 0.9 * (step + 1) / len(RANKS), partial(_draw, surface=surface, faces=faces)
    _draw(svg, surface, faces)
    if floor:
        with svg.layer("shadow", color="#5f7f9e", width=0.3):
            svg.polylines(_long(place(visible_paths(floor, mesh, camera))))


def _draw(svg: SVGBuilder, surface: list[Lines], faces: list[Lines]) -> None:
    """Draw the outer surface with the first pen, the cut faces with the second, blotting neither."""
    svg.polylines(_light(surface))
    if any(len(lines) for lines in faces):
        with svg.layer("cut", color="#b3402a", width=0.3):
            svg.polylines(_light(faces))


def _light(by_rank: list[Lines]) -> Lines:
    """Return the slices, of which only the coarse ones go on where they crowd at the body's rim."""
    long = [_long(lines) for lines in by_rank]
    numbers = [
        rank * (1 + 2 * np.arange(len(lines))) for rank, lines in zip(RANKS, long, strict=False)
    ]
    return thinned(Lines.join(long), np.concatenate(numbers))


def _shadow(solid: Inside, turn: float, tilt: float) -> Lines:
    """Return a hatch of the shadow on the floor, as lines in the plane, level for the eye."""
    side = np.linspace(-2.4, 2.4, 201)
    x, y = side[None, :], side[:, None]
    # The sun stands behind the solid, a little to the left, whichever way the solid is turned.
    heading = np.radians(62.0 - turn)
    dark = np.full((side.size, side.size), -1.0)
    for height in np.linspace(-0.9, 0.9, 31).tolist():
        away = SUN * (height - FLOOR)
        u, v = x - away * np.cos(heading), y - away * np.sin(heading)
        near = solid(u, v, np.full((1, 1), height))
        dark = np.maximum(dark, np.where(np.hypot(u, v) < 1.1, near, -1.0))
    level = np.radians(45.0 - turn)
    along = np.array([np.cos(level), -np.sin(level)]) * side[:, None]
    # The eye sees them at a slant: as far apart on paper whatever the tilt.
    rows = np.arange(-2.3, 2.3, 0.021 / np.sin(np.radians(tilt)))[:, None, None]
    rows = along + rows * (np.sin(level), np.cos(level))
    at = np.clip((rows + 2.4) / (side[1] - side[0]), 0, side.size - 1.001)
    i, j = at[..., 1].astype(int), at[..., 0].astype(int)
    a, b = at[..., 1] - i, at[..., 0] - j
    top = dark[i, j] * (1 - b) + dark[i, j + 1] * b
    low = dark[i + 1, j] * (1 - b) + dark[i + 1, j + 1] * b
    return keep_positive(Lines.of(rows), top * (1 - a) + low * a)


def _placing(svg: SVGBuilder, outline: Points) -> Callable[[Lines], Lines]:
    """Return what brings lines of the camera's picture onto the page, where `outline` fills it."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    scale = float(min(svg.frame.width / (high - low)[0], svg.frame.height / (high - low)[1]))
    middle = (low + high) / 2

    def place(lines: Lines) -> Lines:
        # The slices are finer than the mesh and may reach beyond it by a hair.
        points = np.clip(lines.points, low, high)
        return lines.with_points((points - middle) * scale + (svg.frame.cx, svg.frame.cy))

    return place


def _slices(kept: Inside, whole: Inside, heights: Floats) -> tuple[list[Points3], list[Points3]]:
    """Return the slices at `heights` as lines in space: of the surface, and of the cut faces."""
    side = np.linspace(-1, 1, SAMPLES)
    surface: list[Points3] = []
    faces: list[Points3] = []
    for height in heights.tolist():
        value = kept(side[None, :], side[:, None], np.full((1, 1), height))
        lines = simplify(contours(value, 0.0, (-1.0, -1.0, 1.0, 1.0)), 0.003)
        # On a cut face the whole solid goes on beyond the slice.
        x, y = lines.points.T
        beyond = whole(x, y, np.full(len(lines.points), height)) - 0.02
        for found, part in ((surface, -beyond), (faces, beyond)):
            found += [
                np.column_stack((line, np.full(len(line), height)))
                for line in keep_positive(lines, part)
            ]
    return surface, faces


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
    knot = _knot(rng, 2 * round(period) + 1, 0.07 + 0.13 * wall)
    return {"gyroid": gyroid, "cage": cage, "knot": knot, "drops": drops}[body]


def _knot(rng: np.random.Generator, windings: int, thick: float) -> Inside:
    """Return a torus knot of two rounds, `thick` in radius: a trefoil for three windings."""
    t = np.linspace(0, 4 * np.pi, 90 * windings, endpoint=False)
    swing, rise, phase = rng.uniform(0.2, 0.28), rng.uniform(0.24, 0.4), rng.uniform(0, 2 * np.pi)
    middle = 0.96 - swing - thick
    ring = middle + swing * np.cos(windings * t / 2)
    height = rise * np.sin(windings * t / 2)
    strand = np.column_stack((ring * np.cos(t + phase), ring * np.sin(t + phase), height))

    def inside(x: Floats, y: Floats, z: Floats) -> Floats:
        from scipy.spatial import cKDTree

        x, y, z = np.broadcast_arrays(x, y, z)
        close = np.abs(z) < rise + 2 * thick
        close &= np.abs(np.hypot(x, y) - middle) < swing + 2 * thick
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


def _long(lines: Lines) -> Lines:
    return lines.take(lines.lengths_mm > 1.0)
