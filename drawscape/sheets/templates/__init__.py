"""Fronts of postcards: one design a file, each a function that decorates and says where text goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

from drawscape.errors import UnknownNameError
from drawscape.geometry.lines import Lines
from drawscape.sheets.fitting import Box
from drawscape.svg_builder import Pen, SVGBuilder

WIDTH_MM, HEIGHT_MM = 148, 105
"""A6 across."""

Template = Callable[[SVGBuilder], Box]
"""Draws its decoration on a card of 148 x 105 mm and returns the box that is left for the text."""

_MODULES: Mapping[str, str] = {
    "birthday": "birthday",
    "greetings": "greetings",
    "thank_you": "thank_you",
    "travel": "travel",
    "winter": "winter",
}


def template_names() -> tuple[str, ...]:
    """Return the names of all templates."""
    return tuple(sorted(_MODULES))


@dataclass(frozen=True, eq=False)
class Decoration:
    """What a template draws, pen by pen, and the box that it leaves for the text."""

    layers: tuple[tuple[Pen, Lines], ...]
    box: Box


@lru_cache(maxsize=len(_MODULES))
def decoration(name: str) -> Decoration:
    """Return the decoration of the template `name`, the same on every card.

    Raises UnknownNameError when there is no such template.
    """
    if name not in _MODULES:
        raise UnknownNameError("postcard template", str(name), _MODULES)
    decorate: Template = import_module(f"{__name__}.{_MODULES[name]}").decorate
    card = SVGBuilder(WIDTH_MM, HEIGHT_MM)
    box = decorate(card)
    return Decoration(tuple(card.layers()), box)
