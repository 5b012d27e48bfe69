"""A cake between balloons, bunting above, confetti around."""

import numpy as np

from drawscape.geometry.lines import Lines, Points
from drawscape.sheets.fitting import Box
from drawscape.sheets.ornament import at, hatch, hidden_by, leaf, ring, star, wave
from drawscape.svg_builder import SVGBuilder

_BALLOONS = ((19.0, 42.0, 9.5, -8.0), (36.0, 36.5, 10.5, 3.0), (51.0, 45.0, 8.5, 12.0))
_KNOT_AT = np.array((34.0, 69.5))


def decorate(svg: SVGBuilder) -> Box:
    """Draw the birthday card's decoration on `svg` and return where its text goes."""
    text = Box(66, 31, 72, 60)
    with svg.layer("red", color="#c8323c", width=0.4):
        _bunting(svg, striped=True)
        _balloons(svg)
        _flames(svg)
    with svg.layer("blue", color="#23527c", width=0.4):
        _bunting(svg, striped=False)
        _cake(svg)
        _confetti(svg, text)
    return text


def _bunting(svg: SVGBuilder, *, striped: bool) -> None:
    x = np.linspace(1.0, 147.0, 120)
    sag = 6 + 7 * (1 - np.abs((x % 76 - 38) / 38) ** 2)
    if not striped:
        svg.polyline(np.column_stack([x, sag]))
    for index, left in enumerate(np.arange(1.0, 146.0, 9.2)):
        if (index % 2 == 0) != striped:
            continue
        corners = np.array([left, left + 8.0, left + 4.0, left])
        top = np.interp(corners, x, sag)
        flag = np.column_stack([corners, top + np.array((0, 0, 11, 0))])
        svg.polyline(flag).polylines(hatch(flag, 1.1, 90.0 if striped else 0.0))


def _balloons(svg: SVGBuilder) -> None:
    covered: list[Points] = []
    for x, y, radius, lean in _BALLOONS:
        body = at(_balloon(radius), x, y, turn=lean)
        knot = at(
            [[-1.2, 2.2], [0.0, 0.0], [1.2, 2.2], [-1.2, 2.2]],
            *at([[0, radius * 1.25]], x, y, turn=lean)[0],
            turn=lean,
        )
        gleam = at(ring(radius * 0.66)[26:34], x, y, turn=lean)
        bend = np.linspace(0, 1, 30)[:, None]
        start = knot[1] + (0, 2)
        string = start + (_KNOT_AT - start) * bend
        string[:, 0] += 2.2 * np.sin(bend[:, 0] * 2 * np.pi) * (1 - bend[:, 0])
        drawn = Lines.of([body, knot, gleam, string])
        svg.polylines(hidden_by(drawn, *covered))
        covered.append(body)
    bow = [at(leaf(6, 3.4), *_KNOT_AT, turn=turn) for turn in (-160, -20)]
    tails = [
        at([[0.0, 0.0], [4.0, 2.0], [5.0, 5.0]], *_KNOT_AT),
        at([[0.0, 0.0], [-4.0, 2.0], [-5.0, 4.5]], *_KNOT_AT),
    ]
    svg.polylines([*bow, *tails, at(ring(0.9, 12), *_KNOT_AT)])


def _balloon(radius: float) -> Points:
    """A circle drawn out downward to its knot."""
    outline = ring(radius, 60)
    below = np.maximum(outline[:, 1], 0) / radius
    return np.column_stack(
        [outline[:, 0] * (1 - 0.22 * below**2), outline[:, 1] * (1 + 0.25 * below)]
    )


def _cake(svg: SVGBuilder) -> None:
    left, right, base, top = 13.0, 55.0, 97.0, 86.0
    drips = np.column_stack([np.linspace(left, right, 120), np.zeros(120)])
    drips[:, 1] = top + 3.2 + 1.5 * np.sin(np.linspace(0, 9 * 2 * np.pi, 120))
    svg.polyline([(left, top), (left, base), (right, base), (right, top)])
    svg.polyline(drips)
    svg.polyline(
        np.vstack([[(left, drips[0, 1]), (left, top)], [(right, top), (right, drips[-1, 1])]])
    )
    svg.polyline(wave(right - left, 0.8, 6) + np.array((left, 93.0)))
    svg.polyline(wave(right - left, -0.8, 6) + np.array((left, 93.0)))
    svg.polyline([(8, base), (60, base), (57, base + 2.5), (11, base + 2.5), (8, base)])
    for x in np.linspace(left + 5, right - 5, 5):
        candle = np.array([(x - 1, top), (x - 1, top - 7), (x + 1, top - 7), (x + 1, top)])
        svg.polyline(candle).polylines(hatch(np.vstack([candle, candle[:1]]), 1.5, 30))
        svg.polyline([(x, top - 7), (x, top - 8.2)])


def _flames(svg: SVGBuilder) -> None:
    for x in np.linspace(18, 50, 5):
        svg.polyline(at(leaf(4.2, 2.2), x, 78, turn=-90))
        svg.polyline(at(leaf(2.0, 0.9), x, 77.6, turn=-90))


def _confetti(svg: SVGBuilder, text: Box) -> None:
    """Bits on a loose grid around the text, each of another kind; the same on every card."""
    rng = np.random.default_rng(7)
    bits = (
        star(1.5),
        ring(1.0, 16),
        wave(5, 0.8, 2.4, step=0.2),
        np.array([[-1.2, 1], [0, -1.2], [1.2, 1], [-1.2, 1]]),
    )
    along_bottom = [(x, 98.0) for x in np.arange(67.0, 144.0, 6.6)]
    up_the_side = [(144.0, y) for y in np.arange(90.0, text.y, -8.0)]
    for index, place in enumerate([*along_bottom, *up_the_side]):
        x, y = np.array(place) + rng.uniform(-0.9, 0.9, 2)
        svg.polyline(at(bits[index % 4], x, y, turn=rng.uniform(0, 360)))
