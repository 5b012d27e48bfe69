"""Hot-air balloons over ploughed hills."""

import numpy as np

from drawscape.geometry.lines import Lines, Points
from drawscape.sheets.fitting import Box
from drawscape.sheets.ornament import at, hatch, hidden_by
from drawscape.svg_builder import SVGBuilder

_BALLOONS = ((116.0, 33.0, 21.0), (93.0, 62.0, 8.5), (20.0, 15.5, 6.0))
_CLOUDS = ((88.0, 26.0, 1.0), (134.0, 66.0, 0.8), (44.0, 14.0, 0.7))


def decorate(svg: SVGBuilder) -> Box:
    """Draw the greetings card's decoration on `svg` and return where its text goes."""
    balloons = [_balloon(*place) for place in _BALLOONS]
    shapes = [part for outlines, _ in balloons for part in outlines]
    hills = [_hill(91, 5.0, 34.0, 0.3), _hill(85, 5.5, 24.0, 2.2), _hill(79, 3.5, 18.0, 4.4)]
    with svg.layer("red", color="#c8323c", width=0.4):
        for outlines, details in balloons:
            svg.polylines(outlines).polylines(details)
    with svg.layer("blue", color="#23527c", width=0.4):
        for x, y, scale in _CLOUDS:
            svg.polylines(hidden_by(Lines.of([at(_cloud(), x, y, scale=scale)]), *shapes))
        for index, hill in enumerate(hills):
            nearer = hills[:index]
            svg.polylines(hidden_by(Lines.of([hill[:-3]]), *nearer))
            svg.polylines(hidden_by(_furrows(hill, index), *nearer))
    return Box(10, 32, 72, 42)


def _balloon(x: float, y: float, radius: float) -> tuple[list[Points], Lines]:
    """Return a balloon's envelope and basket, and the gores, stripes and ropes on it."""
    envelope = _envelope(radius)
    mouth = float(np.max(envelope[:, 1]))
    width, depth = radius * 0.2, radius * 0.28
    top = mouth + radius * 0.34
    basket = np.array(
        [(-width, top), (width, top), (width * 0.8, top + depth), (-width * 0.8, top + depth)]
    )
    basket = np.vstack([basket, basket[:1]])
    gores = [_gore(radius, side) for side in (-0.78, -0.42, 0.0, 0.42, 0.78)]
    ropes = [
        np.array([(side * radius * 0.2, mouth), (side * width, top)])
        for side in (-1, -0.35, 0.35, 1)
    ]
    stripes = [
        hatch(np.vstack([_gore(radius, a), _gore(radius, b)[::-1], _gore(radius, a)[:1]]), 0.9, 0.0)
        for a, b in ((-1.0, -0.78), (-0.42, 0.0), (0.42, 0.78))
    ]
    weave = hatch(basket, max(0.8, depth / 4), 0.0)
    details = Lines.join([Lines.of([*gores, *ropes]), *stripes, weave])
    outlines = [at(part, x, y) for part in (envelope, basket)]
    return outlines, details.with_points(at(details.points, x, y))


def _gore(radius: float, side: float) -> Points:
    """Return a seam from crown to mouth, `side` from -1 at the left edge to 1 at the right."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 40)
    below = np.maximum(np.sin(angles), 0)
    # The lower half narrows to the mouth, a fifth as wide as the envelope.
    across = side * radius * (np.cos(angles) * (1 - 0.25 * below) + 0.2 * below**6)
    return np.column_stack([across, radius * np.sin(angles) * (1 + 0.32 * below)])


def _envelope(radius: float) -> Points:
    right = _gore(radius, 1.0)
    outline = np.vstack([right, (right * (-1.0, 1.0))[::-1]])
    return np.vstack([outline, outline[:1]])


def _cloud() -> Points:
    """Return a cloud's closed outline: at each x the highest of four bumps, on a flat base."""
    x = np.linspace(-11.2, 11.1, 120)
    tops = np.full(len(x), 1.8)
    for middle, foot, radius in (
        (-8.0, 0, 3.2),
        (-3.5, -2.6, 4.2),
        (2.5, -3.4, 4.6),
        (7.5, -0.8, 3.6),
    ):
        bump = foot - np.sqrt(np.maximum(radius**2 - (x - middle) ** 2, 0))
        tops = np.where(np.abs(x - middle) < radius, np.minimum(tops, bump), tops)
    base = np.array([(x[-1], 1.8), (x[0], 1.8)])
    upper = np.column_stack([x, tops])
    return np.vstack([upper, base, upper[:1]])


def _hill(top: float, height: float, period: float, phase: float) -> Points:
    x = np.linspace(6, 142, 140)
    y = top - height * np.sin(x / period + phase)
    return np.column_stack([np.append(x, [142, 6, 6]), np.append(y, [99, 99, y[0]])])


def _furrows(hill: Points, index: int) -> Lines:
    """Return ploughed lines that follow the hill, closer far away."""
    crest = hill[:-3]
    spacing = 2.4 - 0.5 * index
    rows = [crest + np.array((0.0, spacing * step)) for step in range(1, 12)]
    return Lines.of([row[row[:, 1] < 98.5] for row in rows if (row[:, 1] < 98.5).sum() > 1])
