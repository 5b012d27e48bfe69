"""What a drawing depends on, its address, and the way from there to a drawn canvas.

Read recipe.py first: a sketch with its arguments, and the address of that. Then code.py (what a sketch's code
is), provenance.py (what a file says of its making) and drawing.py. It knows no sketch by name:
`drawscape.sketches`, the pattern library, is above it.
"""

from drawscape.recipe.code import Origin, is_library, note_origin, one_look, origin_of
from drawscape.recipe.drawing import Randomness, digest_now, draw_recipe, read_input
from drawscape.recipe.provenance import Provenance, address_of, plain, read_provenance
from drawscape.recipe.recipe import Recipe, code_hash, margin_for, recipe_of, streams_of
from drawscape.recipe.sketch import Draft, Share, Sketch, Steps, as_sketch, is_sketch
from drawscape.recipe.source import SourceText, is_address

__all__ = [
    "Draft",
    "Origin",
    "Provenance",
    "Randomness",
    "Recipe",
    "Share",
    "Sketch",
    "SourceText",
    "Steps",
    "address_of",
    "as_sketch",
    "code_hash",
    "digest_now",
    "draw_recipe",
    "is_address",
    "is_library",
    "is_sketch",
    "margin_for",
    "note_origin",
    "one_look",
    "origin_of",
    "plain",
    "read_input",
    "read_provenance",
    "recipe_of",
    "streams_of",
]
