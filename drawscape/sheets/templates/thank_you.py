"""A wreath of leaves, berries and blossoms around the text."""

import numpy as np

from drawscape.geometry.lines import Lines, Points
from drawscape.sheets.fitting import Box
from drawscape.sheets.ornament import at, hidden_by, leaf, ring
from drawscape.svg_builder import SVGBuilder

_CENTRE = np.array((74.0, 52.5))
_RADII = np.array((60.0, 40.0))
_BLOSSOMS = (20.0, 65.0, 115.0, 160.0, 200.0, 245.0, 295.0, 340.0)


def decorate(svg: SVGBuilder) -> Box:
    """Draw the thank-you card's decoration on `svg` and return where its text goes."""
    blossoms = [
        _blossom(_place(angle), 5.4 + 0.8 * (index % 3), index)
        for index, angle in enumerate(_BLOSSOMS)
    ]
    petals = [flower[0] for flower in blossoms]
    with svg.layer("green", color="#2f6b4f", width=0.4):
        svg.polylines(hidden_by(_stem(), *petals))
        covered: list[Points] = list(petals)
        for outline, vein in _leaves():
            svg.polylines(hidden_by(Lines.of([outline, *vein]), *covered))
            covered.append(outline)
    with svg.layer("rose", color="#b5476b", width=0.4):
        for flower in blossoms:
            svg.polylines(flower)
        _berries(svg, covered)
    return Box(39, 30, 70, 45)


def _place(degrees: float) -> Points:
    angle = np.radians(degrees)
    place: Points = _CENTRE + _RADII * (np.cos(angle), np.sin(angle))
    return place


def _direction(degrees: float) -> float:
    angle = np.radians(degrees)
    return float(np.degrees(np.arctan2(_RADII[1] * np.cos(angle), -_RADII[0] * np.sin(angle))))


def _stem() -> Lines:
    angles = np.linspace(0, 360, 300)
    return Lines.of([np.array([_place(angle) for angle in angles])])


def _leaves() -> list[tuple[Points, list[Points]]]:
    """Return outlines and veins of the leaves, in pairs along the stem, tips forward."""
    found = []
    for index, degrees in enumerate(np.linspace(0, 360, 53)[:-1]):
        length = 9.5 + 2.0 * np.sin(index * 2.4)
        for side in (-1, 1):
            turn = _direction(degrees) + side * (38 + 8 * np.sin(index * 1.3))
            x, y = _place(degrees)
            outline = at(leaf(length, length * 0.36), x, y, turn=turn)
            ribs = [np.array([[0.0, 0.0], [length * 0.82, 0.0]])]
            for along in (0.3, 0.5, 0.68):
                for edge in (-1, 1):
                    reach = length * 0.13 * (1.2 - along)
                    ribs.append(
                        np.array([[length * along, 0.0], [length * along + reach, edge * reach]])
                    )
            found.append((outline, [at(rib, x, y, turn=turn) for rib in ribs]))
    return found


def _blossom(place: Points, radius: float, index: int) -> list[Points]:
    """Return a five-petalled flower: outline first, then petals' folds and the heart."""
    angles = np.linspace(0, 2 * np.pi, 121)
    rim = radius * (0.72 + 0.28 * np.abs(np.cos(2.5 * angles)) ** 0.7)
    outline = np.column_stack([rim * np.cos(angles), rim * np.sin(angles)])
    outline[-1] = outline[0]
    folds = [
        np.array([[radius * 0.3, 0.0], [radius * 0.68, 0.0]]) @ _turned(turn + spread)
        for turn in range(0, 360, 72)
        for spread in (-9, 9)
    ]
    heart = [ring(radius * 0.22, 20), ring(radius * 0.1, 12)]
    return [at(stroke, *place, turn=index * 31.0) for stroke in (outline, *folds, *heart)]


def _turned(degrees: float) -> Points:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, sin], [-sin, cos]])


def _berries(svg: SVGBuilder, covered: list[Points]) -> None:
    for index, degrees in enumerate(np.linspace(4, 364, 27)[:-1]):
        outward = 1 if index % 2 else -1
        normal = (_place(degrees) - _CENTRE) / np.hypot(*(_place(degrees) - _CENTRE))
        tip = _place(degrees) + normal * outward * 7.6
        stalk = Lines.of([np.array([_place(degrees), tip - normal * outward])])
        svg.polylines(hidden_by(stalk, *covered)).polylines(
            hidden_by(Lines.of([ring(1.1, 16) + tip]), *covered)
        )
