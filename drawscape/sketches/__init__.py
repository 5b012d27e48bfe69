"""The pattern library: a registry, and one folder per family with one file per sketch."""

from drawscape.sketches.catalogue import SKETCHES, sketch
from drawscape.sketches.drawing import draw, redraw
from drawscape.sketches.inputs import read_input
from drawscape.sketches.model import Sketch, as_sketch
from drawscape.sketches.provenance import Provenance, code_hash, read_provenance

__all__ = [
    "SKETCHES",
    "Provenance",
    "Sketch",
    "as_sketch",
    "code_hash",
    "draw",
    "read_input",
    "read_provenance",
    "redraw",
    "sketch",
]
