"""Rayhatching: solids that are only distances, hatched where the rays find them."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, doc
from scipy.ndimage import binary_erosion, map_coordinates, maximum_filter, minimum_filter

from drawscape.geometry import Flags, Floats, is_lit, march, normals_of, smooth_union
from drawscape.geometry.implicit import Distance
from drawscape.geometry.streamlines import streamlines
from drawscape.sketches import AS_DESIGNED, Palette, Share, Steps, inks, sketch
from drawscape.svg_builder import SVGBuilder

Scene = Literal["drops", "monument", "rings"]

PIXELS = 250
"""Rays across the shorter side of the page: some 0.7 mm apart on A4."""

LAYERS = ((0.06, 2.0, 0.0), (0.36, 1.0, 0.0), (0.66, 1.25, 1.2))
"""How dark it is where a layer of lines begins, how far apart they are, and how far turned."""


@sketch
def rayhatching(
    svg: SVGBuilder,
    rng: np.random.Generator,
    *,
    scene: Annotated[Scene, doc("What stands there")] = "drops",
    pieces: Annotated[int, Interval(ge=1, le=9), doc("Solids of the scene")] = 6,
    melt: Annotated[Share, doc("How far the solids melt into each other")] = 0.5,
    spacing: Annotated[float, Interval(ge=0.6, le=2.5), doc("In mm, between lines")] = 0.8,
    lamp: Annotated[float, Interval(ge=-180, le=180), doc("Degrees of the light")] = -50.0,
    palette: Palette = AS_DESIGNED,
) -> Steps:
    """Solids on a floor, hatched along their surfaces: closer in the shade, crossed in the dark.

    In homage to Piter Pasma's Rayhatching (2021): a signed distance field is marched (John C. Hart,
    1996), lines follow the surface, and what lies behind is never found at all. The seed builds the
    scene and turns the lines.
    """
    frame = svg.frame
    ink = inks(svg, palette, "#1b1b1b", "#27406e")
    solid = _scene(rng, scene, pieces, 0.02 + 0.4 * melt, frame.height / frame.short)
    step = frame.short / PIXELS
    rows, columns = int(frame.height / step) + 1, int(frame.width / step) + 1
    x, y = np.meshgrid(np.arange(columns) - (columns - 1) / 2, (rows - 1) / 2 - np.arange(rows))
    rise = 0.42
    ahead, up = (
        np.array([0, -np.sin(rise), np.cos(rise)]),
        np.array([0, np.cos(rise), np.sin(rise)]),
    )
    screen = np.stack([x.ravel(), y.ravel()], axis=-1) * 1.8 / PIXELS
    tall = 0.9 * frame.height / frame.short
    origins = (
        np.array([0, 0.32 * tall, 0]) - 6 * ahead + screen[:, :1] * (1, 0, 0) + screen[:, 1:] * up
    )

    def world(p: Floats) -> Floats:
        return np.minimum(solid(p), p[:, 1])

    far = march(world, origins, ahead, 16.0)
    yield 0.3
    points = origins + np.where(np.isfinite(far), far, 0)[:, None] * ahead
    normals = normals_of(world, points)
    turn = np.radians(lamp)
    light = np.array([np.sin(turn), 1.0, -np.cos(turn)])
    light /= np.linalg.norm(light)
    lit = is_lit(world, points, normals, light, 8.0)
    yield 0.5
    on_floor = solid(points) > 0.01
    dark = 1 - np.maximum(normals @ light, 0) * lit
    # The floor is bright, but for the shadows; it throws light on what is above it.
    dark = np.where(on_floor, np.where(lit, 0.0, 0.8 - 0.1 * np.hypot(*points[:, ::2].T)), dark)
    dark -= np.where(on_floor, 0, 0.25 * np.maximum(-normals[:, 1], 0))
    dark[~np.isfinite(far)] = 0
    axis = rng.normal(size=3) * (1, 0.4, 1)
    along = np.where(
        on_floor[:, None], (1.0, 0.0, 0.0), np.cross(normals, axis / np.linalg.norm(axis))
    )
    flat = np.stack([along[:, 0], -along @ up]).reshape(2, rows, columns)
    depth = np.where(np.isfinite(far), far, 20).reshape(rows, columns)
    # Lines end where one thing stands before another.
    whole = maximum_filter(depth, 3) - minimum_filter(depth, 3) < 0.12
    floor = on_floor.reshape(rows, columns)
    whole &= binary_erosion(floor, border_value=True) | binary_erosion(~floor, border_value=True)
    shade = np.where(whole, dark.reshape(rows, columns), -1.0)

    def at(grid: Floats, px: Floats, py: Floats, order: int = 1) -> Floats:
        place = ((py - frame.y0) / step, (px - frame.x0) / step)
        return np.asarray(map_coordinates(grid, place, order=order, mode="nearest"))

    for number, (least, apart, off) in enumerate(LAYERS):

        def field(px: Floats, py: Floats, off: float = off) -> tuple[Floats, Floats]:
            u, v = at(flat[0], px, py), at(flat[1], px, py)
            return u * np.cos(off) - v * np.sin(off), u * np.sin(off) + v * np.cos(off)

        def within(px: Floats, py: Floats, number: int = number, least: float = least) -> Flags:
            tone = at(shade, px, py, 0)
            most = LAYERS[1][0] if number == 0 else 2.0
            return (tone > least) & (tone <= most)

        pitch = max(spacing * apart, frame.long / 400)
        lines = streamlines(field, frame, pitch, mask=within, min_length_mm=2 * pitch, test=0.7)
        if len(lines):
            with svg.layer("form" if off == 0 else "darks", color=ink[int(off > 0)], width=0.3):
                svg.polylines(lines)
        yield 0.6 + 0.13 * number


def _scene(
    rng: np.random.Generator, scene: Scene, pieces: int, melt: float, tall: float
) -> Distance:
    """Return the distance to solids that stand on the floor, within 0.9 of the middle."""
    places = np.column_stack([rng.uniform(-0.62, 0.62, pieces), rng.uniform(-0.5, 0.6, pieces)])
    sizes = np.sort(rng.uniform(0.12, 0.4, pieces))[::-1]
    heights = rng.uniform(0.3, 1.0, pieces) * min(1.3 * tall, 1.7) * 0.75
    turns = rng.uniform(0, np.pi, (pieces, 2))

    def piece(p: Floats, k: int) -> Floats:
        q = p - (places[k, 0], 0.0, places[k, 1])
        if scene == "drops":
            # Two balls of one string: on the floor, and above it.
            low = np.linalg.norm(q - (0, 0.8 * sizes[k], 0), axis=1) - sizes[k]
            high = np.linalg.norm(q - (0, heights[k] + sizes[k], 0), axis=1) - 0.62 * sizes[k]
            return np.asarray(smooth_union(low, high, 0.3 + melt))
        cos, sin = np.cos(turns[k, 0]), np.sin(turns[k, 0])
        q = q @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
        if scene == "monument":
            half = np.array([0.7 * sizes[k], heights[k] / 2, 0.5 * sizes[k]])
            over = np.abs(q - (0, half[1], 0)) - half
            outer = np.linalg.norm(np.maximum(over, 0), axis=1)
            return np.asarray(outer + np.minimum(over.max(axis=1), 0) - 0.03)
        radius, pipe = 0.75 * sizes[k] + 0.12, 0.06 + 0.12 * sizes[k]
        q = q - (0, radius + pipe, 0)
        around = np.hypot(q[:, 0], q[:, 1]) - radius
        return np.asarray(np.hypot(around, q[:, 2]) - pipe)

    def distance(p: Floats) -> Floats:
        found = piece(p, 0)
        for k in range(1, pieces):
            found = smooth_union(found, piece(p, k), melt)
        return found

    return distance
