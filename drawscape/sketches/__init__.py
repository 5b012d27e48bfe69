"""The pattern library: a registry, and one folder per family with one file per sketch.

registry.py finds and draws sketches by name; placing.py, ink.py and tone.py help
sketches. What a drawing depends on and how it is drawn is in `drawscape.recipe`.
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
from drawscape.sketches.registry import SKETCHES, draw, redraw, sketch

__all__ = [
    "SKETCHES",
    "Provenance",
    "Share",
    "Sketch",
    "Steps",
    "as_sketch",
    "code_hash",
    "draw",
    "read_input",
    "read_provenance",
    "redraw",
    "sketch",
]
