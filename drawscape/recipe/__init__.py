"""Recipes: everything a drawing depends on, its address, and how to draw it.

Read sketch.py, recipe.py and draw.py first: a sketch, its arguments, and its drawing. Then provenance.py
(the metadata in a file), origin.py and code.py (the code that a sketch uses). The pattern library,
`drawscape.sketches`, is above this package.
"""

from drawscape.recipe.draw import draw_recipe, read_input
from drawscape.recipe.origin import cached_hashes, code_hash, note_origin, origin_of
from drawscape.recipe.provenance import (
    Provenance,
    SketchFunction,
    SourceText,
    address_of,
    is_library,
    plain,
    read_provenance,
)
from drawscape.recipe.recipe import Recipe, margin_for, recipe_of
from drawscape.recipe.sketch import Fraction, Sketch, Steps, as_sketch, is_sketch

__all__ = [
    "Fraction", "Provenance", "Recipe", "Sketch", "SketchFunction", "SourceText", "Steps", "address_of",
    "as_sketch", "cached_hashes", "code_hash", "draw_recipe", "is_library", "is_sketch", "margin_for",
    "note_origin", "origin_of", "plain", "read_input", "read_provenance", "recipe_of",
]  # fmt: skip
