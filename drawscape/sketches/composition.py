"""Composition: scale, focus and density, chosen by the seed before any geometry and noted as traits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Floats
from drawscape.sketches.palette import AS_DESIGNED
from drawscape.svg_builder import SVGBuilder

T = TypeVar("T")

Field = Callable[[ArrayLike, ArrayLike], Floats]
"""How strong something is, 0 to 1, at u from left to right and v from top to bottom, both 0 to 1."""

SIDES = {
    "from the left": 180,
    "from the right": 0,
    "from above": -90,
    "from below": 90,
    "from a corner": 45,
}

KINDS = (
    "from below",
    "an island",
    "a band",
    "from the left",
    "a clearing",
    "from above",
    "two islands",
    "from a corner",
    "from the right",
)


def choose(svg: SVGBuilder, trait: str, choices: Mapping[str, T]) -> T:
    """Return one of `choices`, dealt by the canvas's seed and noted as a trait by its name.

    Seed 0 gets the first of each choice, so the first should show the sketch at its best.
    Successive seeds differ in their traits until all combinations were dealt.

    >>> svg = SVGBuilder(100, 100)
    >>> choose(svg, "scale", {"fine": 24, "coarse": 8}), svg.traits
    (24, {'scale': 'fine'})
    """
    name = svg.deal(list(choices))
    svg.trait(trait, name)
    return choices[name]


def choose_unless(svg: SVGBuilder, given: str | None, trait: str, names: Iterable[str]) -> str:
    """Return `given`, or one of `names` in turn if nothing is given; the canvas notes it as a trait.

    What else the seed chooses stays the same.

    >>> svg = SVGBuilder(100, 100)
    >>> choose_unless(svg, None, "map", ["de Jong", "Clifford"]), choose_unless(svg, "knot", "body", ["vase"])
    ('de Jong', 'knot')
    """
    dealt = svg.deal(list(names))
    name = dealt if given is None else given
    svg.trait(trait, name)
    return name


def choose_inks(svg: SVGBuilder, palette: str, *names: str) -> str:
    """Return `palette`, or one of the sets of inks `names` in turn if it is 'as designed'.

    What else the seed chooses stays the same.

    >>> svg = SVGBuilder(100, 100)
    >>> choose_inks(svg, "as designed", "plum", "tide"), svg.traits, choose_inks(svg, "navy", "plum")
    ('plum', {'inks': 'plum'}, 'navy')
    """
    dealt = svg.deal(names)
    if palette != AS_DESIGNED:
        return palette
    svg.trait("inks", dealt)
    return dealt


def focus(svg: SVGBuilder, trait: str = "focus") -> Field:
    """Return where on the page something grows: from a side, in an island, around a clearing, in a band.

    The seed decides as for `choose`, and the canvas notes the name as a trait.

    >>> svg = SVGBuilder(100, 100)
    >>> field = focus(svg)
    >>> svg.traits, field(0.5, [0.1, 0.9]).round(2).tolist()
    ({'focus': 'from below'}, [0.03, 0.97])
    """
    kind = choose_unless(svg, None, trait, KINDS)
    rng = svg.rng
    place, other = rng.uniform(0.25, 0.75, (2, 2)).tolist()
    reach, lean = rng.uniform(0.3, 0.5), np.radians(rng.choice([0, 35, 90, 145]))

    def field(u: ArrayLike, v: ArrayLike) -> Floats:
        x, y = np.asarray(u, dtype=float), np.asarray(v, dtype=float)
        if kind in SIDES:
            side = np.radians(SIDES[kind])
            rise = 0.5 + (x - 0.5) * np.cos(side) + (y - 0.5) * np.sin(side)
        elif kind == "a band":
            across = (x - place[0]) * np.cos(lean) + (y - place[1]) * np.sin(lean)
            rise = 1 - np.abs(across) / (0.6 * reach)
        else:
            rise = near(x, y, place)
        if kind == "a clearing":
            rise = -2.2 * rise
        if kind == "two islands":
            rise = np.maximum(rise, near(x, y, other))
        part = np.minimum(np.maximum(rise, 0), 1)  # np.clip takes three times as long
        return part * part * (3 - 2 * part)

    def near(x: Floats, y: Floats, middle: Sequence[float]) -> Floats:
        return 1 - np.hypot(x - middle[0], y - middle[1]) / reach

    return field
