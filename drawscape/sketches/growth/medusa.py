"""Jellyfish in a current."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Floats, Noise, Points, cartesian, fit_count, polar
from drawscape.geometry.regions import Frame
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

FROM_TOP = np.linspace(0, 0.62 * np.pi, 70)
"""Angles down a bell; beyond a right angle its rim draws in."""


@sketch
def medusa(
    svg: SVGBuilder,
    rng: Rng,
    *,
    ribs: Annotated[int, Slider(24, 80, "Ribs of a bell")] = 60,
    tentacles: Annotated[int, Slider(16, 60, "Tentacles of each")] = 40,
    sway: Annotated[Fraction, "How far the water moves them"] = 0.5,
    palette: Palette = "as designed",
) -> None:
    """Jellyfish that drift with the current, the nearer before those that are farther away.

    After Ernst Haeckel, Kunstformen der Natur, plate 8: Discomedusae (1904).
    """
    count, largest = choose(svg, "swarm", {"one": (1, 0.3), "three": (3, 0.22), "nine": (9, 0.18)})
    lean = choose(svg, "current", {"from the left": -18, "from below": 0, "from the right": 18})
    bells, hairs, arms = set_pens(svg, choose_inks(svg, palette, "tide", "plum", "kiln"), TIDE[:3])
    frame, noise = svg.frame, Noise(rng)
    t, around = np.linspace(0, 1, 120), np.linspace(-np.pi / 2, np.pi / 2, 121)
    swarm: list[tuple[float, Points, float]] = []
    for size in largest * frame.short * np.linspace(1, 0.35, count):
        # There is room around a bell, and below it for most of the tentacles.
        area, far = frame.inset(1.5 * size), 2 * size * np.sin(np.radians(-lean))
        area = Frame(area.x0 - min(far, 0), area.y0, area.x1 - max(far, 0), area.y1 - 1.6 * size)
        free = area[:2] + rng.random((40, 2)) * area.size
        gaps = np.ones(40)
        for other, at, _ in swarm:
            for what_hangs in (0, 0.9):
                away = free - at - (0, what_hangs * other)
                gaps = np.minimum(gaps, np.hypot(*away.T) / (size + other))
        # Of some places the one that is farthest from all nearer ones and what hangs there.
        swarm.append((size, free[np.argmax(gaps)], lean + rng.uniform(-10, 10)))
    swarm.reverse()
    # All is as large as the bell's radius, which is 1. What hangs goes behind every bell.
    for size, at, turn in swarm:
        wave, down = rng.uniform(0, 99), polar(1, np.radians(90 + turn))
        edges = np.where(down < 0, frame[:2], frame[2:]) - np.sign(down) * (0.8 * size, 0)
        room = min(1, np.min((edges - at) / down) / (3.6 * size))

        def hanging(x: float, long: float, room: float = room, wave: float = wave) -> Points:
            swing = sway * t * noise.perlin(0.5 * x + wave, 1.6 * t - wave)
            return cartesian(x * (1 - 0.15 * t) + swing, long * room * t + 0.2)

        with svg.clip(frame), svg.pushed():
            svg.translate(*at).rotate(turn).scale(size)
            for x in np.linspace(-0.85, 0.85, fit_count(tentacles, size, 0.9)):
                svg.polyline(hanging(x, rng.uniform(1.6, 2.8)), pen=hairs)
            for x in np.linspace(-0.4, 0.4, 4):
                wide = 0.17 * (1 - t) ** 0.7 * (0.75 + 0.25 * np.sin(28 * t + 30 * x))
                middle = hanging(x, rng.uniform(1.3, 2.0))
                sides = np.linspace(-1, 1, fit_count(9, 0.17 * size, 0.5))
                folds = [middle + cartesian(side * wide, 0) for side in sides]
                svg.mask(np.concatenate((folds[0], folds[-1][::-1])))
                # Towards the tip, where an arm is narrow, every second fold has ended, and then more.
                for nth, fold in enumerate(folds):
                    svg.polyline(fold[: (120, 65, 95, 65)[nth % 4]], pen=arms)
    for size, at, turn in swarm:
        high = rng.uniform(0.55, 1.25)
        with svg.pushed():
            svg.translate(*at).rotate(turn).scale(size)
            rim = np.array([_rib(angle, high)[-1] for angle in around])
            lappets = cartesian(0, 0.1 * np.abs(np.sin(8 * around)) * np.cos(around))
            left, right = (_rib(end, high) for end in around[[0, -1]])
            svg.polygon(np.concatenate((left, rim + lappets, right[::-1])), pen=bells)
            svg.polyline(rim, pen=bells)
            # What shows through the bell.
            for angle in np.linspace(-1.1, 1.1, 5):
                loop = _rib(
                    angle + 0.16 * np.sin(2 * around), high, 0.8 - 0.35 * np.cos(2 * around)
                )
                svg.polygon(loop, pen=arms)
            # Light falls on the left of the top: there the ribs begin lower, every second one still lower.
            for nth, angle in enumerate(np.linspace(-1.5, 1.5, fit_count(ribs, size, 0.55))):
                begin = 52 - 44 * np.abs(np.sin(angle + 0.5)) ** 1.5 + (0, 10, 4, 10)[nth % 4]
                svg.polyline(_rib(angle, high)[int(begin) :], pen=bells)
    svg.occlude()


def _rib(around: Floats | float, high: float, from_top: Floats = FROM_TOP) -> Points:
    """Return a line down a bell from its top, (N, 2): at its left side, -pi / 2, to its right one."""
    out = np.sin(from_top) ** 0.85
    down = 0.3 * np.cos(around) * out**2 - high * np.cos(from_top)
    return cartesian(np.sin(around) * out, down)
