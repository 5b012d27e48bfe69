"""Fronts of postcards: one design a file, each a function that decorates and says where text goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from drawscape.errors import UnknownNameError
from drawscape.sheets.fitting import Box
from drawscape.svg_builder import SVGBuilder

Template = Callable[[SVGBuilder], Box]
"""Draws its decoration on a card of 148 x 105 mm and returns the box that is left for the text."""

_MODULES: Mapping[str, str] = {
    "birthday": "birthday",
    "greetings": "travel",
    "thank_you": "thank_you",
    "travel": "travel",
    "winter": "winter",
}


def template_names() -> tuple[str, ...]:
    """Return the names of all templates."""
    return tuple(sorted(_MODULES))


def template(name: str) -> Template:
    """Return the template `name`; raise UnknownNameError when there is none."""
    if name not in _MODULES:
        raise UnknownNameError("postcard template", str(name), _MODULES)
    decorate: Template = import_module(f"{__name__}.{_MODULES[name]}").decorate
    return decorate
