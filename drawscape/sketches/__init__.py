"""The pattern library: a registry, and one folder per family with one file per sketch.

registry.py finds and draws sketches by name; palette.py has their inks, tone.py pictures and heights
from files. Recipes and the drawing itself are in `drawscape.recipe`.
"""

import numpy as np

from drawscape.parameters import Between, Slider
from drawscape.recipe import (
    Fraction,
    Provenance,
    Sketch,
    Steps,
    as_sketch,
    code_hash,
    read_input,
    read_provenance,
)
from drawscape.sketches.palette import INK, KILN, MOSS, PLUM, TIDE, Palette, in_pens, inks, set_pens
from drawscape.sketches.registry import SKETCHES, draw, redraw, sketch
from drawscape.svg_builder import Frame, SVGBuilder

Rng = np.random.Generator
"""All random numbers of a sketch, which the seed determines."""

__all__ = [
    "INK", "KILN", "MOSS", "PLUM", "SKETCHES", "TIDE", "Between", "Fraction", "Frame", "Palette",
    "Provenance", "SVGBuilder", "Sketch", "Slider", "Steps", "as_sketch", "code_hash", "draw", "in_pens",
    "inks", "read_input", "read_provenance", "redraw", "set_pens", "sketch",
]  # fmt: skip
