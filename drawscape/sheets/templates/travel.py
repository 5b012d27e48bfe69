"""A stamp-edged view: mountains, sun, sea and a sail; a postmark beside it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from drawscape.geometry.clip import clip_to_rectangle
from drawscape.geometry.lines import Lines, Points
from drawscape.lettering import Style, set_along
from drawscape.sheets.fitting import Box
from drawscape.sheets.ornament import at, hatch, hidden_by, ring
from drawscape.svg_builder import SVGBuilder

_VIEW = Box(10, 10, 64, 85)
_SEA = 66.0
Peaks = Sequence[tuple[float, float]]
_FAR: Peaks = ((10, 50), (21, 36), (32, 52), (43, 40), (53, 53), (62, 42), (74, 54))
_NEAR: Peaks = ((10, 62), (16, 57), (24, 64), (34, 49), (47, 64.5), (57, 55), (66, 64), (74, 58))


def decorate(svg: SVGBuilder) -> Box:
    """Draw the travel card's decoration on `svg` and return where its text goes."""
    far, near, hull, sails = _range(_FAR, 3), _range(_NEAR, 8), _hull(), _sails()
    with svg.layer("blue", color="#23527c", width=0.4):
        svg.polyline(_perforated(_VIEW)).rect(
            _VIEW.x + 3, _VIEW.y + 3, _VIEW.width - 6, _VIEW.height - 6
        )
        svg.polylines(_in_view(hidden_by(_sea(), hull, *sails)))
        land = Lines.join([hidden_by(_ridge(far, _FAR), near), _ridge(near, _NEAR)])
        svg.polylines(_in_view(hidden_by(land, *sails)))
    with svg.layer("red", color="#c8323c", width=0.4):
        svg.polylines(_in_view(hidden_by(_sun(), far)))
        svg.polylines([hull, *sails]).polylines(hatch(sails[0], 1.2, 75))
        svg.polyline([(47, 55), (47, 75)]).polyline([(47, 55), (50.5, 56), (47, 57.2)])
        _postmark(svg, 126, 21)
    with svg.layer("blue"):
        for x, y, size in ((20, 22, 2.6), (27, 26, 2.0), (18, 29, 1.6)):
            svg.polyline(_gull(size) + np.array((x, y)))
    return Box(82, 38, 58, 56)


def _in_view(lines: Lines) -> Lines:
    box = _VIEW.inset(3)
    return clip_to_rectangle(lines, box.x, box.y, box.x + box.width, box.y + box.height)


def _perforated(box: Box) -> Points:
    """Return a postage stamp's edge: half-round bites along each side, whole corners."""
    angles = np.linspace(np.pi, 0, 9)
    bite = np.column_stack([np.cos(angles), np.sin(angles)])
    sides: list[Points] = []
    right, bottom = box.x + box.width, box.y + box.height
    corners = np.array([(box.x, box.y), (right, box.y), (right, bottom), (box.x, bottom)])
    for index, corner in enumerate(corners):
        length = (box.width, box.height)[index % 2]
        count = round(length / 3.2)
        middles = (np.arange(count) + 0.5) * length / count
        edge = np.vstack([bite + np.array((middle, 0.0)) for middle in middles])
        sides += [corner[None], at(edge, *corner, turn=90.0 * index)]
    outline = np.vstack(sides)
    return np.vstack([outline, outline[:1]])


def _range(peaks: Peaks, seed: int) -> Points:
    """Return mountains as a closed outline down to the sea, roughened between peaks and passes."""
    rng = np.random.default_rng(seed)
    x, y = np.array(peaks, dtype=np.float64).T
    for roughness in (1.6, 0.8, 0.4):
        middle = (y[:-1] + y[1:]) / 2 + rng.uniform(-roughness, roughness, len(y) - 1)
        between = (x[:-1] + x[1:]) / 2
        x, y = np.insert(x, range(1, len(x)), between), np.insert(y, range(1, len(y)), middle)
    return np.column_stack([np.append(x, [x[-1], x[0], x[0]]), np.append(y, [_SEA, _SEA, y[0]])])


def _ridge(outline: Points, peaks: Peaks) -> Lines:
    """Return the ridge, each mountain with its right side in shade."""
    ridge = outline[:-3]
    drawn = [Lines.of([ridge])]
    for (x0, y0), (x1, y1) in pairwise(peaks):
        if y1 <= y0:
            continue
        slope = ridge[(ridge[:, 0] >= x0) & (ridge[:, 0] <= x1)]
        # The edge between light and shade runs down from the summit, a little to and fro.
        drop = np.linspace(0.92, 0.0, 7)[:, None] * (x1 - x0, y1 - y0) * (0.34, 1.0)
        edge = np.array((x0, y0)) + drop + np.array([(0.7 * (-1) ** k, 0.0) for k in range(7)])
        edge[-1] = x0, y0
        face = np.vstack([slope, edge])
        drawn += [Lines.of([edge]), hatch(face, 1.0, 64.0)]
    return Lines.join(drawn)


def _sun() -> Lines:
    centre = np.array((54.0, 27.0))
    rays = [
        centre + np.array((np.cos(a), np.sin(a))) * np.array(((9.5,), (13.0 if i % 2 else 11.5,)))
        for i, a in enumerate(np.linspace(0, 2 * np.pi, 29)[:-1])
    ]
    return Lines.of([*(ring(r) + centre for r in (8, 6.6, 5.2, 3.8, 2.4, 1.0)), *rays])


def _sea() -> Lines:
    rows = []
    for index, y in enumerate(np.arange(_SEA, _VIEW.y + _VIEW.height, 2.1)):
        swell = 0.15 + 0.09 * index
        x = np.linspace(_VIEW.x, _VIEW.x + _VIEW.width, 240)
        rows.append(
            np.column_stack(
                [x, y + swell * np.sin(x * 2 * np.pi / (4 + index * 0.7) + index * 1.9)]
            )
        )
    return Lines.of(rows)


def _hull() -> Points:
    return np.array([(36, 75), (57, 75), (53, 80.5), (40, 80.5), (36, 75)], dtype=np.float64)


def _sails() -> list[Points]:
    bulge = np.sin(np.linspace(0, np.pi, 16))
    main = np.column_stack(
        [np.linspace(46, 46, 16) - 9 * np.linspace(0, 1, 16) - 0.8 * bulge, np.linspace(56, 73, 16)]
    )
    jib = np.column_stack([48 + 7.5 * np.linspace(0, 1, 16) + 1.0 * bulge, np.linspace(59, 73, 16)])
    return [np.vstack([main, (46, 73), main[:1]]), np.vstack([jib, (48, 73), jib[:1]])]


def _gull(size: float) -> Points:
    wing = np.linspace(0, np.pi, 9)
    left = np.column_stack([-1 - np.cos(wing), -0.55 * np.sin(wing)])
    return np.vstack([left, left + np.array((2.0, 0.0))]) * size / 2


def _postmark(svg: SVGBuilder, x: float, y: float) -> None:
    svg.circle(x, y, 11).circle(x, y, 7.2)
    circle = at(ring(8.2, 90), x, y, turn=130)
    svg.polylines(set_along("PAR AVION · AIR MAIL ·", Style(size=1.9), circle, align="justify"))
    svg.lettering(
        "WISH YOU\nWERE\nHERE", x, y, size=1.7, align="center", valign="middle", line_height=1.7
    )
    for index in range(5):
        line = np.column_stack([np.linspace(-46, -12, 60), np.full(60, -6.0 + 3 * index)])
        line[:, 1] += 0.8 * np.sin(line[:, 0] / 2.2)
        svg.polyline(line + np.array((x, y)))
