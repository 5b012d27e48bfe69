"""The pattern library: a registry, and one folder per family with one file per sketch.

registry.py finds and draws sketches by name; palette.py has their inks, tone.py pictures and heights
from files. What a drawing depends on and how it is drawn is in `drawscape.recipe`.
"""

from drawscape.recipe import (
    Provenance,
    Share,
    Sketch,
    Steps,
    as_sketch,
    code_hash,
    read_input,
    read_provenance,
)
from drawscape.sketches.palette import AS_DESIGNED, Palette, in_pens, inks
from drawscape.sketches.registry import SKETCHES, draw, redraw, sketch

__all__ = [
    "AS_DESIGNED",
    "SKETCHES",
    "Palette",
    "Provenance",
    "Share",
    "Sketch",
    "Steps",
    "as_sketch",
    "code_hash",
    "draw",
    "in_pens",
    "inks",
    "read_input",
    "read_provenance",
    "redraw",
    "sketch",
]
