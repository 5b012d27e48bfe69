"""Recipes: what a drawing depends on, its address, and how it is drawn.

Read sketch.py, recipe.py and draw.py first: a sketch, what it is asked for, and how it is drawn. Then
provenance.py (what a file says of its making), origin.py and code.py (what a sketch reaches). The pattern
library, `drawscape.sketches`, is above it.
"""

from drawscape.recipe.draw import draw_recipe, read_input
from drawscape.recipe.origin import cached_hashes, code_hash, note_origin, origin_of
from drawscape.recipe.provenance import (
    Provenance,
    SourceText,
    address_of,
    is_library,
    plain,
    read_provenance,
)
from drawscape.recipe.recipe import Recipe, margin_for, recipe_of
from drawscape.recipe.sketch import Fraction, Sketch, Steps, as_sketch, is_sketch

__all__ = [
    "Fraction", "Provenance", "Recipe", "Sketch", "SourceText", "Steps", "address_of", "as_sketch",
    "cached_hashes", "code_hash", "draw_recipe", "is_library", "is_sketch", "margin_for", "note_origin",
    "origin_of", "plain", "read_input", "read_provenance", "recipe_of",
]  # fmt: skip
