"""Vessels on a table, turned on a lathe and drawn with hidden lines."""

from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Interval, doc

from drawscape.geometry import Camera, Mesh, clip_to_polygon, fit_count, thinned, visible_paths
from drawscape.geometry.lines import Floats, Lines
from drawscape.geometry.mesh import Points3
from drawscape.geometry.solids import revolved
from drawscape.sketches import AS_DESIGNED, Palette, Share, Steps, in_pens, inks, sketch
from drawscape.svg_builder import SVGBuilder

COLUMNS = 44
"""Faces around each vessel: its edge on paper is then smooth."""

CLEARANCE = 4e-3
"""Of the scene's depth: lines on a vessel lie a hair off the flat faces that stand for it."""

SUN = (0.5, 0.12)
"""How far a shadow runs to the right and away for each unit of height."""


@sketch
def still_life(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    vessels: Annotated[int, Interval(ge=1, le=12), doc("Vessels on the table")] = 5,
    rings: Annotated[int, Interval(ge=8, le=90), doc("Rings on the tallest vessel")] = 64,
    elevation: Annotated[float, Interval(ge=8, le=60), doc("Degrees of the eye")] = 18.0,
    slimness: Annotated[Share, doc("Bowls at 0, bottles at 1")] = 0.7,
    closeness: Annotated[Share, doc("How closely they stand together")] = 0.6,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """A group of vessels, as Giorgio Morandi set his bottles, each by the rings of the potter's wheel.

    What stands behind is hidden exactly, as in Michael Fogleman's ln (2016), by the idea of Lawrence
    Roberts, Machine perception of three-dimensional solids, 1963. The seed throws the vessels.
    """
    ink = inks(svg, palette, "#14213d", "#b3402a", "#8a6a4a", "#5f6f86")
    camera = Camera.parallel(0.0, elevation)
    # A tall page takes tall bottles, a wide one bowls.
    tall = float(np.clip(1.25 * svg.frame.height / svg.frame.width, 1.0, 2.2))
    profiles = [_profile(rng, slimness) * (1, tall) for _ in range(vessels)]
    places = _places(rng, profiles, closeness)
    scene = Mesh.join(
        revolved(profile, columns=COLUMNS).moved(x, y, 0.0)
        for profile, (x, y) in zip(profiles, places.tolist(), strict=True)
    )
    low, high = scene.vertices.min(axis=0), scene.vertices.max(axis=0)
    # Room for the shadows at the right, and for as much table at the left.
    reach = SUN[0] * float(high[2]) * 0.3
    x0, x1 = float(low[0]) - 0.5 * reach, float(high[0]) + reach
    table = [np.array([(x, float(high[1]) + 0.6, 0.0) for x in np.linspace(x0, x1, 60)])]
    corners = camera.project(np.concatenate([scene.vertices, *table]))[:, :2]
    low2, high2 = corners.min(axis=0), corners.max(axis=0)
    scale = float(min(np.array([svg.frame.width, svg.frame.height]) / (high2 - low2)))
    middle = np.array([svg.frame.cx, svg.frame.cy])

    def place(paths: list[Points3]) -> Lines:
        seen = visible_paths(paths, scene, camera, bias=CLEARANCE)
        return seen.with_points((seen.points - (low2 + high2) / 2) * scale + middle)

    tallest = max(float(profile[-1, 1]) for profile in profiles)
    rings = fit_count(rings, tallest * scale * float(np.cos(np.radians(elevation))), 0.75, least=6)
    drawn: list[Lines] = []
    for number, (profile, at) in enumerate(zip(profiles, places, strict=True)):
        drawn.append(place(_rings(profile, at, tallest / rings)))
        yield 0.9 * (number + 1) / vessels, partial(_draw, drawn=drawn, ink=ink)
    _draw(svg, drawn, ink)
    apart = 1.1 / scale / float(np.sin(np.radians(elevation)))
    with svg.layer("table", color=ink[3], width=0.3):
        shadow = place(_shadow(profiles, places, apart, x1))
        svg.polylines(shadow.take(shadow.lengths_mm > 1.0))
        svg.polylines(place(table))


def _draw(svg: SVGBuilder, drawn: list[Lines], ink: list[str]) -> None:
    """Draw the vessels, each with one of the three glazes."""
    joined = Lines.join(drawn)
    glaze = np.repeat(np.arange(len(drawn)) * 2 % 3, [len(lines) for lines in drawn])
    ring = np.concatenate([1 + np.arange(len(lines)) for lines in drawn])
    light = [thinned(joined.take(glaze == pen), ring[glaze == pen]) for pen in range(3)]
    light = [lines.take(lines.lengths_mm > 0.6) for lines in light]
    in_pens(svg, ink, light, names=("glaze 1", "glaze 2", "glaze 3"))


def _profile(rng: np.random.Generator, slimness: float) -> Floats:
    """Return the outline of a vessel, (K, 2): radius and height, from the foot to the lip."""
    t = np.linspace(0, 1, 40)
    height = rng.uniform(0.9, 1.9) + 1.7 * slimness * rng.random()
    belly, neck = rng.uniform(0.45, 0.75), rng.uniform(0.13, 0.5) * (1.4 - slimness)
    at = rng.uniform(0.2, 0.5)
    # A belly that swells from the foot and runs into a neck with a lip.
    swell = np.exp(-(((t - at) / rng.uniform(0.2, 0.34)) ** 4))
    radius = neck + (belly - neck) * swell + 0.07 * np.exp(-(((t - 1) / 0.04) ** 2))
    foot = 0.62 * belly * np.exp(-((t / 0.12) ** 2))
    return np.column_stack([np.maximum(radius, foot), t * height])


def _places(rng: np.random.Generator, profiles: list[Floats], closeness: float) -> Floats:
    """Return where the vessels stand, (V, 2): a group, tall ones behind, none within another."""
    radii = [float(np.max(profile[:, 0])) for profile in profiles]
    order = np.argsort([-float(profile[-1, 1]) for profile in profiles], kind="stable")
    places = np.zeros((len(profiles), 2))
    behind = -(-len(profiles) * 3 // 5)
    gap = 0.5 * (1 - closeness)
    rows = ((order[:behind], 1.1), (order[behind:], 0.0))
    for row, (chosen, depth) in enumerate(rows):
        turned = rng.permutation(chosen)
        x = np.cumsum([2 * radii[k] + gap for k in turned]) - [radii[k] for k in turned]
        x = x - (x[0] + x[-1]) / 2 if len(x) else x
        for k, along in zip(turned, x, strict=True):
            places[k] = along + row * rng.uniform(-0.4, 0.4), depth + rng.uniform(-0.1, 0.1)
    return places


def _rings(profile: Floats, place: Floats, step: float) -> list[Points3]:
    """Return the rings of a vessel about `step` apart along its side, and its two rims, in space."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(profile, axis=0).T))])
    even = np.linspace(0, along[-1], max(3, round(float(along[-1]) / step) + 1))
    radius, height = (np.interp(even, along, column) for column in profile.T)
    # The corners of the faces lie on the rings, the middles a little within.
    angle = np.linspace(0, 2 * np.pi, COLUMNS + 1)
    around = np.stack([np.cos(angle), np.sin(angle), np.zeros(len(angle))], axis=-1)
    return [
        around * r + (place[0], place[1], h)
        for r, h in zip(radius.tolist(), height.tolist(), strict=True)
    ]


def _shadow(profiles: list[Floats], places: Floats, apart: float, right: float) -> list[Points3]:
    """Return a hatch of all shadows on the table, as level lines in space."""
    import shapely

    discs = [
        shapely.Point(x + SUN[0] * h, y + SUN[1] * h).buffer(r)
        for profile, (x, y) in zip(profiles, places.tolist(), strict=True)
        for r, h in profile.tolist()
    ]
    dark = shapely.union_all(discs).intersection(shapely.box(-99, -99, right, 99))
    x0, y0, x1, y1 = dark.bounds
    rows = np.arange(y0, y1, apart)
    x = np.linspace(x0, x1, 120)
    lines = np.stack(np.broadcast_arrays(x, rows[:, None]), axis=-1)
    return [
        np.column_stack([line, np.zeros(len(line))])
        for line in clip_to_polygon(Lines.of(lines), dark)
    ]
