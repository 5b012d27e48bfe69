"""Firs on snowy hills under large flakes."""

import numpy as np

from drawscape.geometry.lines import Lines, Points
from drawscape.sheets.fitting import Box
from drawscape.sheets.ornament import at, flake, hidden_by, ring
from drawscape.svg_builder import SVGBuilder

_FLAKES = (
    (16.0, 17.0, 9.0, 4), (40.0, 11.0, 5.0, 3), (132.0, 18.0, 10.5, 4), (107.0, 10.0, 4.5, 3),
    (9.0, 40.0, 4.5, 3), (139.0, 45.0, 5.5, 3), (74.0, 12.0, 6.5, 3), (18.0, 58.0, 3.4, 2),
    (129.0, 62.0, 3.4, 2),
)  # fmt: skip


def decorate(svg: SVGBuilder) -> Box:
    """Draw the winter card's decoration on `svg` and return where its text goes."""
    hills = [_hill(92, 5, 0.4), _hill(84, 7, 2.3)]
    front = [_fir(18, 96, 23), _fir(133, 97, 25), _fir(31, 99, 15)]
    back = [
        _fir(44, 86, 13),
        _fir(52, 85, 9),
        _fir(112, 85, 15),
        _fir(103, 86, 10),
        _fir(93, 83, 7),
    ]
    with svg.layer("blue", color="#2b5a8c", width=0.4):
        for x, y, radius, branches in _FLAKES:
            svg.polylines([stroke + np.array((x, y)) for stroke in flake(radius, branches)])
        for x, y in (
            (27, 33),
            (50, 22),
            (92, 20),
            (121, 36),
            (8, 70),
            (141, 72),
            (59, 8),
            (120, 6),
        ):
            svg.polyline(ring(0.6, 10) + np.array((x, y)))
        firs = [tree[0] for tree in (*front, *back)]
        svg.polylines(hidden_by(Lines.of([hills[0][:-3]]), *firs))
        svg.polylines(hidden_by(Lines.of([hills[1][:-3]]), hills[0], *firs))
    with svg.layer("green", color="#2f6b4f", width=0.4):
        for tree in front:
            others = [
                other[0]
                for other in front
                if other is not tree
                and float(np.max(other[0][:, 1])) > float(np.max(tree[0][:, 1]))
            ]
            svg.polylines(hidden_by(Lines.of(tree), *others))
        for tree in back:
            svg.polylines(hidden_by(Lines.of(tree), hills[0], *(other[0] for other in front)))
    return Box(30, 26, 88, 44)


def _hill(top: float, height: float, phase: float) -> Points:
    x = np.linspace(4, 144, 120)
    y = top - height * np.sin(x / 27 + phase)
    return np.column_stack([np.append(x, [144, 4, 4]), np.append(y, [106, 106, y[0]])])


def _fir(x: float, y: float, height: float) -> list[Points]:
    """Return a fir: its outline first, then its trunk and snow lines on the boughs."""
    tiers = 4
    width = height * 0.5
    right = []
    for index in range(tiers):
        foot = (index + 1) / tiers
        reach = width * (0.28 + 0.72 * foot) / 2
        right += [(reach, foot * 0.88), (reach * 0.45, foot * 0.88 - 0.02)]
    points = np.array([(0.0, 0.0), *right[:-1]])
    points[:, 1] = (points[:, 1] - 0.88) * height - height * 0.1
    outline = np.vstack([points, (points * (-1.0, 1.0))[::-1]])
    trunk = width * 0.09
    stem = np.array([(-trunk, -0.1 * height), (-trunk, 0), (trunk, 0), (trunk, -0.1 * height)])
    boughs = []
    for index in range(1, tiers + 1):
        foot = -height * 0.98 + height * 0.88 * index / tiers
        reach = width * (0.28 + 0.72 * index / tiers) / 2
        for side in (-0.55, -0.15, 0.3, 0.62):
            boughs.append(
                np.array(
                    [
                        (reach * side, foot - 0.03 * height),
                        (reach * side * 0.8, foot - 0.12 * height),
                    ]
                )
            )
    return [at(stroke, x, y) for stroke in (outline, stem, *boughs)]
