"""What a drawing depends on, its address, and the way from there to a drawn canvas.

Read recipe.py first: a sketch with its arguments, the address of that, and how it is drawn. Then
provenance.py (what a file says of its making, and the source in it) and code.py (what a sketch reaches).
It knows no sketch by name: `drawscape.sketches`, the pattern library, is above it.
"""

from drawscape.recipe.provenance import (
    Provenance,
    SourceText,
    address_of,
    is_library,
    plain,
    read_provenance,
)
from drawscape.recipe.recipe import (
    Fraction,
    Recipe,
    Sketch,
    Steps,
    as_sketch,
    cached_hashes,
    code_hash,
    draw_recipe,
    is_sketch,
    margin_for,
    note_origin,
    origin_of,
    read_input,
    recipe_of,
)

__all__ = [
    "Fraction", "Provenance", "Recipe", "Sketch", "SourceText", "Steps", "address_of", "as_sketch",
    "cached_hashes", "code_hash", "draw_recipe", "is_library", "is_sketch", "margin_for", "note_origin",
    "origin_of", "plain", "read_input", "read_provenance", "recipe_of",
]  # fmt: skip
