"""Fronts of postcards: one design a file, each a function that decorates and says where text goes."""

from collections.abc import Callable
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

_NAMES = ("birthday", "greetings", "thank_you", "travel", "winter")
"""Each is a module of this package."""


def template_names() -> tuple[str, ...]:
    """Return the names of all templates."""
    return _NAMES


@dataclass(frozen=True, eq=False)
class Decoration:
    """What a template draws, pen by pen, and the box that it leaves for the text."""

    layers: tuple[tuple[Pen, Lines], ...]
    box: Box


@lru_cache(maxsize=len(_NAMES))
def decoration(name: str) -> Decoration:
    """Return the decoration of the template `name`, the same on every card.

    Raises UnknownNameError when there is no such template.
    """
    if name not in _NAMES:
        raise UnknownNameError("postcard template", str(name), _NAMES)
    decorate: Template = import_module(f"{__name__}.{name}").decorate
    card = SVGBuilder(WIDTH_MM, HEIGHT_MM)
    box = decorate(card)
    return Decoration(tuple(card.layers()), box)
