"""A solid in cross-hatching: an STL or OBJ file, or a body of the seed's."""

from typing import Annotated

import numpy as np
from scipy.ndimage import gaussian_filter

from drawscape.geometry import (
    Camera,
    Floats,
    Lines,
    Mesh,
    cartesian,
    clamped,
    fitted,
    hatch_along,
    keep_positive,
    polar,
    values_at,
    visible_edges,
)
from drawscape.parameters import InputFile
from drawscape.sketches import KILN, Palette, Rng, Slider, SVGBuilder, in_pens, sketch
from drawscape.sketches.composition import choose, choose_inks
from drawscape.sketches.palette import is_light
from drawscape.sketches.solids._mesh_file import read_mesh, welded
from drawscape.sketches.solids._shading import Shading
from drawscape.sketches.tone import ranked_lines

TONES = ((0.15, 0.0), (0.45, np.pi / 2), (0.8, np.pi / 4))
"""From which darkness on lines are drawn, and how far they are turned, in radians."""


@sketch
def mesh_hatching(
    svg: SVGBuilder,
    rng: Rng,
    *,
    mesh: Annotated[InputFile | None, "An .stl or .obj file; none: a body of the seed's"] = None,
    azimuth: Annotated[float | None, Slider(0, 360, "Degrees that it is turned; none: any")] = None,
    elevation: Annotated[float, Slider(10, 80, "Degrees from which it is seen")] = 28.0,
    spacing: Annotated[float, Slider(0.7, 1.6, "In mm, between lines")] = 0.9,
    palette: Palette = "as designed",
) -> None:
    """A body in lines along its curvature, crossed where it is darker, and its shadow on the floor.

    Aaron Hertzmann and Denis Zorin, Illustrating smooth surfaces (2000): lines in the direction in which
    a surface bends most say its form. The seed makes a shell (David M. Raup, 1966), a knot or a vase.
    """
    if mesh is None:
        body = choose(svg, "body", {"shell": _shell, "knot": _knot, "vase": _vase})(rng)
    else:
        body = read_mesh(mesh)
    side = choose(svg, "light", {"from the left": -1, "from the right": 1})
    palette = choose_inks(svg, palette, "kiln", "plum")
    camera = Camera.parallel(rng.uniform(125, 205) if azimuth is None else azimuth, elevation)
    # The light comes from one side, from above, and over the viewer's shoulder.
    light = 0.45 * side * camera.axes[0] - 0.35 * camera.axes[2] + (0, 0, 0.8)
    height = body.vertices[:, 2:] - np.min(body.vertices[:, 2])
    shadow = body.vertices - height * light / light[2]
    outline = camera.project(np.concatenate([body.vertices, shadow]))[:, :2]
    edges = fitted(svg.frame, visible_edges(body, camera, crease_degrees=60), like=outline)
    # From here on all is as the camera sees it: right, down and ahead, in mm.
    origin, unit = fitted(svg.frame, np.array([(0.0, 0.0), (0.0, 1.0)]), like=outline)
    corners = (unit - origin)[1] * camera.project(body.corners.reshape(-1, 3)) + (*origin, 0)
    up = camera.axes @ (0, 0, 1)
    light = camera.axes @ light / np.linalg.norm(light)
    seen = Shading.of(svg.frame, corners.reshape(-1, 3, 3), light, up, is_light(svg, palette))
    place = seen.directions(), seen.tone, svg.frame, svg.frame, spacing
    drawn = [
        hatch_along(*place, between=(dark, 2), turned=turned, min_length_mm=2.0)
        for dark, turned in TONES
    ]
    # All rows where the shadow falls, and every second one on the wall behind.
    rows, rank = ranked_lines(svg.frame, spacing, 0.0)
    needed = np.repeat(np.where(rank < 0.5, 0.35, 0.65), rows.counts)
    shade = keep_positive(rows, values_at(seen.shadow, svg.frame, rows.points) - needed)
    parts = [Lines.join([clamped(svg.frame, edges), *drawn]), shade]
    in_pens(svg, palette, {"body": KILN[0], "shadow": KILN[4]}, parts)


def _tube(path: Floats, radius: Floats | float, upright: tuple[int, int, int] = (0, 0, 1)) -> Mesh:
    """Return the surface of a tube around `path`, (N, 3), of `radius`, (N,) or one for all."""
    ahead = np.gradient(path, axis=0)
    side = np.cross(ahead, upright)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    above = np.cross(side, ahead / np.linalg.norm(ahead, axis=1, keepdims=True))
    around = polar(1, np.linspace(0, 2 * np.pi, 37))[:, None]
    grid = path + np.reshape(radius, (-1, 1)) * (around[..., :1] * side + around[..., 1:] * above)
    number = np.arange(37 * len(path)).reshape(37, -1)
    quads = [number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]]
    mesh = Mesh.of(grid.reshape(-1, 3), np.stack(quads, axis=-1).reshape(-1, 4))
    return welded(mesh.corners)


def _shell(rng: Rng) -> Mesh:
    """Return a snail's shell: a tube that winds down a cone and grows by the same part in each turn."""
    turns = np.linspace(-5, 0, 250)
    size = rng.uniform(1.5, 1.9) ** turns
    flat = polar(size, 2 * np.pi * turns)
    ribs = 1 + 0.05 * np.cos(2 * np.pi * turns * rng.integers(5, 14))
    return _tube(cartesian(*flat.T, -rng.uniform(1.8, 3) * size), 0.66 * size * ribs)


def _knot(rng: Rng) -> Mesh:
    """Return a torus knot, leaning."""
    rounds, through = [(2, 3), (2, 5), (3, 4), (3, 5)][rng.integers(4)]
    t = np.linspace(0, 2 * np.pi, 301)
    flat = polar(1 + 0.42 * np.cos(through * t), rounds * t)
    path = cartesian(flat[:, 0], 0.42 * np.sin(through * t), flat[:, 1])
    return _tube(path, rng.uniform(0.15, 0.24), (0, 1, 0))


def _vase(rng: Rng) -> Mesh:
    """Return a vase: a foot, a belly, a neck and a lip, each of another width."""
    widths = [0.4, *rng.uniform((0.5, 0.6, 0.2, 0.2), (0.9, 1.1, 0.5, 0.4)), rng.uniform(0.4, 0.7)]
    height = np.linspace(0, rng.uniform(2.2, 3.2), 121)
    profile = np.interp(height, np.linspace(0, height[-1], 6), widths)
    path = cartesian(0 * height, 0 * height, height)
    return _tube(path, gaussian_filter(profile, 8, mode="nearest"), (0, 1, 0))
