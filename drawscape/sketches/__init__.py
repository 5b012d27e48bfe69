"""The pattern library: a registry, and one folder per family with one file per sketch."""

from drawscape.sketches.catalogue import SKETCHES, sketch
from drawscape.sketches.drawing import draw
from drawscape.sketches.model import Sketch, as_sketch

__all__ = ["SKETCHES", "Sketch", "as_sketch", "draw", "sketch"]
