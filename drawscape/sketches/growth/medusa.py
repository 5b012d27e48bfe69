"""Jellyfish in a current."""

from typing import Annotated

import numpy as np

from drawscape.geometry import Noise, Points, cartesian, fit_count
from drawscape.sketches import TIDE, Fraction, Palette, Rng, Slider, SVGBuilder, set_pens, sketch
from drawscape.sketches.composition import choose, choose_inks

FROM_TOP = np.linspace(0, 0.62 * np.pi, 70)
"""Angles down a bell; beyond a right angle its rim draws in."""


@sketch
def medusa(
    svg: SVGBuilder,
    rng: Rng,
    *,
    ribs: Annotated[int, Slider(8, 80, "Ribs of a bell")] = 60,
    tentacles: Annotated[int, Slider(4, 60, "Tentacles of each")] = 40,
    sway: Annotated[Fraction, "How far the water moves them"] = 0.5,
    palette: Palette = "as designed",
) -> None:
    """Jellyfish that drift with the current, the nearer before those that are farther away.

    After Ernst Haeckel, Kunstformen der Natur, plate 8: Discomedusae (1904).
    """
    count, largest = choose(svg, "swarm", {"one": (1, 0.3), "three": (3, 0.22), "nine": (9, 0.15)})
    lean = choose(svg, "current", {"from the left": -24, "from below": 0, "from the right": 24})
    bells, hairs, arms = set_pens(svg, choose_inks(svg, palette, "tide", "plum", "kiln"), TIDE[:3])
    noise, taken = Noise(rng), rng.uniform(0, 1, (1, 2)) * (1, -0.5)
    t, around = np.linspace(0, 1, 120), np.linspace(-np.pi / 2, np.pi / 2, 121)

    def hanging(x: float, wave: float, long: float) -> Points:
        swing = noise.perlin(0.5 * x + wave, 1.5 * t - wave)
        return cartesian(x * (1 - 0.35 * t) + 1.3 * sway * t * swing, long * t + 0.2)

    for number in range(count):
        # All are as large as the bell's radius, which is 1.
        share = (number + 0.5) / count
        size = largest * svg.frame.short * (0.6 + 0.4 * share if count > 1 else 1)
        wave, high = rng.uniform(0, 99), rng.uniform(0.55, 1.25)
        place = np.array([0.5 + lean / 90, 0.1])
        if count > 1:
            # Of some places at its depth, the one that is farthest from all others.
            free = cartesian(
                rng.uniform(0, 1, 30), rng.uniform(-0.3, 0.3, 30) / count + 0.9 * share - 0.05
            )
            gaps = np.hypot(*((free[:, None] - taken) * svg.frame.size).T).min(axis=0)
            place = free[np.argmax(gaps)]
            taken = np.concatenate([taken, [place]])
        room = svg.frame.inset(1.6 * size)
        with svg.pushed(), svg.clip(svg.frame):
            svg.translate(*(room[:2] + room.size * place))
            svg.rotate(lean + rng.uniform(-10, 10))
            svg.scale(size)
            for x in np.linspace(-0.85, 0.85, fit_count(tentacles, size, 0.9)):
                svg.polyline(hanging(x, wave, rng.uniform(1.6, 2.8)), pen=hairs)
            for x in np.linspace(-0.4, 0.4, 4):
                wide = 0.17 * (1 - t) ** 0.7 * (0.75 + 0.25 * np.sin(28 * t + 30 * x))
                middle = hanging(x, wave, rng.uniform(1.3, 2.0))
                sides = np.linspace(-1, 1, fit_count(9, 0.17 * size, 0.5))
                folds = [middle + cartesian(side * wide, 0) for side in sides]
                svg.mask(np.concatenate((folds[0], folds[-1][::-1])))
                # Towards the tip, where an arm is narrow, every second fold has ended, and then more.
                for nth, fold in enumerate(folds):
                    svg.polyline(fold[: (120, 65, 95, 65)[nth % 4]], pen=arms)
            rim = np.array([_rib(angle, high)[-1] for angle in around])
            lappets = cartesian(0, 0.06 * np.abs(np.sin(9 * around)) * np.cos(around))
            left, right = (_rib(end, high) for end in around[[0, -1]])
            svg.polygon(np.concatenate((left, rim + lappets, right[::-1])), pen=bells)
            svg.polyline(rim, pen=bells)
            # Light falls on the left of the top: there the ribs begin lower, every second one still lower.
            for nth, angle in enumerate(np.linspace(-1.5, 1.5, fit_count(ribs, size, 0.55))):
                begin = 52 - 44 * np.abs(np.sin(angle + 0.5)) ** 1.5 + (0, 10, 4, 10)[nth % 4]
                svg.polyline(_rib(angle, high)[int(begin) :], pen=bells)
    svg.occlude()


def _rib(around: float, high: float) -> Points:
    """Return a line down a bell from its top, (70, 2): at its left side, -pi / 2, to its right one."""
    out = np.sin(FROM_TOP) ** 0.85
    down = 0.24 * np.cos(around) * out**2 - high * np.cos(FROM_TOP)
    return cartesian(np.sin(around) * out, down)
