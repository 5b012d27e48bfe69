"""Composition: scale, focus and density, chosen by the seed before any geometry and noted as traits."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from drawscape.geometry.lines import Floats
from drawscape.svg_builder import SVGBuilder

T = TypeVar("T")

Field: TypeAlias = Callable[[ArrayLike, ArrayLike], Floats]
"""How strong something is, 0 to 1, at u from left to right and v from top to bottom, both 0 to 1."""

SIDES = {
    "from the left": 180,
    "from the right": 0,
    "from above": -90,
    "from below": 90,
    "from a corner": 45,
}


def choose(svg: SVGBuilder, trait: str, choices: Mapping[str, T]) -> T:
    """Return one of `choices` by the canvas's own chance; the canvas keeps its name as a trait.

    >>> svg = SVGBuilder(100, 100)
    >>> choose(svg, "scale", {"fine": 24, "coarse": 8}), svg.traits
    (8, {'scale': 'coarse'})
    """
    name = svg.random_choice(list(choices))
    svg.trait(trait, name)
    return choices[name]


def choose_unless(svg: SVGBuilder, given: str | None, trait: str, names: Iterable[str]) -> str:
    """Return `given`, or one of `names` by chance where nothing is given; the canvas keeps it as a trait.

    >>> svg = SVGBuilder(100, 100)
    >>> choose_unless(svg, None, "map", ["de Jong", "Clifford"]), choose_unless(svg, "knot", "body", [])
    ('Clifford', 'knot')
    """
    chosen = [given] if given is not None else names
    return choose(svg, trait, {name: name for name in chosen})


def focus(svg: SVGBuilder, trait: str = "focus") -> Field:
    """Return where on the page something grows: from a side, in an island, around a clearing, in a band.

    The canvas's own chance decides, and the canvas keeps the name as a trait.

    >>> svg = SVGBuilder(100, 100)
    >>> field = focus(svg)
    >>> svg.traits, field(0.5, [0.1, 0.9]).round(2).tolist()
    ({'focus': 'from below'}, [0.03, 0.97])
    """
    kind = svg.random_choice(["an island", "two islands", "a clearing", "a band", "a side"])
    if kind == "a side":
        kind = svg.random_choice(list(SIDES))
    svg.trait(trait, kind)
    rng = svg.rng
    places = rng.uniform(0.25, 0.75, (2, 2))
    reach, lean = rng.uniform(0.3, 0.5), np.radians(rng.choice([0, 35, 90, 145]))

    def field(u: ArrayLike, v: ArrayLike) -> Floats:
        x, y = np.asarray(u, dtype=float), np.asarray(v, dtype=float)
        near = [1 - np.hypot(x - px, y - py) / reach for px, py in places]
        if kind in SIDES:
            side = np.radians(SIDES[kind])
            rise = 0.5 + (x - 0.5) * np.cos(side) + (y - 0.5) * np.sin(side)
        elif kind == "a band":
            across = (x - places[0, 0]) * np.cos(lean) + (y - places[0, 1]) * np.sin(lean)
            rise = 1 - np.abs(across) / (0.6 * reach)
        elif kind == "a clearing":
            rise = -2.2 * near[0]
        else:
            rise = np.maximum(near[0], near[1] if kind == "two islands" else -1)
        part = np.clip(rise, 0, 1)
        return np.asarray(part * part * (3 - 2 * part))

    return field
