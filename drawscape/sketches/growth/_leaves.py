"""Leaves and flowers as engravers draw them: opaque outlines with veins."""

import numpy as np

from drawscape.geometry import Floats, Ints, Lines, Points, beside, fit_count, polar
from drawscape.sketches import Rng

Blade = tuple[float, float, float]
"""How a leaf or petal widens at its foot and narrows at its tip, and half its width, part of its length."""

Flowers = tuple[Points, Floats, Ints]
"""Of each flower its middle, its radius, and the place on the stem where its stalk begins."""

DOUBLE_MM = 12.0
"""Radius from which on a flower has a second ring of petals."""

GOLDEN_ANGLE = np.pi * (3 - 5**0.5)


def bent(foot: Points, middle: Points, top: Points) -> Points:
    """Return an arc of a parabola, (121, 2)."""
    t = np.linspace(0, 1, 121)[:, None]
    return (1 - t) ** 2 * foot + 2 * t * (1 - t) * middle + t**2 * top


def stalk(way: Points, width: float) -> Lines:
    """Return a stalk that narrows upwards, with two lines in its shade."""
    half = width / 2 * np.linspace(1, 0.4, len(way))
    left, right, *shade = (beside(way, share * half) for share in (-1, 1, 0.6, 0.2))
    return Lines.of([np.concatenate([left, right[::-1], left[:1]]), *shade])


def _blade(
    foot: Points, out: Points, blade: Blade, lift: float = 0.0, petiole: float = 0.0
) -> tuple[Points, Floats, Lines]:
    """Return a midrib, half the width along it, and the outline with the midrib."""
    length, t = np.hypot(*out), np.linspace(0, 1, 121)
    rib = bent(foot, foot + out / 2 - np.array([0, 2 * lift * length]), foot + out)
    t = np.maximum(t - petiole, 0) / (1 - petiole)
    half = t ** blade[0] * (1 - t) ** blade[1]
    half *= blade[2] * length / np.max(half)
    left, right = beside(rib, -half), beside(rib, half)
    return rib, half, Lines.of([np.concatenate([left, right[::-1], left[:1]]), rib])


def leaf(
    foot: Points, out: Points, blade: Blade, spacing: float, lift: float = 0.0, petiole: float = 0.0
) -> Lines:
    """Return a leaf from `foot` to `foot + out`: outline, midrib, veins, and the shade of one half.

    The midrib is bent upwards by `lift`, part of its length, and bare along the part `petiole`.
    `spacing` is that of the shade in mm.
    """
    rib, half, outline = _blade(foot, out, blade, lift, petiole)
    length = np.hypot(*out)

    def veins(count: int, side: int, end: Floats | float) -> list[Points]:
        """Return lines from the midrib to `end` of the way to a rim."""
        far = np.reshape(end, (-1, 1)) * np.linspace(0, 1, 9)
        share = np.linspace(petiole + 0.03, 0.6, count)[:, None] + 0.24 * far**1.3
        place = (120 * np.minimum(share, 1)).astype(int)
        far = np.broadcast_to(far, place.shape)[..., None]
        return list(rib[place] * (1 - far) + beside(rib, side * half)[place] * far)

    count = int(np.clip(length / 5, 3, 9))
    lines = veins(count, -1, 0.97) + veins(count, 1, 0.97)
    # Every second line of the shade is shorter, and all are so towards the tip.
    count = int(0.85 * length / spacing)
    reach = np.linspace(0.8, 0.3, count) * (1 - 0.35 * (np.arange(count) % 2))
    return Lines.join([outline, Lines.of(lines + veins(count, -1 if out[0] < 0 else 1, reach))])


def petal(foot: Points, out: Points, blade: Blade) -> Lines:
    """Return a petal with fine lines from the centre, the outer ones shorter."""
    rib, half, outline = _blade(foot, out, blade)
    lines = [
        beside(rib, share * half)[5 : int(85 - 50 * abs(share))]
        for share in np.linspace(-0.8, 0.8, fit_count(9, 2 * np.max(half), 0.5, least=2))
    ]
    return Lines.join([outline.take([0]), Lines.of(lines)])


def floret(middle: Points, radius: float, tilt: float, petals: int) -> tuple[Lines, Lines]:
    """Return the petals of a flower and its heart.

    With a small `tilt` it is seen from the side.
    """
    outs = radius * polar(1, np.arange(petals) * 2 * np.pi / petals + 0.3) * (1, tilt)
    blade = (1.1, 0.35, min(0.4, 1.9 / petals))
    behind_first = outs[np.argsort(outs[:, 1])]
    if radius > DOUBLE_MM:
        inner = (
            0.66 * radius * polar(1, np.arange(petals) * 2 * np.pi / petals + 0.3 + np.pi / petals)
        )
        behind_first = np.concatenate([behind_first, inner * (1, tilt)])
    around = [petal(middle + 0.2 * out, 0.8 * out, blade) for out in behind_first]
    heart = polar(0.3 * radius, np.linspace(0, 2 * np.pi, 33)) * (1, tilt)
    number = np.arange(1, 2 + int((0.6 * radius) ** 2))
    seeds = polar(0.27 * radius * np.sqrt(number / len(number)), GOLDEN_ANGLE * number) * (1, tilt)
    dots = middle + seeds[:, None] + np.array([(-0.15, 0), (0.15, 0)])
    return Lines.join(around), Lines.of([middle + heart, *dots])


def _top(stem: Points) -> float:
    """Return the heading of the stem at its top, in radians."""
    return np.arctan2(*(stem[-1] - stem[-4])[::-1])


def head(rng: Rng, stem: Points, short: float) -> Flowers:
    """Return a large flower, and a smaller one beside it."""
    heading = (_top(stem) - np.pi / 2) / 2 + 0.7 * rng.choice([-1, 1])
    aside = stem[90] + 0.44 * short * polar(1, heading)
    radii = short * np.array([0.1, rng.uniform(0.16, 0.22)])
    return np.stack([aside, stem[-1]]), radii, np.array([85, 116])


def umbel(rng: Rng, stem: Points, short: float) -> Flowers:
    """Return small flowers on rays from the top of the stem."""
    turns = _top(stem) + 1.2 * rng.permutation(np.linspace(-1, 1, 21))
    reach = short * rng.uniform(0.18, 0.27, (21, 1))
    return (
        stem[-1] + reach * polar(1, turns),
        short * rng.uniform(0.036, 0.05, 21),
        np.full(21, 119),
    )


def spike(rng: Rng, stem: Points, short: float) -> Flowers:
    """Return flowers around the upper part of the stem, smaller upwards."""
    share = np.linspace(0, 1, 20)
    place = (74 + 45 * share).astype(int)
    sides = 2 * ((0.618 * np.arange(20) + rng.random()) % 1) - 1
    reach = 0.11 * short * (1 - share)
    ends = np.array([stem[at] for at in place]) + reach[:, None] * polar(
        1, _top(stem) + 1.1 * sides
    )
    return ends, 0.055 * short * (1.05 - 0.75 * share), place
