"""Small things that cards are decorated with, as lines in mm around their own origin."""

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.clip import clip_to_polygon
from drawscape.geometry.lines import Lines, Points


def at(points: ArrayLike, x: float, y: float, *, turn: float = 0.0, scale: float = 1.0) -> Points:
    """Return points scaled, turned by `turn` degrees, and moved to (x, y)."""
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    matrix = np.array([[cos, sin], [-sin, cos]]) * scale
    moved: Points = np.asarray(points, dtype=np.float64) @ matrix + np.array((x, y))
    return moved


def ring(radius: float, steps: int = 48, *, squash: float = 1.0) -> Points:
    """Return a closed circle, or an ellipse whose height is `squash` times its width."""
    angles = np.linspace(0, 2 * np.pi, steps + 1)
    points = np.column_stack([radius * np.cos(angles), squash * radius * np.sin(angles)])
    points[-1] = points[0]
    return points


def leaf(length: float, width: float, steps: int = 14) -> Points:
    """Return a pointed leaf's closed outline from (0, 0) along x."""
    along = np.linspace(0, 1, steps)
    side = width / 2 * np.sin(np.pi * along**0.8) ** 1.2
    upper = np.column_stack([along * length, -side])
    return np.vstack([upper, (upper * (1.0, -1.0))[::-1]])


def hatch(outline: Points, spacing: float, degrees: float) -> Lines:
    """Return parallel lines inside a closed outline, `spacing` mm apart."""
    centre = (outline.min(axis=0) + outline.max(axis=0)) / 2
    reach = float(np.hypot(*(outline.max(axis=0) - outline.min(axis=0)))) / 2
    offsets = np.arange(-reach, reach, spacing) + spacing / 2
    flat = np.stack(
        [np.column_stack([np.full_like(offsets, x), offsets]) for x in (-reach, reach)], axis=1
    )
    lines = Lines.of(np.stack([at(line, *centre, turn=degrees) for line in flat]))
    return clip_to_polygon(lines, outline)


def hidden_by(lines: Lines, *outlines: Points) -> Lines:
    """Return `lines` without what lies behind the `outlines`."""
    for outline in outlines:
        if lines.bounds is not None and _meet(lines.bounds, outline):
            lines = clip_to_polygon(lines, outline, outside=True)
    return lines


def _meet(bounds: tuple[float, float, float, float], outline: Points) -> bool:
    low, high = np.min(outline, axis=0), np.max(outline, axis=0)
    return bool((low <= bounds[2:]).all() and (high >= bounds[:2]).all())


def star(radius: float, points: int = 5, inner: float = 0.42) -> Points:
    """Return a closed star, one tip upward."""
    angles = np.linspace(0, 2 * np.pi, 2 * points + 1) - np.pi / 2
    radii = radius * np.where(np.arange(2 * points + 1) % 2, inner, 1.0)
    outline = np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
    outline[-1] = outline[0]
    return outline


def wave(length: float, height: float, period: float, *, step: float = 0.5) -> Points:
    """Return a sine from (0, 0) along x."""
    x = np.linspace(0, length, max(2, int(length / step)))
    return np.column_stack([x, height * np.sin(2 * np.pi * x / period)])


def flake(radius: float, branches: int = 3) -> list[Points]:
    """Return a snowflake's strokes: six arms with `branches` pairs of twigs."""
    arm = [np.array([[0.0, 0.0], [0.0, -radius]])]
    for index in range(branches):
        foot = -radius * (0.35 + 0.5 * index / max(branches, 1))
        twig = radius * (0.34 - 0.07 * index)
        arm.append(
            np.array(
                [[-twig * 0.87, foot - twig * 0.5], [0.0, foot], [twig * 0.87, foot - twig * 0.5]]
            )
        )
    return [at(stroke, 0, 0, turn=turn) for turn in range(0, 360, 60) for stroke in arm]
