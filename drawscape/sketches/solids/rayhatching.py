"""Rayhatching: solids that are only distances, hatched where the rays find them."""

from functools import partial, reduce
from typing import Annotated, Literal

import numpy as np
from scipy.ndimage import binary_erosion, gaussian_filter, maximum_filter, minimum_filter

from drawscape.geometry import cartesian, hatch_along, is_lit, march, normals_of, polar, rays
from drawscape.geometry.contours import contours
from drawscape.geometry.implicit import Distance, smooth_union
from drawscape.geometry.lines import Floats, Lines
from drawscape.sketches import Fraction, Palette, Rng, Slider, Steps, SVGBuilder, in_pens, sketch

PIXELS, RISE = 250, 0.42
"""Rays across the shorter side of the page, some 0.7 mm apart on A4, and how far down they look."""

ACROSS_UP = np.array([(1.0, 0.0, 0.0), (0.0, np.cos(RISE), np.sin(RISE))])
"""Unit vectors to the right and up in the picture."""

AROUND = np.asarray(np.indices((63, 32, 63)).reshape(3, -1).T * 0.08 - (2.5, -0.1, 2.5))
"""Where solids are looked for, above the floor."""

LAYERS = (((0.06, 0.36), 2.0, 0.0), ((0.36, 2.0), 1.0, 0.0), ((0.66, 2.0), 1.25, 1.2))
"""From how dark to how dark a layer of lines lies, how far apart they are, and how far turned."""


@sketch
def rayhatching(
    svg: SVGBuilder,
    rng: Rng,
    *,
    scene: Annotated[Literal["drops", "monument", "rings"], "What stands there"] = "drops",
    pieces: Annotated[int, Slider(1, 9, "Solids of the scene")] = 6,
    melt: Annotated[Fraction, "How far the solids melt into each other"] = 0.5,
    spacing: Annotated[float, Slider(0.6, 2.5, "In mm, between lines")] = 0.8,
    lamp: Annotated[float, Slider(-180, 180, "Degrees of the light")] = -50.0,
    palette: Palette = "as designed",
) -> Steps:
    """Solids on a floor, hatched along their surfaces: closer in the shade, crossed in the dark.

    In homage to Piter Pasma's Rayhatching (2021): rays march to a distance field (John C. Hart, 1996),
    and lines follow the surface that they meet. The seed builds the scene and turns the lines.
    """
    frame = svg.frame
    draw = partial(in_pens, palette=palette, pens={"form": "#1b1b1b", "darks": "#27406e"})
    sides = frame.size
    step = max(frame.short / PIXELS, frame.long / 400)
    wide, tall = np.minimum(sides / frame.short, 1.5)
    world = _scene(rng, scene, pieces, 0.02 + 0.4 * melt, wide, tall)
    # On a tall page the light stands higher: shadows are short.
    light = np.array([np.sin(np.radians(lamp)), tall**2, -np.cos(np.radians(lamp))])
    light /= np.linalg.norm(light)
    # The page shows all that is solid, and where its shadow falls.
    body = AROUND[world(AROUND) < 0.1]
    places = np.concatenate([body, body - body[:, 1:2] / light[1] * light]) @ ACROSS_UP.T
    pitch = step * float(np.max(np.ptp(places, axis=0) / sides))
    columns, rows = (np.ptp(places, axis=0) / pitch + 1).astype(int).tolist()
    middle = (places.min(axis=0) + places.max(axis=0)) / 2 @ ACROSS_UP
    origins, ahead = rays(columns, rows, pitch=pitch, middle=middle, rise=RISE)
    far = march(world, origins, ahead, 16.0)
    points = origins + np.where(np.isfinite(far), far, 0)[:, None] * ahead
    normals = normals_of(world, points)
    lit = is_lit(world, points, normals, light, 8.0)
    yield 0.5
    on_floor = points[:, 1] < 0.01
    # The floor is bright except for shadows, and reflects light on surfaces above it.
    shadow = np.where(lit, 0.0, 0.8 - 0.1 * np.hypot(*points[:, ::2].T))
    shade = 1 - np.maximum(normals @ light, 0) * lit - 0.25 * np.maximum(-normals[:, 1], 0)
    along = np.cross(normals, rng.normal(size=3) * (1, 0.4, 1))
    along[on_floor] = 1.0, 0.0, 0.0
    flat = (along @ ACROSS_UP.T * (1, -1)).T.reshape(2, rows, columns)
    # Lines end where one thing stands before another.
    depth = np.minimum(far, 20).reshape(rows, columns)
    floor = on_floor.reshape(rows, columns)
    whole = (maximum_filter(depth, 3) - minimum_filter(depth, 3) < 0.12) & (depth < 20)
    whole &= binary_erosion(floor, border_value=True) | binary_erosion(~floor, border_value=True)
    dark = np.where(whole, np.where(on_floor, shadow, shade).reshape(rows, columns), -1.0)
    x, y = step * (columns - 1) / 2, step * (rows - 1) / 2
    box = (frame.cx - x, frame.cy - y, frame.cx + x, frame.cy + y)
    outline = contours(gaussian_filter((depth < 20) & ~floor, 1.6, output=float), 0.5, box)
    inked = [[outline.longer_than(4)], []]
    for number, (between, apart, turned) in enumerate(LAYERS):
        pitch = max(spacing * apart, frame.long / 400)
        where = (flat, dark, box, box, pitch)
        lines = hatch_along(*where, between=between, turned=turned, min_length_mm=2 * pitch)
        inked[bool(turned)].append(lines)
        yield 0.6 + 0.13 * number, partial(draw, parts=[Lines.join(inked[0])])
    draw(svg, parts=map(Lines.join, inked))


def _scene(rng: Rng, scene: str, pieces: int, melt: float, wide: float, tall: float) -> Distance:
    """Return the distance to a floor and solids on it, `wide` and `tall` as the page is."""
    places = cartesian(rng.uniform(-0.62, 0.62, pieces), rng.uniform(-0.5, 0.6, pieces))
    places *= (wide / np.sqrt(tall), tall)
    sizes = np.sort(rng.uniform(0.12, 0.4, pieces))[::-1]
    heights = rng.uniform(0.3, 1.0, pieces) * 1.1 * tall
    turns = rng.uniform(0, np.pi, (pieces, 2))[:, 0]

    def piece(p: Floats, k: int) -> Floats:
        q = p - (places[k, 0], 0.0, places[k, 1])
        if scene == "drops":
            low = np.linalg.norm(q - (0, 0.8 * sizes[k], 0), axis=1) - sizes[k]
            q[:, 0] -= np.cos(2 * turns[k]) * sizes[k]  # it leans
            high = np.linalg.norm(q - (0, heights[k] + sizes[k], 0), axis=1) - 0.62 * sizes[k]
            return np.asarray(smooth_union(low, high, 0.3 + melt))
        q[:, ::2] = q[:, ::2] @ polar(1, turns[k] + np.array([0, np.pi / 2]))
        if scene == "monument":
            half = np.array([0.7 * sizes[k], heights[k] / 2, 0.5 * sizes[k]])
            over = np.abs(q - (0, half[1], 0)) - half
            outer = np.linalg.norm(np.maximum(over, 0), axis=1)
            return np.asarray(outer + np.minimum(over.max(axis=1), 0) - 0.03)
        radius, pipe = 0.75 * sizes[k] + 0.12, 0.06 + 0.12 * sizes[k]
        ring = np.hypot(q[:, 0], q[:, 1] - radius - pipe) - radius
        return np.asarray(np.hypot(ring, q[:, 2]) - pipe)

    union = partial(smooth_union, reach=melt)
    return lambda p: np.minimum(p[:, 1], reduce(union, (piece(p, k) for k in range(pieces))))
